//! `cloudhost volume ...` and `cloudhost run PROVIDER volume ...`

use super::change::{ChangeArgs, EndArgs, ListArgs, NewArgs, OneArgs, span};
use clap::{ArgGroup, Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum VolumeCommand {
    /// Create a volume or a file system
    Create(Box<VolumeCreateArgs>),
    /// Show a volume
    Get(OneArgs),
    /// List volumes and file systems
    List(ListArgs),
    /// Attach a volume to an instance
    Attach(AttachArgs),
    /// Detach a volume
    Detach(DetachArgs),
    /// Copy a volume, also into another zone or region
    Clone(CloneArgs),
    /// Delete volumes
    Delete(EndArgs),
    /// Create, list, restore and delete snapshots
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
}

#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// Create a snapshot of a volume
    Create(SnapshotCreateArgs),
    /// Show a snapshot
    Get(OneArgs),
    /// List snapshots
    List {
        #[command(flatten)]
        list: ListArgs,

        /// List only snapshots of this volume
        #[arg(long, value_name = "ID", help_heading = "Filters")]
        volume: Option<String>,
    },
    /// Create a volume with the content of a snapshot
    Restore(RestoreArgs),
    /// Delete snapshots
    Delete(EndArgs),
    /// Delete snapshots that are old and not among the newest of their volume
    Prune(PruneArgs),
}

/// Options of a new volume
#[derive(Debug, Args)]
#[command(next_help_heading = "Resource")]
pub struct VolumeCreateArgs {
    /// Name of the volume
    #[arg(required_unless_present = "from")]
    pub name: Option<String>,

    /// Size in GiB
    #[arg(long, value_name = "GIB")]
    pub size: Option<u64>,

    /// Fill it from this snapshot
    #[arg(long, value_name = "NAME")]
    pub snapshot: Option<String>,

    #[command(flatten)]
    pub place: VolumePlaceArgs,

    /// Take all that is not given here from FILE, as `--dry-run --output yaml` prints it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from: Option<PathBuf>,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Location and properties of a new volume
#[derive(Debug, Args)]
#[command(next_help_heading = "Resource")]
pub struct VolumePlaceArgs {
    /// Create it in this region; more are tried in order
    #[arg(long, value_name = "NAME")]
    pub region: Vec<String>,

    /// Create it in this zone; more are tried in order
    #[arg(long, value_name = "NAME")]
    pub zone: Vec<String>,

    /// Class [default: the provider's]
    #[arg(long, value_name = "CLASS", value_parser = ["standard", "balanced", "ssd", "provisioned", "shared-file-system"])]
    pub class: Option<String>,

    /// Operations per second, for the class `provisioned`
    #[arg(long, value_name = "N")]
    pub iops: Option<u32>,

    #[command(flatten)]
    pub new: NewArgs,
}

/// Options of an attachment
#[derive(Debug, Args)]
pub struct AttachArgs {
    #[command(flatten)]
    pub which: OneArgs,

    /// Attach it to this instance
    #[arg(long, value_name = "NAME", required = true)]
    pub instance: Option<String>,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Options of a detachment
#[derive(Debug, Args)]
pub struct DetachArgs {
    #[command(flatten)]
    pub which: OneArgs,

    /// Detach it from this instance [default: its only one]
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Options of a copy
#[derive(Debug, Args)]
pub struct CloneArgs {
    #[command(flatten)]
    pub which: OneArgs,

    /// Name of the copy
    #[arg(id = "copy_name", long = "name", value_name = "NAME", required = true)]
    pub copy_name: Option<String>,

    /// Create the copy in this region [default: that of the volume]
    #[arg(long, value_name = "NAME")]
    pub to_region: Option<String>,

    /// Create the copy in this zone [default: that of the volume, in the same region]
    #[arg(long, value_name = "NAME")]
    pub to_zone: Option<String>,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Options of a new snapshot
#[derive(Debug, Args)]
pub struct SnapshotCreateArgs {
    /// Name or identifier of the volume
    #[arg(value_name = "VOLUME")]
    pub volume: String,

    /// Name of the snapshot
    #[arg(long, value_name = "NAME", required = true)]
    pub name: Option<String>,

    /// Search only these regions
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub region: Vec<String>,

    #[command(flatten)]
    pub new: NewArgs,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Options of a volume from a snapshot
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Name or identifier of the snapshot
    #[arg(value_name = "SNAPSHOT")]
    pub snapshot: String,

    /// Name of the volume
    #[arg(long, value_name = "NAME", required = true)]
    pub name: Option<String>,

    /// Size in GiB [default: the snapshot's]
    #[arg(long, value_name = "GIB")]
    pub size: Option<u64>,

    #[command(flatten)]
    pub place: VolumePlaceArgs,

    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Options that select snapshots to delete
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("rule").required(true).multiple(true).args(["keep_newest", "older_than"])))]
pub struct PruneArgs {
    /// Keep the newest N snapshots of each volume
    #[arg(
        id = "keep_newest",
        long = "keep",
        value_name = "N",
        help_heading = "Filters"
    )]
    pub keep_newest: Option<usize>,

    /// Delete only what is older than TIME, such as `30d`
    #[arg(long, value_name = "TIME", value_parser = span, help_heading = "Filters")]
    pub older_than: Option<u64>,

    /// Delete only snapshots of this volume
    #[arg(long, value_name = "ID", help_heading = "Filters")]
    pub volume: Option<String>,

    /// Search only these regions
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub region: Vec<String>,

    /// Delete also snapshots that cloudhost did not make on this machine
    #[arg(long, help_heading = "Change")]
    pub not_mine: bool,

    /// Print the plan and change nothing
    #[arg(long, help_heading = "Change")]
    pub dry_run: bool,

    /// Agree to the plan
    #[arg(long, short, help_heading = "Change")]
    pub yes: bool,
}
