//! Errors: constructors of the contract's record, and the choice of one to report among several.

use crate::http::{HttpError, HttpErrorKind};
use crate::{DataKind, Error, ErrorKind, Gap, Scope};

impl Error {
    /// Creates an error of this request only, without details from the cloud.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            scope: Scope::Request,
            code: None,
            message: message.into(),
            request_id: None,
            retry_after_ms: None,
            advice: None,
        }
    }

    /// Creates an error for a response that the plugin does not understand, or for a bug of the plugin.
    pub fn internal(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Internal, message)
    }

    /// Creates an error for unusable data in an otherwise good response: a retry would return the same.
    pub fn unusable(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Unsupported, message)
    }

    /// Sets the scope.
    #[must_use]
    pub fn in_scope(mut self, scope: Scope) -> Error {
        self.scope = scope;
        self
    }

    /// Sets what the user can do, in one sentence.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Error {
        self.advice = Some(advice.into());
        self
    }

    /// Prefixes the message with the operation that failed.
    #[must_use]
    pub fn context(mut self, doing: &str) -> Error {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// Converts the error to a gap in data of one kind.
    pub fn into_gap(self, kind: DataKind) -> Gap {
        Gap { kind, error: self }
    }

    /// Creates the error of a request without a response; `request` names it, such as `DescribeRegions in us-east-1`.
    pub fn from_http(error: &HttpError, request: &str) -> Error {
        let kind = match error.kind {
            HttpErrorKind::Denied => ErrorKind::PermissionDenied,
            HttpErrorKind::CredentialMissing => ErrorKind::Unauthenticated,
            HttpErrorKind::LimitReached
            | HttpErrorKind::Unreachable
            | HttpErrorKind::Interrupted
            | HttpErrorKind::Timeout => ErrorKind::Unavailable,
            HttpErrorKind::BodyTooLarge | HttpErrorKind::InvalidRequest => ErrorKind::Internal,
        };
        Error::new(kind, format!("{request}: {}", error.message))
    }

    /// Maps an HTTP status to a kind, for a body without an error code.
    pub fn kind_of_status(status: u16) -> ErrorKind {
        match status {
            401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::PermissionDenied,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Busy,
            429 => ErrorKind::RateLimited,
            408 | 500..=599 => ErrorKind::Unavailable,
            400..=499 => ErrorKind::InvalidArgument,
            _ => ErrorKind::Internal,
        }
    }
}

/// Creates the error of a function that a plugin does not override.
pub(crate) fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

/// Selects the error that tells a person most about the remedy. The order: a credential that is not accepted, a missing
/// permission, rate-limiting, an unavailable cloud, an internal error, all others. The first of equals wins.
pub fn most_telling(errors: impl IntoIterator<Item = Error>) -> Option<Error> {
    let rank = |kind: ErrorKind| match kind {
        ErrorKind::Unauthenticated => 0,
        ErrorKind::PermissionDenied => 1,
        ErrorKind::RateLimited => 2,
        ErrorKind::Unavailable => 3,
        ErrorKind::Internal => 4,
        _ => 5,
    };
    errors.into_iter().min_by_key(|error| rank(error.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(HttpErrorKind::CredentialMissing, ErrorKind::Unauthenticated)]
    #[case(HttpErrorKind::Denied, ErrorKind::PermissionDenied)]
    #[case(HttpErrorKind::LimitReached, ErrorKind::Unavailable)]
    #[case(HttpErrorKind::Timeout, ErrorKind::Unavailable)]
    #[case(HttpErrorKind::Unreachable, ErrorKind::Unavailable)]
    #[case(HttpErrorKind::Interrupted, ErrorKind::Unavailable)]
    #[case(HttpErrorKind::BodyTooLarge, ErrorKind::Internal)]
    #[case(HttpErrorKind::InvalidRequest, ErrorKind::Internal)]
    fn no_answer(#[case] from: HttpErrorKind, #[case] to: ErrorKind) {
        let error = Error::from_http(
            &HttpError {
                kind: from,
                message: "why".into(),
            },
            "DescribeX in r",
        );
        assert_eq!(error.kind, to);
        assert_eq!(error.message, "DescribeX in r: why");
    }

    #[test]
    fn the_credential_is_told_first() {
        let told = most_telling([
            Error::new(ErrorKind::Unavailable, "a"),
            Error::new(ErrorKind::Unauthenticated, "b"),
            Error::new(ErrorKind::Unauthenticated, "c"),
        ]);
        assert_eq!(told.map(|e| e.message), Some("b".into()));
        assert_eq!(most_telling([]), None);
    }
}
