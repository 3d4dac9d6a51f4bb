//! `cloudhost instance ...` and `cloudhost run PROVIDER instance ...`

use super::change::{ChangeArgs, EndArgs, ListArgs, NewArgs, OneArgs, WhichArgs, span};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum InstanceCommand {
    /// Create an instance
    Create(Box<InstanceCreateArgs>),
    /// Show an instance
    Get(OneArgs),
    /// List instances
    List(ListArgs),
    /// Start stopped instances
    Start(InstanceChangeArgs),
    /// Stop instances and keep their disks
    Stop(InstanceChangeArgs),
    /// Terminate instances, with what was made for them alone
    Terminate(EndArgs),
    /// Wait until an instance has a state
    Wait {
        #[command(flatten)]
        which: OneArgs,

        /// State to wait for
        #[arg(long = "for", value_name = "STATE", value_enum, default_value_t)]
        state: WaitState,

        /// Wait no longer than TIME, such as `90s`, `30m` or `8h` [default: no limit]
        #[arg(long, value_name = "TIME", value_parser = span)]
        timeout: Option<u64>,
    },
}

/// State that a command waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WaitState {
    /// It runs
    #[default]
    Running,
    /// It is stopped
    Stopped,
    /// It is terminated, or does not exist
    Terminated,
}

/// Options of a change of instances
#[derive(Debug, Args)]
pub struct InstanceChangeArgs {
    #[command(flatten)]
    pub which: WhichArgs,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Options of a new instance
#[derive(Debug, Args)]
#[command(next_help_heading = "Resource")]
pub struct InstanceCreateArgs {
    /// Name of the instance
    #[arg(required_unless_present = "from")]
    pub name: Option<String>,

    /// Create it in this region; more are tried in order
    #[arg(long, value_name = "NAME")]
    pub region: Vec<String>,

    /// Create it in this zone; more are tried in order
    #[arg(long, value_name = "NAME")]
    pub zone: Vec<String>,

    /// Instance type; more are tried in order
    #[arg(long, value_name = "TYPE", required_unless_present = "from")]
    pub instance_type: Vec<String>,

    /// Identifier of the image [default: the provider's]
    #[arg(long, value_name = "ID")]
    pub image: Option<String>,

    /// Log in with this key: the file of a public key, or the name of a key that the cloud has [default: a key of
    /// cloudhost, where the cloud needs one]
    #[arg(long, value_name = "FILE|NAME")]
    pub ssh_key: Vec<String>,

    /// Log in as this user
    #[arg(long, value_name = "USER")]
    pub login: Option<String>,

    /// Give it FILE for its first start, such as a cloud-init document
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub user_data: Option<PathBuf>,

    /// Buy it on the spot market
    #[arg(long)]
    pub spot: bool,

    /// Size of the boot disk in GiB [default: the image's]
    #[arg(long, value_name = "GIB")]
    pub disk: Option<u32>,

    /// Put it into this network [default: the default network]
    #[arg(long, value_name = "ID")]
    pub network: Option<String>,

    /// Put it into this subnet [default: one of the network]
    #[arg(long, value_name = "ID")]
    pub subnet: Option<String>,

    /// Give it this security group [default: that of the network]
    #[arg(long, value_name = "ID")]
    pub security_group: Vec<String>,

    /// Give it this role
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,

    /// Attach this volume or file system from the start
    #[arg(long, value_name = "NAME")]
    pub volume: Vec<String>,

    #[command(flatten)]
    pub new: NewArgs,

    /// Take all that is not given here from FILE, as `--dry-run --output yaml` prints it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from: Option<PathBuf>,

    /// Refuse a higher price an hour, such as `2.50`
    #[arg(long, value_name = "PRICE", help_heading = "Change")]
    pub max_price: Option<String>,

    #[command(flatten)]
    pub change: ChangeArgs,
}
