//! The catalog bundled in the component: data that Lambda publishes without a key.
//!
//! `bundle/instance-types.json` has the format of `GET /instance-types`, and [`make`] parses it like the cloud's
//! response. `cargo run -p cloudhost-plugin-lambdalabs --example encode_lambdalabs_bundle` stores the result.
//!
//! Names, processors and memory are those of SkyPilot's catalog of Lambda Cloud, which is made from the API
//! (skypilot-org/skypilot-catalog, catalogs/v8/lambda/vms.csv); prices and disks those of the public page
//! lambda.ai/instances as transcribed on 2026-09-20 (api-evangelist/lambda-labs, plans/lambda-labs-plans-pricing.yml),
//! times the number of GPUs. Both agree on all prices. The page has no row for a type without GPU: its price and disk
//! are unknown. Neither source has capacity.

use cloudhost_sdk::{Bundle, DataKind, Listing};
use serde_json::Value;

use crate::{api, places};

/// The bundled catalog, encoded.
pub const CATALOG: &[u8] = include_bytes!("../bundle/catalog.json.z");

/// Input of [`make`].
pub const TYPES: &[u8] = include_bytes!("../bundle/instance-types.json");

/// Date of the page: 2026-09-20T00:00:00Z.
const READ_AT: u64 = 1_789_862_400;

/// Source of the catalog, for people.
const SOURCE: &str = "lambda.ai/instances of 2026-09-20 and SkyPilot's list of types and regions";

/// Creates the catalog of a response of `GET /instance-types` without capacity.
///
/// # Errors
/// The input is not such JSON, or lacks data that a bundle must have.
pub fn make(types: &[u8]) -> std::io::Result<Bundle> {
    let mut answer: Value = serde_json::from_slice(types)?;
    let data = answer.get_mut("data").map(Value::take).unwrap_or_default();
    let mut listing = api::read_types(data)?;
    // Capacity and some prices are not published: they stay unknown.
    let unknown = |kind| matches!(kind, DataKind::Capacity | DataKind::Prices);
    if let Some(gap) = listing.missing.iter().find(|gap| !unknown(gap.kind)) {
        return Err(std::io::Error::other(gap.error.message.clone()));
    }
    for price in listing.prices.iter_mut().flatten() {
        price.source = "lambda.ai/instances".to_owned();
        price.published = Some(READ_AT);
    }
    Ok(Bundle {
        listing: Listing {
            regions: Some(places::all().collect()),
            capacity: None,
            missing: Vec::new(),
            ..listing
        },
        fetched_at: READ_AT,
        source: SOURCE.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudhost_sdk::bundle;
    use rstest::rstest;

    #[test]
    fn the_shipped_catalog_is_made_of_the_list() {
        assert_eq!(bundle::encode(make(TYPES).unwrap()).unwrap(), CATALOG);
    }

    #[test]
    fn the_shipped_catalog_is_whole() {
        let Bundle { listing, .. } = bundle::decode(CATALOG).unwrap();
        let (types, regions) = (listing.instance_types.unwrap(), listing.regions.unwrap());
        assert_eq!((types.len(), regions.len()), (24, 17));
        assert_eq!(listing.offers, Some(vec![]));
        assert!(regions.iter().all(|region| region.location.is_some()));
        let prices = listing.prices.unwrap();
        assert_eq!(prices.len(), 23 * 17);
        assert!(prices.iter().all(|price| price.per_hour.nanos > 0));
        assert!(!prices.iter().any(|p| p.instance_type == "cpu_4x_general"));
        assert_eq!(listing.capacity, None);
        let arm = types.iter().filter(|t| t.architectures == ["arm64"]);
        assert_eq!(arm.map(|t| &t.name).collect::<Vec<_>>(), ["gpu_1x_gh200"]);
    }

    #[rstest]
    #[case("{}")]
    #[case(r#"{"data": {"a": {"instance_type": {}}}}"#)]
    #[case("[")]
    fn a_list_of_another_shape_is_refused(#[case] text: &str) {
        assert!(make(text.as_bytes()).is_err());
    }
}
