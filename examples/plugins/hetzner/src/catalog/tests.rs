//! Tests of requests and results against a canned cloud. Bodies have the format of the published description, without
//! unused fields.

use super::*;
use cloudhost_sdk::http::{Auth, HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::{ErrorKind, Facts, Money};
use futures::FutureExt;
use rstest::rstest;
use std::cell::RefCell;

const LOCATIONS: &str = r#"{"locations": [
  {"id": 1, "name": "fsn1", "description": "Falkenstein DC Park 1", "country": "DE", "city": "Falkenstein",
   "latitude": 50.47612, "longitude": 12.370071, "network_zone": "eu-central"},
  {"id": 4, "name": "ash", "description": "Ashburn, VA", "country": "US", "city": "Ashburn, VA",
   "latitude": 39.045821, "longitude": -77.487073, "network_zone": "us-east"}],
  "meta": {"pagination": {"page": 1, "next_page": null}}}"#;

/// The first of two pages.
const TYPES: &str = r#"{"server_types": [
  {"name": "cpx22", "cores": 2, "memory": 4.0, "disk": 80, "storage_type": "local", "architecture": "x86",
   "locations": [{"id": 1, "name": "fsn1", "deprecation": null, "available": true},
                 {"id": 4, "name": "ash", "deprecation": null, "available": false}]}],
  "meta": {"pagination": {"page": 1, "next_page": 2}}}"#;

const MORE_TYPES: &str = r#"{"server_types": [
  {"name": "cax11", "cores": 2.0, "memory": 0.5, "disk": 40, "storage_type": "network", "architecture": "arm",
   "locations": [{"id": 1, "name": "fsn1", "available": true,
                  "deprecation": {"announced": "2026-06-01T00:00:00Z", "unavailable_after": "2027-01-01T00:00:00Z"}}]}],
  "meta": {"pagination": {"page": 2, "next_page": null}}}"#;

const PRICING: &str = r#"{"pricing": {"currency": "EUR", "vat_rate": "19.00", "server_types": [
  {"id": 1, "name": "cpx22", "prices": [
    {"location": "fsn1", "price_hourly": {"net": "0.0104000000", "gross": "0.0123760000"}},
    {"location": "ash", "price_hourly": {"net": "0.0000000000", "gross": "0.0000000000"}}]}]}}"#;

const IMAGES: &str = r#"{"images": [
  {"id": 7, "name": "debian-13", "type": "system", "os_flavor": "debian", "os_version": "13", "architecture": "arm",
   "created": "2026-08-13T07:39:36Z", "deprecated": null},
  {"id": 6, "name": "debian-11", "type": "system", "os_flavor": "debian", "os_version": "11", "architecture": "x86",
   "created": "2021-08-16T11:12:01Z", "deprecated": "2026-01-01T00:00:00Z"}],
  "meta": {"pagination": {"page": 1, "next_page": null}}}"#;

type Answer = Result<(u16, String), HttpErrorKind>;

/// The small cloud; `special` overrides its response to a path.
struct Cloud<'a> {
    special: &'a dyn Fn(&str) -> Option<Answer>,
    asked: RefCell<Vec<String>>,
}

impl World for Cloud<'_> {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        assert_eq!(request.auth, [Auth::Bearer("hetzner".into())]);
        let path = request.url.strip_prefix("https://api.hetzner.cloud/v1/");
        let path = path.unwrap().to_owned();
        self.asked.borrow_mut().push(path.clone());
        let usual = || match path.split('?').next().unwrap() {
            "locations" => LOCATIONS,
            "server_types" if path.contains("&page=2") => MORE_TYPES,
            "server_types" => TYPES,
            "pricing" => PRICING,
            "images" => IMAGES,
            other => panic!("{other}"),
        };
        let answer = (self.special)(&path).unwrap_or_else(|| Ok((200, usual().to_owned())));
        let (status, body) = answer.map_err(|kind| HttpError {
            kind,
            message: "no answer".into(),
        })?;
        Ok(Response {
            status,
            headers: Vec::new(),
            body: body.into_bytes(),
        })
    }

    async fn credential(&self, name: &str) -> Result<Facts, String> {
        panic!("{name}")
    }
}

const ALL: [DataKind; 6] = [Regions, InstanceTypes, Offers, Images, Prices, Capacity];

/// Runs a query; returns the requested paths, sorted, and the result.
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
        settings: Vec::new(),
    };
    let result = fetch(&cloud, &query).now_or_never().unwrap();
    let mut asked = cloud.asked.into_inner();
    asked.sort();
    (asked, result)
}

/// Runs a query for all data, with a changed body.
fn changed(path: &str, body: &str, from: &str, to: &str) -> Listing {
    assert!(body.contains(from), "{from}");
    let body = body.replace(from, to);
    let special = |asked: &str| {
        (asked.starts_with(path) && !asked.contains("page=2")).then(|| Ok((200, body.clone())))
    };
    run(&ALL, &special).1.unwrap()
}

#[rstest]
#[case(&[Regions], &["locations?per_page=50"])]
#[case(&[Capacity], &["server_types?per_page=50", "server_types?per_page=50&page=2"])]
#[case(&[Prices], &["pricing"])]
#[case(&[Images], &["images?per_page=50&type=system&status=available", "locations?per_page=50"])]
#[case(&[], &[])]
fn only_what_is_wanted_is_asked(#[case] wanted: &[DataKind], #[case] paths: &[&str]) {
    let (asked, result) = run(wanted, &|_| None);
    assert_eq!(asked, paths);
    assert!(result.is_ok());
}

#[test]
fn regions_have_their_places() {
    let regions = run(&ALL, &|_| None).1.unwrap().regions.unwrap();
    let ash = &regions[1];
    assert_eq!(ash.name, "ash");
    assert_eq!(ash.description.as_deref(), Some("Ashburn, VA, US"));
    let at = ash.location.unwrap();
    assert_eq!((at.latitude, at.longitude), (39_045_821, -77_487_073));
}

#[test]
fn types_of_all_pages_are_sold_where_they_say() {
    let listing = run(&ALL, &|_| None).1.unwrap();
    let types = listing.instance_types.unwrap();
    let told: Vec<_> = types
        .iter()
        .map(|t| {
            (
                t.name.as_str(),
                t.family.as_str(),
                t.architectures[0].as_str(),
                t.vcpus,
                t.memory_mib,
                t.disks.len(),
                t.current_generation,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("cpx22", "cpx", "x86_64", 2, 4096, 1, true),
            ("cax11", "cax", "arm64", 2, 512, 0, false)
        ]
    );
    let capacity = listing.capacity.unwrap();
    let free: Vec<_> = capacity
        .iter()
        .map(|c| (c.instance_type.as_str(), c.region.as_str(), c.available))
        .collect();
    assert_eq!(
        free,
        [
            ("cpx22", "fsn1", true),
            ("cpx22", "ash", false),
            ("cax11", "fsn1", true)
        ]
    );
    assert_eq!(listing.offers.unwrap().len(), 3);
}

#[test]
fn a_price_is_net_and_a_zero_is_none() {
    let listing = run(&ALL, &|_| None).1.unwrap();
    let prices = listing.prices.unwrap();
    assert_eq!(prices.len(), 1);
    assert_eq!(
        prices[0].per_hour,
        Money::from_decimal("0.0104", "EUR").unwrap()
    );
    let [gap] = listing.missing.as_slice() else {
        panic!("{:?}", listing.missing)
    };
    assert_eq!(gap.kind, Prices);
    assert_eq!(
        gap.error.message,
        "the price of cpx22 in ash is 0.0000000000"
    );
}

#[test]
fn images_that_are_not_withdrawn_are_everywhere() {
    let images = run(&ALL, &|_| None).1.unwrap().images.unwrap();
    let told: Vec<_> = images
        .iter()
        .map(|i| {
            (
                i.id.as_str(),
                i.release.as_str(),
                i.architecture.as_str(),
                i.region.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("7", "13", "arm64", "fsn1"), ("7", "13", "arm64", "ash")]
    );
    assert_eq!(images[0].created, Some(1_786_606_776));
}

#[rstest]
#[case::no_name(
    "server_types",
    TYPES,
    r#""name": "cpx22""#,
    r#""nome": "cpx22""#,
    InstanceTypes,
    "not as documented"
)]
#[case::no_memory(
    "server_types",
    TYPES,
    r#""memory": 4.0"#,
    r#""memory": 0"#,
    InstanceTypes,
    "invalid size of cpx22"
)]
#[case::half_a_core(
    "server_types",
    TYPES,
    r#""cores": 2"#,
    r#""cores": 2.5"#,
    InstanceTypes,
    "invalid size of cpx22"
)]
#[case::no_number("pricing", PRICING, "0.0104000000", "call us", Prices, "call us")]
#[case::no_city(
    "locations",
    LOCATIONS,
    r#""city": "Falkenstein","#,
    "",
    Regions,
    "fsn1"
)]
fn a_strange_row_leaves_a_gap_and_the_others(
    #[case] path: &str,
    #[case] body: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] kind: DataKind,
    #[case] said: &str,
) {
    let listing = changed(path, body, from, to);
    let all = listing.missing.iter().filter(|gap| gap.kind == kind);
    let all: Vec<&str> = all.map(|gap| gap.error.message.as_str()).collect();
    assert!(all.iter().any(|message| message.contains(said)), "{all:?}");
    assert_eq!(
        listing.regions.unwrap().len(),
        if kind == Regions { 1 } else { 2 }
    );
    assert_eq!(
        listing.instance_types.unwrap().len(),
        if kind == InstanceTypes { 1 } else { 2 }
    );
}

#[rstest]
#[case::unknown_token(
    401,
    r#"{"error": {"code": "unauthorized", "message": "unable to authenticate"}}"#,
    ErrorKind::Unauthenticated,
    Some("unauthorized")
)]
#[case::forbidden(
    403,
    r#"{"error": {"code": "forbidden", "message": "no"}}"#,
    ErrorKind::PermissionDenied,
    Some("forbidden")
)]
#[case::maintenance(
    403,
    r#"{"error": {"code": "maintenance", "message": "later"}}"#,
    ErrorKind::Unavailable,
    Some("maintenance")
)]
#[case::gone(
    410,
    r#"{"error": {"code": "deprecated_api_endpoint", "message": "gone"}}"#,
    ErrorKind::Unsupported,
    Some("deprecated_api_endpoint")
)]
#[case::too_many(
    429,
    r#"{"error": {"code": "rate_limit_exceeded", "message": "slow"}}"#,
    ErrorKind::RateLimited,
    Some("rate_limit_exceeded")
)]
#[case::proxy(502, "<html>", ErrorKind::Unavailable, None)]
#[case::garbage(200, "<html>", ErrorKind::Internal, None)]
#[case::another_shape(
    200,
    r#"{"meta": {"pagination": {"next_page": null}}}"#,
    ErrorKind::Internal,
    None
)]
fn where_all_fails_it_is_an_error(
    #[case] status: u16,
    #[case] body: &str,
    #[case] kind: ErrorKind,
    #[case] code: Option<&str>,
) {
    let error = run(&ALL, &|_| Some(Ok((status, body.to_owned()))))
        .1
        .unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (kind, code),
        "{error:?}"
    );
    assert!(error.message.starts_with("GET /"), "{error:?}");
}

#[test]
fn where_one_fails_the_others_are_there() {
    let special = |path: &str| {
        path.starts_with("locations")
            .then_some(Err(HttpErrorKind::Timeout))
    };
    let listing = run(&ALL, &special).1.unwrap();
    assert_eq!((listing.regions, listing.images), (None, None));
    assert!(listing.offers.is_some() && listing.prices.is_some());
    let kinds: Vec<DataKind> = listing.missing.iter().map(|gap| gap.kind).collect();
    assert_eq!(kinds, [Prices, Regions, Images]);
}

#[test]
fn pages_that_never_end_are_an_error() {
    let special = |path: &str| {
        let page: u32 = path
            .split("&page=")
            .nth(1)
            .map_or(1, |page| page.parse().unwrap());
        let next = format!("\"next_page\": {}", page + 1);
        Some(Ok((200, TYPES.replace("\"next_page\": 2", &next))))
    };
    let (asked, result) = run(&[Offers], &special);
    assert_eq!(asked.len(), cloudhost_sdk::PAGE_CAP);
    assert!(result.unwrap_err().message.contains("more than 50 pages"));
}
