//! Tiers: the best machine that can be had, and if it cannot, the next one down.
//!
//! A tier is a number of graphics processors and a place on one ladder of models. The names, and the order of
//! the models that they had, are those of kdevops (`scripts/lambdalabs_select_tier.py`). The ladder orders by
//! what its order amounts to, the memory bandwidth of one processor in the maker's data sheet, and so has a place
//! for models that kdevops did not know.

use serde::Serialize;

use super::candidates::Candidate;
use crate::{HasRemedy, Remedy};

/// One rung of the ladder: machines that are as good as each other.
///
/// ```
/// use cloudhost::select::Tier;
///
/// for step in Tier::find("h100-or-less")?.steps() {
///     println!("{}: {:?}, {} GB/s", step.name, step.models, step.gigabytes_per_second);
/// }
/// # Ok::<(), cloudhost::select::UnknownTier>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name, as `a100-80gb`.
    pub name: &'static str,
    /// The models of graphics processors, as [`super::Generation`]'s table writes them.
    pub models: &'static [&'static str],
    /// Memory that each must have, in MiB, where two sizes of a model are two steps.
    pub min_memory_mib: Option<u64>,
    /// Memory bandwidth of one processor in GB/s, from the maker's data sheet; the lowest of the models.
    pub gigabytes_per_second: u32,
}

const fn step(
    name: &'static str,
    models: &'static [&'static str],
    gigabytes_per_second: u32,
) -> Step {
    Step {
        name,
        models,
        min_memory_mib: None,
        gigabytes_per_second,
    }
}

/// The ladder. A10G is AWS's A10. L4, T4 and T4g are one step, for their 300 to 320 GB/s are no difference.
const LADDER: [Step; 13] = [
    step("b200", &["B200"], 8000),
    step("h200", &["H200"], 4800),
    step("gh200", &["GH200"], 4000),
    step("h100", &["H100"], 2000),
    Step {
        // 80 GB are 76,293 MiB or, as some write it, 81,920; the other size is 40 GB.
        min_memory_mib: Some(76_000),
        ..step("a100-80gb", &["A100"], 1935)
    },
    step(
        "rtx-pro-6000",
        &["RTX PRO 6000", "RTX PRO SERVER 6000"],
        1597,
    ),
    step("a100", &["A100"], 1555),
    step("v100", &["V100"], 900),
    step("l40s", &["L40S"], 864),
    step("a6000", &["A6000", "RTX A6000"], 768),
    step("rtx6000", &["RTX 6000", "RTX6000"], 672),
    step("a10", &["A10", "A10G"], 600),
    step("l4", &["L4", "T4", "T4G"], 300),
];

/// A number of graphics processors, and the step of the ladder to begin at.
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
    /// Its name, as `h100-or-less`.
    pub name: &'static str,
    /// Exactly so many graphics processors.
    pub gpus: u32,
    /// Name of the best step.
    best: &'static str,
}

const fn tier(name: &'static str, gpus: u32, best: &'static str) -> Tier {
    Tier { name, gpus, best }
}

/// All tiers.
const TIERS: [Tier; 7] = [
    tier("gh200-or-less", 1, "gh200"),
    tier("h100-or-less", 1, "h100"),
    tier("a100-or-less", 1, "a100-80gb"),
    tier("a6000-or-less", 1, "a6000"),
    tier("8x-b200-or-less", 8, "b200"),
    tier("8x-h100-or-less", 8, "h100"),
    tier("8x-a100-or-less", 8, "a100-80gb"),
];

/// There is no tier of this name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no tier {0:?}")]
pub struct UnknownTier(
    /// As given.
    pub String,
);

impl HasRemedy for UnknownTier {
    fn remedy(&self) -> Option<Remedy> {
        Some(Remedy::UseName {
            close: TIERS.map(|tier| tier.name.to_owned()).to_vec(),
            known: TIERS.len(),
        })
    }
}

impl Tier {
    /// All tiers: those of one processor, then those of eight, each from the best down.
    pub fn all() -> &'static [Tier] {
        &TIERS
    }

    /// The tier of a name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(name: &str) -> Result<Tier, UnknownTier> {
        TIERS
            .into_iter()
            .find(|tier| tier.name == name)
            .ok_or_else(|| UnknownTier(name.to_owned()))
    }

    /// What it tries, in order.
    pub fn steps(&self) -> impl Iterator<Item = &'static Step> {
        LADDER.iter().skip(self.top())
    }

    /// The number of its best step on the ladder.
    fn top(&self) -> usize {
        let best = LADDER.iter().position(|step| step.name == self.best);
        best.unwrap_or(LADDER.len())
    }

    /// The number of the step that a machine belongs to, counted from 0, the best. `None`: it is not of this tier.
    pub fn rank(&self, one: &Candidate) -> Option<usize> {
        let rung = one.rung.filter(|_| one.gpus == self.gpus)?;
        rung.checked_sub(self.top())
    }
}

/// The step of the ladder, counted from 0, of a model with so much memory each, as far as that is known.
pub(super) fn rung(model: &str, memory_mib: Option<u64>) -> Option<usize> {
    let enough = |least| memory_mib.is_some_and(|each| each >= least);
    LADDER
        .iter()
        .position(|step| step.models.contains(&model) && step.min_memory_mib.is_none_or(enough))
}
