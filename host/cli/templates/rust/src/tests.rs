//! Tests against canned responses, without a host: `cargo test`.

use super::Plugin;
use cloudhost_sdk::http::{HttpError, Request, Response};
use cloudhost_sdk::{ErrorKind, Facts, Provider, Query, World};
use futures::FutureExt;

/// A cloud with the same response to every request.
struct Canned(u16, &'static str);

impl World for Canned {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        assert!(request.url.starts_with(super::TYPES), "{}", request.url);
        Ok(Response {
            status: self.0,
            headers: vec![],
            body: self.1.into(),
        })
    }

    async fn credential(&self, name: &str) -> Result<Facts, String> {
        Err(format!("{name} is not used here"))
    }
}

fn fetch(world: &Canned) -> Result<cloudhost_sdk::Listing, cloudhost_sdk::Error> {
    let query = Query {
        wanted: vec![],
        settings: vec![],
    };
    Plugin::fetch(world, query)
        .now_or_never()
        .expect("canned responses are ready at once")
}

#[test]
fn types_become_records() {
    let listing = fetch(&Canned(200, include_str!("../catalog.json"))).unwrap();
    assert_eq!(listing.instance_types.unwrap()[0].name, "standard-2");
    assert_eq!(listing.regions.unwrap()[0].name, "north-1");
    assert_eq!(listing.prices.unwrap()[0].per_hour.nanos, 50_000_000);
}

#[test]
fn a_refusal_is_an_error_of_its_own() {
    let error = fetch(&Canned(403, "no")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
}

#[test]
fn the_bundled_catalog_exists() {
    assert!(Plugin::bundled().is_some());
}
