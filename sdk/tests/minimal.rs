//! Size and behaviour of the minimal provider.
#![allow(dead_code)]

#[path = "../examples/minimal.rs"]
mod minimal;

use cloudhost_sdk::http::{HttpError, Request, Response};
use cloudhost_sdk::kconfig::{Catalog, Dialect, Entry};
use cloudhost_sdk::{Facts, Provider, Query, World};
use futures::FutureExt;

struct Canned;

impl World for Canned {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        assert_eq!(request.url, "https://api.example.com/v1/types");
        let body = r#"[{"name":"s.one","vcpus":2,"memory_gib":4,"regions":["b","a"]}]"#;
        Ok(Response {
            status: 200,
            headers: vec![],
            body: body.into(),
        })
    }
    async fn credential(&self, _: &str) -> Result<Facts, String> {
        unreachable!()
    }
}

#[test]
fn it_is_under_100_lines() {
    let lines = include_str!("../examples/minimal.rs").lines().count();
    assert!(lines < 100, "{lines} lines");
}

#[test]
fn it_fetches_and_makes_menus() {
    let query = Query {
        wanted: vec![],
        settings: vec![],
    };
    let listing = minimal::Example::fetch(&Canned, query)
        .now_or_never()
        .unwrap()
        .unwrap();
    let regions = listing.regions.unwrap();
    assert_eq!(
        regions.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    let catalog = Catalog {
        regions,
        instance_types: listing.instance_types.unwrap(),
        offers: listing.offers.unwrap(),
        ..Catalog::default()
    };
    let files = minimal::Example::emit_kconfig(catalog, Dialect::Kdevops).unwrap();
    let symbols: Vec<&str> = files[0]
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Symbol(symbol) => Some(symbol.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        symbols,
        [
            "TERRAFORM_EXAMPLE_REGION_A",
            "TERRAFORM_EXAMPLE_REGION_B",
            "TERRAFORM_EXAMPLE_REGION",
            "TERRAFORM_EXAMPLE_INSTANCE_TYPE_S_ONE",
            "TERRAFORM_EXAMPLE_INSTANCE_TYPE",
        ]
    );
}
