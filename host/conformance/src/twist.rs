//! What happens to answers on a bad day.

use super::cloud::{Call, Reply};
use cloudhost::credentials::CredentialsError;
use cloudhost::egress::{Answer, FetchError};

/// Makes another reply of the one to this request.
pub(super) type Twist = Box<dyn Fn(&Call, Reply) -> Reply + Send + Sync>;

/// Another body with the same status, where there is an answer.
pub(super) fn body(change: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Twist {
    Box::new(move |_, reply| {
        reply.map(|answer| Answer {
            body: change(&answer.body),
            ..answer
        })
    })
}

/// This status, with a body that has no code of any cloud.
pub(super) fn status(status: u16) -> Twist {
    Box::new(move |_, _| {
        Ok(Answer {
            status,
            headers: Vec::new(),
            body: b"{\"message\": \"a status of the conformance suite\"}".to_vec(),
        })
    })
}

/// What a proxy or a captive portal answers in place of a cloud.
pub(super) fn html() -> Twist {
    Box::new(|_, _| {
        Ok(Answer {
            status: 200,
            headers: Vec::new(),
            body: b"<!DOCTYPE html><html><body>Please log in</body></html>".to_vec(),
        })
    })
}

/// Nobody is there.
pub(super) fn unreachable() -> Twist {
    Box::new(|call, _| Err(not_there(call.url.clone())))
}

/// Why what is there has no answer.
pub(super) fn not_there(host: String) -> FetchError {
    FetchError::Unreachable {
        host,
        why: "the conformance suite lets nothing through".to_owned(),
        passing: true,
    }
}

/// The connection ends before the answer does.
pub(super) fn interrupted() -> Twist {
    Box::new(|call, _| {
        Err(FetchError::Interrupted {
            host: call.url.clone(),
            why: "the conformance suite cut it".to_owned(),
        })
    })
}

/// The credential that the request names is not configured. A request without one has an empty answer.
pub(super) fn no_credential() -> Twist {
    Box::new(|_, _| {
        let error = CredentialsError::NotConfigured {
            title: "conformance".to_owned(),
            looked_at: "nothing".to_owned(),
            remedy: None,
        };
        Err(FetchError::Credentials(error))
    })
}

/// The twist for one request, and the others as they are.
pub(super) fn only(one: Call, twist: Twist) -> Twist {
    Box::new(move |call, reply| match *call == one {
        true => twist(call, reply),
        false => reply,
    })
}
