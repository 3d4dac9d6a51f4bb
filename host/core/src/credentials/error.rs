//! Errors of credentials.

use super::EndpointSetting;
use crate::capability::Scheme;
use crate::{CredentialStep, FilePurpose, Form, HasRemedy, Remedy};
use cloudhost_files::Fix;
use std::path::PathBuf;

/// An error of credentials. Messages never contain one.
///
/// Cloneable, because one attempt to obtain a credential serves all requests that wait for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// No credential is configured on this machine.
    #[error("no {title} credentials are configured: looked at {looked_at}")]
    NotConfigured {
        /// Owner of the credentials, such as `AWS` or `lambdalabs`.
        title: String,
        /// All sources that could have one.
        looked_at: String,
        /// The remedy.
        remedy: Option<Box<Remedy>>,
    },
    /// A credential is configured, but cannot be obtained.
    #[error("the {title} credentials from {origin} could not be obtained: {why}")]
    Unobtainable {
        /// Owner of the credentials, such as `AWS` or `lambdalabs`.
        title: String,
        /// The configured source, such as `profile build`.
        origin: String,
        /// The provider's error, or the fault of the file.
        why: String,
        /// The user's remedy.
        remedy: Option<Box<Remedy>>,
    },
    /// A settings file, or a value in it, is invalid.
    #[error("the configuration is not usable: {why}")]
    Configuration {
        /// The file or setting, and its fault.
        why: String,
    },
    /// An endpoint of the user's settings cannot be used.
    #[error("the endpoint {setting} is not usable: {why}")]
    Endpoint {
        /// The location of the setting.
        setting: EndpointSetting,
        /// Its fault; no part of the URL but scheme, host and port.
        why: String,
    },
    /// A settings file cannot be read.
    #[error("{} {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason, such as `is not UTF-8`.
        why: String,
        /// The variable that names another file.
        variable: &'static str,
    },
    /// An invalid credential name.
    #[error("invalid credential name `{name}`: expected the form [a-z][a-z0-9-]{{0,31}}")]
    Unknown {
        /// The name, control characters escaped.
        name: String,
    },
    /// The credential is stored elsewhere, and cloudhost does not write there.
    #[error("the {title} credentials are managed by its own tools; cloudhost does not change them")]
    KeptElsewhere {
        /// Owner of the credentials, such as `AWS`.
        title: String,
        /// The way to change them.
        remedy: Box<Remedy>,
    },
    /// An invalid bearer token.
    #[error("invalid token: {why}")]
    NotAToken {
        /// Its fault; no part of it.
        why: String,
    },
    /// A credentials file cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The credential exists, but not for this use.
    #[error("the credential `{name}` cannot be used as {scheme}")]
    OtherScheme {
        /// The name.
        name: String,
        /// The requested use.
        scheme: Scheme,
    },
    /// The request cannot be signed as it is.
    #[error("the request cannot be signed: {why}")]
    Unsignable {
        /// The reason.
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
