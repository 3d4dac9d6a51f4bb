//! `cloudhost operation ...` and `cloudhost ssh-key ...`

use super::change::{ChangeArgs, EndpointArgs, ListArgs, WhichArgs, span};
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum OperationCommand {
    /// List operations, the newest first
    List {
        /// List the newest N operations
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        newest: u32,
    },
    /// Show an operation and its steps
    Show {
        /// Identifier, or the first digits of it
        id: String,
    },
    /// Carry on with an operation until it is done
    Wait(OperationArgs),
    /// Carry on with an operation, or with all that are unfinished
    Resume {
        /// Identifier, or the first digits of it [default: all that are unfinished]
        id: Option<String>,

        /// Wait no longer than TIME, such as `90s`, `30m` or `8h`; operations go on [default: no limit]
        #[arg(long, value_name = "TIME", value_parser = span)]
        timeout: Option<u64>,

        #[command(flatten)]
        endpoints: EndpointArgs,
    },
    /// Cancel an operation, and take back what it made
    Cancel {
        #[command(flatten)]
        operation: OperationArgs,

        /// Keep what was made
        #[arg(long)]
        keep: bool,

        /// Agree to the cancellation
        #[arg(long, short)]
        yes: bool,
    },
}

/// The operation of a command
#[derive(Debug, Args)]
pub struct OperationArgs {
    /// Identifier, or the first digits of it
    pub id: String,

    /// Wait no longer than TIME, such as `90s`, `30m` or `8h`; the operation goes on [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub timeout: Option<u64>,

    #[command(flatten)]
    pub endpoints: EndpointArgs,
}

#[derive(Debug, Subcommand)]
pub enum SshKeyCommand {
    /// List the public keys that the cloud stores
    List(ListArgs),
    /// Add a public key
    Add(SshKeyAddArgs),
    /// Delete public keys
    Delete {
        #[command(flatten)]
        which: WhichArgs,
        #[command(flatten)]
        change: ChangeArgs,
    },
}

/// Options of a new SSH key
#[derive(Debug, Args)]
pub struct SshKeyAddArgs {
    /// Name of the key
    pub name: String,

    /// Add the public key in FILE [default: a key of cloudhost, which is made if there is none]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Resource")]
    pub public_key: Option<PathBuf>,

    /// Add it in this region, if keys live in one
    #[arg(long, value_name = "NAME", help_heading = "Resource")]
    pub region: Option<String>,

    #[command(flatten)]
    pub change: ChangeArgs,
}
