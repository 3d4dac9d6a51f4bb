//! Scope of a stored catalog: credential, endpoint and settings.

use super::{HostError, Provider};
use crate::capability::Scheme;
use crate::catalog::Scope;
use crate::contract::exports::cloudhost::provider::provider::Description;

impl Provider {
    /// Names the catalog for a request with these settings. It makes no network request, and the name contains no
    /// secret.
    pub(super) fn scope(&self, settings: &[(String, String)]) -> Result<Scope, HostError> {
        let mut key = Vec::new();
        let mut title = Vec::new();
        let given = self.host.egress.given_endpoint(self.name());
        for credential in self.credentials() {
            let name = &credential.name;
            let identity = self.host.credentials.identity(name)?.key;
            key.push(format!("credential {name} {identity}"));
            if let Some(region) = self.host.credentials.region(name)? {
                key.push(format!("region {name} {region}"));
            }
            title.push(identity);
            if credential.scheme != Scheme::SigV4 || given.is_some() {
                continue;
            }
            for service in &credential.services {
                if let Some(endpoint) = self.host.egress.endpoint(self.name(), name, service)? {
                    key.push(format!("endpoint {service} {}", endpoint.url));
                    title.push(format!("at {}", endpoint.url));
                }
            }
        }
        if let Some(url) = given {
            key.push(format!("endpoint {url}"));
            title.push(format!("at {url}"));
        }
        title.dedup();
        let mut settings = settings.to_vec();
        settings.sort();
        given_once(&settings)?;
        for (name, value) in settings {
            key.push(format!("setting {name} {value:?}"));
            title.push(format!("{name}={value}"));
        }
        let parts: Vec<&str> = key.iter().map(String::as_str).collect();
        Ok(Scope::new(self.name(), &parts, &title.join(", "))?)
    }
}

/// Checks that the provider has each setting, and that none is repeated. An unknown one is the user's mistake and is
/// not ignored.
///
/// # Errors
/// When a setting is unknown or repeated.
pub fn check_settings(
    provider: &str,
    description: &Description,
    settings: &[(String, String)],
) -> Result<(), HostError> {
    let known = || description.settings.iter().map(|setting| &setting.name);
    let stranger = |(name, _): &&(String, String)| !known().any(|known| known == name);
    if let Some((name, _)) = settings.iter().find(stranger) {
        return Err(HostError::UnknownSetting {
            provider: provider.to_owned(),
            name: name.clone(),
            known: known().cloned().collect(),
        });
    }
    given_once(settings)
}

fn given_once(settings: &[(String, String)]) -> Result<(), HostError> {
    let mut names: Vec<&String> = settings.iter().map(|(name, _)| name).collect();
    names.sort();
    let mut pairs = names.iter().zip(names.iter().skip(1));
    match pairs.find(|(a, b)| a == b) {
        Some((name, _)) => Err(HostError::RepeatedSetting {
            name: (*name).clone(),
        }),
        None => Ok(()),
    }
}
