//! What can be typed.

mod ask;
mod plugin;
mod run;

pub use ask::{
    BillArgs, CheckArgs, MarketArg, ModeArg, PricingCommand, SmartSelectArgs, TypeListArgs,
    TypesCommand, WantedArgs,
};
pub use plugin::{FetchedArgs, PluginCommand, PushArgs, TestArgs};
pub use run::{
    Action, FilterArgs, GenerateArgs, ImagesCommand, RegionsCommand, Run, SourceArgs, endpoint,
};

use super::credentials::CredentialsCommand;
use super::tape::Tape;
use anyhow::Context as _;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use super::failure::Failure as _;
use cloudhost::audit::{AuditSink, JsonLines, Refusal};
use cloudhost::host::HostConfig;
use cloudhost::install::Plugins;
use cloudhost::limits::{self, Allowance, Limit, LimitError};
use cloudhost::plugin::{Artifact, Compiler, PluginError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Asks clouds what they offer, through plugins in a sandbox.
///
/// Exit status: 0 done; 1 failed; 2 wrong usage; 3 credentials missing or refused; 4 the cloud cannot be
/// reached, throttles, or answers nonsense; 5 done, but something is missing (with --strict: nothing was
/// done); 6 output cannot be written; 7 there is no capacity, or nothing that fits; 8 it is not known
/// whether there is capacity, or what it costs; 9 a plugin is not what was granted, or was not granted what it asks
/// for; 130 interrupted.
#[derive(Debug, Parser)]
#[command(
    name = "cloudhost",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_long_help = format!("Limits of plugins, and their defaults:\n{}", limits::help())
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// How results are printed
    #[arg(long, value_enum, default_value_t, global = true)]
    pub output: Format,

    /// Print nothing on stderr but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Say more on stderr: -v what is done, -vv every request
    #[arg(long, short, action = ArgAction::Count, global = true)]
    pub verbose: u8,

    /// When to use colors
    #[arg(long, value_enum, default_value_t, global = true)]
    pub color: Color,

    /// Where catalogs and compiled plugins are kept [default: the user's cache folder]
    #[arg(long, env = "CLOUDHOST_CACHE_DIR", hide_env_values = true, value_hint = ValueHint::DirPath, global = true)]
    pub cache_dir: Option<PathBuf>,

    /// Where installed plugins are kept [default: the user's data folder]
    #[arg(long, env = "CLOUDHOST_PLUGIN_DIR", hide_env_values = true, value_hint = ValueHint::DirPath, global = true)]
    pub plugin_dir: Option<PathBuf>,

    /// Change a limit of plugins, as `memory=512MiB` or `cpu=30s`: see the list of `cloudhost --help`
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit, global = true)]
    pub limit: Vec<(Limit, u64)>,

    /// Append what plugins were denied or refused for, what was signed for them and what ended them to this file, as
    /// JSON lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    pub audit_log: Option<PathBuf>,

    /// The same, open.
    #[arg(skip)]
    pub audit: Option<Arc<JsonLines>>,

    /// Write what is asked and answered to this file, without secrets: for a test, or to report a fault
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true, conflicts_with = "replay")]
    pub record: Option<PathBuf>,

    /// Take all answers from this file, which --record made: no network, no credential
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    pub replay: Option<PathBuf>,

    /// The same, open.
    #[arg(skip)]
    pub tape: Tape,
}

impl Cli {
    /// The configuration of a host with these options.
    pub fn config(&self) -> anyhow::Result<HostConfig> {
        let dir = match &self.cache_dir {
            Some(dir) => dir.clone(),
            None => {
                use etcetera::BaseStrategy as _;
                let strategy = etcetera::choose_base_strategy()
                    .context("there is no home folder to keep catalogs in: give --cache-dir DIR")?;
                strategy.cache_dir().join("cloudhost")
            }
        };
        let mut config = HostConfig::new(dir);
        config.audit = self.audit.clone().map(|log| log as Arc<dyn AuditSink>);
        config.plugins = self.plugins().ok();
        config.compiler = Compiler::Child {
            // This very program, also where its file was replaced meanwhile.
            program: "/proc/self/exe".into(),
            args: vec!["compile-component".into()],
        };
        config.overrides.clone_from(&self.limit);
        self.tape.apply(&mut config);
        Ok(config)
    }

    /// What a plugin of which nothing else was said may use.
    pub fn allowance(&self) -> Allowance {
        let mut allowance = Allowance::default();
        for (limit, value) in &self.limit {
            limit.set(&mut allowance, *value);
        }
        allowance
    }

    /// A component of a file. One that is refused is an event of the audit.
    pub fn component(&self, path: &Path) -> Result<Artifact, PluginError> {
        let read = Artifact::open_within(path, self.allowance().limits.component);
        read.inspect_err(|error| self.refused(error.refusal()))
    }

    /// Tells the audit.
    pub fn refused(&self, refusal: Option<Refusal>) {
        if let (Some(refusal), Some(log)) = (refusal, &self.audit) {
            refusal.record(Some(&**log));
        }
    }

    /// The installed plugins.
    pub fn plugins(&self) -> anyhow::Result<Plugins> {
        let dir = self.plugin_dir.clone().or_else(Plugins::default_dir);
        let dir =
            dir.context("there is no home folder to keep plugins in: give --plugin-dir DIR")?;
        let plugins = Plugins::at(dir);
        Ok(match self.audit.clone() {
            Some(log) => plugins.audited(log),
            None => plugins,
        })
    }
}

/// Reads `NAME=VALUE`.
fn limit(text: &str) -> Result<(Limit, u64), String> {
    let said = |error: LimitError| match error.hint() {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    };
    let (name, value) = text
        .split_once('=')
        .ok_or("this needs the form NAME=VALUE")?;
    let limit = Limit::find(name).map_err(said)?;
    Ok((limit, limit.read(value).map_err(said)?))
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask a cloud
    Run(Run),
    /// Store, look at, or try credentials
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// Install plugins, grant them what they ask for, and look at them
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Answer `$(shell, ...)` of a Kconfig file: one value, at once
    KconfigValue(KconfigValueArgs),
    /// Look at what is kept, or drop it
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Compile a component from standard input to standard output, in a process of its own
    #[command(hide = true)]
    CompileComponent {
        /// Bytes of memory that it may take
        memory: u64,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write the pages of all commands into this folder instead
        #[arg(long, value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct KconfigValueArgs {
    /// The provider
    pub provider: String,
    /// Which value
    #[arg(value_enum)]
    pub value: KconfigValue,
    /// What the best machine is
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeArg,
    /// Only machines of this tier, or the next one down that has any
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// Only machines of this architecture, as `x86_64` or `arm64`
    #[arg(long, value_name = "NAME")]
    pub arch: Option<String>,
    #[command(flatten)]
    pub sources: SourceArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KconfigValue {
    /// The region of the machine that smart-select would take
    Region,
    /// Its machine type
    InstanceType,
}

#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// What is kept, how old it is, and how large
    Status,
    /// Drop catalogs
    Clear {
        /// Only those of this provider
        provider: Option<String>,
    },
    /// Print a kept catalog as JSON, as `cargo xtask bundle` reads it
    #[command(hide = true)]
    Export {
        /// The provider
        provider: String,
        #[command(flatten)]
        sources: SourceArgs,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// For programs and people
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
    use clap::CommandFactory as _;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }
}
