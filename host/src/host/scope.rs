//! What a stored catalog holds for: whose credential, which endpoint, which settings.

use super::{HostError, Provider};
use crate::capability::Scheme;
use crate::catalog::Scope;
use crate::contract::exports::cloudhost::provider::provider::Description;

impl Provider {
    /// Names the catalog that a question with these settings is about. It asks no network, and it contains
    /// no secret.
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
        let mut pairs = settings.iter().zip(settings.iter().skip(1));
        if let Some(((name, _), _)) = pairs.find(|((a, _), (b, _))| a == b) {
            return Err(HostError::RepeatedSetting { name: name.clone() });
        }
        for (name, value) in settings {
            key.push(format!("setting {name} {value:?}"));
            title.push(format!("{name}={value}"));
        }
        let parts: Vec<&str> = key.iter().map(String::as_str).collect();
        Ok(Scope::new(self.name(), &parts, &title.join(", "))?)
    }

    /// A setting that the provider does not know is a mistake of the user, not a thing to pass over.
    pub(super) fn check_settings(
        &self,
        description: &Description,
        settings: &[(String, String)],
    ) -> Result<(), HostError> {
        let known = || {
            description
                .settings
                .iter()
                .map(|setting| setting.name.clone())
        };
        match settings
            .iter()
            .find(|(name, _)| !known().any(|known| known == *name))
        {
            Some((name, _)) => Err(HostError::UnknownSetting {
                provider: self.name().to_owned(),
                name: name.clone(),
                known: known().collect(),
            }),
            None => Ok(()),
        }
    }
}
