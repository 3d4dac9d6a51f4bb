//! The AWS JSON 1.1 protocol: a target header that names the action, JSON in, JSON out.
//!
//! Errors are `{"__type": "name#Code", "message": ".."}`; some services use `Message` (Smithy, AWS JSON 1.1 protocol).
//! The request's identifier is in `x-amzn-RequestId`.

use cloudhost_sdk::http::{Request, Response};
use cloudhost_sdk::query::kind_of;
use cloudhost_sdk::{Error, World, excerpt};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::region::CREDENTIAL;

/// A service's endpoint, for all regions or for one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service<'s> {
    /// Host name of its endpoint.
    pub host: &'s str,
    /// Signing name, such as `ce`.
    pub signs_as: &'static str,
    /// Region of the endpoint.
    pub region: &'s str,
    /// Prefix of the action in the target header.
    pub target: &'static str,
}

impl Service<'_> {
    /// Sends a read-only action and parses its response.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        world: &impl World,
        action: &str,
        question: &Value,
    ) -> Result<T, Error> {
        let request = Request::post(format!("https://{}/", self.host))
            .header("x-amz-target", &format!("{}.{action}", self.target))
            .body(
                "application/x-amz-json-1.1",
                question.to_string().into_bytes(),
            )
            .sigv4(CREDENTIAL, self.signs_as, self.region);
        let answer = match world.fetch(request).await {
            Ok(answer) => answer,
            Err(error) => return Err(Error::from_http(&error, action)),
        };
        if (200..300).contains(&answer.status) {
            return answer.json(action);
        }
        Err(failure(answer, action))
    }
}

fn failure(answer: Response, action: &str) -> Error {
    let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let text = |name: &str| said.as_ref()?.get(name)?.as_str();
    let code = text("__type").map(|name| {
        let name = name.rsplit('#').next().unwrap_or(name);
        name.split(':').next().unwrap_or(name).to_owned()
    });
    let message = text("message").or_else(|| text("Message"));
    let Some(code) = code.filter(|code| !code.is_empty()) else {
        return match answer.ok(action) {
            Err(error) => error,
            Ok(_) => Error::internal(format!("{action}: an error response with a success status")),
        };
    };
    let said = excerpt(message.unwrap_or(&code).as_bytes());
    let mut error = Error::new(kind_of(&code, answer.status), format!("{action}: {said}"));
    error.code = Some(code);
    error.request_id = answer.header("x-amzn-requestid").map(str::to_owned);
    error.retry_after_ms = answer.retry_after_ms();
    error
}
