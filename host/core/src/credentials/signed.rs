//! Headers that a credential adds to a request.

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// The headers that a credential adds to a request, and the secrets in them.
pub(crate) struct Signed {
    pub headers: Vec<(HeaderName, HeaderValue)>,
    parameter: Option<(String, SecretString)>,
    secrets: Vec<SecretString>,
    signature: Option<SecretString>,
}

impl Signed {
    /// These headers, each marked sensitive by its maker, and the secrets behind them.
    pub(super) fn new<'a>(
        headers: Vec<(HeaderName, HeaderValue)>,
        secrets: impl Iterator<Item = &'a str>,
    ) -> Self {
        Self {
            headers,
            parameter: None,
            secrets: secrets.map(SecretString::from).collect(),
            signature: None,
        }
    }

    /// A parameter of the query, with the secret as its value.
    pub(super) fn as_parameter(name: &str, secret: &str) -> Self {
        let parameter = Some((name.to_owned(), SecretString::from(secret)));
        Self {
            parameter,
            ..Self::new(Vec::new(), [secret].into_iter())
        }
    }

    /// The parameter of the query that it adds.
    pub(crate) fn parameter(&self) -> Option<(&str, &str)> {
        let (name, secret) = self.parameter.as_ref()?;
        Some((name, secret.expose_secret()))
    }

    /// Adds the signature in the headers.
    pub(super) fn with_signature(self, signature: String) -> Self {
        Self {
            signature: Some(SecretString::from(signature)),
            ..self
        }
    }

    /// The values that must not return to a plugin: the same for each request with this credential, as long as it is
    /// valid. Each is a value by itself: without them nothing secret is left of a whole `Authorization` header.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(ExposeSecret::expose_secret)
    }

    /// The signature, in hexadecimal digits: a secret of this request alone, which only repeats it, for some minutes.
    pub(crate) fn signature(&self) -> Option<&str> {
        self.signature.as_ref().map(ExposeSecret::expose_secret)
    }
}
