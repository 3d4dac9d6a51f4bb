//! The score of the mode `balanced`: four components, each from 0 to 1, and their weights.

use serde::{Serialize, Serializer};
use std::fmt;

use super::candidates::Candidate;
use super::generation::Generation;

/// What is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// 1 for the cheapest of all that fit, 1/8 less for each doubling of the price. A share of the cheapest price
    /// would leave nothing of a machine that costs ten times as much, and the cheapest would always win.
    Price,
    /// The share of regions: those where the type is known to have capacity, of the most that any type has.
    Capacity,
    /// 1 for an architecture of 2024 or later, 1/10 less for each year before. Without a graphics processor: 1
    /// where the cloud still recommends the machine for new work, else 0.
    Generation,
    /// 1 here, 0 at the other end of the earth, and straight between: so does the time of a packet grow.
    Distance,
}

/// A component's share of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// What is weighed.
    pub component: Component,
    /// Percent of the whole.
    pub percent: u32,
    /// Why so much.
    pub why: &'static str,
}

/// The weights, which add up to 100 percent.
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

/// A number from 0 to 1, in thousandths, so that it is the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u32);

impl Score {
    /// The best.
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

/// One component of a machine's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Which.
    pub component: Component,
    /// How good it is. What is unknown is 0, the worst.
    pub score: Score,
    /// It is known.
    pub known: bool,
}

/// What components are measured against: the best among the machines that fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    /// The lowest price, in nano-units.
    pub price: u64,
    /// The most regions in which a type has capacity.
    pub capacity_regions: u32,
}

impl Best {
    /// The best of these machines.
    pub fn of(machines: &[&Candidate]) -> Best {
        let none = Best {
            price: u64::MAX,
            capacity_regions: 0,
        };
        machines.iter().fold(none, |best, one| Best {
            price: one.nanos().unwrap_or(u64::MAX).min(best.price),
            capacity_regions: one.capacity_regions.max(best.capacity_regions),
        })
    }

    /// The components of a machine's score, in the order of [`WEIGHTS`].
    pub fn parts(self, one: &Candidate) -> [Part; 4] {
        WEIGHTS.map(|Weight { component, .. }| {
            let thousandths = match component {
                Component::Price => one.nanos().map(|price| price_score(price, self.price)),
                Component::Capacity => one.capacity.map(|_| {
                    let share = u64::from(one.capacity_regions) * u64::from(Score::ONE);
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

/// The weighted sum, rounded to thousandths: what people read is what is compared.
pub(super) fn total(parts: &[Part; 4]) -> Score {
    let weighted = WEIGHTS
        .iter()
        .zip(parts)
        .map(|(weight, part)| weight.percent * part.score.0);
    Score((weighted.sum::<u32>() + 50) / 100)
}

/// 1000 for the lowest price, 125 less for each doubling; between two doublings it is a straight line.
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
