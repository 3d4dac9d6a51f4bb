//! AWS's own providers of credentials: profiles, SSO, web identity, containers, instance metadata.

use super::super::Environment;
use super::settings::{Settings, Source};
use aws_config::BehaviorVersion;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedTimeSource;
use std::time::Duration;

/// The metadata service is one hop away.
const METADATA_WAIT: Duration = Duration::from_secs(1);
/// Region for assuming a role when none is set: the region of the global STS endpoint.
const STS_REGION: &str = "us-east-1";

/// Obtains the credential from this source.
pub(super) async fn credentials(
    source: &Source,
    environment: &Environment,
    settings: &Settings,
) -> Result<Credentials, ProviderError> {
    let config = ProviderConfig::without_region().with_region(Some(region(settings)));
    match source {
        Source::Environment => super::chain::from_environment(environment),
        Source::Profile(name) => {
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&config)
                .profile_name(name)
                .profile_files(settings.files.clone());
            provider.build().provide_credentials().await
        }
        Source::WebIdentity => web_identity(environment, &config).await,
        Source::Container => {
            let provider = EcsCredentialsProvider::builder().configure(&config);
            provider.build().provide_credentials().await
        }
        Source::InstanceMetadata => metadata(environment, &config)?.provide_credentials().await,
    }
}

/// Exchanges a credential for that of a role. The request leaves by AWS's own client, as those of roles in profiles do.
pub(super) async fn assume(
    role: &str,
    own: Credentials,
    settings: &Settings,
) -> Result<Credentials, ProviderError> {
    let endpoint = settings.endpoint("sts");
    let endpoint = endpoint.map_err(ProviderError::invalid_configuration)?;
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .time_source(SharedTimeSource::default())
        .region(region(settings));
    let config = match endpoint {
        Some(endpoint) => config.endpoint_url(endpoint.url.as_str()),
        None => config,
    };
    let provider = AssumeRoleProvider::builder(role)
        .configure(&config.build())
        .session_name("cloudhost");
    let provider = provider.build_from_provider(own).await;
    provider.provide_credentials().await
}

fn region(settings: &Settings) -> Region {
    let region = settings.region.as_deref().unwrap_or(STS_REGION);
    Region::new(region.to_owned())
}

async fn web_identity(
    environment: &Environment,
    config: &ProviderConfig,
) -> Result<Credentials, ProviderError> {
    let get = |name: &str| {
        let missing = || ProviderError::invalid_configuration(format!("{name} is not set"));
        environment.get(name).map(str::to_owned).ok_or_else(missing)
    };
    let provider = WebIdentityTokenCredentialsProvider::builder()
        .configure(config)
        .static_configuration(StaticConfiguration {
            web_identity_token_file: environment.expand(&get("AWS_WEB_IDENTITY_TOKEN_FILE")?),
            role_arn: get("AWS_ROLE_ARN")?,
            session_name: get("AWS_ROLE_SESSION_NAME").unwrap_or_else(|_| "cloudhost".to_owned()),
        });
    provider.build().provide_credentials().await
}

fn metadata(
    environment: &Environment,
    config: &ProviderConfig,
) -> Result<ImdsCredentialsProvider, ProviderError> {
    let mut client = imds::Client::builder()
        .configure(config)
        .connect_timeout(METADATA_WAIT)
        .read_timeout(METADATA_WAIT)
        .max_attempts(2);
    if let Some(endpoint) = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        client = client
            .endpoint(endpoint)
            .map_err(ProviderError::invalid_configuration)?;
    }
    Ok(ImdsCredentialsProvider::builder()
        .configure(config)
        .imds_client(client.build())
        .build())
}
