//! Content of the price lists.

use serde_json::{Map, Value, json};

/// Types, and their prices in us-east-1 in millionths of a dollar per hour.
const TYPES: [(&str, u64); 8] = [
    ("c5.large", 85_000),
    ("g4dn.xlarge", 526_000),
    ("m5.large", 96_000),
    ("m5.metal", 4_608_000),
    ("m5.xlarge", 192_000),
    ("m7g.large", 81_600),
    ("p5.48xlarge", 55_040_000),
    ("t3.micro", 10_400),
];

/// Regions, their locations, and their prices in hundredths of us-east-1. All others have 110.
const PLACES: [(&str, &str, u64); 4] = [
    ("us-east-1", "US East (N. Virginia)", 100),
    ("us-west-2", "US West (Oregon)", 100),
    ("eu-central-1", "EU (Frankfurt)", 120),
    ("sa-east-1", "South America (Sao Paulo)", 150),
];

/// Regions of the spot feed, some by their old names, and their prices in hundredths.
const SPOT_REGIONS: [(&str, u64); 6] = [
    ("us-east", 30),
    ("us-west-2", 31),
    ("us-west-2-lax-1a", 40),
    ("eu-ireland", 35),
    ("eu-central-1", 36),
    ("sa-east-1", 45),
];

/// Formats `hundredths` percent of `millionths` of a dollar, as AWS does.
fn price(millionths: u64, hundredths: u64) -> String {
    let sum = millionths * hundredths * 100;
    format!("{}.{:010}", sum / 10_000_000_000, sum % 10_000_000_000)
}

fn hundredths(of: impl Fn(&(&str, &str, u64)) -> bool) -> u64 {
    PLACES
        .iter()
        .find(|place| of(place))
        .map_or(110, |place| place.2)
}

/// Returns the file of the on-demand feed at this path.
pub(super) fn on_demand(path: &str) -> Option<Value> {
    let (_, rest) = path.split_once("/USD/current/ec2-ondemand-without-sec-sel/")?;
    let location = rest.strip_suffix("/Linux/index.json")?.replace("%20", " ");
    let hundredths = hundredths(|place| place.1 == location);
    let mut rows = Map::new();
    for (name, millionths) in TYPES {
        let key = format!("{} {} Linux", name.replace('.', " "), location);
        let row = json!({
            "rateCode": "6C86BEPQVG73ZGGR.JRTCKXETXF.6YS6EN2CT7",
            "price": price(millionths, hundredths),
            "Location": location,
            "Instance Type": name,
            "plc:OperatingSystem": "Linux",
            "Operating System": "Linux",
            "Pre Installed S/W": "NA",
            "License Model": "No License required",
        });
        rows.insert(key, row);
    }
    let manifest = json!({
        "serviceId": "ec2", "accessType": "publish", "hawkFilePublicationDate": "2026-09-25T17:45:21Z",
        "currencyCode": "USD", "source": "ec2-ondemand-without-sec-sel",
    });
    Some(json!({"manifest": manifest, "regions": {location: rows}}))
}

/// Returns the file of the spot feed.
pub(super) fn spot() -> Value {
    let region = |(region, hundredths): (&str, u64)| {
        let size = |(name, millionths): (&str, u64)| {
            json!({"size": name, "valueColumns": [
                {"name": "linux", "prices": {"USD": price(millionths, hundredths)}},
                {"name": "mswin", "prices": {"USD": "N/A*"}},
            ]})
        };
        let sizes: Vec<Value> = TYPES.into_iter().map(size).collect();
        json!({
            "region": region, "footnotes": {"*": "notAvailableForCCorCGPU"},
            "instanceTypes": [{"type": "generalCurrentGen", "sizes": sizes}],
        })
    };
    let regions: Vec<Value> = SPOT_REGIONS.into_iter().map(region).collect();
    let config = json!({"rate": "perhr", "valueColumns": ["linux", "mswin"], "currencies": ["USD"], "regions": regions});
    json!({"vers": 0.01, "config": config})
}

/// Returns one page per request, with the products of its region and tenancy.
pub(super) fn products(question: &Value) -> Value {
    let filter = |name: &str| {
        let mut filters = question["Filters"].as_array().into_iter().flatten();
        let found = filters.find(|filter| filter["Field"] == name);
        found
            .and_then(|filter| filter["Value"].as_str())
            .unwrap_or_default()
    };
    let (region, dedicated) = (filter("regionCode"), filter("tenancy") == "Dedicated");
    let hundredths = hundredths(|place| place.0 == region);
    let product = |(name, millionths): (&str, u64)| {
        let dimension = json!({
            "unit": "Hrs", "endRange": "Inf", "appliesTo": [], "beginRange": "0",
            "rateCode": "SKU.JRTCKXETXF.6YS6EN2CT7", "pricePerUnit": {"USD": price(millionths, hundredths)},
        });
        let term =
            json!({"priceDimensions": {"SKU.JRTCKXETXF.6YS6EN2CT7": dimension}, "sku": "SKU"});
        let attributes =
            json!({"instanceType": name, "regionCode": region, "marketoption": "OnDemand"});
        json!({
            "product": {"attributes": attributes, "sku": "SKU"}, "serviceCode": "AmazonEC2",
            "terms": {"OnDemand": {"SKU.JRTCKXETXF": term}},
            "version": "20260925174521", "publicationDate": "2026-09-25T17:45:21Z",
        })
    };
    let wanted = TYPES
        .into_iter()
        .filter(|(name, _)| name.ends_with(".metal") == dedicated);
    let list: Vec<String> = wanted.map(|of| product(of).to_string()).collect();
    json!({"FormatVersion": "aws_v1", "PriceList": list})
}
