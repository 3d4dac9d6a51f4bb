//! Why this machine and not another: data for a table or for programs.

use serde::Serialize;

use super::balance::{Part, Score, Weight, total};
use super::rules::{Broken, Rule};
use super::{Candidate, Generation, Mode, Place};
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::types::Money;

/// How a choice was made.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// What was looked for.
    pub mode: Mode,
    /// The tier, if one was asked for.
    pub tier: Option<&'static str>,
    /// Where distances are measured from. `None`: not known, and so is every distance.
    pub from: Option<Place>,
    /// The currency in which prices were compared.
    pub currency: String,
    /// No capacity is known of any machine, and machines were taken all the same.
    pub capacity_unknown: bool,
    /// How many offers there are.
    pub offers: usize,
    /// How many of them fit.
    pub fit: usize,
    /// Why the others do not.
    pub left_out: Vec<LeftOut>,
    /// The steps of the tier that were tried, the taken one last.
    pub tried: Vec<Tried>,
    /// What each component weighs. Empty where nothing was weighed.
    pub weights: Vec<Weight>,
    /// The chosen machine, and those that would have been next.
    pub rows: Vec<Row>,
}

/// How many machines one rule leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The rule.
    pub rule: Rule,
    /// How many break it, and none of the rules before it.
    pub count: usize,
}

/// A step of a tier that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Name of the step.
    pub step: &'static str,
    /// How many offers there are of it.
    pub offers: usize,
    /// How many of them fit: only the last step that was tried has any.
    pub fit: usize,
    /// Why the others do not.
    pub left_out: Vec<LeftOut>,
}

/// One machine that fits.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the type.
    pub instance_type: String,
    /// Name of the region.
    pub region: String,
    /// How it is bought: `on-demand`, `spot` or `capacity-block`.
    pub market: &'static str,
    /// The price of an hour.
    pub price: Option<Money>,
    /// How far away it is.
    pub distance_km: Option<u32>,
    /// Whether there is capacity; `None` is unknown.
    pub capacity: Option<bool>,
    /// In how many regions the type is known to have capacity.
    pub capacity_regions: u32,
    /// Whole graphics processors.
    pub gpus: u32,
    /// How new the hardware is; `None` is unknown.
    pub generation: Generation,
    /// The score, where machines were weighed.
    pub score: Option<Score>,
    /// What the score is made of, in the order of the weights.
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

/// Counts machines by the first rule that each breaks.
pub(super) fn count(machines: impl Iterator<Item = Broken>) -> Vec<LeftOut> {
    let mut counts = Rule::ALL.map(|rule| LeftOut { rule, count: 0 });
    for rule in machines.filter_map(Broken::first) {
        if let Some(left_out) = counts.get_mut(rule as usize) {
            left_out.count += 1;
        }
    }
    counts.into_iter().filter(|one| one.count > 0).collect()
}
