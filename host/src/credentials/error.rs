//! Why there is no credential.

use crate::Hint;
use crate::capability::Scheme;

/// Why there is no credential. Messages never contain one.
///
/// Cloneable, because one attempt to obtain a credential answers all requests that wait for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing on this machine says where to get one.
    #[error(
        "no AWS credentials are configured: looked at AWS_ACCESS_KEY_ID, {profile}, web identity, \
         container and instance metadata"
    )]
    NotConfigured {
        /// The profile that was looked for, with the files.
        profile: String,
    },
    /// One is configured, and it cannot be had.
    #[error("the AWS credentials of {origin} could not be obtained: {why}")]
    Unobtainable {
        /// Where it should come from, as `profile build`.
        origin: String,
        /// What the provider said.
        why: String,
        /// What the user can do about it.
        advice: Option<String>,
    },
    /// A file of settings, or a value in it, makes no sense.
    #[error("the AWS configuration is not usable: {why}")]
    Configuration {
        /// Which file or setting, and what is wrong.
        why: String,
    },
    /// No credential of this name is known to this version.
    #[error(
        "`{name}` is not a credential that this version of cloudhost can provide; it knows `aws`"
    )]
    Unknown {
        /// The name.
        name: String,
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
            Self::NotConfigured { .. } => Some(
                "aws configure\n\
                 or: export AWS_PROFILE=name\n\
                 or: export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=..."
                    .to_owned(),
            ),
            Self::Unobtainable { advice, .. } => advice.clone(),
            _ => None,
        }
    }
}
