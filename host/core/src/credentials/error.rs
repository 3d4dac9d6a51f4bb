//! Why there is no credential.

use super::EndpointSetting;
use crate::capability::Scheme;
use crate::{CredentialStep, FilePurpose, Form, HasRemedy, Remedy};
use cloudhost_files::Fix;
use std::path::PathBuf;

/// Why there is no credential. Messages never contain one.
///
/// Cloneable, because one attempt to obtain a credential answers all requests that wait for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Nothing on this machine says where to get one.
    #[error("no {title} credentials are configured: looked at {looked_at}")]
    NotConfigured {
        /// Whose credentials, as `AWS` or `lambdalabs`.
        title: String,
        /// All the places that could have one.
        looked_at: String,
        /// What gives one.
        remedy: Option<Box<Remedy>>,
    },
    /// One is configured, and it cannot be had.
    #[error("the {title} credentials from {origin} could not be obtained: {why}")]
    Unobtainable {
        /// Whose credentials, as `AWS` or `lambdalabs`.
        title: String,
        /// Where it should come from, as `profile build`.
        origin: String,
        /// What the provider said, or what is wrong with the file.
        why: String,
        /// What the user can do about it.
        remedy: Option<Box<Remedy>>,
    },
    /// A file of settings, or a value in it, makes no sense.
    #[error("the configuration is not usable: {why}")]
    Configuration {
        /// Which file or setting, and what is wrong.
        why: String,
    },
    /// An endpoint of the user's settings cannot be used.
    #[error("the endpoint {setting} is not usable: {why}")]
    Endpoint {
        /// Where it is set.
        setting: EndpointSetting,
        /// What is wrong with it; no part of the URL but scheme, host and port.
        why: String,
    },
    /// A file of settings cannot be read.
    #[error("{} {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong, as `is not UTF-8`.
        why: String,
        /// The variable that names another file.
        variable: &'static str,
    },
    /// No credential can have this name.
    #[error(
        "`{name}` cannot be the name of a credential: that has the form [a-z][a-z0-9-]{{0,31}}"
    )]
    Unknown {
        /// The name, control characters escaped.
        name: String,
    },
    /// It is kept elsewhere, and cloudhost does not write there.
    #[error(
        "the {title} credentials are kept by its own tools, and cloudhost does not change them"
    )]
    KeptElsewhere {
        /// Whose credentials, as `AWS`.
        title: String,
        /// What changes them.
        remedy: Box<Remedy>,
    },
    /// This can be no bearer token.
    #[error("this cannot be a token: {why}")]
    NotAToken {
        /// What is wrong with it; no part of it.
        why: String,
    },
    /// A file of credentials cannot be written.
    #[error("{} cannot be written: {why}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The credential is there, but not for this use.
    #[error("the credential `{name}` cannot be used as {scheme}")]
    OtherScheme {
        /// The name.
        name: String,
        /// The use that was asked for.
        scheme: Scheme,
    },
    /// The request cannot be signed as it is.
    #[error("the request cannot be signed: {why}")]
    Unsignable {
        /// What is wrong with it.
        why: String,
    },
}

impl HasRemedy for CredentialsError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::NotConfigured { remedy, .. } | Self::Unobtainable { remedy, .. } => {
                remedy.as_deref().cloned()
            }
            Self::KeptElsewhere { remedy, .. } => Some(Remedy::clone(remedy)),
            Self::Configuration { .. } => Some(Remedy::CredentialTool {
                scheme: Scheme::SigV4,
                step: CredentialStep::ShowConfiguration,
                profile: None,
            }),
            Self::Endpoint { setting, .. } => Some(match setting {
                EndpointSetting::Given(plugin) => Remedy::SetEndpoint {
                    plugin: Some(plugin.clone()),
                },
                EndpointSetting::Variable(name) => Remedy::variables([(&**name, "https://host")]),
                EndpointSetting::Named(_) => Remedy::WriteAs {
                    form: Form::Endpoint,
                },
            }),
            Self::Unreadable { path, variable, .. } => Some(Remedy::any_of([
                Remedy::Files {
                    fix: Fix::Inspect(path.clone()),
                    purpose: FilePurpose::Credential,
                },
                Remedy::variables([(*variable, "another-file")]),
            ])),
            _ => None,
        }
    }
}
