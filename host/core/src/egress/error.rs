//! Why there is no answer.

use super::redact::Secrets;
use crate::capability::Denial;
use crate::contract::cloudhost::provider::http::{HttpError, HttpErrorKind};
use crate::credentials::CredentialsError;
use crate::limits::{Exceeded, Limit};
use crate::{HasRemedy, Remedy};
use std::time::Duration;

/// Why the way out cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// An endpoint override that cannot be one.
    #[error("the endpoint for `{plugin}` is not usable: {why}")]
    Endpoint {
        /// The plugin it is for.
        plugin: String,
        /// What is wrong with it.
        why: String,
    },
}

impl HasRemedy for EgressError {
    fn remedy(&self) -> Option<Remedy> {
        let Self::Endpoint { plugin, .. } = self;
        Some(Remedy::SetEndpoint {
            plugin: Some(plugin.clone()),
        })
    }
}

/// Why a request has no answer, for the host and its user. A plugin gets [`FetchError::for_plugin`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Manifest or grant do not allow it.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The request is not well formed.
    #[error("the request is not well formed: {0}")]
    Invalid(String),
    /// The credential is not configured, or could not be obtained.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A limit of the call is reached.
    #[error("{0}")]
    Limit(Exceeded),
    /// The body is larger than the host takes.
    #[error("limit.response-body: the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// Who answered.
        host: String,
        /// The limit in bytes, after decoding.
        limit: u64,
    },
    /// No address, no connection, or no trust in the server.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// Who.
        host: String,
        /// Why.
        why: String,
        /// Whether another attempt can end otherwise.
        passing: bool,
    },
    /// The connection ended before the answer did.
    #[error("the answer of {host} was interrupted: {why}")]
    Interrupted {
        /// Who.
        host: String,
        /// Why.
        why: String,
    },
    /// The body is packed in a way that was not asked for, or more than once.
    #[error("the answer of {host} is packed, in a way that was not asked for or more than once")]
    Encoded {
        /// Who.
        host: String,
    },
    /// A recording is replayed, and this request is not in it. It ends the call of the plugin.
    #[error("{what} is not in the recording")]
    NotRecorded {
        /// Method, URL and the beginning of the body.
        what: String,
        /// How to record it: the text that [`Replay::new`](crate::recording::Replay::new) was given.
        again: String,
    },
    /// A recording is replayed, in which this request had no answer.
    #[error("{message}")]
    Recorded {
        /// The kind of failure.
        kind: HttpErrorKind,
        /// What the plugin was told.
        message: String,
    },
    /// The time for the request is over.
    #[error("{host} did not answer within {} s", .after.as_secs_f32())]
    Timeout {
        /// Who.
        host: String,
        /// How long it was given.
        after: Duration,
    },
}

impl FetchError {
    /// The error as the contract has it. What a credential's provider said stays with the user: it can be
    /// the output of a command.
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

    /// The error without what a server says in it of the secrets that it got: HTTP/2 lets it say why it ends.
    pub(super) fn cleaned(mut self, secrets: &Secrets) -> Self {
        if let Self::Unreachable { why, .. } | Self::Interrupted { why, .. } = &mut self {
            *why = secrets.clean_text(std::mem::take(why));
        }
        self
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

    /// Whether the same request can succeed when it is sent again.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Interrupted { .. } | Self::Timeout { .. } => true,
            Self::Unreachable { passing, .. } => *passing,
            _ => false,
        }
    }

    /// Stable name for events.
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
