//! The catalog in memory: checked, sorted, and with its origin.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::arrow::{self, Encoded};
use super::check::{self, Ages};
use super::error::CatalogError;
use super::{Digest, KINDS, Kinds, Life, kind_name};
use crate::contract::cloudhost::provider::types::{
    Capacity, Gap, Image, InstanceType, Offer, Price, Region,
};
use crate::contract::exports::cloudhost::provider::catalog::{Bundle, Listing};

/// Where a catalog came from, with a text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The cloud was asked; the text says where, as `ec2.us-east-1.amazonaws.com`.
    Live(String),
    /// It travelled inside the plugin; the text is the plugin's own.
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

    /// From where, for people.
    pub fn text(&self) -> &str {
        match self {
            Source::Live(text) | Source::Bundled(text) => text,
        }
    }
}

/// When a listing was made, where, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// When the cloud was asked.
    pub fetched_at: Timestamp,
    /// Where.
    pub source: Source,
    /// The account, where it is known: not a secret.
    pub account: Option<String>,
}

/// What a cloud offers: checked, sorted, free of duplicates.
///
/// Regions and types are sorted by name; offers, prices and capacity by type, region, zone and market; images by distribution,
/// release, architecture, GPU, name, region and identifier; the lists inside them too. The catalog does
/// therefore not depend on the order in which answers arrived.
///
/// ```
/// use cloudhost::catalog::Catalog;
///
/// fn show(catalog: &Catalog) {
///     for offer in &catalog.offers {
///         println!("{} in {}", offer.instance_type, offer.region);
///     }
///     // An empty list can mean that it was not asked for.
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
    /// Machine types.
    pub instance_types: Vec<InstanceType>,
    /// Offers. Where types and regions are held, each offer names one of them.
    pub offers: Vec<Offer>,
    /// Images.
    pub images: Vec<Image>,
    /// Prices. Where types and regions are held, each names one of them.
    pub prices: Vec<Price>,
    /// What could be started when it was fetched. Where types and regions are held, each names one of them.
    pub capacity: Vec<Capacity>,
    /// What could not be had.
    pub missing: Vec<Gap>,
    /// When each kind was fetched. `None`: it was not, and its list is empty for that reason.
    pub fetched: Kinds<Option<Timestamp>>,
    /// When capacity can be believed. `None` where it was not fetched.
    pub capacity_life: Option<Life>,
    /// When the oldest kind was fetched.
    pub fetched_at: Timestamp,
    /// From where.
    pub source: Source,
    /// The account that it holds for, where that is known.
    pub account: Option<String>,
    /// Digest of the data and of what is missing, before any filter. When and from where it was fetched is
    /// not part of it: the same data fetched again has the same digest.
    pub digest: Digest,
}

impl Origin {
    /// Takes the origin out of a catalog that travelled inside a plugin.
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
    /// Checks and sorts what a plugin returned.
    pub fn from_listing(listing: Listing, origin: Origin) -> Result<Catalog, CatalogError> {
        let fetched = fetched(&listing, origin.fetched_at);
        let listing = check::check(listing, Ages::One)?;
        let encoded = arrow::encode(&listing)?;
        Ok(Catalog::assemble(
            listing,
            &digests(&encoded),
            fetched,
            None,
            origin,
        ))
    }

    /// Whether capacity is known and fresh at this time.
    pub fn believed(&self, now: Timestamp) -> bool {
        self.capacity_life.is_some_and(|life| life.is_fresh(now))
    }

    /// Puts a checked listing and its origin together.
    pub(super) fn assemble(
        listing: Listing,
        digests: &Kinds<Option<Digest>>,
        fetched: Kinds<Option<Timestamp>>,
        capacity_life: Option<Life>,
        origin: Origin,
    ) -> Catalog {
        let digest = content_digest(digests, &listing.missing);
        Catalog {
            regions: listing.regions.unwrap_or_default(),
            instance_types: listing.instance_types.unwrap_or_default(),
            offers: listing.offers.unwrap_or_default(),
            images: listing.images.unwrap_or_default(),
            prices: listing.prices.unwrap_or_default(),
            capacity: listing.capacity.unwrap_or_default(),
            missing: listing.missing,
            fetched_at: oldest(&fetched).unwrap_or(origin.fetched_at),
            fetched,
            capacity_life,
            source: origin.source,
            account: origin.account,
            digest,
        }
    }
}

/// The time of each kind that a listing holds.
pub(super) fn fetched(listing: &Listing, at: Timestamp) -> Kinds<Option<Timestamp>> {
    Kinds {
        regions: listing.regions.as_ref().map(|_| at),
        instance_types: listing.instance_types.as_ref().map(|_| at),
        offers: listing.offers.as_ref().map(|_| at),
        images: listing.images.as_ref().map(|_| at),
        prices: listing.prices.as_ref().map(|_| at),
        capacity: listing.capacity.as_ref().map(|_| at),
    }
}

/// The oldest time of the kinds that are held.
pub(super) fn oldest(fetched: &Kinds<Option<Timestamp>>) -> Option<Timestamp> {
    fetched.iter().filter_map(|(_, at)| *at).min()
}

/// The digest of each encoded kind.
pub(super) fn digests(encoded: &Encoded) -> Kinds<Option<Digest>> {
    Kinds::from_fn(|kind| {
        encoded
            .get(kind)
            .as_ref()
            .map(|table| Digest::of(&table.bytes))
    })
}

/// The digest of a catalog: that of its files, and of where something is missing. The messages of what is
/// missing are left out, for clouds put a new request identifier into each.
pub(super) fn content_digest(digests: &Kinds<Option<Digest>>, missing: &[Gap]) -> Digest {
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
