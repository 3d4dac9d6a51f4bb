//! Grammar of the command line: types that clap fills, and parsers of their values.

mod change;
mod credentials;
mod instance;
mod operation;
mod plugin;
mod run;
mod select;
mod volume;

pub use change::{
    ChangeArgs, EndArgs, GcArgs, ListArgs, NewArgs, OneArgs, ProvidersArgs, Resources, WhichArgs,
};
pub use credentials::CredentialsCommand;
pub use instance::{InstanceChangeArgs, InstanceCommand, InstanceCreateArgs, WaitState};
pub use operation::{OperationArgs, OperationCommand, SshKeyAddArgs, SshKeyCommand};
pub use plugin::{FetchedArgs, PluginCommand, PushArgs, TestArgs};
pub use run::{
    Action, FilterArgs, GenerateArgs, ImagesCommand, Query, RegionsCommand, Run, SourceArgs,
};
pub use select::{
    BillArgs, CheckArgs, MarketArg, ModeArg, PricingCommand, SmartSelectArgs, TypeListArgs,
    TypesCommand, WantedArgs,
};

pub use volume::{
    AttachArgs, CloneArgs, DetachArgs, PruneArgs, RestoreArgs, SnapshotCommand, SnapshotCreateArgs,
    VolumeCommand, VolumeCreateArgs, VolumePlaceArgs,
};

use crate::exit::Failure as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use cloudhost::limits::{self, Limit, LimitError};
use cloudhost_api::Schema;
use std::path::PathBuf;

/// Exit statuses, as `--help` and the manual pages list them.
pub const EXIT_STATUSES: [(u8, &str); 12] = [
    (0, "done"),
    (1, "failed"),
    (2, "usage error, such as an unknown name"),
    (3, "credentials are missing or were rejected"),
    (
        4,
        "the cloud or a registry is unreachable, is rate-limiting, or returned an invalid response",
    ),
    (
        5,
        "done, but data is missing; with --strict: nothing was done",
    ),
    (6, "output cannot be written"),
    (7, "no capacity or quota now, or nothing matches"),
    (8, "capacity or price is unknown"),
    (
        9,
        "a plugin differs from what was granted, or requests what was not granted",
    ),
    (
        11,
        "not done yet: the operation goes on, or waits for an answer",
    ),
    (
        130,
        "interrupted; an operation that has begun can be resumed",
    ),
];

/// Text at the end of `cloudhost --help`.
fn after_help() -> String {
    let status = |(status, meaning): (u8, &str)| format!("  {status:<5}{meaning}\n");
    let statuses: String = EXIT_STATUSES.map(status).concat();
    let limits = limits::help();
    format!("Exit status:\n{statuses}\nLimits of plugins, and their defaults:\n{limits}")
}

/// Query and change clouds through sandboxed plugins: list, price and select instance types, create instances and
/// volumes, generate Kconfig menus
#[derive(Debug, Parser)]
#[command(
    name = "cloudhost",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    next_help_heading = "Global options",
    after_long_help = after_help()
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Format of results on stdout
    #[arg(long, value_enum, default_value_t, global = true)]
    pub output: Format,

    /// Print only errors on stderr
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Log more on stderr: -v plugins and audit events, -vv requests
    #[arg(long, short, action = ArgAction::Count, global = true)]
    pub verbose: u8,

    /// Use colors
    #[arg(long, value_enum, default_value_t, global = true)]
    pub color: Color,

    /// Store catalogs and compiled plugins in this directory [default: the user's cache directory]
    #[arg(long, value_name = "DIR", env = "CLOUDHOST_CACHE_DIR", hide_env_values = true, value_hint = ValueHint::DirPath, global = true)]
    pub cache_dir: Option<PathBuf>,

    /// Store installed plugins in this directory [default: the user's data directory]
    #[arg(long, value_name = "DIR", env = "CLOUDHOST_PLUGIN_DIR", hide_env_values = true, value_hint = ValueHint::DirPath, global = true)]
    pub plugin_dir: Option<PathBuf>,

    /// Take the secret that seals files from FILE, 32 bytes or more that only you can read [default: a secret of yours on
    /// this machine, in the user's data directory]
    #[arg(long, value_name = "FILE", env = "CLOUDHOST_SEAL_FILE", hide_env_values = true, value_hint = ValueHint::FilePath, global = true)]
    pub seal_file: Option<PathBuf>,

    /// Store the journal of operations and SSH keys in this directory [default: the user's state directory]
    #[arg(long, value_name = "DIR", env = "CLOUDHOST_STATE_DIR", hide_env_values = true, value_hint = ValueHint::DirPath, global = true)]
    pub state_dir: Option<PathBuf>,

    /// Set a limit of plugins, such as `memory=512MiB` or `cpu=30s`; `cloudhost --help` lists them
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit, global = true)]
    pub limit: Vec<(Limit, u64)>,

    /// Append audit events (denials, credential use, limits, crashes) to FILE as JSON lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    pub audit_log: Option<PathBuf>,

    /// Write all requests and responses to FILE, without secrets: for a test or a bug report
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true, conflicts_with = "replay")]
    pub record: Option<PathBuf>,

    /// Take all responses from FILE, written by --record: no network, no credentials
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    pub replay: Option<PathBuf>,
}

/// Parses `NAME=VALUE`.
fn limit(text: &str) -> Result<(Limit, u64), String> {
    let with_hint = |error: LimitError| match error.hint() {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    };
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let limit = Limit::find(name).map_err(with_hint)?;
    Ok((limit, limit.read(value).map_err(with_hint)?))
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Query a provider: list, price, select, generate menus
    Run(Run),
    /// Create, list, start, stop and terminate instances
    Instance(Resources<InstanceCommand>),
    /// Create, list, attach, copy and delete volumes and their snapshots
    Volume(Resources<VolumeCommand>),
    /// List, add and delete the public SSH keys that clouds store
    SshKey(Resources<SshKeyCommand>),
    /// List operations, and carry on with them
    #[command(subcommand)]
    Operation(OperationCommand),
    /// Show the account of each credential
    Whoami(ProvidersArgs),
    /// End what is past its time, or left of an operation that failed
    Gc(GcArgs),
    /// Check credentials, permissions, quotas, clock and versions
    Doctor(ProvidersArgs),
    /// Store, check and remove credentials
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// Install, inspect, grant, build and publish plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Print one value for `$(shell, ...)` in a Kconfig file
    KconfigValue(KconfigValueArgs),
    /// Show or clear the cache
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Print the JSON Schema of a result of --output json, or list all schemas
    Schema {
        /// Name of the schema
        #[arg(value_parser = schema(), hide_possible_values = true)]
        name: Option<&'static Schema>,
    },
    /// Compile a component from stdin to stdout, in a process of its own
    #[command(hide = true)]
    CompileComponent {
        /// Memory limit in bytes
        memory: u64,
    },
    /// Print a completion script for a shell
    Completions {
        /// Name of the shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write the pages of all commands to this directory instead, which is created if it is missing
        #[arg(long, value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

/// Parses the name of a schema.
fn schema() -> impl TypedValueParser<Value = &'static Schema> {
    let names = Schema::ALL.iter().map(|schema| schema.name);
    PossibleValuesParser::new(names).try_map(|name| Schema::find(&name).ok_or("unknown schema"))
}

#[derive(Debug, Args)]
pub struct KconfigValueArgs {
    /// Name of the provider
    pub provider: String,
    /// Value to print
    #[arg(value_enum)]
    pub value: KconfigValue,
    /// Criterion for the best instance type
    #[arg(long, value_enum, default_value_t, help_heading = "Selection")]
    pub mode: ModeArg,
    /// Select only from this tier, or the next lower one with any instance type
    #[arg(long, value_name = "TIER", help_heading = "Selection")]
    pub tier: Option<String>,
    /// Select only these architectures, such as `x86_64` or `arm64`
    #[arg(long, value_name = "NAME,...", help_heading = "Selection")]
    pub arch: Vec<String>,
    #[command(flatten)]
    pub sources: SourceArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KconfigValue {
    /// Region that smart-select would select
    Region,
    /// Instance type that smart-select would select
    InstanceType,
}

#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Show what is cached, its age and its size
    Status,
    /// Remove cached catalogs and compiled plugins
    Clear {
        /// Remove only those of this provider
        provider: Option<String>,
    },
    /// Print a cached catalog as JSON, as `cargo xtask bundle` reads it
    #[command(hide = true)]
    Export {
        /// Name of the provider
        provider: String,
        #[command(flatten)]
        sources: SourceArgs,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    #[default]
    Table,
    /// JSON; `cloudhost schema` describes it
    Json,
    /// The same data as YAML
    Yaml,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Color {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    pub fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory as _};
    use cloudhost::capability::name_fault;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    /// A plugin cannot have the name of a command, and none can speak for the program.
    #[test]
    fn commands_are_reserved_names() {
        let mut command = Cli::command();
        command.build();
        let commands = command.get_subcommands().map(Command::get_name);
        for name in commands.chain([command.get_name()]) {
            assert!(name_fault(name).is_some(), "{name}");
        }
    }

    /// Help is imperative, without a full stop at its end, and options stand under a heading.
    #[test]
    fn help_is_uniform() {
        fn check(command: &Command) {
            let name = command.get_name();
            let about = command.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            assert!(
                !about.is_empty() && !about.ends_with('.'),
                "{name}: {about}"
            );
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let id = arg.get_id();
                assert!(!help.is_empty(), "{name} {id}");
                assert!(!help.ends_with('.'), "{name} {id}: {help}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    /// Each usage line names all arguments that come before its own.
    #[test]
    fn usage_names_the_provider() {
        fn check(commands: &mut Command) {
            let commands = commands.get_subcommands_mut();
            for command in commands.filter(|one| one.get_name() != "help") {
                let usage = command.render_usage().to_string();
                assert!(usage.contains("cloudhost run <PROVIDER> "), "{usage}");
                check(command);
            }
        }
        let mut command = Cli::command();
        command.build();
        check(command.find_subcommand_mut("run").unwrap());
    }
}
