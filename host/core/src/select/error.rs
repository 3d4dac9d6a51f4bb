//! Why no machine could be chosen, and what to ask for instead.

use std::cmp::Reverse;
use std::fmt;

use super::explain::{LeftOut, Tried};
use super::rules::{Broken, Rule};
use super::{Candidate, PlaceError, UnknownTier, amount};
use crate::catalog::FilterError;
use crate::contract::Label as _;
use crate::{HasRemedy, Remedy};

/// Why no machine could be chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// A name that the catalog does not have.
    #[error(transparent)]
    Name(FilterError),
    /// Nothing fits.
    #[error(transparent)]
    NoMatch(#[from] Box<NoMatch>),
    /// The closest to what?
    #[error("the closest machine cannot be found, for it is not known where you are")]
    NoPlace,
    /// A place that is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A tier that is none.
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
            SelectError::NoPlace => Some(Remedy::GiveLocation { close: Vec::new() }),
            SelectError::Place(error) => error.remedy(),
            SelectError::Tier(error) => error.remedy(),
        }
    }
}

/// What it would take for a machine to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// Other options: nothing that is sold is what they ask for.
    Options,
    /// Capacity: what is asked for is sold, and known to have none now.
    Capacity,
    /// Knowledge: something may be what is asked for, but its capacity, price or place is not known.
    Knowledge,
}

/// Nothing fits: how many machines each rule leaves out, and which option would have to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoMatch {
    /// What it would take.
    pub lacking: Lacking,
    /// How many offers the catalog has.
    pub offers: usize,
    /// Why none of them fits: the counts add up to `offers`.
    pub left_out: Vec<LeftOut>,
    /// The steps of the tier that were tried: all.
    pub tried: Vec<Tried>,
    /// What else can help.
    remedy: Remedy,
}

impl std::error::Error for NoMatch {}

impl fmt::Display for NoMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.offers == 0 {
            return f.write_str("no machine fits, for the catalog has no offers");
        }
        write!(f, "none of {} offers fits: ", self.offers)?;
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
        marked: &[(&Candidate, Broken)],
        left_out: Vec<LeftOut>,
        tried: Vec<Tried>,
    ) -> NoMatch {
        NoMatch {
            lacking: lacking(marked),
            offers: marked.len(),
            remedy: remedy(marked),
            left_out,
            tried,
        }
    }
}

/// What nobody knows of a machine.
const UNKNOWN: [Rule; 3] = [
    Rule::CapacityUnknown,
    Rule::PriceUnknown,
    Rule::DistanceUnknown,
];

/// A catalog without offers tells nothing.
fn lacking(marked: &[(&Candidate, Broken)]) -> Lacking {
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

/// The one option to change, where one is enough: the first rule that is the user's to change and is all that some
/// machines break, and of these machines the one that comes nearest, or else the cheapest. Otherwise what else
/// can help.
fn remedy(marked: &[(&Candidate, Broken)]) -> Remedy {
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
            (Reverse(size), one.nanos().unwrap_or(u64::MAX), one.key())
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
    let alone = |rule| marked.iter().any(|(_, broken)| broken.only() == Some(rule));
    if let Some(nearest) = nearest {
        nearest
    } else if alone(Rule::CapacityUnknown) {
        Remedy::any_of([Remedy::Refresh, Remedy::AllowUnknownCapacity])
    } else if marked.is_empty() || alone(Rule::PriceUnknown) {
        Remedy::Refresh
    } else if alone(Rule::NoCapacity) {
        Remedy::any_of([Remedy::Wait { seconds: None }, Remedy::ListAvailable])
    } else {
        Remedy::RelaxFilters
    }
}

/// A price as people write it: `2.50`, or `18.5 CNY`.
fn price(one: &Candidate) -> Option<String> {
    let (nanos, currency) = one.money?;
    let number = amount(nanos);
    Some(match currency {
        "USD" => number,
        other => format!("{number} {other}"),
    })
}
