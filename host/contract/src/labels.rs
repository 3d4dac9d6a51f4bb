//! Labels of the enumerations of the contract, as text in a table or message: spelled as in `wit/`.

use crate::cloudhost::provider::resources::{Action, ResourceKind};
use crate::cloudhost::provider::types::{AcceleratorKind, DiskKind, ErrorKind, Market};
use crate::with_clusters::exports::cloudhost::provider::clusters::ClusterState;
use crate::with_instances::exports::cloudhost::provider::instances::InstanceState;
use crate::with_node_pools::exports::cloudhost::provider::node_pools::PoolState;
use crate::with_storage::exports::cloudhost::provider::storage::{
    SnapshotState, VolumeClass, VolumeState,
};

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
        Self::Tpu,
        Self::Neuron,
        Self::Inference,
        Self::Fpga,
        Self::Media,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Gpu => "gpu",
            Self::Tpu => "tpu",
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
        Self::NameCollision,
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
            Self::NameCollision => "name-collision",
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

impl Label for Action {
    const ALL: &'static [Self] = &[
        Self::Create,
        Self::Delete,
        Self::Start,
        Self::Stop,
        Self::Resize,
        Self::Upgrade,
        Self::Attach,
        Self::Detach,
        Self::Protect,
        Self::Unprotect,
        Self::SetEnd,
        Self::Copy,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Resize => "resize",
            Self::Upgrade => "upgrade",
            Self::Attach => "attach",
            Self::Detach => "detach",
            Self::Protect => "protect",
            Self::Unprotect => "unprotect",
            Self::SetEnd => "set-end",
            Self::Copy => "copy",
        }
    }
}

impl Label for ResourceKind {
    const ALL: &'static [Self] = &[
        Self::Cluster,
        Self::NodePool,
        Self::Instance,
        Self::Volume,
        Self::Snapshot,
        Self::SshKey,
        Self::Network,
        Self::Subnet,
        Self::Address,
        Self::NetworkInterface,
        Self::SecurityGroup,
        Self::Other,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::NodePool => "node-pool",
            Self::Instance => "instance",
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
            Self::SshKey => "ssh-key",
            Self::Network => "network",
            Self::Subnet => "subnet",
            Self::Address => "address",
            Self::NetworkInterface => "network-interface",
            Self::SecurityGroup => "security-group",
            Self::Other => "other",
        }
    }
}

impl Label for InstanceState {
    const ALL: &'static [Self] = &[
        Self::Pending,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::Terminating,
        Self::Terminated,
        Self::Failed,
        Self::Other,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Terminating => "terminating",
            Self::Terminated => "terminated",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }
}

impl Label for VolumeState {
    const ALL: &'static [Self] = &[
        Self::Creating,
        Self::Available,
        Self::InUse,
        Self::Deleting,
        Self::Deleted,
        Self::Failed,
        Self::Other,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::InUse => "in-use",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }
}

impl Label for VolumeClass {
    const ALL: &'static [Self] = &[
        Self::Standard,
        Self::Balanced,
        Self::Ssd,
        Self::Provisioned,
        Self::SharedFileSystem,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Balanced => "balanced",
            Self::Ssd => "ssd",
            Self::Provisioned => "provisioned",
            Self::SharedFileSystem => "shared-file-system",
        }
    }
}

impl Label for SnapshotState {
    const ALL: &'static [Self] = &[
        Self::Pending,
        Self::Completed,
        Self::Deleting,
        Self::Failed,
        Self::Other,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Deleting => "deleting",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }
}

impl Label for ClusterState {
    const ALL: &'static [Self] = &[
        Self::Creating,
        Self::Running,
        Self::Updating,
        Self::Degraded,
        Self::Stopped,
        Self::Deleting,
        Self::Failed,
        Self::Other,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Running => "running",
            Self::Updating => "updating",
            Self::Degraded => "degraded",
            Self::Stopped => "stopped",
            Self::Deleting => "deleting",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }
}

impl Label for PoolState {
    const ALL: &'static [Self] = &[
        Self::Creating,
        Self::Running,
        Self::Updating,
        Self::Degraded,
        Self::Deleting,
        Self::Failed,
        Self::Other,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Running => "running",
            Self::Updating => "updating",
            Self::Degraded => "degraded",
            Self::Deleting => "deleting",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }
}
