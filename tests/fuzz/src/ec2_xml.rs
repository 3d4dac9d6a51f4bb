//! XML as EC2 sends it, read by the AWS plugin.

use cloudhost_plugin_aws::Aws;
use cloudhost_sdk::http::{HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::{DataKind, Facts, Provider, Query, World};
use futures::executor::block_on;
use std::cell::Cell;

/// Limit of requests. A plugin that sends more does not detect endless pages.
const MAX_REQUESTS: usize = 2_000;

/// A server that sends the same response to every request. The first byte of the input selects the status.
struct Server<'a> {
    status: u16,
    body: &'a [u8],
    requests: Cell<usize>,
}

impl World for Server<'_> {
    async fn fetch(&self, _: Request) -> Result<Response, HttpError> {
        let requests = self.requests.get() + 1;
        self.requests.set(requests);
        assert!(requests <= MAX_REQUESTS, "endless requests");
        if requests > 60 {
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
            project: None,
            quota_project: None,
            subscription: None,
            tenant: None,
            organisation: None,
            configured: true,
            source: None,
            account: None,
            region: None,
        })
    }
}

/// Checks that the plugin fails or returns only names that the response contains.
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
        requests: Cell::default(),
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
    let received = |name: &str| name.is_empty() || body.contains(&b'&') || holds(body, name);
    for one in listing.instance_types.iter().flatten() {
        assert!(received(&one.name), "{:?} is not in the response", one.name);
    }
}

fn holds(body: &[u8], name: &str) -> bool {
    body.windows(name.len()).any(|part| part == name.as_bytes())
}
