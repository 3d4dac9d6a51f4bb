//! The catalog in memory: checked, sorted, and with its origin.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::arrow::{self, Encoded};
use super::check::{self, Ages};
use super::error::CatalogError;
use super::{Digest, KINDS, MadeBy, PerKind, Validity, kind_name};
use crate::contract::cloudhost::provider::types::{
    Capacity, Gap, Image, InstanceType, Offer, Price, Region,
};
use crate::contract::exports::cloudhost::provider::catalog::{Bundle, Listing};

/// Origin of a catalog, with a text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Fetched from the cloud. The text is the host, such as `ec2.us-east-1.amazonaws.com`.
    Live(String),
    /// Bundled with the plugin. The text is the plugin's own.
    Bundled(String),
}

impl Source {
    /// `live` or `bundled`.
    pub fn label(&self) -> &'static str {
        match self {
            Source::Live(_) => "live",
            Source::Bundled(_) => "bundled",
        }
    }

    /// The text for people.
    pub fn text(&self) -> &str {
        match self {
            Source::Live(text) | Source::Bundled(text) => text,
        }
    }
}

/// Origin of a listing: time, source and account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Time of the fetch.
    pub fetched_at: Timestamp,
    /// Source.
    pub source: Source,
    /// The account, if known: not a secret.
    pub account: Option<String>,
}

/// A catalog of a cloud: checked, sorted, free of duplicates.
///
/// Regions and types are sorted by name; offers, prices and capacity by type, region, zone and market; images by
/// distribution, release, architecture, GPU, name, region and identifier; the lists inside them too. The catalog does
/// therefore not depend on the order in which responses arrived.
///
/// ```
/// use cloudhost::catalog::Catalog;
///
/// fn show(catalog: &Catalog) {
///     for offer in &catalog.offers {
///         println!("{} in {}", offer.instance_type, offer.region);
///     }
///     // An empty list can mean that it was not requested.
///     if catalog.fetched.prices.is_none() {
///         println!("no prices were fetched");
///     }
///     for gap in &catalog.missing {
///         println!("not had: {}", gap.error.message);
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    /// Regions.
    pub regions: Vec<Region>,
    /// Instance types.
    pub instance_types: Vec<InstanceType>,
    /// Offers. Where types and regions are present, each offer names one of them.
    pub offers: Vec<Offer>,
    /// The cloud states where types are sold. `false`: unknown, and each may be sold in every region. A filter does not
    /// change it: without any offer that is left, none is sold.
    pub offers_known: bool,
    /// Images.
    pub images: Vec<Image>,
    /// Prices. Where types and regions are present, each names one of them.
    pub prices: Vec<Price>,
    /// Capacity at the time of the fetch. Where types and regions are present, each names one of them.
    pub capacity: Vec<Capacity>,
    /// Missing data.
    pub missing: Vec<Gap>,
    /// Fetch time of each kind. `None`: not fetched, and its list is empty for that reason.
    pub fetched: PerKind<Option<Timestamp>>,
    /// The time during which capacity is fresh. `None` if it was not fetched.
    pub capacity_validity: Option<Validity>,
    /// Fetch time of the oldest kind.
    pub fetched_at: Timestamp,
    /// Origin.
    pub source: Source,
    /// The account of the data, if known.
    pub account: Option<String>,
    /// The plugin that made it, if that is not the one that is installed now.
    pub former: Option<MadeBy>,
    /// Digest of the data and of the gaps, before any filter. The time and origin of the fetch are not part of it:
    /// the same data fetched again has the same digest.
    pub digest: Digest,
}

impl Origin {
    /// Takes the origin out of a catalog that is bundled with a plugin.
    pub fn of_bundle(bundle: Bundle) -> Result<(Listing, Origin), CatalogError> {
        let fetched_at = check::timestamp(|| "the bundled catalog".to_owned(), bundle.fetched_at)?;
        let source = Source::Bundled(check::clean(&bundle.source));
        Ok((
            bundle.listing,
            Origin {
                fetched_at,
                source,
                account: None,
            },
        ))
    }
}

impl Catalog {
    /// Checks and sorts a plugin's result.
    pub fn from_listing(listing: Listing, origin: Origin) -> Result<Catalog, CatalogError> {
        let listing = check::check(listing, Ages::One)?;
        let fetched = fetched(&listing, origin.fetched_at);
        let encoded = arrow::encode(&listing)?;
        Ok(Catalog::assemble(
            listing,
            &digests(&encoded),
            fetched,
            None,
            origin,
        ))
    }

    /// Reports whether capacity is known and fresh at this time.
    pub fn is_capacity_fresh_at(&self, now: Timestamp) -> bool {
        self.capacity_validity
            .is_some_and(|life| life.is_fresh(now))
    }

    /// Puts a checked listing and its origin together.
    pub(super) fn assemble(
        listing: Listing,
        digests: &PerKind<Option<Digest>>,
        fetched: PerKind<Option<Timestamp>>,
        capacity_validity: Option<Validity>,
        origin: Origin,
    ) -> Catalog {
        let digest = content_digest(digests, &listing.missing);
        let offers = listing.offers.unwrap_or_default();
        Catalog {
            regions: listing.regions.unwrap_or_default(),
            instance_types: listing.instance_types.unwrap_or_default(),
            offers_known: !offers.is_empty(),
            offers,
            images: listing.images.unwrap_or_default(),
            prices: listing.prices.unwrap_or_default(),
            capacity: listing.capacity.unwrap_or_default(),
            missing: listing.missing,
            fetched_at: oldest(&fetched).unwrap_or(origin.fetched_at),
            fetched,
            capacity_validity,
            source: origin.source,
            account: origin.account,
            former: None,
            digest,
        }
    }
}

/// The time of each kind that a listing holds.
pub(super) fn fetched(listing: &Listing, at: Timestamp) -> PerKind<Option<Timestamp>> {
    PerKind {
        regions: listing.regions.as_ref().map(|_| at),
        instance_types: listing.instance_types.as_ref().map(|_| at),
        offers: listing.offers.as_ref().map(|_| at),
        images: listing.images.as_ref().map(|_| at),
        prices: listing.prices.as_ref().map(|_| at),
        capacity: listing.capacity.as_ref().map(|_| at),
    }
}

/// The oldest time of the kinds that are present.
pub(super) fn oldest(fetched: &PerKind<Option<Timestamp>>) -> Option<Timestamp> {
    fetched.iter().filter_map(|(_, at)| *at).min()
}

/// The digest of each encoded kind.
pub(super) fn digests(encoded: &Encoded) -> PerKind<Option<Digest>> {
    PerKind::from_fn(|kind| {
        encoded
            .get(kind)
            .as_ref()
            .map(|table| Digest::of(&table.bytes))
    })
}

/// The digest of a catalog: of its files, and of the places of its gaps. The messages of gaps are left out, because
/// clouds put a new request identifier into each.
pub(super) fn content_digest(digests: &PerKind<Option<Digest>>, missing: &[Gap]) -> Digest {
    let mut parts = Vec::new();
    for kind in KINDS {
        parts.push(kind_name(kind).to_owned());
        parts.push(
            digests
                .get(kind)
                .map(|digest| digest.to_string())
                .unwrap_or_default(),
        );
    }
    let mut gaps: Vec<String> = missing
        .iter()
        .map(|gap| {
            format!(
                "{} {:?} {:?}",
                kind_name(gap.kind),
                gap.error.kind,
                gap.error.scope
            )
        })
        .collect();
    gaps.sort();
    gaps.dedup();
    parts.extend(gaps);
    Digest::of_parts(parts.iter().map(String::as_str))
}
