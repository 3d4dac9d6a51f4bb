//! Prices of instance types, from one of two sources.
//!
//! | `price-source` | source | prices |
//! |---|---|---|
//! | `feed` | AWS's own public price feeds, without a credential: one request a region, and one for spot | on demand and spot, of all known regions |
//! | `getproducts` | the AWS Price List API, signed | on demand, of the home region |
//!
//! `price-regions` names other regions. Both sources give the same kind of records with another `source`, so that they
//! can be compared. A missing or implausible price (a price of 0, rows that contradict each other) has no record and is
//! reported in a gap. Amounts are exact: see [`cloudhost_sdk::decimal`].

mod feed;
mod on_demand;
mod products;
mod rows;
mod spot;

use std::collections::BTreeSet;

use cloudhost_sdk::{
    DataKind, Error, ErrorKind, Gap, Price, Region, Scope, World, excerpt, join_all, most_telling,
    setting,
};
use futures::future::join;

use crate::region::{self, Settings};

/// Name of the setting for the source of prices.
pub(crate) const PRICE_SOURCE: &str = "price-source";

/// Name of the setting for the regions of prices.
pub(crate) const PRICE_REGIONS: &str = "price-regions";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Feed,
    Products,
}

/// The requests for prices.
#[derive(Debug)]
pub(crate) struct Plan {
    source: Source,
    home: String,
    /// `None` if the user did not give any.
    regions: Option<BTreeSet<String>>,
}

impl Plan {
    /// Parses the settings. Fails for an invalid one, and in a partition whose prices the source does not have.
    pub fn new(home: &str, settings: &Settings) -> Result<Plan, Error> {
        let source = match setting(settings, PRICE_SOURCE) {
            None | Some("feed") => Source::Feed,
            Some("getproducts") => Source::Products,
            Some(other) => {
                let other = excerpt(other.as_bytes());
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!("invalid {PRICE_SOURCE} \"{other}\": expected feed or getproducts"),
                ));
            }
        };
        let regions = match setting(settings, PRICE_REGIONS) {
            None => None,
            Some(list) => Some(names(list)?),
        };
        let partition = region::partition(home);
        let has = match source {
            Source::Feed => partition != "aws-cn",
            Source::Products => partition == "aws",
        };
        if !has {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("this price source has no prices in USD for the partition of {home}"),
            ));
        }
        Ok(Plan {
            source,
            home: home.to_owned(),
            regions,
        })
    }

    /// Fetches the prices, and reports gaps. Fails if there are no prices.
    pub async fn fetch<W: World>(&self, world: &W) -> Result<(Vec<Price>, Vec<Gap>), Error> {
        let regions = self.asked();
        let of_regions = join_all(regions.iter().map(|region| self.one(world, region)));
        let spot = async {
            match self.source {
                Source::Feed => Some(spot::fetch(world, self.regions.as_ref()).await),
                Source::Products => None,
            }
        };
        let (of_regions, spot) = join(of_regions, spot).await;

        let of_regions = regions.into_iter().map(Scope::Region).zip(of_regions);
        let (mut prices, mut gaps) = (Vec::new(), Vec::new());
        for (scope, answer) in of_regions.chain(spot.map(|spot| (Scope::Provider, spot))) {
            let (found, error) = answer.unwrap_or_else(|error| (Vec::new(), Some(error)));
            prices.extend(found);
            gaps.extend(error.map(|error| error.in_scope(scope).into_gap(DataKind::Prices)));
        }
        if prices.is_empty() {
            let told = most_telling(gaps.into_iter().map(|gap| gap.error));
            let told = told.unwrap_or_else(|| Error::internal("no price list was requested"));
            return Err(told.in_scope(Scope::Provider));
        }
        Ok((prices, gaps))
    }

    fn asked(&self) -> Vec<String> {
        match (&self.regions, self.source) {
            (Some(named), _) => named.iter().cloned().collect(),
            (None, Source::Products) => vec![self.home.clone()],
            (None, Source::Feed) => {
                let ours = region::PLACES.iter().map(|place| place.region);
                let same = |name: &&str| region::partition(name) == region::partition(&self.home);
                ours.filter(same).map(str::to_owned).collect()
            }
        }
    }

    async fn one<W: World>(
        &self,
        world: &W,
        region: &str,
    ) -> Result<(Vec<Price>, Option<Error>), Error> {
        match self.source {
            Source::Products => products::fetch(world, region).await,
            Source::Feed => {
                let location = region::place(region).and_then(|place| place.listed_as);
                let location = location.ok_or_else(|| no_location(region))?;
                on_demand::fetch(world, region, location).await
            }
        }
    }

    /// Returns a gap for each region of the account that is not requested because its name in the price list is
    /// unknown.
    pub fn unasked(&self, listed: &[Region]) -> Vec<Gap> {
        if self.source != Source::Feed || self.regions.is_some() {
            return Vec::new();
        }
        let listed = listed.iter().map(|region| region.name.as_str());
        let new = listed.filter(|name| region::place(name).is_none());
        new.map(|name| {
            let error = no_location(name).in_scope(Scope::Region(name.to_owned()));
            error.into_gap(DataKind::Prices)
        })
        .collect()
    }
}

fn no_location(region: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "on-demand prices of {region}: its name in the public price list is unknown to this version; set {PRICE_SOURCE}=getproducts and {PRICE_REGIONS}={region}"
        ),
    )
}

/// Parses a list such as `us-east-1,eu-west-1`.
fn names(list: &str) -> Result<BTreeSet<String>, Error> {
    let names = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    if names.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{PRICE_REGIONS} is empty: expected a list such as us-east-1,eu-west-1"),
        ));
    }
    names.iter().try_for_each(|name| region::check(name))?;
    Ok(names)
}

#[cfg(test)]
mod tests;
