//! On-demand prices of one region from the AWS Price List API, as a comparison for the feed: `GetProducts`.
//!
//! Signed, a hundred products a page, one page after the other: some fourteen requests a region, where the feed needs
//! one. Types with a hypervisor are `Shared`; bare metal is a separate product family and `Dedicated` (Karpenter's
//! `pkg/providers/pricing` makes the same queries). Each product is JSON in a JSON text:
//!
//! ```json
//! {"product": {"attributes": {"instanceType": "m5.large", "regionCode": "us-east-1", "..": ".."}},
//!  "terms": {"OnDemand": {"X.JRTCKXETXF": {"priceDimensions": {"X.JRTCKXETXF.6YS6EN2CT7": {
//!    "unit": "Hrs", "pricePerUnit": {"USD": "0.0960000000"}}}}}},
//!  "publicationDate": "2024-05-08T19:10:27Z"}
//! ```

use std::cell::RefCell;

use cloudhost_sdk::{Error, Market, Price, World, all_pages, join_all};
use serde::Deserialize;
use serde_json::{Value, json};

use super::feed::Fields;
use super::rows::{List, Rows};
use crate::amazon_json::Service;

const PRICE_LIST: Service<'static> = Service {
    host: "api.pricing.us-east-1.amazonaws.com",
    signs_as: "pricing",
    region: "us-east-1",
    target: "AWSPriceListService",
};

const ACTION: &str = "GetProducts";

/// Queries for each region: product family and tenancy.
const ASKED: [(&str, &str); 2] = [
    ("Compute Instance", "Shared"),
    ("Compute Instance (bare metal)", "Dedicated"),
];

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "PriceList")]
    list: Vec<String>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    product: Product,
    terms: Terms,
    #[serde(rename = "publicationDate")]
    published: Option<String>,
}

#[derive(Deserialize)]
struct Product {
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "instanceType")]
    name: String,
    #[serde(rename = "regionCode")]
    region: String,
}

#[derive(Deserialize)]
struct Terms {
    #[serde(rename = "OnDemand")]
    on_demand: Fields<Term>,
}

#[derive(Deserialize)]
struct Term {
    #[serde(rename = "priceDimensions")]
    dimensions: Fields<Dimension>,
}

#[derive(Deserialize)]
struct Dimension {
    unit: String,
    #[serde(rename = "pricePerUnit")]
    price: Value,
}

/// Fetches the prices of a region, and reports rejected ones.
pub(super) async fn fetch(
    world: &impl World,
    region: &str,
) -> Result<(Vec<Price>, Option<Error>), Error> {
    let title = format!("{ACTION} of {region}");
    let asked = ASKED.iter().map(|of| pages(world, region, *of, &title));
    let mut rows = Rows::new(List {
        source: format!("{} {ACTION}", PRICE_LIST.host),
        published: None,
        market: Market::OnDemand,
    });
    for entries in join_all(asked).await {
        for text in entries? {
            take(&mut rows, region, &text);
        }
    }
    Ok(rows.finish(&title))
}

/// Fetches the products of one query, from all its pages.
async fn pages(
    world: &impl World,
    region: &str,
    (family, tenancy): (&str, &str),
    title: &str,
) -> Result<Vec<String>, Error> {
    let filters = [
        ("regionCode", region),
        ("productFamily", family),
        ("tenancy", tenancy),
        ("operatingSystem", "Linux"),
        ("preInstalledSw", "NA"),
        ("capacitystatus", "Used"),
        ("marketoption", "OnDemand"),
    ];
    let filters =
        filters.map(|(field, value)| json!({"Type": "TERM_MATCH", "Field": field, "Value": value}));
    let all = RefCell::new(Vec::new());
    all_pages(title, |token| {
        let mut question = json!({
            "ServiceCode": "AmazonEC2",
            "FormatVersion": "aws_v1",
            "MaxResults": 100,
            "Filters": filters,
        });
        if let (Some(token), Some(fields)) = (token, question.as_object_mut()) {
            fields.insert("NextToken".to_owned(), token.into());
        }
        let all = &all;
        async move {
            let page: Page = PRICE_LIST.ask(world, ACTION, &question).await?;
            all.borrow_mut().extend(page.list);
            Ok(page.next)
        }
    })
    .await
    .map_err(|error: Error| error.context(title))?;
    Ok(all.into_inner())
}

/// Takes one product. Each of its hourly prices is a row, so that two different ones are rejected.
fn take(rows: &mut Rows, region: &str, text: &str) {
    let entry: Entry = match serde_json::from_str(text) {
        Ok(entry) => entry,
        Err(_) => return rows.refuse("a product", region, "not as documented"),
    };
    let Attributes { name, region: of } = entry.product.attributes;
    if of != region {
        return rows.refuse(&name, region, "a price of another region");
    }
    let published = entry
        .published
        .as_deref()
        .and_then(cloudhost_sdk::timestamp);
    let terms = entry.terms.on_demand.0.into_iter();
    let mut none = true;
    for (_, dimension) in terms.flat_map(|(_, term)| term.dimensions.0) {
        if dimension.unit == "Hrs" {
            none = false;
            let amount = dimension.price.get("USD").and_then(Value::as_str);
            rows.take_as_of(&name, region, amount, published);
        }
    }
    if none {
        rows.refuse(&name, region, "no hourly price");
    }
}
