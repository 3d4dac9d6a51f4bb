//! Headers that a credential adds to a request.

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// The headers that a credential adds to a request, and the secrets in them.
pub(crate) struct Signed {
    pub headers: Vec<(HeaderName, HeaderValue)>,
    secrets: Vec<SecretString>,
}

impl Signed {
    /// These headers, each marked sensitive by its maker, and the secrets behind them.
    pub(super) fn new<'a>(
        headers: Vec<(HeaderName, HeaderValue)>,
        secrets: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self {
            headers,
            secrets: secrets.map(SecretString::from).collect(),
        }
    }

    /// The values that must not return to a plugin. Each is a value by itself: without them nothing secret is left of
    /// a whole `Authorization` header, and there are as many of those as requests, which all begin alike.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(ExposeSecret::expose_secret)
    }
}
