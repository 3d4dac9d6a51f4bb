//! Generation of an instance type's hardware.

use std::sync::LazyLock;

use serde::{Serialize, Serializer};

use super::table;
use crate::contract::cloudhost::provider::types::{AcceleratorKind, InstanceType};

/// The architecture of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Architecture {
    name: &'static str,
    year: u32,
}

impl Architecture {
    /// Returns the architecture of the GPU of this name, if its model is known.
    pub fn of(gpu: &str) -> Option<Self> {
        model(gpu).map(|(_, architecture)| architecture)
    }

    /// Year in which its maker announced it.
    pub fn year(self) -> u32 {
        self.year
    }

    /// The maker's name for it.
    pub fn name(self) -> &'static str {
        self.name
    }
}

/// Models that clouds rent out: the words that their names begin with, in capitals.
static MODELS: LazyLock<Vec<(&str, Architecture)>> = LazyLock::new(|| {
    let rows = table::read(table::ARCHITECTURES, |[name, year, models]| {
        let year = year.parse().ok()?;
        let architecture = Architecture { name, year };
        Some(table::items(models).map(move |model| (model, architecture)))
    });
    rows.into_iter().flatten().collect()
});

/// Words before a model's name: makers and product lines.
const BRANDS: [&str; 6] = ["NVIDIA", "AMD", "TESLA", "QUADRO", "GEFORCE", "INSTINCT"];

/// Finds the table entry for a GPU name: `NVIDIA A100-SXM4-80GB` is an `A100`.
pub(super) fn model(name: &str) -> Option<(&'static str, Architecture)> {
    let name = name.to_uppercase();
    let words: Vec<&str> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty() && !BRANDS.contains(word))
        .collect();
    let fits = |known: &str| {
        let known: Vec<&str> = known.split(' ').collect();
        words.starts_with(&known)
    };
    MODELS
        .iter()
        .copied()
        .filter(|(known, _)| fits(known))
        .max_by_key(|(known, _)| known.len())
}

/// Generation of the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// A GPU of this architecture.
    Gpu(Architecture),
    /// GPUs of an unknown model, or of several models.
    UnknownGpu,
    /// No GPU, and the cloud recommends the instance type for new work.
    Current,
    /// No GPU, and the cloud no longer recommends it.
    Previous,
}

impl Generation {
    /// Formats it for people: `Hopper (2022)`.
    pub fn text(self) -> String {
        match self {
            Self::Gpu(one) => format!("{} ({})", one.name(), one.year()),
            Self::UnknownGpu => "unknown".to_owned(),
            Self::Current => "current".to_owned(),
            Self::Previous => "previous".to_owned(),
        }
    }
}

impl Serialize for Generation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::UnknownGpu => serializer.serialize_none(),
            known => serializer.serialize_some(&known.text()),
        }
    }
}

/// Summary of an instance type's GPUs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gpus {
    /// Number of whole GPUs.
    pub count: u32,
    /// Step of the tier ladder that they are on, counted from 0.
    pub rung: Option<usize>,
    /// Generation of the GPUs, or without any, of the instance type.
    pub generation: Generation,
}

impl Gpus {
    /// Summarises the GPUs of an instance type.
    pub fn of(one: &InstanceType) -> Gpus {
        let gpus = || {
            one.accelerators
                .iter()
                .filter(|device| device.kind == AcceleratorKind::Gpu)
        };
        let mut models = gpus().map(|gpu| model(&gpu.name));
        let first = models.next();
        let known = first
            .flatten()
            .filter(|_| models.all(|other| Some(other) == first));
        Gpus {
            count: gpus()
                .filter_map(|gpu| gpu.count)
                .fold(0, u32::saturating_add),
            rung: known.and_then(|(model, _)| {
                super::tier::rung(model, gpus().map(|gpu| gpu.memory_mib).min().flatten())
            }),
            generation: match (first, known) {
                (_, Some((_, architecture))) => Generation::Gpu(architecture),
                (Some(_), None) => Generation::UnknownGpu,
                (None, _) if one.current_generation => Generation::Current,
                (None, _) => Generation::Previous,
            },
        }
    }
}
