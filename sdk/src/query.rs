//! The AWS query protocol: an action and its parameters as a form, the response as XML.
//!
//! Formats: `Response/Errors/Error/{Code,Message}` with `RequestID` (EC2), and `ErrorResponse/Error/{Code,Message}`
//! with `RequestId` (STS, IAM and others).

use crate::http::{Request, Response, not_understood};
use crate::xml::{self, Step};
use crate::{Error, ErrorKind, World};

/// Endpoint of a service, and the signature of its requests.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Absolute URL.
    pub url: String,
    /// Name of a credential that the manifest requests.
    pub credential: String,
    /// Signing name, such as `ec2`.
    pub service: String,
    /// Region that the signature is for.
    pub region: String,
    /// API version, such as `2016-11-15`.
    pub version: String,
}

/// One action.
///
/// ```
/// use cloudhost_sdk::query::{Action, Endpoint};
/// use cloudhost_sdk::xml::Step;
/// use cloudhost_sdk::{Error, World};
///
/// async fn regions<W: World>(world: &W, ec2: &Endpoint) -> Result<Vec<String>, Error> {
///     let mut names = Vec::new();
///     let action = Action::read("DescribeRegions")
///         .param("AllRegions", "true")
///         .filter("opt-in-status", ["opted-in", "opt-in-not-required"]);
///     action
///         .send(world, ec2, |path, step| {
///             if let (["regionInfo", "item", "regionName"], Step::Close(Some(name))) = (path, step) {
///                 names.push(name.to_owned());
///             }
///         })
///         .await?;
///     Ok(names)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Action {
    name: &'static str,
    params: Vec<(String, String)>,
    changes: bool,
}

impl Action {
    /// Creates an action that changes nothing, such as `DescribeRegions`.
    pub fn read(name: &'static str) -> Action {
        Action {
            name,
            params: Vec::new(),
            changes: false,
        }
    }

    /// Creates an action that changes something: an error that leaves its effect unknown is `indeterminate`.
    pub fn change(name: &'static str) -> Action {
        Action {
            changes: true,
            ..Action::read(name)
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Action {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Adds `PREFIX.1`, `PREFIX.2` and so on.
    #[must_use]
    pub fn list<S: AsRef<str>>(
        mut self,
        prefix: &str,
        values: impl IntoIterator<Item = S>,
    ) -> Action {
        for (n, value) in (1..).zip(values) {
            self = self.param(format!("{prefix}.{n}"), value.as_ref());
        }
        self
    }

    /// Adds `Filter.N.Name` and its values: a result must match one of them.
    #[must_use]
    pub fn filter<S: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = S>) -> Action {
        let names =
            |(key, _): &&(String, String)| key.starts_with("Filter.") && key.ends_with(".Name");
        let n = self.params.iter().filter(names).count() + 1;
        self.param(format!("Filter.{n}.Name"), name)
            .list(&format!("Filter.{n}.Value"), values)
    }

    /// Sends the action and passes each element of the response to `visit` as it is read (see [`xml::walk`]; the path
    /// starts below the root). An error of the cloud, a missing response, or one that is not `<ACTIONResponse>` is an
    /// [`Error`] that names the action and the region. Returns the response, for its headers.
    pub async fn send(
        &self,
        world: &impl World,
        to: &Endpoint,
        mut visit: impl FnMut(&[&str], Step<'_>),
    ) -> Result<Response, Error> {
        let title = format!("{} in {}", self.name, to.region);
        let known = |error: Error| match self.changes {
            true => error.after_change(),
            false => error,
        };
        let fixed = [("Action", self.name), ("Version", to.version.as_str())];
        let params = self.params.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let request = Request::post(&to.url)
            .form(fixed.into_iter().chain(params))
            .sigv4(&to.credential, &to.service, &to.region);
        let answer = match world.fetch(request).await {
            Ok(answer) if (200..300).contains(&answer.status) => answer,
            Ok(answer) => return Err(known(failure(&answer, &title))),
            Err(error) if self.changes => return Err(Error::of_change(&error, &title)),
            Err(error) => return Err(Error::from_http(&error, &title)),
        };
        let mut root = None;
        xml::walk(&answer.body, |path, step| match path {
            [] => {}
            [name] => root = Some(*name),
            [_, rest @ ..] => visit(rest, step),
        })
        .map_err(|error| known(not_understood(&title, &error.to_string(), "", &answer.body)))?;
        let expected = root.and_then(|root| root.strip_suffix("Response")) == Some(self.name);
        if expected {
            return Ok(answer);
        }
        let what = format!(
            "<{}> instead of <{}Response>",
            root.unwrap_or_default(),
            self.name
        );
        Err(known(not_understood(&title, &what, "", &answer.body)))
    }
}

/// Parses the error from a response with a status other than success.
pub fn failure(answer: &Response, title: &str) -> Error {
    let (mut code, mut message, mut request_id) = (None, None, None);
    let read = xml::walk(&answer.body, |path, step| {
        let Step::Close(Some(text)) = step else {
            return;
        };
        let slot = match path {
            ["Response", "Errors", "Error", "Code"] | ["ErrorResponse", "Error", "Code"] => {
                &mut code
            }
            ["Response", "Errors", "Error", "Message"] | ["ErrorResponse", "Error", "Message"] => {
                &mut message
            }
            ["Response", "RequestID"] | ["ErrorResponse", "RequestId"] => &mut request_id,
            _ => return,
        };
        slot.get_or_insert_with(|| text.to_owned());
    });
    let Some(code) = code.filter(|_| read.is_ok()) else {
        let kind = Error::kind_of_status(answer.status);
        let what = format!("HTTP {}", answer.status);
        let mut error = not_understood(title, &what, "without an error code", &answer.body);
        // This status does not tell the cause: only the body does, and it is not understood.
        error.kind = if kind == ErrorKind::InvalidArgument {
            ErrorKind::Internal
        } else {
            kind
        };
        error.retry_after_ms = answer.retry_after_ms();
        return error;
    };
    let said = message
        .filter(|m| !m.is_empty())
        .unwrap_or_else(|| code.clone());
    Error {
        kind: kind_of(&code, answer.status),
        message: format!("{title}: {said}"),
        code: Some(code),
        request_id,
        retry_after_ms: answer.retry_after_ms(),
        ..Error::new(ErrorKind::Internal, "")
    }
}

/// Maps an AWS error code to a kind; an unlisted code has the kind of the status.
pub fn kind_of(code: &str, status: u16) -> ErrorKind {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "EC2ThrottledException"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "LimitExceededException"
        | "TransactionInProgressException" => ErrorKind::RateLimited,
        "AuthFailure"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "MissingAuthenticationToken"
        | "IncompleteSignature" => ErrorKind::Unauthenticated,
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "OptInRequired"
        | "Blocked"
        | "PendingVerification" => ErrorKind::PermissionDenied,
        "RequestTimeout"
        | "RequestTimeoutException"
        | "PriorRequestNotComplete"
        | "Unavailable"
        | "ServiceUnavailable"
        | "InternalError"
        | "InternalFailure" => ErrorKind::Unavailable,
        "InvalidAction" | "UnsupportedOperation" | "Unsupported" => ErrorKind::Unsupported,
        "InsufficientInstanceCapacity" => ErrorKind::InsufficientCapacity,
        _ => Error::kind_of_status(status),
    }
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
