//! Tests of requests and results against canned price lists.

mod failures;
mod products;
mod whole;

use super::*;
use cloudhost_sdk::http::{Auth, Header, HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::{Facts, Listing, Market, Query};
use futures::FutureExt;
use rstest::rstest;
use serde_json::{Value, json};
use std::cell::RefCell;

const FEED: &str = "https://b0.p.awsstatic.com/pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel/";
const SPOT: &str = "https://website.spot.ec2.aws.a2z.com/spot.json";

type Answer = Result<(u16, Vec<u8>), HttpErrorKind>;

/// Canned price lists without EC2: its requests fail.
struct Lists<'a> {
    answer: &'a dyn Fn(&Request) -> Option<Answer>,
    asked: RefCell<Vec<Request>>,
}

impl World for Lists<'_> {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        self.asked.borrow_mut().push(request.clone());
        let (status, body) = (self.answer)(&request)
            .unwrap_or_else(|| usual(&request))
            .map_err(|kind| HttpError {
                kind,
                message: "no answer".into(),
            })?;
        let stamp = Header {
            name: "Last-Modified".into(),
            value: "Tue, 22 Sep 2026 06:01:21 GMT".into(),
        };
        Ok(Response {
            status,
            headers: vec![stamp],
            body,
        })
    }

    async fn credential(&self, _: &str) -> Result<Facts, String> {
        Err("there is none".into())
    }
}

/// Price lists of three regions; the feed does not know the others. Signed requests fail.
fn usual(request: &Request) -> Answer {
    if !request.auth.is_empty() {
        return Err(HttpErrorKind::CredentialMissing);
    }
    let on_demand = [
        (
            "US%20East%20(N.%20Virginia)",
            "US East (N. Virginia)",
            "0.0960000000",
        ),
        ("EU%20(Frankfurt)", "EU (Frankfurt)", "0.1150000000"),
        (
            "AWS%20GovCloud%20(US-West)",
            "AWS GovCloud (US-West)",
            "0.1210000000",
        ),
    ];
    if request.url == SPOT {
        return ok(&spot(&[
            ("us-east", "m5.large", "0.0345"),
            ("eu-central-1", "m5.large", "0.04"),
        ]));
    }
    let path = request.url.strip_prefix(FEED).unwrap();
    let path = path.strip_suffix("/Linux/index.json").unwrap();
    match on_demand.iter().find(|(encoded, ..)| *encoded == path) {
        Some((_, location, price)) => ok(&feed(location, &[("m5.large", json!(price))])),
        None => Ok((404, b"<Error>".to_vec())),
    }
}

fn ok(body: &Value) -> Answer {
    Ok((200, body.to_string().into_bytes()))
}

/// Builds a file of the on-demand feed, in the format of recorded ones.
fn feed(location: &str, rows: &[(&str, Value)]) -> Value {
    let row = |(n, (name, price)): (usize, &(&str, Value))| {
        let row = json!({
            "rateCode": "6C86BEPQVG73ZGGR.JRTCKXETXF.6YS6EN2CT7", "price": price, "Location": location,
            "Instance Family": "General purpose", "vCPU": "2", "Instance Type": name, "Memory": "8 GiB",
            "Operating System": "Linux", "Pre Installed S/W": "NA", "License Model": "No License required",
        });
        (format!("{name} {n} {location} Linux"), row)
    };
    let rows: serde_json::Map<String, Value> = rows.iter().enumerate().map(row).collect();
    json!({
        "manifest": {"serviceId": "ec2", "hawkFilePublicationDate": "2026-09-25T17:45:21Z", "currencyCode": "USD"},
        "regions": {location: rows},
    })
}

/// Builds a file of the spot feed with these rows of region, type and price.
fn spot(rows: &[(&str, &str, &str)]) -> Value {
    let region = |(region, name, price): &(&str, &str, &str)| {
        let columns = json!([
            {"name": "linux", "prices": {"USD": price}},
            {"name": "mswin", "prices": {"USD": "9.99"}},
        ]);
        json!({
            "region": region, "footnotes": {"*": "notAvailableForCCorCGPU"},
            "instanceTypes": [{"type": "generalCurrentGen", "sizes": [{"size": name, "valueColumns": columns}]}],
        })
    };
    let regions: Vec<Value> = rows.iter().map(region).collect();
    json!({"vers": 0.01, "config": {"rate": "perhr", "currencies": ["USD"], "regions": regions}})
}

/// Fetches only prices, with these settings.
fn run(
    settings: &[(&str, &str)],
    answer: impl Fn(&Request) -> Option<Answer>,
) -> (Result<Listing, Error>, Vec<Request>) {
    ask(&[DataKind::Prices], settings, &answer)
}

fn ask(
    wanted: &[DataKind],
    settings: &[(&str, &str)],
    answer: &dyn Fn(&Request) -> Option<Answer>,
) -> (Result<Listing, Error>, Vec<Request>) {
    let lists = Lists {
        answer,
        asked: RefCell::default(),
    };
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let query = Query {
        wanted: wanted.to_vec(),
        settings: settings.iter().map(pair).collect(),
    };
    let result = crate::fetch::fetch(&lists, &query).now_or_never().unwrap();
    (result, lists.asked.into_inner())
}

/// Returns type, region, market and nano-dollars of each price.
fn told(listing: &Listing) -> Vec<(&str, &str, Market, u64)> {
    let prices = listing.prices.iter().flatten();
    prices
        .map(|p| {
            (
                p.instance_type.as_str(),
                p.region.as_str(),
                p.market,
                p.per_hour.nanos,
            )
        })
        .collect()
}

const VIRGINIA: &[(&str, &str)] = &[("price-regions", "us-east-1")];
