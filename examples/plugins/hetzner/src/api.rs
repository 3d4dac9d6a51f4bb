//! Requests to the API: all pages of a list, and the meaning of errors.
//!
//! Formats: the published OpenAPI description of the Hetzner Cloud API (<https://docs.hetzner.cloud/cloud.spec.json>,
//! version 1.0.0), chapters "Pagination" and "Errors".

use std::cell::RefCell;
use std::collections::BTreeMap;

use cloudhost_sdk::http::{Method, Request, Response};
use cloudhost_sdk::{Error, ErrorKind, Scope, World, all_pages};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Base URL of all requests.
const API: &str = "https://api.hetzner.cloud/v1";

/// Name of the credential in the manifest.
const CREDENTIAL: &str = "hetzner";

/// Most rows that the API returns on a page.
const PER_PAGE: &str = "50";

/// A page of a list: the rows under the list's name, and the number of the next page.
#[derive(Deserialize)]
struct Page {
    meta: Meta,
    #[serde(flatten)]
    lists: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    /// `null` on the last page.
    next_page: Option<u64>,
}

/// `{"error": {"code", "message"}}`, the format of every response that is not a success.
#[derive(Deserialize)]
struct Failure {
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    code: String,
    message: String,
}

/// Fetches all rows of the list `GET /WHAT`, from all its pages.
pub(crate) async fn rows<W: World>(
    world: &W,
    what: &str,
    filter: &[(&str, &str)],
) -> Result<Vec<Value>, Error> {
    let title = format!("GET /{what}");
    let rows = RefCell::new(Vec::new());
    let ended = all_pages(&title, |page| {
        let first = Request::get(format!("{API}/{what}")).query("per_page", PER_PAGE);
        let mut request = filter.iter().fold(first, |all, (k, v)| all.query(k, v));
        if let Some(page) = page {
            request = request.query("page", &page);
        }
        let (rows, title) = (&rows, &title);
        async move {
            let mut page: Page = ask(world, request, title).await?;
            let Some(Value::Array(list)) = page.lists.remove(what) else {
                let message = format!("{title}: the response has no list `{what}`");
                return Err(Error::internal(message));
            };
            rows.borrow_mut().extend(list);
            Ok(page.meta.pagination.next_page.map(|next| next.to_string()))
        }
    });
    ended.await.map_err(whole_provider)?;
    Ok(rows.into_inner())
}

/// Fetches `GET /WHAT`, which has no pages.
pub(crate) async fn single<T: DeserializeOwned>(
    world: &impl World,
    what: &str,
) -> Result<T, Error> {
    let request = Request::get(format!("{API}/{what}"));
    let answer = ask(world, request, &format!("GET /{what}")).await;
    answer.map_err(whole_provider)
}

/// Sends a request that changes something. An error that leaves its effect unknown is `indeterminate`.
pub(crate) async fn change<T: DeserializeOwned>(
    world: &impl World,
    method: Method,
    what: &str,
    body: Option<&impl Serialize>,
) -> Result<T, Error> {
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
    let answer = answer.map_err(|error| whole_provider(Error::of_change(&error, &title)))?;
    let done = match answer.status {
        200..=299 => answer.json(&title),
        _ => Err(failure(answer, &title)),
    };
    done.map_err(|error| whole_provider(error.after_change()))
}

async fn ask<T: DeserializeOwned>(
    world: &impl World,
    request: Request,
    title: &str,
) -> Result<T, Error> {
    let answer = request.bearer(CREDENTIAL).send(world).await?;
    if !(200..300).contains(&answer.status) {
        return Err(failure(answer, title));
    }
    answer.json(title)
}

/// Sets the scope to the whole provider: there is one endpoint and one token.
fn whole_provider(error: Error) -> Error {
    error.in_scope(Scope::Provider)
}

/// Parses the error from a response with a status other than success.
fn failure(answer: Response, title: &str) -> Error {
    let Ok(Failure { error: said }) = answer.json(title) else {
        // A proxy's page, or an empty body: report the status and the start of the body.
        let error = answer.ok(title).err();
        return error.unwrap_or_else(|| Error::internal(title));
    };
    Error {
        retry_after_ms: answer.retry_after_ms(),
        advice: advice(&said.code).map(str::to_owned),
        kind: kind_of(&said.code).unwrap_or(Error::kind_of_status(answer.status)),
        code: Some(said.code),
        ..Error::internal(format!("{title}: {}", said.message))
    }
}

/// Maps an error code to a kind; for all others the status gives it.
pub(crate) fn kind_of(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "maintenance" => ErrorKind::Unavailable,
        "resource_limit_exceeded" => ErrorKind::QuotaExceeded,
        "resource_unavailable" | "placement_error" => ErrorKind::InsufficientCapacity,
        "deprecated_api_endpoint" => ErrorKind::Unsupported,
        "uniqueness_error" => ErrorKind::AlreadyExists,
        "locked" | "conflict" => ErrorKind::Busy,
        "protected" => ErrorKind::FailedPrecondition,
        _ => return None,
    })
}

fn advice(code: &str) -> Option<&'static str> {
    match code {
        "token_readonly" => Some("make a token that may read and write, in the console"),
        "protected" => Some("remove the protection against deletion first, in the console"),
        _ => None,
    }
}
