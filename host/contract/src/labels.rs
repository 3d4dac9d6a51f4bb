//! The closed words of the contract, as text in a table or message: spelled as in `wit/`.

use crate::contract::cloudhost::provider::types::{AcceleratorKind, DiskKind, ErrorKind, Market};

/// An enumeration whose values have one word each.
pub(crate) trait Word: Copy + 'static {
    /// All values.
    const ALL: &'static [Self];

    /// The word of a value.
    fn word(self) -> &'static str;

    /// The value of a word.
    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == word)
    }
}

impl Word for AcceleratorKind {
    const ALL: &'static [Self] = &[
        Self::Gpu,
        Self::Neuron,
        Self::Inference,
        Self::Fpga,
        Self::Media,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Neuron => "neuron",
            Self::Inference => "inference",
            Self::Fpga => "fpga",
            Self::Media => "media",
        }
    }
}

impl Word for DiskKind {
    const ALL: &'static [Self] = &[Self::Hdd, Self::Ssd, Self::Unknown];

    fn word(self) -> &'static str {
        match self {
            Self::Hdd => "hdd",
            Self::Ssd => "ssd",
            Self::Unknown => "unknown",
        }
    }
}

impl Word for ErrorKind {
    const ALL: &'static [Self] = &[
        Self::InvalidArgument,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::NotFound,
        Self::AlreadyExists,
        Self::Busy,
        Self::FailedPrecondition,
        Self::QuotaExceeded,
        Self::InsufficientCapacity,
        Self::RateLimited,
        Self::Unavailable,
        Self::Unsupported,
        Self::Indeterminate,
        Self::Internal,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid-argument",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission-denied",
            Self::NotFound => "not-found",
            Self::AlreadyExists => "already-exists",
            Self::Busy => "busy",
            Self::FailedPrecondition => "failed-precondition",
            Self::QuotaExceeded => "quota-exceeded",
            Self::InsufficientCapacity => "insufficient-capacity",
            Self::RateLimited => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::Indeterminate => "indeterminate",
            Self::Internal => "internal",
        }
    }
}

impl Word for Market {
    const ALL: &'static [Self] = &[Self::OnDemand, Self::Spot, Self::CapacityBlock];

    fn word(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Spot => "spot",
            Self::CapacityBlock => "capacity-block",
        }
    }
}
