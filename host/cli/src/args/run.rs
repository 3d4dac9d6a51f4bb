//! `cloudhost run PROVIDER ...`

use super::change::below_run;
use super::instance::InstanceCommand;
use super::operation::SshKeyCommand;
use super::select::{BillArgs, CheckArgs, PricingCommand, SmartSelectArgs, TypesCommand};
use super::volume::VolumeCommand;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
use std::path::PathBuf;
use url::Url;

#[derive(Debug, Args)]
pub struct Run {
    /// Name of the provider, such as `aws`; `cloudhost plugin list` lists them
    pub provider: String,
    #[command(subcommand)]
    pub action: Action,
    #[command(flatten)]
    pub sources: SourceArgs,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    #[command(flatten)]
    Query(Query),
    /// Create, list, start, stop and terminate instances
    #[command(subcommand, mut_subcommands(below_run("instance")))]
    Instance(InstanceCommand),
    /// Create, list, attach, copy and delete volumes and their snapshots
    #[command(subcommand, mut_subcommands(below_run("volume")))]
    Volume(VolumeCommand),
    /// List, add and delete the public SSH keys that the cloud stores
    #[command(subcommand, mut_subcommands(below_run("ssh-key")))]
    SshKey(SshKeyCommand),
    /// Show the account of the credential
    Whoami,
}

/// Queries of a catalog, and of the account's bill
#[derive(Debug, Subcommand)]
pub enum Query {
    /// Write Kconfig menus of regions, instance types and images
    GenerateKconfig(GenerateArgs),
    /// List instance types, or get the cheapest
    #[command(subcommand)]
    InstanceTypes(TypesCommand),
    /// List regions and their zones
    #[command(subcommand)]
    Regions(RegionsCommand),
    /// List operating system images
    #[command(subcommand)]
    Images(ImagesCommand),
    /// List or verify prices
    #[command(subcommand)]
    Pricing(PricingCommand),
    /// Check that a region has capacity now; exit status 0: yes, 7: no, 8: unknown
    CheckAvailability(CheckArgs),
    /// Select one instance type and region
    SmartSelect(SmartSelectArgs),
    /// Show what the account has spent in a month
    Bill(BillArgs),
}

#[derive(Debug, Subcommand)]
pub enum RegionsCommand {
    /// List regions and their zones
    #[command(override_usage = "cloudhost run <PROVIDER> regions list [OPTIONS]")]
    List {
        /// Count the instance types with capacity
        #[arg(long)]
        with_availability: bool,
        /// List only these regions
        #[arg(long, value_name = "NAME,...", help_heading = "Filters")]
        region: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ImagesCommand {
    /// List operating system images
    #[command(override_usage = "cloudhost run <PROVIDER> images list [OPTIONS]")]
    List {
        /// List only these architectures, such as `x86_64` or `arm64`
        #[arg(long, value_name = "NAME,...", help_heading = "Filters")]
        arch: Vec<String>,
    },
}

/// Options that choose where data comes from
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Data source")]
pub struct SourceArgs {
    /// Bypass the cache
    #[arg(long, global = true, conflicts_with = "offline")]
    pub refresh: bool,

    /// Use only the cache, whatever its age, and no network
    #[arg(long, global = true)]
    pub offline: bool,

    /// Fail instead of using the catalog inside the plugin
    #[arg(long, global = true)]
    pub no_bundled: bool,

    /// Fail if requested data is missing
    #[arg(long, global = true)]
    pub strict: bool,

    /// Send the provider's requests to URL
    #[arg(long, value_name = "PROVIDER=URL", value_parser = endpoint, global = true)]
    pub endpoint: Vec<(String, Url)>,

    /// Assume this AWS role
    #[arg(long, value_name = "ARN", env = cloudhost::credentials::ASSUME_ROLE, hide_env_values = true, value_parser = role, global = true)]
    pub assume_role: Option<String>,

    /// Limit the time of one request [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600), global = true)]
    pub timeout: Option<u64>,

    /// Set a setting of the provider; `cloudhost plugin inspect` lists them
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, global = true)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Write to this directory [default: terraform/PROVIDER/kconfigs]
    #[arg(long, value_name = "DIR", help_heading = "Generated files", value_hint = ValueHint::DirPath)]
    pub output_dir: Option<PathBuf>,

    /// Put this before file names in `source` lines [default: the output directory as given]
    #[arg(long, value_name = "PREFIX", help_heading = "Generated files")]
    pub source_prefix: Option<String>,

    /// Kconfig dialect
    #[arg(long, value_enum, default_value_t, help_heading = "Generated files")]
    pub dialect: DialectArg,

    /// File layout and symbol names
    #[arg(long, value_enum, default_value_t, help_heading = "Generated files")]
    pub layout: LayoutArg,

    /// Include prices where the provider does not return them anyway
    #[arg(long, help_heading = "Data source")]
    pub prices: bool,

    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Options that select a part of the catalog
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    /// Select only these regions
    #[arg(long, value_name = "NAME,...")]
    pub region: Vec<String>,

    /// Select only these families, such as `m5`
    #[arg(long, value_name = "NAME,...")]
    pub family: Vec<String>,

    /// Select only instance types with a GPU
    #[arg(long)]
    pub gpu: bool,

    /// Select only instance types with at least N virtual processors
    #[arg(long, value_name = "N")]
    pub min_vcpus: Option<u32>,

    /// Select only these architectures, such as `x86_64` or `arm64`
    #[arg(long, value_name = "NAME,...")]
    pub arch: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum DialectArg {
    /// kdevops: `output yaml`, and TARGET_ARCH_* symbols from the including tree
    #[default]
    Kdevops,
    /// Any Kconfig reader; needs nothing from the including tree
    Plain,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LayoutArg {
    /// One file for each family of instance types
    #[default]
    Families,
    /// Files that the main branch of kdevops reads
    KdevopsMain,
}

impl GenerateArgs {
    /// Dialect for the plugin.
    pub fn dialect(&self) -> Result<Dialect, clap::Error> {
        match (self.layout, self.dialect) {
            (LayoutArg::Families, DialectArg::Kdevops) => Ok(Dialect::Kdevops),
            (LayoutArg::Families, DialectArg::Plain) => Ok(Dialect::Plain),
            (LayoutArg::KdevopsMain, DialectArg::Kdevops) => Ok(Dialect::KdevopsMain),
            (LayoutArg::KdevopsMain, DialectArg::Plain) => Err(clap::Error::raw(
                clap::error::ErrorKind::ArgumentConflict,
                "--layout kdevops-main is for kdevops: leave out --dialect plain\n",
            )),
        }
    }
}

/// Parses `NAME=VALUE`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// Parses the ARN of a role (IAM User Guide, "IAM ARNs").
pub fn role(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, name]
            if !partition.is_empty()
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && name.starts_with("role/") =>
        {
            Ok(text.to_owned())
        }
        _ => Err("expected arn:aws:iam::ACCOUNT:role/NAME".to_owned()),
    }
}

/// Parses `PROVIDER=URL`.
pub fn endpoint(text: &str) -> Result<(String, Url), String> {
    let (name, url) = pair(text).map_err(|_| "expected PROVIDER=URL")?;
    if !cloudhost::capability::is_name(&name) {
        return Err(format!("invalid provider name `{name}`"));
    }
    let url = Url::parse(&url).map_err(|error| format!("invalid URL {url}: {error}"))?;
    Ok((name, url))
}
