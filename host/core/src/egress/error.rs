//! Errors of egress.

use super::redact::Known;
use crate::capability::Denial;
use crate::contract::cloudhost::provider::http::{HttpError, HttpErrorKind};
use crate::credentials::CredentialsError;
use crate::limits::{Exceeded, Limit};
use crate::{HasRemedy, Remedy};
use std::borrow::Cow;
use std::time::Duration;

/// An error of the egress configuration, or of a [`Redactor`](super::Redactor).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// An invalid endpoint override.
    #[error("the endpoint for `{plugin}` is not usable: {why}")]
    Endpoint {
        /// The plugin it is for.
        plugin: String,
        /// The reason.
        why: String,
    },
    /// Secrets that cannot be searched for.
    #[error("the secrets cannot be redacted: {why}")]
    Unredactable {
        /// The reason.
        why: String,
    },
}

impl HasRemedy for EgressError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Endpoint { plugin, .. } => Some(Remedy::SetEndpoint {
                plugin: Some(plugin.clone()),
            }),
            Self::Unredactable { .. } => None,
        }
    }
}

/// A failed request, for the host and its user. A plugin gets [`FetchError::for_plugin`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Manifest or grant do not allow it.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The request is invalid.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// The credential is not configured, or could not be obtained.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A limit of the call is reached.
    #[error("{0}")]
    Limit(Exceeded),
    /// The body is larger than the host accepts.
    #[error("limit.response-body: the response of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host that responded.
        host: String,
        /// The limit in bytes, after decoding.
        limit: u64,
    },
    /// No address, no connection, or no trust in the server.
    #[error("{host} is unreachable: {why}")]
    Unreachable {
        /// The host.
        host: String,
        /// The reason.
        why: String,
        /// Set if a retry can succeed.
        passing: bool,
    },
    /// The connection ended before the response did.
    #[error("the response of {host} was interrupted: {why}")]
    Interrupted {
        /// The host.
        host: String,
        /// The reason.
        why: String,
    },
    /// The Content-Encoding is unsupported or repeated.
    #[error("{host} sent an unsupported or repeated Content-Encoding")]
    Encoded {
        /// The host.
        host: String,
    },
    /// A recording is replayed, and this request is not in it. It ends the call of the plugin.
    #[error("{what} is not in the recording")]
    NotRecorded {
        /// Method, URL and the beginning of the body.
        what: String,
        /// The way to record it: the text that [`Replay::new`](crate::recording::Replay::new) was given.
        again: String,
    },
    /// A recording is replayed, in which this request failed.
    #[error("{message}")]
    Recorded {
        /// The kind of failure.
        kind: HttpErrorKind,
        /// The plugin's error message.
        message: String,
    },
    /// The request timed out.
    #[error("{host} did not respond within {} s", .after.as_secs_f32())]
    Timeout {
        /// The host.
        host: String,
        /// The timeout.
        after: Duration,
    },
}

impl FetchError {
    /// The error of the contract. The text of a credential's provider stays with the user: it can be the output of a
    /// command.
    pub fn for_plugin(&self) -> HttpError {
        let message = match self {
            Self::Credentials(CredentialsError::Unobtainable { title, origin, .. }) => {
                format!("the {title} credentials from {origin} could not be obtained")
            }
            Self::Credentials(CredentialsError::Endpoint { setting, .. }) => {
                format!("the endpoint {setting} is not usable")
            }
            Self::Credentials(
                CredentialsError::Configuration { .. } | CredentialsError::Unreadable { .. },
            ) => "the user's configuration of credentials is not usable".to_owned(),
            other => other.to_string(),
        };
        HttpError {
            kind: self.kind(),
            message,
        }
    }

    /// The error without the secrets that a server repeats in it, and whether it did: HTTP/2 lets a server state a
    /// reason for ending.
    pub(super) async fn cleaned(mut self, secrets: &Known) -> (Self, bool) {
        let mut repeats = false;
        if let Self::Unreachable { why, .. } | Self::Interrupted { why, .. } = &mut self
            && let Cow::Owned(cleaned) = secrets.clean(why.as_bytes()).await
        {
            repeats = true;
            *why = String::from_utf8_lossy(&cleaned).into_owned();
        }
        (self, repeats)
    }

    /// Its kind in the contract.
    pub fn kind(&self) -> HttpErrorKind {
        match self {
            Self::Denied(_) => HttpErrorKind::Denied,
            Self::Credentials(CredentialsError::Unsignable { .. }) | Self::Invalid(_) => {
                HttpErrorKind::InvalidRequest
            }
            Self::Credentials(_) => HttpErrorKind::CredentialMissing,
            Self::Limit(_) => HttpErrorKind::LimitReached,
            Self::TooLarge { .. } => HttpErrorKind::BodyTooLarge,
            Self::Unreachable { .. } | Self::NotRecorded { .. } => HttpErrorKind::Unreachable,
            Self::Interrupted { .. } | Self::Encoded { .. } => HttpErrorKind::Interrupted,
            Self::Timeout { .. } => HttpErrorKind::Timeout,
            Self::Recorded { kind, .. } => *kind,
        }
    }

    /// Reports whether the same request can succeed when it is sent again.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Interrupted { .. } | Self::Timeout { .. } => true,
            Self::Unreachable { passing, .. } => *passing,
            _ => false,
        }
    }

    /// The stable name for events.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.label(),
            Self::Invalid(_) => "invalid-request",
            Self::Credentials(_) => "credential-missing",
            Self::Limit(limit) => limit.label(),
            Self::TooLarge { .. } => Limit::ResponseBody.label(),
            Self::Unreachable { .. } => "unreachable",
            Self::Interrupted { .. } => "interrupted",
            Self::Encoded { .. } => "encoded",
            Self::Timeout { .. } => "timeout",
            Self::NotRecorded { .. } => "not-recorded",
            Self::Recorded { .. } => "recorded",
        }
    }
}

impl HasRemedy for FetchError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Denied(denial) => denial.remedy(),
            Self::Credentials(error) => error.remedy(),
            Self::Limit(limit) => limit.remedy(),
            Self::NotRecorded { again, .. } => Some(Remedy::RecordAgain { how: again.clone() }),
            Self::TooLarge { limit, .. } => {
                let (limit, most) = (Limit::ResponseBody, *limit);
                Exceeded { limit, most }.remedy()
            }
            _ => None,
        }
    }
}
