//! What can be typed.

use super::credentials::CredentialsCommand;
use crate::contract::exports::cloudhost::provider::kconfig::Dialect;
use crate::host::HostConfig;
use anyhow::Context as _;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;
use url::Url;

/// Asks clouds what they offer, through plugins in a sandbox.
///
/// Exit status: 0 done; 1 failed; 2 wrong usage; 3 credentials missing or refused; 4 the cloud cannot be
/// reached, throttles, or answers nonsense; 5 done, but something is missing (with --strict: nothing was
/// done); 6 output cannot be written; 130 interrupted.
#[derive(Debug, Parser)]
#[command(
    name = "cloudhost",
    version,
    propagate_version = true,
    arg_required_else_help = true
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
        Ok(HostConfig::new(dir))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask a cloud
    Run(Run),
    /// Store, look at, or try credentials
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// Look at plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Look at what is kept, or drop it
    #[command(subcommand)]
    Cache(CacheCommand),
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
pub struct Run {
    /// The provider, as `aws`: see `cloudhost plugin list`
    pub provider: String,
    #[command(subcommand)]
    pub action: Action,
    #[command(flatten)]
    pub sources: SourceArgs,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Write Kconfig menus of regions, machine types and images
    GenerateKconfig(GenerateArgs),
    /// Machine types
    #[command(subcommand)]
    InstanceTypes(ListCommand),
    /// Regions and their zones
    #[command(subcommand)]
    Regions(ListCommand),
    /// Operating system images
    #[command(subcommand)]
    Images(ListCommand),
}

#[derive(Debug, Subcommand)]
pub enum ListCommand {
    /// Print them
    List(FilterArgs),
}

/// Where the data may come from
#[derive(Debug, Default, Args)]
pub struct SourceArgs {
    /// Ask the cloud, even if what is kept is fresh
    #[arg(long, global = true, conflicts_with = "offline")]
    pub refresh: bool,

    /// Use what is kept, however old, and no network
    #[arg(long, global = true)]
    pub offline: bool,

    /// Fail rather than use the catalog inside the plugin
    #[arg(long, global = true)]
    pub no_bundled: bool,

    /// Fail if anything is missing in the cloud's answer
    #[arg(long, global = true)]
    pub strict: bool,

    /// Send the requests of a provider elsewhere
    #[arg(long, value_name = "PROVIDER=URL", value_parser = endpoint, global = true)]
    pub endpoint: Vec<(String, Url)>,

    /// Longest time for one request, in seconds [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600), global = true)]
    pub timeout: Option<u64>,

    /// Set a setting of the provider: see `cloudhost plugin inspect`
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, global = true)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The folder to write to [default: terraform/PROVIDER/kconfigs]
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub output_dir: Option<PathBuf>,

    /// What `source` lines put before a file's name [default: the output folder as it was given]
    #[arg(long, value_name = "PREFIX")]
    pub source_prefix: Option<String>,

    /// Who reads the menus
    #[arg(long, value_enum, default_value_t)]
    pub dialect: DialectArg,

    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Which part of the catalog
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Only these regions
    #[arg(long, value_name = "NAME")]
    pub region: Vec<String>,

    /// Only machine types of these families, as `m5`
    #[arg(long, value_name = "NAME")]
    pub family: Vec<String>,

    /// Only machine types with a GPU
    #[arg(long)]
    pub gpu: bool,

    /// Only machine types with at least this many virtual processors
    #[arg(long, value_name = "N")]
    pub min_vcpus: Option<u32>,

    /// Only machine types and images of these architectures, as `x86_64` or `arm64`
    #[arg(long, value_name = "NAME")]
    pub arch: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// The providers that there are
    List,
    /// What a plugin is and what it may do, without running a file's code
    Inspect {
        /// Name of a provider, or a file
        plugin: String,
    },
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

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum DialectArg {
    /// kdevops: `output yaml`, and TARGET_ARCH_* symbols around the files
    #[default]
    Kdevops,
    /// Any Kconfig reader, nothing needed around the files
    Plain,
}

impl From<DialectArg> for Dialect {
    fn from(arg: DialectArg) -> Self {
        match arg {
            DialectArg::Kdevops => Self::Kdevops,
            DialectArg::Plain => Self::Plain,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("this needs the form NAME=VALUE".to_owned()),
    }
}

pub fn endpoint(text: &str) -> Result<(String, Url), String> {
    let (name, url) = pair(text).map_err(|_| "this needs the form PROVIDER=URL")?;
    if crate::Builtin::find(&name).is_none() {
        return Err(format!("there is no provider `{name}`"));
    }
    let url = Url::parse(&url).map_err(|error| format!("{url} is no URL: {error}"))?;
    Ok((name, url))
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
