//! Why there is no credential.

use crate::Hint;
use crate::capability::Scheme;
use crate::hint::quoted;
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
        /// Commands that give one.
        advice: String,
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
        advice: Option<String>,
    },
    /// A file of settings, or a value in it, makes no sense.
    #[error("the configuration is not usable: {why}")]
    Configuration {
        /// Which file or setting, and what is wrong.
        why: String,
    },
    /// An endpoint of the user's settings cannot be used.
    #[error("the endpoint from {setting} is not usable: {why}")]
    Endpoint {
        /// The setting, as `AWS_ENDPOINT_URL`.
        setting: String,
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
        /// The command that changes them.
        advice: String,
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

impl Hint for CredentialsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotConfigured { advice, .. } | Self::KeptElsewhere { advice, .. } => {
                Some(advice.clone())
            }
            Self::Unobtainable { advice, .. } => advice.clone(),
            Self::Configuration { .. } => Some("aws configure list".to_owned()),
            Self::Endpoint { setting, .. } => {
                let here = "or an address of this machine, as http://127.0.0.1:4566";
                Some(match setting {
                    option if option.starts_with("--") => format!("{option}=https://host {here}"),
                    variable if variable.starts_with("AWS_") => {
                        format!("export {variable}=https://host {here}")
                    }
                    other => format!("write https://host as {other}, {here}"),
                })
            }
            Self::Unreadable { path, variable, .. } => Some(format!(
                "ls -l {}\nor: export {variable}=another-file",
                quoted(path)
            )),
            _ => None,
        }
    }
}
