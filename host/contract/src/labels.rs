//! Labels of the enumerations of the contract, as text in a table or message: spelled as in `wit/`.

use crate::cloudhost::provider::types::{AcceleratorKind, DiskKind, ErrorKind, Market};

/// Enumeration whose values have one label each.
pub trait Label: Copy + 'static {
    /// All values.
    const ALL: &'static [Self];

    /// Label of a value.
    fn as_str(self) -> &'static str;

    /// Value of a label.
    fn parse(label: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == label)
    }
}

impl Label for AcceleratorKind {
    const ALL: &'static [Self] = &[
        Self::Gpu,
        Self::Neuron,
        Self::Inference,
        Self::Fpga,
        Self::Media,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Neuron => "neuron",
            Self::Inference => "inference",
            Self::Fpga => "fpga",
            Self::Media => "media",
        }
    }
}

impl Label for DiskKind {
    const ALL: &'static [Self] = &[Self::Hdd, Self::Ssd, Self::Unknown];

    fn as_str(self) -> &'static str {
        match self {
            Self::Hdd => "hdd",
            Self::Ssd => "ssd",
            Self::Unknown => "unknown",
        }
    }
}

impl Label for ErrorKind {
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

    fn as_str(self) -> &'static str {
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

impl Label for Market {
    const ALL: &'static [Self] = &[Self::OnDemand, Self::Spot, Self::CapacityBlock];

    fn as_str(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Spot => "spot",
            Self::CapacityBlock => "capacity-block",
        }
    }
}
