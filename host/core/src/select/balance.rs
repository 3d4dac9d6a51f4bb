//! Score of the mode `balanced`: the weighted sum of four components, each from 0 to 1.

use serde::{Serialize, Serializer};
use std::fmt;

use super::candidates::Candidate;
use super::generation::Generation;

/// A component of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// 1 for the lowest price of all matches, 1/8 less for each doubling of the price. A score in proportion to the
    /// price would give nothing to a type that costs ten times as much, and the cheapest would always win.
    Price,
    /// Number of regions with known capacity, relative to the highest number of any instance type.
    Capacity,
    /// 1 for a GPU architecture of 2024 or later, 1/10 less for each year before. Without a GPU: 1 if the cloud
    /// recommends the instance type for new work, else 0.
    Generation,
    /// 1 at the user's location, 0 at the antipode, and linear in between, as is network latency.
    Distance,
}

/// Weight of a component in the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// The component.
    pub component: Component,
    /// Percentage of the score.
    pub percent: u32,
    /// Reason for the weight.
    pub why: &'static str,
}

/// Weights of the components. They add up to 100 percent.
pub const WEIGHTS: [Weight; 4] = [
    Weight {
        component: Component::Price,
        percent: 40,
        why: "it is paid every hour",
    },
    Weight {
        component: Component::Capacity,
        percent: 20,
        why: "a type that many regions have is still there a minute later, and tomorrow",
    },
    Weight {
        component: Component::Generation,
        percent: 20,
        why: "newer hardware does more in an hour, and stays on sale",
    },
    Weight {
        component: Component::Distance,
        percent: 20,
        why: "distance is felt in every keystroke and upload, but only there",
    },
];

/// A score from 0 to 1, in thousandths, so that it is the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u32);

impl Score {
    /// The highest score.
    const ONE: u32 = 1000;

    /// In thousandths.
    pub fn thousandths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / Self::ONE, self.0 % Self::ONE)
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / f64::from(Self::ONE))
    }
}

/// Score of one component of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The component.
    pub component: Component,
    /// Its score. An unknown one is 0, the lowest.
    pub score: Score,
    /// True if it is known.
    pub known: bool,
}

/// Best values among the matching offers, to which components are relative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    /// The lowest price, in nano-units.
    pub price: u64,
    /// Highest number of regions in which one instance type has capacity.
    pub capacity_regions: u32,
}

impl Best {
    /// Returns the best values of these offers.
    pub fn of(machines: &[&Candidate]) -> Best {
        let none = Best {
            price: u64::MAX,
            capacity_regions: 0,
        };
        machines.iter().fold(none, |best, one| Best {
            price: one.nanos().unwrap_or(u64::MAX).min(best.price),
            capacity_regions: (one.capacity_regions.unwrap_or(0)).max(best.capacity_regions),
        })
    }

    /// Returns the components of an offer's score, in the order of [`WEIGHTS`].
    pub fn parts(self, one: &Candidate) -> [Part; 4] {
        WEIGHTS.map(|Weight { component, .. }| {
            let thousandths = match component {
                Component::Price => one.nanos().map(|price| price_score(price, self.price)),
                Component::Capacity => one.capacity.map(|_| {
                    let regions = u64::from(one.capacity_regions.unwrap_or(0));
                    let share = regions * u64::from(Score::ONE);
                    share / u64::from(self.capacity_regions.max(1))
                }),
                Component::Generation => generation_score(one.generation),
                Component::Distance => one.distance_km.map(distance_score),
            };
            Part {
                component,
                score: Score(
                    thousandths
                        .and_then(|score| u32::try_from(score).ok())
                        .unwrap_or(0)
                        .min(Score::ONE),
                ),
                known: thousandths.is_some(),
            }
        })
    }
}

/// Computes the weighted sum, rounded to thousandths: the compared score is the displayed one.
pub(super) fn total(parts: &[Part; 4]) -> Score {
    let weighted = WEIGHTS
        .iter()
        .zip(parts)
        .map(|(weight, part)| weight.percent * part.score.0);
    Score((weighted.sum::<u32>() + 50) / 100)
}

/// Scores a price: 1000 for the lowest, 125 less for each doubling, and linear in between.
fn price_score(price: u64, lowest: u64) -> u64 {
    let ratio = u128::from(price) * 1000 / u128::from(lowest.max(1));
    // The ratio is 2^doublings times 1.0 to 2.0.
    let doublings = (ratio / 1000).checked_ilog2().unwrap_or(0);
    let rest = (ratio >> doublings).saturating_sub(1000);
    let lost = u128::from(doublings) * 125 + rest * 125 / 1000;
    u64::try_from(1000_u128.saturating_sub(lost)).unwrap_or(0)
}

fn generation_score(generation: Generation) -> Option<u64> {
    match generation {
        Generation::Gpu(architecture) => {
            let age = 2024_u32.saturating_sub(architecture.year());
            Some(u64::from(1000_u32.saturating_sub(100 * age)))
        }
        Generation::UnknownGpu => None,
        Generation::Current => Some(1000),
        Generation::Previous => Some(0),
    }
}

fn distance_score(kilometres: u32) -> u64 {
    // Half of the way around a sphere of 6,371 km.
    const FARTHEST: u64 = 20_015;
    1000 - u64::from(kilometres).min(FARTHEST) * 1000 / FARTHEST
}
