//! `cloudhost run PROVIDER ...`

use super::{BillArgs, CheckArgs, PricingCommand, SmartSelectArgs, TypesCommand};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
use std::path::PathBuf;
use url::Url;

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
    InstanceTypes(TypesCommand),
    /// Regions and their zones
    #[command(subcommand)]
    Regions(RegionsCommand),
    /// Operating system images
    #[command(subcommand)]
    Images(ImagesCommand),
    /// Prices
    #[command(subcommand)]
    Pricing(PricingCommand),
    /// Whether a machine could be started now; the exit status tells: 0 yes, 7 no, 8 not known
    CheckAvailability(CheckArgs),
    /// Choose one machine
    SmartSelect(SmartSelectArgs),
    /// What the account has spent
    Bill(BillArgs),
}

#[derive(Debug, Subcommand)]
pub enum RegionsCommand {
    /// Print them
    List {
        /// Say how many machine types have capacity
        #[arg(long)]
        with_availability: bool,
        /// Only these regions
        #[arg(long, value_name = "NAME")]
        region: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ImagesCommand {
    /// Print them
    List {
        /// Only images of these architectures, as `x86_64` or `arm64`
        #[arg(long, value_name = "NAME")]
        arch: Vec<String>,
    },
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

    /// Whose file and symbol names the files have
    #[arg(long, value_enum, default_value_t)]
    pub layout: LayoutArg,

    /// Ask for prices too, where the provider does not give them anyway
    #[arg(long)]
    pub prices: bool,

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

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum DialectArg {
    /// kdevops: `output yaml`, and TARGET_ARCH_* symbols around the files
    #[default]
    Kdevops,
    /// Any Kconfig reader, nothing needed around the files
    Plain,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LayoutArg {
    /// One file a family of machine types
    #[default]
    Families,
    /// The files that kdevops' main branch reads
    KdevopsMain,
}

impl GenerateArgs {
    /// What the plugin is told.
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

/// Reads `NAME=VALUE`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("this needs the form NAME=VALUE".to_owned()),
    }
}

/// Reads `PROVIDER=URL`.
pub fn endpoint(text: &str) -> Result<(String, Url), String> {
    let (name, url) = pair(text).map_err(|_| "this needs the form PROVIDER=URL")?;
    if !cloudhost::capability::is_name(&name) {
        return Err(format!("`{name}` is no name of a provider"));
    }
    let url = Url::parse(&url).map_err(|error| format!("{url} is no URL: {error}"))?;
    Ok((name, url))
}
