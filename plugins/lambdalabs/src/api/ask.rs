//! Requests, and the meaning of Lambda's error codes.

use cloudhost_sdk::http::{Request, Response};
use cloudhost_sdk::{Error, ErrorKind, Scope, World};
use serde::{Deserialize, de::DeserializeOwned};

use super::API;

/// Name of the credential in the manifest.
const CREDENTIAL: &str = "lambdalabs";

/// `{"data": ..}`, the format of every successful response.
#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// `{"error": {"code", "message", "suggestion"}}`, the format of every other response.
#[derive(Deserialize)]
struct Failure {
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    code: String,
    message: String,
    suggestion: Option<String>,
}

/// Sends `GET /WHAT`. The scope of an error is the provider: Lambda has one endpoint and one key.
pub(super) async fn ask<T: DeserializeOwned>(world: &impl World, what: &str) -> Result<T, Error> {
    let title = format!("GET /{what}");
    let provider = |error: Error| error.in_scope(Scope::Provider);
    let request = Request::get(format!("{API}/{what}")).bearer(CREDENTIAL);
    let answer = request.send(world).await.map_err(provider)?;
    if !(200..300).contains(&answer.status) {
        return Err(provider(failure(answer, &title)));
    }
    let Data { data } = answer.json(&title).map_err(provider)?;
    Ok(data)
}

/// Parses the error from a response with a status other than success.
fn failure(answer: Response, title: &str) -> Error {
    let retry_after_ms = answer.retry_after_ms();
    let status = answer.status;
    let Ok(Failure { error: said }) = answer.json(title) else {
        // A proxy's page, or an empty body: report the status and the start of the body.
        let error = answer.ok(title).err();
        return error.unwrap_or_else(|| Error::internal(title));
    };
    let message = match said.suggestion.filter(|text| !text.is_empty()) {
        Some(suggestion) => format!("{title}: {} {suggestion}", said.message),
        None => format!("{title}: {}", said.message),
    };
    Error {
        kind: kind_of(&said.code, status),
        code: Some(said.code),
        retry_after_ms,
        ..Error::internal(message)
    }
}

/// Maps Lambda's error code to a kind; an unlisted code has the kind of the status.
fn kind_of(code: &str, status: u16) -> ErrorKind {
    match code {
        "global/invalid-api-key" => ErrorKind::Unauthenticated,
        "global/account-inactive" | "global/invalid-address" | "global/forbidden" => {
            ErrorKind::PermissionDenied
        }
        "global/invalid-parameters" => ErrorKind::InvalidArgument,
        "global/object-does-not-exist" | "global/not-found" => ErrorKind::NotFound,
        "global/duplicate" => ErrorKind::AlreadyExists,
        "global/conflict" => ErrorKind::Busy,
        "global/quota-exceeded" => ErrorKind::QuotaExceeded,
        "instance-operations/launch/insufficient-capacity" => ErrorKind::InsufficientCapacity,
        "global/internal-error" => ErrorKind::Unavailable,
        _ => Error::kind_of_status(status),
    }
}
