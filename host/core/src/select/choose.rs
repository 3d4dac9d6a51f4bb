//! Selection of one instance type.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::balance::{Best, WEIGHTS, total};
use super::candidates::{Candidate, Candidates};
use super::error::{NoMatch, SelectError};
use super::explain::{Explanation, Row, Tried, count};
use super::rules::Violations;
use super::{Constraints, Tier};
use crate::remedy::Rule;

/// Criterion of the selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The lowest price; then the type with capacity in more regions, then the name of the type, then the nearer
    /// region, then the home region.
    #[default]
    Cheapest,
    /// The nearest region; then as [`Mode::Cheapest`].
    Closest,
    /// The highest score of [`WEIGHTS`]; then as [`Mode::Cheapest`].
    Balanced,
}

/// A selection request.
///
/// ```
/// use cloudhost::select::{SelectionRequest, Mode, Tier, parse_money};
///
/// let mut ask = SelectionRequest::default();
/// ask.mode = Mode::Closest;
/// ask.tier = Some(Tier::find("h100-or-less")?);
/// ask.wanted.max_price = Some(parse_money("2.50")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SelectionRequest {
    /// Constraints on the instance type.
    pub wanted: Constraints,
    /// Criterion of the selection.
    pub mode: Mode,
    /// Restricts the selection to the best step of this tier that has a match.
    pub tier: Option<Tier>,
    /// Allow offers with unknown capacity, of each instance type by itself: also where the capacity of others is known.
    /// Without it, [`Explanation::passed_over`] counts those that come before the selected one.
    pub allow_unknown_capacity: bool,
    /// Limit on rows of an explanation: the selected offer and the runners-up.
    pub rows: usize,
}

impl Default for SelectionRequest {
    fn default() -> Self {
        SelectionRequest {
            wanted: Constraints::default(),
            mode: Mode::default(),
            tier: None,
            allow_unknown_capacity: false,
            rows: 10,
        }
    }
}

/// The selected offer, with an explanation.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// The offer. It has a price.
    pub candidate: Candidate<'a>,
    /// Explanation of the selection.
    pub explanation: Explanation,
}

/// An offer and the rules that it violates.
type Marked<'c, 'a> = (&'c Candidate<'a>, Violations);

impl<'a> Candidates<'a> {
    /// Selects one offer with known capacity and a known price.
    ///
    /// # Errors
    /// When the catalog lacks a name, `closest` is requested without a location, or nothing matches.
    pub fn choose(&self, ask: &SelectionRequest) -> Result<Choice<'a>, SelectError> {
        let ask = &SelectionRequest {
            wanted: self.resolved(&ask.wanted)?,
            ..ask.clone()
        };
        if ask.mode == Mode::Closest && self.from.is_none() {
            return Err(SelectError::NoLocation);
        }
        let mut marked: Vec<Marked> = self.all.iter().map(|one| (one, broken(ask, one))).collect();
        let currency = currency(ask, &marked);
        for (one, broken) in &mut marked {
            if let (Some((_, its)), Some(currency)) = (one.money, currency) {
                broken.when(its != currency, Rule::OtherCurrency);
            }
        }
        let (tried, step) = descend(ask.tier, &marked);
        let fits = |(one, broken): &&Marked| {
            broken.none()
                && step.is_none_or(|step| ask.tier.and_then(|tier| tier.rank(one)) == Some(step))
        };
        let fitting: Vec<&Candidate> = marked.iter().filter(fits).map(|(one, _)| *one).collect();
        let best = Best::of(&fitting);
        let mut top: Vec<Ranked> = Vec::new();
        for one in &fitting {
            Ranked::new(one, ask.mode, best).enter(&mut top, ask.rows.max(1));
        }
        let left_out = count(marked.iter().map(|(_, broken)| *broken));
        let Some(chosen) = top.first() else {
            return Err(NoMatch::new(self.catalog, ask, &marked, left_out, tried).into());
        };
        let balanced = ask.mode == Mode::Balanced;
        let row = |ranked: &Ranked| Row::new(ranked.one, balanced.then(|| best.parts(ranked.one)));
        let rows = top.iter().map(row).collect();
        let weights = if balanced {
            WEIGHTS.to_vec()
        } else {
            Vec::new()
        };
        Ok(Choice {
            candidate: *chosen.one,
            explanation: Explanation {
                mode: ask.mode,
                tier: ask.tier.map(|tier| tier.name),
                from: self.from.clone(),
                currency: currency.unwrap_or_default().to_owned(),
                passed_over: passed_over(ask, chosen, &marked, best),
                offers: marked.len(),
                offers_known: self.catalog.offers_known,
                fit: fitting.len(),
                left_out,
                tried,
                weights,
                rows,
            },
        })
    }
}

/// Returns the violated rules, except for the currency.
fn broken(ask: &SelectionRequest, one: &Candidate) -> Violations {
    let mut broken = ask.wanted.broken(one);
    let unknown = one.capacity.is_none() && !ask.allow_unknown_capacity;
    broken.when(unknown, Rule::CapacityUnknown);
    broken.when(one.capacity == Some(false), Rule::NoCapacity);
    broken.when(one.price.is_none(), Rule::PriceUnknown);
    let closest = ask.mode == Mode::Closest;
    broken.when(closest && one.distance_km.is_none(), Rule::DistanceUnknown);
    let outside = ask.tier.is_some_and(|tier| tier.rank(one).is_none());
    broken.when(outside, Rule::Tier);
    broken
}

/// Counts the instance types that the criterion puts before the selected offer, and that only their unknown capacity
/// excludes: they may be there. A better step of a tier comes before everything else.
fn passed_over(ask: &SelectionRequest, chosen: &Ranked, marked: &[Marked], best: Best) -> usize {
    let step = |one: &Candidate| ask.tier.and_then(|tier| tier.rank(one));
    let value = |ranked: &Ranked| (step(ranked.one), ranked.by(ask.mode));
    let unknown = marked
        .iter()
        .filter(|(_, broken)| broken.only() == Some(Rule::CapacityUnknown));
    let ranked = unknown.map(|(one, _)| Ranked::new(one, ask.mode, best));
    let better = ranked.filter(|one| value(one) < value(chosen));
    let types: BTreeSet<&str> = better
        .map(|better| better.one.instance_type.name.as_str())
        .collect();
    types.len()
}

/// Selects the currency to compare in: that of the highest price, or else the most frequent one.
fn currency<'m, 'a: 'm>(ask: &'m SelectionRequest, marked: &[Marked<'_, 'a>]) -> Option<&'m str> {
    if let Some(most) = &ask.wanted.max_price {
        return Some(&most.currency);
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (one, _) in marked.iter().filter(|(_, broken)| broken.none()) {
        if let Some((_, currency)) = one.money {
            *counts.entry(currency).or_default() += 1;
        }
    }
    let most = counts
        .into_iter()
        .max_by_key(|(name, count)| (*count, Reverse(*name)));
    most.map(|(name, _)| name)
}

/// Descends the steps of a tier to the first with a match. Returns the steps tried and the number of that step.
fn descend(tier: Option<Tier>, marked: &[Marked]) -> (Vec<Tried>, Option<usize>) {
    let Some(tier) = tier else {
        return (Vec::new(), None);
    };
    let ranked: Vec<(usize, Violations)> = marked
        .iter()
        .filter_map(|(one, broken)| Some((tier.rank(one)?, *broken)))
        .collect();
    let taken = ranked
        .iter()
        .filter(|(_, broken)| broken.none())
        .map(|(rank, _)| *rank)
        .min();
    let tried = tier
        .steps()
        .enumerate()
        .take_while(|(rank, _)| taken.is_none_or(|taken| *rank <= taken))
        .map(|(rank, step)| {
            let of_step = || {
                let ranked = ranked.iter().filter(move |(other, _)| *other == rank);
                ranked.map(|(_, broken)| *broken)
            };
            Tried {
                step: step.name,
                offers: of_step().count(),
                fit: of_step().filter(|broken| broken.none()).count(),
                left_out: count(of_step()),
            }
        });
    (tried.collect(), taken)
}

/// A matching offer with its sort key.
struct Ranked<'c, 'a> {
    one: &'c Candidate<'a>,
    /// Value of the mode, the price, and the regions with capacity; lower is better.
    first: (u32, u64, Reverse<u32>),
}

impl<'c, 'a> Ranked<'c, 'a> {
    fn new(one: &'c Candidate<'a>, mode: Mode, best: Best) -> Self {
        let by_mode = match mode {
            Mode::Cheapest => 0,
            Mode::Closest => one.distance_km.unwrap_or(u32::MAX),
            Mode::Balanced => u32::MAX - total(&best.parts(one)).thousandths(),
        };
        let price = one.nanos().unwrap_or(u64::MAX);
        Ranked {
            one,
            first: (by_mode, price, Reverse(one.capacity_regions.unwrap_or(0))),
        }
    }

    /// The value of a mode: lower is better.
    fn by(&self, mode: Mode) -> u64 {
        let (by_mode, price, _) = self.first;
        match mode {
            Mode::Cheapest => price,
            Mode::Closest | Mode::Balanced => u64::from(by_mode),
        }
    }

    /// Compares two offers. The order is total: one of two is always better.
    fn beats(&self, other: &Self) -> bool {
        let last = |one: &Candidate<'a>| {
            (
                one.distance_km.unwrap_or(u32::MAX),
                !one.home,
                one.region,
                one.market as u8,
            )
        };
        let (this, that) = (self.one, other.one);
        let names = || this.instance_type.name.cmp(&that.instance_type.name);
        let order = self.first.cmp(&other.first).then_with(names);
        order.then_with(|| last(this).cmp(&last(that))).is_lt()
    }

    /// Inserts itself into the best few, if it belongs there.
    fn enter(self, top: &mut Vec<Self>, few: usize) {
        if top.len() >= few && top.last().is_some_and(|last| !self.beats(last)) {
            return;
        }
        let place = top.partition_point(|other| other.beats(&self));
        top.insert(place, self);
        top.truncate(few);
    }
}
