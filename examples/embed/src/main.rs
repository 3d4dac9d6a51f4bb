//! Lists the instance types of two clouds, with its own hosts and permissions (a grant), credentials (a resolver), control of
//! requests (an interceptor) and logs (a subscriber). `embed URL URL` contacts these servers in place of the clouds.
use cloudhost::credentials::{CredentialInfo, Keys, Obtained, Resolver, Secret, Token};
use cloudhost::egress::{InterceptedRequest, Interceptor, Next, ResponseFuture};
use cloudhost::host::{CatalogRequest, Host, HostConfig};
use cloudhost::{capability::Grant, contract::cloudhost::provider::types::DataKind};
use cloudhost_builtin::PROVIDERS;
use std::{env, error::Error, io, sync::Arc};

struct Vault;
impl Resolver for Vault {
    fn look(&self, _name: &str) -> Option<CredentialInfo> {
        Some(CredentialInfo::new("the inventory"))
    }
    fn obtain<'a>(&'a self, name: &'a str) -> Obtained<'a> {
        Box::pin(async move {
            let secret = env::var(format!("VAULT_{name}"))?;
            Ok(match name {
                "aws" => Secret::Keys(Keys::new("AKIAIOSFODNN7EXAMPLE", secret, None, None)),
                _ => Secret::Token(Token::new(secret)?),
            })
        })
    }
}

struct Watch;
impl Interceptor for Watch {
    fn exchange<'a>(&'a self, asked: InterceptedRequest<'a>, next: Next<'a>) -> ResponseFuture<'a> {
        tracing::info!(asked.plugin, asked.credential, "{}", asked.url);
        Box::pin(next.send())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let mut config = HostConfig::new("inventory");
    for (plugin, url) in PROVIDERS.iter().zip(env::args().skip(1)) {
        let endpoints = &mut config.egress.endpoints;
        endpoints.insert(plugin.name.to_owned(), url.parse()?);
    }
    config.credentials = Some(Arc::new(Vault));
    config.egress.interceptor = Some(Arc::new(Watch));
    let host = Host::new(config)?;
    let virginia = "ec2.us-east-1.amazonaws.com".parse()?;
    let hosts = vec![virginia, "cloud.lambda.ai".parse()?];
    let credentials = ["aws", "lambdalabs"].map(str::to_owned).into();
    let change = false;
    let policy = Grant { hosts, credentials, change };
    for plugin in PROVIDERS {
        let provider = host.load(plugin.artifact()?, &policy);
        let types = CatalogRequest::of([DataKind::InstanceTypes]);
        let catalog = provider.catalog(&types).await?;
        let gaps = catalog.missing.iter().map(|gap| &gap.error.message);
        gaps.for_each(|gap| eprintln!("{} lacks: {gap}", plugin.name));
        for one in catalog.instance_types {
            println!("{} {}", plugin.name, one.name);
        }
    }
    Ok(())
}
