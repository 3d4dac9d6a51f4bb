//! Tests of requests and results against a canned cloud.

mod failures;
mod whole;

use super::*;
use cloudhost_sdk::http::{Auth, Header, HttpError, HttpErrorKind, Method, Request, Response};
use cloudhost_sdk::{ErrorKind, Facts, Market};
use futures::FutureExt;
use std::cell::RefCell;

/// Two types, one of them with capacity in two regions, of which one is new. The fields are those of the published
/// description.
const TYPES: &str = r#"{"data": {
  "gpu_1x_a10": {
    "instance_type": {"name": "gpu_1x_a10", "description": "1x A10 (24 GB PCIe)", "gpu_description": "A10 (24 GB PCIe)",
      "price_cents_per_hour": 75, "specs": {"vcpus": 30, "memory_gib": 200, "storage_gib": 1400, "gpus": 1}},
    "regions_with_capacity_available": [
      {"name": "us-west-1", "description": "California, USA"}, {"name": "us-north-1", "description": "Utah, USA"}]},
  "gpu_1x_gh200": {
    "instance_type": {"name": "gpu_1x_gh200", "description": "1x GH200 (96 GB)", "gpu_description": "GH200 (96 GB)",
      "price_cents_per_hour": 229, "specs": {"vcpus": 64, "memory_gib": 432, "storage_gib": 4096, "gpus": 1}},
    "regions_with_capacity_available": []}}}"#;

const REGIONS: &str = r#"{"data": [
  {"name": "us-west-1", "description": "California, USA"}, {"name": "eu-far-1", "description": "Far away"}]}"#;

const IMAGES: &str = r#"{"data": [
  {"id": "i-1", "name": "lambda-stack-22-04-22.4.5", "description": "", "family": "lambda-stack-22-04", "version": "22.4.5",
   "architecture": "x86_64", "created_time": "2026-01-01T00:00:00Z", "updated_time": "2026-01-01T00:00:00Z",
   "region": {"name": "us-west-1", "description": "California, USA"}},
  {"id": "i-2", "name": "lambda-stack-22-04-22.4.6", "description": "", "family": "lambda-stack-22-04", "version": "22.4.6",
   "architecture": "x86_64", "created_time": "2026-03-01T00:00:00Z", "updated_time": "2026-03-01T00:00:00Z",
   "region": {"name": "us-west-1", "description": "California, USA"}},
  {"id": "i-3", "name": "ubuntu-24.04.01", "description": "Ubuntu LTS", "family": "ubuntu-lts", "version": "24.04.01",
   "architecture": "arm64", "created_time": "soon", "updated_time": "soon",
   "region": {"name": "us-west-1", "description": "California, USA"}}]}"#;

type Answer = Result<(u16, String), HttpErrorKind>;

/// The small cloud; `special` overrides its responses.
struct Cloud<'a> {
    special: &'a dyn Fn(&str) -> Option<Answer>,
    asked: RefCell<Vec<String>>,
}

impl World for Cloud<'_> {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        assert_eq!(request.auth, [Auth::Bearer("lambdalabs".into())]);
        assert!(request.method == Method::Get && request.body.is_none());
        let path = request.url.strip_prefix("https://cloud.lambda.ai/api/v1/");
        let path = path.unwrap().to_owned();
        self.asked.borrow_mut().push(path.clone());
        let usual = || match path.as_str() {
            "instance-types" => TYPES.to_owned(),
            "regions" => REGIONS.to_owned(),
            "images" => IMAGES.to_owned(),
            other => panic!("{other}"),
        };
        let (status, body) = (self.special)(&path)
            .unwrap_or_else(|| Ok((200, usual())))
            .map_err(|kind| HttpError {
                kind,
                message: "no answer".into(),
            })?;
        Ok(Response {
            status,
            headers: vec![Header {
                name: "retry-after".into(),
                value: "3".into(),
            }],
            body: body.into_bytes(),
        })
    }

    async fn credential(&self, name: &str) -> Result<Facts, String> {
        panic!("{name}")
    }
}

fn run(
    wanted: &[DataKind],
    special: &dyn Fn(&str) -> Option<Answer>,
) -> (Vec<String>, Result<Listing, Error>) {
    let cloud = Cloud {
        special,
        asked: RefCell::default(),
    };
    let query = Query {
        wanted: wanted.to_vec(),
        settings: vec![],
    };
    let result = fetch(&cloud, &query).now_or_never().unwrap();
    (cloud.asked.into_inner(), result)
}

/// Fetches types, with a changed body of `GET /instance-types`.
fn changed(from: &str, to: &str) -> Listing {
    assert!(TYPES.contains(from), "{from}");
    let body = TYPES.replace(from, to);
    run(&IN_ONE_REQUEST, &|_| Some(Ok((200, body.clone()))))
        .1
        .unwrap()
}
