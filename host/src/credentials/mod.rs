//! Where secrets come from, and how they get into a request.
//!
//! [`Credentials`] is the only owner of secrets in the process. What leaves this module is a signed set of
//! headers for one request (inside the crate), [`Facts`] and an [`Identity`], neither of which holds a
//! secret or a hash of one, and [`CredentialsError`], which tells "none is configured" from "configured, but
//! could not be obtained". No type here shows a secret through `Debug`, `Display` or `Serialize`.
//!
//! Credentials are found by name. This version knows one name, `aws`; another kind is one more folder beside
//! `aws` and one more arm in [`Credentials`].

mod aws;
mod environment;
mod error;

pub use environment::Environment;
pub use error::CredentialsError;

pub(crate) use aws::{SignRequest, Signed};

use crate::capability::Scheme;
use serde::Serialize;
use std::fmt;
use url::Url;

/// The name under which plugins ask for AWS credentials.
const AWS: &str = "aws";

/// All credentials of the user, found when first needed.
///
/// Making one costs nothing: no file is read, no network is asked. Share it in an `Arc`.
pub struct Credentials {
    aws: aws::Aws,
}

/// What may be known about a credential without knowing it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// There is one, or there is a configuration that should give one. A request that names it is signed,
    /// or fails with a message that says why the configured credential could not be obtained.
    pub configured: bool,
    /// Where it comes from: `environment`, `profile build`, `web identity`, `container` or
    /// `instance metadata`.
    pub source: Option<String>,
    /// The account, where it is known without a request.
    pub account: Option<String>,
    /// The user's default region, also without a credential.
    pub region: Option<String>,
}

/// Whose a credential is, as stable text without a secret or a hash of one.
///
/// The same configuration gives the same text, another user's gives another: a store of what this user can
/// see is named by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Identity {
    /// The text, one line.
    pub key: String,
}

/// An address that the user gave for a service instead of the cloud's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where requests go.
    pub url: Url,
    /// The setting it comes from, as `AWS_ENDPOINT_URL`.
    pub setting: String,
}

impl Credentials {
    /// Credentials of the user to whom this environment belongs.
    pub fn new(environment: Environment) -> Self {
        Self {
            aws: aws::Aws::new(environment),
        }
    }

    /// Tells about the credential of this name. It is obtained for that, which can ask the network; what
    /// cannot be obtained is still `configured`, and [`Self::check`] says why it fails.
    pub async fn describe(&self, name: &str) -> Facts {
        match name {
            AWS => self.aws.describe().await,
            _ => Facts::default(),
        }
    }

    /// Obtains the credential of this name and tells about it.
    ///
    /// # Errors
    /// [`CredentialsError::NotConfigured`] where there is none, [`CredentialsError::Unobtainable`] where one
    /// is configured and cannot be had.
    pub async fn check(&self, name: &str) -> Result<Facts, CredentialsError> {
        self.aws(name)?.check().await
    }

    /// Whose credential this is. Without network, TLS or clock: it reads two small files at most.
    ///
    /// # Errors
    /// [`CredentialsError::Configuration`] where a file of settings cannot be read.
    pub fn identity(&self, name: &str) -> Result<Identity, CredentialsError> {
        let key = self.aws(name)?.identity()?;
        Ok(Identity { key })
    }

    /// The user's default region for this credential, where there is one.
    ///
    /// # Errors
    /// [`CredentialsError::Configuration`] where a file of settings cannot be read.
    pub fn region(&self, name: &str) -> Result<Option<String>, CredentialsError> {
        self.aws(name)?.region()
    }

    /// The address that the user's settings give for a service, by its signing name.
    ///
    /// # Errors
    /// [`CredentialsError::Configuration`] where a file of settings cannot be read or the setting is no URL.
    pub fn endpoint(
        &self,
        name: &str,
        service: &str,
    ) -> Result<Option<Endpoint>, CredentialsError> {
        self.aws(name)?.endpoint(service)
    }

    /// Signs a request for its real host. The credential is obtained once for all who wait for it.
    pub(crate) async fn sign(
        &self,
        name: &str,
        request: SignRequest<'_>,
    ) -> Result<Signed, CredentialsError> {
        self.aws(name)?.sign(request).await
    }

    /// A bearer token. No credential that this version knows has one.
    pub(crate) fn bearer(&self, name: &str) -> CredentialsError {
        match name {
            AWS => CredentialsError::OtherScheme {
                name: name.to_owned(),
                scheme: Scheme::Bearer,
            },
            _ => CredentialsError::Unknown {
                name: name.to_owned(),
            },
        }
    }

    fn aws(&self, name: &str) -> Result<&aws::Aws, CredentialsError> {
        match name {
            AWS => Ok(&self.aws),
            _ => Err(CredentialsError::Unknown {
                name: name.to_owned(),
            }),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}
