//! Explanation of a selection: data for a table or for programs.

use serde::Serialize;

use super::balance::{Part, Score, Weight, total};
use super::rules::Violations;
use super::{Candidate, Generation, Location, Mode};
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::types::Money;
use crate::remedy::Rule;

/// Explanation of a selection.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Criterion.
    pub mode: Mode,
    /// Tier, if one was requested.
    pub tier: Option<&'static str>,
    /// Origin of the distances. `None`: unknown, and so is every distance.
    pub from: Option<Location>,
    /// Currency of the comparison.
    pub currency: String,
    /// Number of instance types that the criterion puts before the selected one, and that only their unknown capacity
    /// excludes.
    pub passed_over: usize,
    /// Number of offers.
    pub offers: usize,
    /// The catalog states where types are sold. `false`: each pair of a type and a region counts as an offer.
    pub offers_known: bool,
    /// Number of matching offers.
    pub fit: usize,
    /// Reasons for excluding the others.
    pub left_out: Vec<LeftOut>,
    /// Steps of the tier that were tried, the selected one last.
    pub tried: Vec<Tried>,
    /// Weights of the components. Empty if the mode uses no score.
    pub weights: Vec<Weight>,
    /// The selected offer and the runners-up.
    pub rows: Vec<Row>,
}

/// Number of offers that one rule excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The rule.
    pub rule: Rule,
    /// Number of offers that violate it, and no earlier rule.
    pub count: usize,
}

/// A step of a tier that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Name of the step.
    pub step: &'static str,
    /// Number of its offers.
    pub offers: usize,
    /// Number of its matching offers: 0 for all but the last step.
    pub fit: usize,
    /// Reasons for excluding the others.
    pub left_out: Vec<LeftOut>,
}

/// A matching offer.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the instance type.
    pub instance_type: String,
    /// Name of the region.
    pub region: String,
    /// Market: `on-demand`, `spot` or `capacity-block`.
    pub market: &'static str,
    /// The price of an hour.
    pub price: Option<Money>,
    /// Distance from the user's location.
    pub distance_km: Option<u32>,
    /// Capacity; `None`: unknown.
    pub capacity: Option<bool>,
    /// Number of regions where the type is known to have capacity; `None`: it is unknown in all of them.
    pub capacity_regions: Option<u32>,
    /// Number of whole GPUs.
    pub gpus: u32,
    /// Generation of the hardware; `None`: unknown.
    pub generation: Generation,
    /// Score, if the mode uses one.
    pub score: Option<Score>,
    /// Components of the score, in the order of the weights.
    pub parts: Vec<Part>,
}

impl Row {
    pub(super) fn new(one: &Candidate, parts: Option<[Part; 4]>) -> Row {
        Row {
            instance_type: one.instance_type.name.clone(),
            region: one.region.to_owned(),
            market: one.market.as_str(),
            price: one.price.map(|price| price.per_hour.clone()),
            distance_km: one.distance_km,
            capacity: one.capacity,
            capacity_regions: one.capacity_regions,
            gpus: one.gpus,
            generation: one.generation,
            score: parts.as_ref().map(total),
            parts: parts.map(Vec::from).unwrap_or_default(),
        }
    }
}

/// Counts offers by the first rule that each violates.
pub(super) fn count(machines: impl Iterator<Item = Violations>) -> Vec<LeftOut> {
    let mut counts = Rule::ALL.map(|rule| LeftOut { rule, count: 0 });
    for rule in machines.filter_map(Violations::first) {
        if let Some(left_out) = counts.get_mut(rule as usize) {
            left_out.count += 1;
        }
    }
    counts.into_iter().filter(|one| one.count > 0).collect()
}
