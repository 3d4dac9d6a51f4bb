//! Commands of `run` that list, price and select instance types.

use super::run::FilterArgs;
use clap::{Args, Subcommand, ValueEnum};
use cloudhost::contract::cloudhost::provider::types::{Market, Money};
use cloudhost::select::{Constraints, Mode, parse_money};

#[derive(Debug, Subcommand)]
pub enum TypesCommand {
    /// List instance types
    #[command(override_usage = "cloudhost run <PROVIDER> instance-types list [OPTIONS]")]
    List(TypeListArgs),
    /// Select the instance type with the lowest price that has capacity
    #[command(override_usage = "cloudhost run <PROVIDER> instance-types get-cheapest [OPTIONS]")]
    GetCheapest(CheapestArgs),
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub struct TypeListArgs {
    #[command(flatten)]
    pub filter: FilterArgs,

    /// Select only instance types with known capacity
    #[arg(long)]
    pub available_only: bool,

    /// Select only instance types with at least N whole GPUs
    #[arg(long, value_name = "N")]
    pub min_gpus: Option<u32>,

    /// Select only instance types that cost at most PRICE per hour, such as 2.50 (US dollars)
    #[arg(long, value_name = "PRICE", value_parser = money)]
    pub max_price: Option<Money>,

    /// Include prices where the provider does not return them anyway
    #[arg(long, help_heading = "Data source")]
    pub prices: bool,
}

#[derive(Debug, Args)]
pub struct CheapestArgs {
    #[command(flatten)]
    pub wanted: WantedArgs,
}

/// Options that an instance type must match
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub struct WantedArgs {
    #[command(flatten)]
    pub filter: FilterArgs,

    /// Select only these instance types
    #[arg(long, value_name = "TYPE,...")]
    pub instance_type: Vec<String>,

    /// Select only instance types with at least N whole GPUs
    #[arg(long, value_name = "N")]
    pub min_gpus: Option<u32>,

    /// Select only instance types that cost at most PRICE per hour, such as 2.50 (US dollars)
    #[arg(long, value_name = "PRICE", value_parser = money)]
    pub max_price: Option<Money>,

    /// Market to buy in
    #[arg(long, value_enum, default_value_t)]
    pub market: MarketArg,

    /// Accept instance types whose capacity is unknown
    #[arg(long)]
    pub allow_unknown_capacity: bool,
}

impl WantedArgs {
    /// Constraints of the selection.
    pub fn wanted(&self) -> Constraints {
        let filter = &self.filter;
        let mut wanted = Constraints::default();
        wanted.market = Some(self.market.into());
        wanted.instance_types.clone_from(&self.instance_type);
        wanted.families.clone_from(&filter.family);
        wanted.architectures.clone_from(&filter.arch);
        wanted.min_vcpus = filter.min_vcpus;
        wanted.min_gpus = self.min_gpus.or(filter.gpu.then_some(1));
        wanted.regions.clone_from(&filter.region);
        wanted.max_price.clone_from(&self.max_price);
        wanted.lists = true;
        wanted
    }
}

#[derive(Debug, Subcommand)]
pub enum PricingCommand {
    /// List prices per hour, day (24 hours) and month (30 days)
    #[command(override_usage = "cloudhost run <PROVIDER> pricing list [OPTIONS]")]
    List {
        /// Select only these instance types
        #[arg(long, value_name = "TYPE,...", help_heading = "Filters")]
        instance_type: Vec<String>,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Compare the prices of two sources of a provider
    #[command(override_usage = "cloudhost run <PROVIDER> pricing verify [OPTIONS]")]
    Verify {
        /// Compare these regions [default: the first one of the provider]
        #[arg(long, value_name = "NAME,...", help_heading = "Filters")]
        region: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Name of the instance type
    pub instance_type: String,
    /// Name of the region
    pub region: String,
    /// Market to buy in
    #[arg(long, value_enum, default_value_t)]
    pub market: MarketArg,
}

#[derive(Debug, Args)]
pub struct SmartSelectArgs {
    /// Criterion for the best instance type
    #[arg(long, value_enum, default_value_t, help_heading = "Selection")]
    pub mode: ModeArg,

    /// Select only from this tier, or the next lower one with any instance type; see --list-tiers
    #[arg(long, value_name = "TIER", help_heading = "Selection")]
    pub tier: Option<String>,

    /// List the tiers and the steps that each tries in order
    #[arg(long, help_heading = "Selection")]
    pub list_tiers: bool,

    /// Measure distances from LATITUDE,LONGITUDE or a city [default: CLOUDHOST_LOCATION, else the time zone]
    #[arg(
        long,
        value_name = "PLACE",
        allow_hyphen_values = true,
        help_heading = "Selection"
    )]
    pub near: Option<String>,

    /// Explain the selection, and list the runners-up
    #[arg(long, help_heading = "Selection")]
    pub explain: bool,

    #[command(flatten)]
    pub wanted: WantedArgs,
}

#[derive(Debug, Args)]
pub struct BillArgs {
    /// Month, such as 2026-11 [default: the current one]
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<String>,

    /// Send requests that cost money without a prompt
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Lowest price
    #[default]
    Cheapest,
    /// Nearest region, then the lowest price
    Closest,
    /// Best score of price, distance, capacity and hardware generation
    Balanced,
}

impl From<ModeArg> for Mode {
    fn from(arg: ModeArg) -> Self {
        match arg {
            ModeArg::Cheapest => Self::Cheapest,
            ModeArg::Closest => Self::Closest,
            ModeArg::Balanced => Self::Balanced,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MarketArg {
    /// Billed by the hour, runs until stopped
    #[default]
    OnDemand,
    /// Spare capacity, which the cloud can take back
    Spot,
}

impl From<MarketArg> for Market {
    fn from(arg: MarketArg) -> Self {
        match arg {
            MarketArg::OnDemand => Self::OnDemand,
            MarketArg::Spot => Self::Spot,
        }
    }
}

fn money(text: &str) -> Result<Money, String> {
    parse_money(text).map_err(|error| error.to_string())
}
