//! Errors of a selection, and the option to relax.

use std::cmp::Reverse;
use std::fmt;

use super::explain::{LeftOut, Tried};
use super::rules::Violations;
use super::{Candidate, LocationError, SelectionRequest, UnknownTier, amount};
use crate::catalog::{Catalog, FilterError};
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::types::Market;
use crate::remedy::Rule;
use crate::{HasRemedy, Remedy};

/// A selection failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// The catalog does not have this name.
    #[error(transparent)]
    Name(FilterError),
    /// No offer matches.
    #[error(transparent)]
    NoMatch(#[from] Box<NoMatch>),
    /// The mode is `closest`, but the user's location is unknown.
    #[error("cannot select the closest instance type: your location is unknown")]
    NoLocation,
    /// The location is invalid.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The tier does not exist.
    #[error(transparent)]
    Tier(#[from] UnknownTier),
}

impl From<NoMatch> for SelectError {
    fn from(error: NoMatch) -> Self {
        SelectError::NoMatch(Box::new(error))
    }
}

impl HasRemedy for SelectError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            SelectError::Name(error) => error.remedy(),
            SelectError::NoMatch(error) => error.remedy(),
            SelectError::NoLocation => Some(Remedy::GiveLocation { close: Vec::new() }),
            SelectError::Location(error) => error.remedy(),
            SelectError::Tier(error) => error.remedy(),
        }
    }
}

/// Missing condition for a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// Other options: no offer satisfies the given ones.
    Options,
    /// Capacity: matching offers exist, but none has capacity now.
    Capacity,
    /// Data: an offer may match, but its capacity, price or location is unknown.
    Knowledge,
}

/// No offer matches: the number of offers that each rule excludes, and the option to relax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoMatch {
    /// Missing condition.
    pub lacking: Lacking,
    /// Number of offers in the catalog.
    pub offers: usize,
    /// The catalog states where types are sold. `false`: each pair of a type and a region counts as an offer.
    pub offers_known: bool,
    /// Reasons for excluding them: the counts add up to `offers`.
    pub left_out: Vec<LeftOut>,
    /// Steps of the tier, all of which were tried.
    pub tried: Vec<Tried>,
    /// Suggested fix.
    remedy: Remedy,
}

impl std::error::Error for NoMatch {}

impl fmt::Display for NoMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offers == 0 {
            return f.write_str("no instance type matches: the catalog has no offers");
        }
        match self.offers_known {
            true => write!(f, "none of {} offers matches: ", self.offers)?,
            false => write!(
                f,
                "none of {} pairs of instance type and region matches (where types are sold is unknown): ",
                self.offers
            )?,
        }
        for (number, LeftOut { rule, count }) in self.left_out.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{count} {}", rule.text())?;
        }
        Ok(())
    }
}

impl HasRemedy for NoMatch {
    fn remedy(&self) -> Option<Remedy> {
        Some(self.remedy.clone())
    }
}

impl NoMatch {
    pub(super) fn new(
        catalog: &Catalog,
        ask: &SelectionRequest,
        marked: &[(&Candidate, Violations)],
        left_out: Vec<LeftOut>,
        tried: Vec<Tried>,
    ) -> NoMatch {
        NoMatch {
            lacking: lacking(marked),
            offers: marked.len(),
            offers_known: catalog.offers_known,
            remedy: remedy(ask, marked),
            left_out,
            tried,
        }
    }
}

/// Rules that are violated by unknown data.
const UNKNOWN: [Rule; 3] = [
    Rule::CapacityUnknown,
    Rule::PriceUnknown,
    Rule::DistanceUnknown,
];

/// Determines the missing condition. A catalog without offers lacks data.
fn lacking(marked: &[(&Candidate, Violations)]) -> Lacking {
    let any = |rules: &[Rule]| marked.iter().any(|(_, broken)| broken.within(rules));
    let [capacity, price, distance] = UNKNOWN;
    if marked.is_empty() || any(&UNKNOWN) {
        Lacking::Knowledge
    } else if any(&[capacity, price, distance, Rule::NoCapacity]) {
        Lacking::Capacity
    } else {
        Lacking::Options
    }
}

/// Finds the one option to relax, if one is enough: the first user option that is the only rule violated by some
/// offers. Of these offers it takes the closest one, or else the cheapest. Otherwise it suggests another fix.
fn remedy(ask: &SelectionRequest, marked: &[(&Candidate, Violations)]) -> Remedy {
    let nearest_of = |rule: Rule| {
        let alone = marked
            .iter()
            .filter(|(_, broken)| broken.only() == Some(rule));
        alone.map(|(one, _)| *one).min_by_key(|one| {
            let size = match rule {
                Rule::MinGpus => one.gpus,
                Rule::MinVcpus => one.instance_type.vcpus,
                _ => 0,
            };
            // Then as a selection orders them.
            let regions = Reverse(one.capacity_regions.unwrap_or(0));
            let name = one.instance_type.name.as_str();
            let place = (one.distance_km.unwrap_or(u32::MAX), !one.home, one.key());
            let price = one.nanos().unwrap_or(u64::MAX);
            (Reverse(size), price, regions, name, place)
        })
    };
    let value = |one: &Candidate, rule: Rule| {
        let kind = one.instance_type;
        Some(match rule {
            Rule::MaxPrice => price(one)?,
            Rule::MinGpus => one.gpus.to_string(),
            Rule::MinVcpus => kind.vcpus.to_string(),
            Rule::Region => one.region.to_owned(),
            Rule::InstanceType => kind.name.clone(),
            Rule::Family => kind.family.clone(),
            Rule::Architecture => kind.architectures.first()?.clone(),
            Rule::Market => one.market.as_str().to_owned(),
            _ => return None,
        })
    };
    let changes = [
        Rule::MaxPrice,
        Rule::MinGpus,
        Rule::MinVcpus,
        Rule::Region,
        Rule::InstanceType,
        Rule::Family,
        Rule::Architecture,
        Rule::Market,
    ];
    let nearest = changes.into_iter().find_map(|rule| {
        let one = nearest_of(rule)?;
        Some(Remedy::Relax {
            rule,
            value: value(one, rule)?,
            instance_type: one.instance_type.name.clone(),
            region: one.region.to_owned(),
        })
    });
    let any = |rules: &[Rule]| marked.iter().any(|(_, broken)| broken.within(rules));
    let [capacity, price, _] = UNKNOWN;
    let given = given(ask, marked);
    // An option excludes offers of a known price.
    let excludes = |rule: &Rule| {
        let mut broken = marked.iter().map(|(_, broken)| broken);
        broken.any(|broken| broken.has(*rule) && !broken.has(price))
    };
    if let Some(nearest) = nearest {
        nearest
    } else if any(&[capacity]) {
        Remedy::any_of([Remedy::Refresh, Remedy::AllowUnknownCapacity])
    } else if marked.is_empty() || any(&[capacity, price]) {
        match given.iter().any(excludes) {
            true => Remedy::any_of([Remedy::RelaxFilters { given }, Remedy::Refresh]),
            false => Remedy::Refresh,
        }
    } else if any(&[capacity, price, Rule::NoCapacity]) {
        Remedy::any_of([Remedy::Wait { seconds: None }, Remedy::ListAvailable])
    } else {
        Remedy::RelaxFilters { given }
    }
}

/// Rules that the user set and that exclude an offer.
fn given(ask: &SelectionRequest, marked: &[(&Candidate, Violations)]) -> Vec<Rule> {
    let set = |rule: &Rule| match rule {
        Rule::Market => ask.wanted.market != Some(Market::OnDemand),
        Rule::PriceUnknown | Rule::OtherCurrency | Rule::CapacityUnknown | Rule::NoCapacity => {
            false
        }
        _ => true,
    };
    let excludes = |rule: &Rule| marked.iter().any(|(_, broken)| broken.has(*rule));
    let rules = Rule::ALL.into_iter().filter(set);
    rules.filter(excludes).collect()
}

/// Formats a price: `2.50`, or `18.5 CNY`.
fn price(one: &Candidate) -> Option<String> {
    let (nanos, currency) = one.money?;
    let number = amount(nanos);
    Some(match currency {
        "USD" => number,
        other => format!("{number} {other}"),
    })
}
