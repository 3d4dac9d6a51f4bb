//! Faults that every request can meet, and the kinds of error that are right for each.

use super::case::{Spec, Verdict};
use super::mutation::{self, Mutation};
use super::plugin_under_test::{Outcome, fetched_rows};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::http::HttpErrorKind;
use cloudhost::contract::cloudhost::provider::types::ErrorKind::{
    self, Internal, NotFound, PermissionDenied, RateLimited, Unauthenticated, Unavailable,
};
use cloudhost::recording::Outcome as Recorded;

/// Kinds for a fault of the cloud.
pub(crate) const FAULT: &[ErrorKind] = &[Unavailable, Internal];
/// Kinds for a response that cannot be read.
pub(crate) const UNREADABLE: &[ErrorKind] = &[Internal, Unavailable];

/// A case, what the cloud does in it, and the kinds of error that are right.
pub(crate) type Row = (Spec, &'static str, fn() -> Mutation, &'static [ErrorKind]);

pub(crate) const ROWS: &[Row] = &[
    (
        ("errors.401", "a rejected credential is `unauthenticated`"),
        "HTTP 401 for every request",
        || mutation::status(401),
        &[Unauthenticated],
    ),
    (
        ("errors.403", "a denied request is `permission-denied`"),
        "HTTP 403 for every request",
        || mutation::status(403),
        // Some clouds return this for a bad credential.
        &[PermissionDenied, Unauthenticated],
    ),
    (
        ("errors.404", "a missing resource is an error"),
        "HTTP 404 for every request",
        || mutation::status(404),
        &[NotFound, Internal],
    ),
    (
        ("errors.429", "rate limiting is `rate-limited`"),
        "HTTP 429 for every request",
        || mutation::status(429),
        &[RateLimited],
    ),
    (
        ("errors.500", "a server error is `unavailable`"),
        "HTTP 500 for every request",
        || mutation::status(500),
        FAULT,
    ),
    (
        ("errors.503", "a cloud that is down is `unavailable`"),
        "HTTP 503 for every request",
        || mutation::status(503),
        &[Unavailable, RateLimited],
    ),
    (
        ("errors.html", "an HTML page is an error"),
        "HTTP 200 with a page of HTML for every request",
        mutation::html,
        UNREADABLE,
    ),
    (
        ("errors.empty", "an empty response is an error"),
        "HTTP 200 without a body for every request",
        || mutation::body(|_| Vec::new()),
        UNREADABLE,
    ),
    (
        (
            "errors.unreachable",
            "an unreachable cloud is `unavailable`",
        ),
        "no connection",
        mutation::unreachable,
        &[Unavailable],
    ),
    (
        (
            "errors.interrupted",
            "an interrupted response is `unavailable`",
        ),
        "every connection is interrupted",
        mutation::interrupted,
        &[Unavailable],
    ),
    (
        (
            "errors.no-credential",
            "a missing credential is `unauthenticated`",
        ),
        "no credential is configured",
        mutation::no_credential,
        &[Unauthenticated],
    ),
];

/// Returns true if a recorded outcome is a failure that matches an error of this kind.
pub(crate) fn is_failure(outcome: &Recorded, kind: ErrorKind) -> bool {
    match outcome {
        Recorded::Response(response) if response.status < 300 => false,
        Recorded::Response(response) => {
            let name = format!("errors.{}", response.status);
            match ROWS.iter().find(|((of, _), ..)| *of == name) {
                Some((.., kinds)) => kinds.contains(&kind),
                None => true,
            }
        }
        Recorded::Error(failure) => match failure.kind {
            HttpErrorKind::CredentialMissing => kind == Unauthenticated,
            HttpErrorKind::Denied => kind == PermissionDenied,
            HttpErrorKind::InvalidRequest | HttpErrorKind::BodyTooLarge => kind == Internal,
            _ => kind == Unavailable,
        },
    }
}

/// Passes an error of these kinds, or a listing of nothing but such gaps.
pub(crate) fn refused(outcome: &Outcome, given: &str, kinds: &[ErrorKind]) -> Verdict {
    let passed = match outcome {
        Outcome::Refused(error) => kinds.contains(&error.kind),
        Outcome::Listing(listing) => {
            let mut gaps = listing.missing.iter();
            fetched_rows(listing) == 0
                && !listing.missing.is_empty()
                && gaps.all(|gap| kinds.contains(&gap.error.kind))
        }
        Outcome::Invalid(_) | Outcome::Crashed(_) => false,
    };
    if passed {
        return Verdict::Passed;
    }
    let expected = format!(
        "an error of kind {}, or only gaps with one, and no record",
        any_of(kinds)
    );
    Verdict::failed(given, outcome.text(), expected)
}

/// Names kinds of error, for messages.
pub(crate) fn any_of(kinds: &[ErrorKind]) -> String {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    kinds.join(" or ")
}
