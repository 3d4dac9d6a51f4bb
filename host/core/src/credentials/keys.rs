//! Access keys of AWS.

use aws_credential_types::Credentials;
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::time::SystemTime;

/// Access keys of AWS, as a [`Resolver`](super::Resolver) hands them over. They are never shown.
pub struct Keys(pub(super) Credentials);

impl Keys {
    /// An access key with its secret; for temporary ones the session token and the expiry. Those without an expiry
    /// are used as long as the host lives.
    pub fn new(
        access_key: impl Into<String>,
        secret_key: impl Into<SecretString>,
        session_token: Option<SecretString>,
        expires: Option<SystemTime>,
    ) -> Self {
        let secret = secret_key.into();
        let token = session_token.map(|token| token.expose_secret().to_owned());
        let from = "resolver";
        let secret = secret.expose_secret();
        Self(Credentials::new(access_key, secret, token, expires, from))
    }

    pub(super) fn expires(&self) -> Option<SystemTime> {
        self.0.expiry()
    }

    pub(super) fn account(&self) -> Option<String> {
        let account = self.0.account_id();
        account.map(|account| account.as_str().to_owned())
    }

    /// The parts that requests have and only the cloud may see. The secret key is in no request: no server can return
    /// it, and a search for it could only confirm a guess. The key's identifier is not secret, but plugins do not get
    /// it, unless it is the account's number, as emulators of the cloud have it.
    pub(super) fn sent(&self) -> impl Iterator<Item = &str> {
        let id = Some(self.0.access_key_id());
        let id = id.filter(|id| id.bytes().any(|byte| !byte.is_ascii_digit()));
        id.into_iter().chain(self.0.session_token())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys([redacted])")
    }
}
