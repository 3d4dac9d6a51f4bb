//! Requests, and the meaning of Lambda's error codes.

use cloudhost_sdk::http::{Method, Request, Response};
use cloudhost_sdk::{Error, ErrorKind, Scope, Timestamp, World};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

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

/// Data of a response, and the time by Lambda's clock.
pub(crate) type Dated<T> = (T, Option<Timestamp>);

/// Sends `GET /WHAT`. The scope of an error is the provider: Lambda has one endpoint and one key.
pub(crate) async fn ask<T: DeserializeOwned>(world: &impl World, what: &str) -> Result<T, Error> {
    let (data, _) = ask_dated(world, what).await?;
    Ok(data)
}

/// Sends `GET /WHAT`, and returns the time of the response, too.
pub(crate) async fn ask_dated<T: DeserializeOwned>(
    world: &impl World,
    what: &str,
) -> Result<Dated<T>, Error> {
    let title = format!("GET /{what}");
    let request = Request::get(format!("{API}/{what}")).bearer(CREDENTIAL);
    let answer = world.fetch(request).await;
    let answer = answer.map_err(|error| Error::from_http(&error, &title));
    let read = answer.and_then(|answer| data(answer, &title));
    read.map_err(|error| error.in_scope(Scope::Provider))
}

/// Sends a request that changes something; without a body it has none.
pub(crate) async fn change<T: DeserializeOwned>(
    world: &impl World,
    method: Method,
    what: &str,
    body: Option<&impl Serialize>,
) -> Result<Dated<T>, Error> {
    let verb = match method {
        Method::Delete => "DELETE",
        _ => "POST",
    };
    let title = format!("{verb} /{what}");
    let mut request = Request::new(method, format!("{API}/{what}")).bearer(CREDENTIAL);
    if let Some(body) = body {
        request = request.json(body)?;
    }
    let answer = world.fetch(request).await;
    let answer = answer.map_err(|error| Error::of_change(&error, &title));
    let done = answer.and_then(|answer| data(answer, &title).map_err(Error::after_change));
    done.map_err(|error| error.in_scope(Scope::Provider))
}

fn data<T: DeserializeOwned>(answer: Response, title: &str) -> Result<Dated<T>, Error> {
    if !(200..300).contains(&answer.status) {
        return Err(failure(answer, title));
    }
    let Data { data } = answer.json(title)?;
    Ok((data, answer.date()))
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
        "instance-operations/launch/file-system-in-wrong-region"
        | "filesystems/filesystem-in-use" => ErrorKind::FailedPrecondition,
        "global/internal-error" => ErrorKind::Unavailable,
        // Errors of the services below: "Network outages", "unavailability".
        _ if code.starts_with("provider/") => ErrorKind::Unavailable,
        _ => Error::kind_of_status(status),
    }
}
