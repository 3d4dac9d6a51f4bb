//! Price line of a type's help text.

use std::collections::{BTreeMap, BTreeSet};

use cloudhost_sdk::kconfig::Catalog;
use cloudhost_sdk::{Market, Price};

/// The prices on demand of each type, in the regions of the catalog.
#[derive(Debug)]
pub(super) struct Prices<'a> {
    /// By type; `None` for a catalog without any price, whose help texts have no price line.
    of: Option<BTreeMap<&'a str, Vec<&'a Price>>>,
}

impl<'a> Prices<'a> {
    pub fn new(catalog: &'a Catalog) -> Prices<'a> {
        let shown: BTreeSet<&str> = catalog.regions.iter().map(|r| r.name.as_str()).collect();
        let mut of: BTreeMap<&str, Vec<&Price>> = BTreeMap::new();
        for price in &catalog.prices {
            if price.market == Market::OnDemand && shown.contains(price.region.as_str()) {
                of.entry(&price.instance_type).or_default().push(price);
            }
        }
        Prices {
            of: (!catalog.prices.is_empty()).then_some(of),
        }
    }

    /// Formats `Price: from $0.096/h (us-east-1) to $0.153/h (sa-east-1)`, without the second price if it is the same
    /// everywhere. `None` if the catalog has no prices at all.
    pub fn line(&self, name: &str) -> Option<String> {
        let of = self.of.as_ref()?;
        // Amounts of two currencies cannot be compared; all prices of a partition are in one.
        let amount = |price: &&&Price| (price.per_hour.currency.clone(), price.per_hour.nanos);
        let prices = of.get(name).into_iter().flatten();
        let least = prices
            .clone()
            .min_by_key(|price| (amount(price), &price.region));
        let Some(least) = least else {
            return Some("Price: unknown".to_owned());
        };
        let same = prices.filter(|price| price.per_hour.currency == least.per_hour.currency);
        let dearer = same.filter(|price| price.per_hour.nanos > least.per_hour.nanos);
        let most =
            dearer.min_by_key(|price| (std::cmp::Reverse(price.per_hour.nanos), &price.region));
        let shown = |price: &Price| format!("{}/h ({})", price.per_hour, price.region);
        let end = most.map(|price| format!(" to {}", shown(price)));
        Some(format!(
            "Price: from {}{}",
            shown(least),
            end.unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudhost_sdk::{Money, Region};
    use rstest::rstest;

    #[rstest]
    #[case(&[], None)]
    #[case(&[("other", "us-east-1", 1)], Some("Price: unknown"))]
    #[case(&[("m5.large", "gone-1", 1)], Some("Price: unknown"))]
    #[case(&[("m5.large", "us-east-1", 96_000_000)], Some("Price: from $0.096/h (us-east-1)"))]
    #[case(
        &[("m5.large", "us-east-1", 96_000_000), ("m5.large", "eu-west-1", 96_000_000)],
        Some("Price: from $0.096/h (eu-west-1)")
    )]
    #[case(
        &[("m5.large", "sa-east-1", 153_000_000), ("m5.large", "us-east-1", 96_000_000), ("m5.large", "eu-west-1", 107_000_000)],
        Some("Price: from $0.096/h (us-east-1) to $0.153/h (sa-east-1)")
    )]
    fn lines(#[case] prices: &[(&str, &str, u64)], #[case] line: Option<&str>) {
        let region = |name: &str| Region {
            place: None,
            country: None,
            name: name.into(),
            description: None,
            zones: vec![],
            location: None,
        };
        let price = |(name, region, nanos): &(&str, &str, u64)| Price {
            instance_type: (*name).into(),
            region: (*region).into(),
            zone: None,
            market: Market::OnDemand,
            per_hour: Money {
                nanos: *nanos,
                currency: "USD".into(),
            },
            source: "s".into(),
            published: None,
        };
        // Spot prices are ignored.
        let spot = prices.iter().map(|given| Price {
            market: Market::Spot,
            ..price(&(given.0, given.1, 1))
        });
        let catalog = Catalog {
            regions: ["eu-west-1", "sa-east-1", "us-east-1"].map(region).to_vec(),
            prices: prices.iter().map(price).chain(spot).collect(),
            ..Catalog::default()
        };
        assert_eq!(Prices::new(&catalog).line("m5.large").as_deref(), line);
    }
}
