//! A cloud that gives no good answer to anything: the error has the kind that a caller can act on, and no record is
//! made of nothing.

use super::case::{Cases, Spec, Verdict};
use super::cloud::{Cloud, Way};
use super::subject::{Outcome, Subject, told_of};
use super::twist::{self, Twist};
use cloudhost::catalog::KINDS;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::http::HttpErrorKind;
use cloudhost::contract::cloudhost::provider::types::ErrorKind::{
    self, Internal, NotFound, PermissionDenied, RateLimited, Unauthenticated, Unavailable,
};
use cloudhost::recording::Outcome as Recorded;
use std::sync::Arc;

/// What a fault of the cloud is.
pub(super) const FAULT: &[ErrorKind] = &[Unavailable, Internal];
/// What an answer is that cannot be read.
pub(super) const UNREADABLE: &[ErrorKind] = &[Internal, Unavailable];

/// What the cloud does, and the kinds of error that are true of it.
pub(super) type Row = (Spec, &'static str, fn() -> Twist, &'static [ErrorKind]);

pub(super) const ROWS: &[Row] = &[
    (
        (
            "errors.401",
            "a credential that is not accepted is `unauthenticated`",
        ),
        "HTTP 401 for every request",
        || twist::status(401),
        &[Unauthenticated],
    ),
    (
        ("errors.403", "a refusal is `permission-denied`"),
        "HTTP 403 for every request",
        || twist::status(403),
        // Some clouds say so of a bad credential.
        &[PermissionDenied, Unauthenticated],
    ),
    (
        ("errors.404", "what is not there is an error"),
        "HTTP 404 for every request",
        || twist::status(404),
        &[NotFound, Internal],
    ),
    (
        ("errors.429", "throttling is `rate-limited`"),
        "HTTP 429 for every request",
        || twist::status(429),
        &[RateLimited],
    ),
    (
        ("errors.500", "a fault of the cloud is `unavailable`"),
        "HTTP 500 for every request",
        || twist::status(500),
        FAULT,
    ),
    (
        ("errors.503", "a cloud that is down is `unavailable`"),
        "HTTP 503 for every request",
        || twist::status(503),
        &[Unavailable, RateLimited],
    ),
    (
        ("errors.html", "a page for people is no answer"),
        "HTTP 200 with a page of HTML for every request",
        twist::html,
        UNREADABLE,
    ),
    (
        ("errors.empty", "an answer of no bytes is no answer"),
        "HTTP 200 without a body for every request",
        || twist::body(|_| Vec::new()),
        UNREADABLE,
    ),
    (
        (
            "errors.unreachable",
            "a cloud that cannot be reached is `unavailable`",
        ),
        "no connection",
        twist::unreachable,
        &[Unavailable],
    ),
    (
        (
            "errors.interrupted",
            "an answer that breaks off is `unavailable`",
        ),
        "every connection breaks off",
        twist::interrupted,
        &[Unavailable],
    ),
    (
        (
            "errors.no-credential",
            "a missing credential is `unauthenticated`",
        ),
        "no credential is configured",
        twist::no_credential,
        &[Unauthenticated],
    ),
];

pub(super) async fn run(subject: &Subject<'_>, cases: &mut Cases) {
    for (spec, given, twist, kinds) in ROWS {
        let cloud = Arc::new(Cloud::new(None, Way::Twisted(twist())));
        let outcome = subject.ask(&cloud, &KINDS).await;
        if cloud.asked() == 0 && !matches!(outcome, Outcome::Broke(_)) {
            cases.skip(*spec, format!("it makes no request: {}", outcome.told()));
            continue;
        }
        cases.add(*spec, refused(&outcome, given, kinds));
    }
}

/// Whether an outcome that was recorded is a failure, and an error of this kind is true of it.
pub(super) fn is_failure(outcome: &Recorded, kind: ErrorKind) -> bool {
    match outcome {
        Recorded::Answer(answer) if answer.status < 300 => false,
        Recorded::Answer(answer) => {
            let name = format!("errors.{}", answer.status);
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

/// Passed where the outcome is an error of these kinds, or a listing that is nothing but such gaps.
pub(super) fn refused(outcome: &Outcome, given: &str, kinds: &[ErrorKind]) -> Verdict {
    let passed = match outcome {
        Outcome::Refused(error) => kinds.contains(&error.kind),
        Outcome::Listing(listing) => {
            let mut gaps = listing.missing.iter();
            told_of(listing) == 0
                && !listing.missing.is_empty()
                && gaps.all(|gap| kinds.contains(&gap.error.kind))
        }
        Outcome::Unbelievable(_) | Outcome::Broke(_) => false,
    };
    if passed {
        return Verdict::Passed;
    }
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let kinds = kinds.join(" or ");
    let expected = format!("an error of kind {kinds}, or only gaps with one, and no record");
    Verdict::failed(given, outcome.told(), expected)
}
