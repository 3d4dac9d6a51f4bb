//! How new a machine's hardware is.

use serde::{Serialize, Serializer};

use crate::contract::cloudhost::provider::types::{AcceleratorKind, InstanceType};

/// The architecture of a graphics processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the makers' own names")]
pub enum Architecture {
    Kepler,
    Maxwell,
    Pascal,
    Volta,
    Turing,
    Ampere,
    Ada,
    Hopper,
    Blackwell,
    Rdna,
    Cdna,
    Cdna2,
    Cdna3,
    Cdna4,
}

impl Architecture {
    /// The year in which its maker announced it.
    pub fn year(self) -> u32 {
        match self {
            Self::Kepler => 2012,
            Self::Maxwell => 2014,
            Self::Pascal => 2016,
            Self::Volta => 2017,
            Self::Turing => 2018,
            Self::Rdna => 2019,
            Self::Ampere | Self::Cdna => 2020,
            Self::Cdna2 => 2021,
            Self::Ada | Self::Hopper => 2022,
            Self::Cdna3 => 2023,
            Self::Blackwell => 2024,
            Self::Cdna4 => 2025,
        }
    }

    /// The maker's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kepler => "Kepler",
            Self::Maxwell => "Maxwell",
            Self::Pascal => "Pascal",
            Self::Volta => "Volta",
            Self::Turing => "Turing",
            Self::Ampere => "Ampere",
            Self::Ada => "Ada Lovelace",
            Self::Hopper => "Hopper",
            Self::Blackwell => "Blackwell",
            Self::Rdna => "RDNA",
            Self::Cdna => "CDNA",
            Self::Cdna2 => "CDNA 2",
            Self::Cdna3 => "CDNA 3",
            Self::Cdna4 => "CDNA 4",
        }
    }
}

/// The models that clouds rent out, by the words that their names begin with, in capitals. Where two fit, the
/// longer one counts: `RTX 6000 ADA` is not an `RTX 6000`.
const MODELS: [(&str, Architecture); 55] = {
    use Architecture::*;
    [
        ("K80", Kepler),
        ("K520", Kepler),
        ("M60", Maxwell),
        ("P4", Pascal),
        ("P40", Pascal),
        ("P100", Pascal),
        ("V100", Volta),
        ("V100S", Volta),
        ("T4", Turing),
        ("T4G", Turing),
        ("RTX 6000", Turing),
        ("RTX6000", Turing),
        ("A2", Ampere),
        ("A10", Ampere),
        ("A10G", Ampere),
        ("A16", Ampere),
        ("A30", Ampere),
        ("A40", Ampere),
        ("A100", Ampere),
        ("A800", Ampere),
        ("A4000", Ampere),
        ("RTX A4000", Ampere),
        ("A5000", Ampere),
        ("RTX A5000", Ampere),
        ("A6000", Ampere),
        ("RTX A6000", Ampere),
        ("L4", Ada),
        ("L40", Ada),
        ("L40S", Ada),
        ("RTX 4000 ADA", Ada),
        ("RTX 5000 ADA", Ada),
        ("RTX 6000 ADA", Ada),
        ("H20", Hopper),
        ("H100", Hopper),
        ("H200", Hopper),
        ("H800", Hopper),
        ("GH200", Hopper),
        ("B100", Blackwell),
        ("B200", Blackwell),
        ("B300", Blackwell),
        ("GB200", Blackwell),
        ("GB300", Blackwell),
        ("RTX PRO", Blackwell),
        ("RTX PRO 6000", Blackwell),
        ("RTX PRO SERVER 6000", Blackwell),
        ("RADEON PRO V520", Rdna),
        ("V520", Rdna),
        ("MI100", Cdna),
        ("MI210", Cdna2),
        ("MI250", Cdna2),
        ("MI250X", Cdna2),
        ("MI300X", Cdna3),
        ("MI325X", Cdna3),
        ("MI350X", Cdna4),
        ("MI355X", Cdna4),
    ]
};

/// Words before a model's name that say who made it or what for.
const BRANDS: [&str; 6] = ["NVIDIA", "AMD", "TESLA", "QUADRO", "GEFORCE", "INSTINCT"];

/// The entry of the table that a name of a graphics processor means: `NVIDIA A100-SXM4-80GB` is an `A100`.
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
        .into_iter()
        .filter(|(known, _)| fits(known))
        .max_by_key(|(known, _)| known.len())
}

/// How new the hardware is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// A graphics processor of this architecture.
    Gpu(Architecture),
    /// Graphics processors of a model that this program does not know, or of several models.
    UnknownGpu,
    /// No graphics processor, and the cloud still recommends the machine for new work.
    Current,
    /// No graphics processor, and the cloud no longer recommends it.
    Previous,
}

impl Generation {
    /// For people: `Hopper (2022)`.
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

/// What the graphics processors of a type amount to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gpus {
    /// How many whole ones.
    pub count: u32,
    /// The step of the ladder of tiers that they are on, counted from 0.
    pub rung: Option<usize>,
    /// How new they are; without any, how new the machine is.
    pub generation: Generation,
}

impl Gpus {
    /// Those of a type.
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
