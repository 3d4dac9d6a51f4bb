//! Mutations of the responses of a cloud.

use cloudhost::credentials::CredentialsError;
use cloudhost::egress::{FetchError, Response};
use cloudhost::recording::Request;

/// A request as the plugin made it, without masking.
pub(crate) type Call = Request;

/// Result of a request.
pub(crate) type Reply = Result<Response, FetchError>;

/// Makes another reply of the one to this request.
pub(crate) type Mutation = Box<dyn Fn(&Call, Reply) -> Reply + Send + Sync>;

/// Changes the body, where there is a response.
pub(crate) fn body(change: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Mutation {
    Box::new(move |_, reply| {
        reply.map(|response| Response {
            body: change(&response.body),
            ..response
        })
    })
}

/// Responds with this status and body to any request.
fn respond(status: u16, body: &'static str) -> Mutation {
    Box::new(move |_, _| {
        Ok(Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        })
    })
}

/// Responds with a status whose body has no code of any cloud.
pub(crate) fn status(status: u16) -> Mutation {
    respond(
        status,
        "{\"message\": \"a status of the conformance suite\"}",
    )
}

/// Responds as a proxy or a captive portal in place of the cloud does.
pub(crate) fn html() -> Mutation {
    respond(
        200,
        "<!DOCTYPE html><html><body>Please log in</body></html>",
    )
}

/// Refuses the connection.
pub(crate) fn unreachable() -> Mutation {
    Box::new(|call, _| Err(not_there(call.url.clone())))
}

/// Error of a host that the suite has no response of.
pub(crate) fn not_there(host: String) -> FetchError {
    FetchError::Unreachable {
        host,
        why: "the conformance suite sends no request".to_owned(),
        passing: true,
    }
}

/// Ends the connection before the response does.
pub(crate) fn interrupted() -> Mutation {
    Box::new(|call, _| {
        Err(FetchError::Interrupted {
            host: call.url.clone(),
            why: "the conformance suite closed the connection".to_owned(),
        })
    })
}

/// Configures no credential.
pub(crate) fn no_credential() -> Mutation {
    Box::new(|_, _| {
        let error = CredentialsError::NotConfigured {
            title: "conformance".to_owned(),
            looked_at: "nothing".to_owned(),
            remedy: None,
        };
        Err(FetchError::Credentials(error))
    })
}

/// Mutates the reply to one request, and leaves the others as they are.
pub(crate) fn only(one: Call, mutation: Mutation) -> Mutation {
    Box::new(move |call, reply| match *call == one {
        true => mutation(call, reply),
        false => reply,
    })
}

/// Replaces the body of the response to one request.
pub(crate) fn replaced(one: Call, new: Vec<u8>) -> Mutation {
    only(one, body(move |_| new.clone()))
}
