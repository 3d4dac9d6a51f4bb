//! XML as EC2 sends it, read by the AWS plugin.

use cloudhost_plugin_aws::Aws;
use cloudhost_sdk::http::{HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::{DataKind, Facts, Provider, Query, World};
use futures::executor::block_on;
use std::cell::Cell;

/// Requests that are answered; a plugin that asks for more has not noticed that pages do not end.
const ANSWERS: usize = 2_000;

/// A server that says the same to every question: the first byte picks the status.
struct Server<'a> {
    status: u16,
    body: &'a [u8],
    asked: Cell<usize>,
}

impl World for Server<'_> {
    async fn fetch(&self, _: Request) -> Result<Response, HttpError> {
        let asked = self.asked.get() + 1;
        self.asked.set(asked);
        assert!(asked <= ANSWERS, "asks for ever");
        if asked > 60 {
            return Err(HttpError {
                kind: HttpErrorKind::LimitReached,
                message: "enough".to_owned(),
            });
        }
        Ok(Response {
            status: self.status,
            headers: Vec::new(),
            body: self.body.to_vec(),
        })
    }

    async fn credential(&self, _: &str) -> Result<Facts, String> {
        Ok(Facts {
            configured: true,
            source: None,
            account: None,
            region: None,
        })
    }
}

/// The plugin answers or fails, and says nothing that it did not hear.
pub fn check(input: &[u8]) {
    let Some((first, body)) = input.split_first() else {
        return;
    };
    let server = Server {
        status: [200, 400, 403, 503]
            .get(usize::from(*first))
            .copied()
            .unwrap_or(200),
        body,
        asked: Cell::default(),
    };
    let query = Query {
        wanted: vec![
            DataKind::Regions,
            DataKind::InstanceTypes,
            DataKind::Offers,
            DataKind::Images,
        ],
        settings: Vec::new(),
    };
    let Ok(listing) = block_on(Aws::fetch(&server, query)) else {
        return;
    };
    let heard = |name: &str| name.is_empty() || body.contains(&b'&') || holds(body, name);
    for one in listing.instance_types.iter().flatten() {
        assert!(heard(&one.name), "{:?} was not in the answer", one.name);
    }
}

fn holds(body: &[u8], name: &str) -> bool {
    body.windows(name.len()).any(|part| part == name.as_bytes())
}
