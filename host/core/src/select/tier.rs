//! Tiers: the best available GPU, with a fallback to the next one down.
//!
//! A tier is a number of GPUs and a step of one ladder of models, which orders them by the memory bandwidth of one
//! GPU. Both are data, with their sources: `tables/tiers.txt` and `tables/ladder.txt`.

use std::sync::LazyLock;

use serde::Serialize;

use super::candidates::Candidate;
use super::table;
use crate::{HasRemedy, Remedy};

/// One step of the ladder: equivalent GPU models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TierStep {
    /// Its name, such as `a100-80gb`.
    pub name: &'static str,
    /// GPU models, as [`super::Generation`]'s table writes them.
    pub models: Vec<&'static str>,
    /// Minimum memory of each GPU in MiB, if sizes of one model are on separate steps.
    pub min_memory_mib: Option<u64>,
    /// Memory bandwidth of one GPU in GB/s, from the maker's data sheet; the lowest of the models.
    pub gigabytes_per_second: u32,
}

/// The ladder, from the best step down.
static LADDER: LazyLock<Vec<TierStep>> = LazyLock::new(|| {
    table::read(table::LADDER, |[name, bandwidth, memory, models]| {
        Some(TierStep {
            name,
            models: table::items(models).collect(),
            min_memory_mib: match memory {
                "" => None,
                least => Some(least.parse().ok()?),
            },
            gigabytes_per_second: bandwidth.parse().ok()?,
        })
    })
});

/// A number of GPUs, and the step of the ladder to start at.
///
/// ```
/// use cloudhost::select::Tier;
///
/// let tier = Tier::find("h100-or-less")?;
/// let steps: Vec<&str> = tier.steps().map(|step| step.name).collect();
/// assert_eq!(steps[0], "h100");
/// assert!(Tier::find("cheap").is_err());
/// # Ok::<(), cloudhost::select::UnknownTier>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Its name, such as `h100-or-less`.
    pub name: &'static str,
    /// Exact number of GPUs.
    pub gpus: u32,
    /// Name of the best step.
    best: &'static str,
}

/// All tiers.
static TIERS: LazyLock<Vec<Tier>> = LazyLock::new(|| {
    table::read(table::TIERS, |[name, gpus, best]| {
        let gpus = gpus.parse().ok()?;
        Some(Tier { name, gpus, best })
    })
});

/// No tier has this name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown tier {0:?}")]
pub struct UnknownTier(
    /// The given name.
    pub String,
);

impl HasRemedy for UnknownTier {
    fn remedy(&self) -> Option<Remedy> {
        Some(Remedy::UseName {
            close: TIERS.iter().map(|tier| tier.name.to_owned()).collect(),
            known: TIERS.len(),
        })
    }
}

impl Tier {
    /// Returns all tiers: those of one GPU, then those of eight, each from the best down.
    pub fn all() -> &'static [Tier] {
        &TIERS
    }

    /// Finds the tier of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(name: &str) -> Result<Tier, UnknownTier> {
        let found = TIERS.iter().find(|tier| tier.name == name);
        found.copied().ok_or_else(|| UnknownTier(name.to_owned()))
    }

    /// Returns its steps, in order of preference.
    pub fn steps(&self) -> impl Iterator<Item = &'static TierStep> {
        LADDER.iter().skip(self.top())
    }

    /// Number of its best step on the ladder.
    fn top(&self) -> usize {
        let best = LADDER.iter().position(|step| step.name == self.best);
        best.unwrap_or(LADDER.len())
    }

    /// Returns the step of an offer, counted from 0, the best. `None`: it is not of this tier.
    pub fn rank(&self, one: &Candidate) -> Option<usize> {
        let rung = one.rung.filter(|_| one.gpus == self.gpus)?;
        rung.checked_sub(self.top())
    }
}

/// Finds the ladder step, counted from 0, of a model with this memory per GPU, as far as that is known.
pub(super) fn rung(model: &str, memory_mib: Option<u64>) -> Option<usize> {
    let enough = |least| memory_mib.is_some_and(|each| each >= least);
    LADDER
        .iter()
        .position(|step| step.models.contains(&model) && step.min_memory_mib.is_none_or(enough))
}
