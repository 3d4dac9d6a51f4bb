//! Questions about machines: which there are, what they cost, which to take.

use super::FilterArgs;
use clap::{Args, Subcommand, ValueEnum};
use cloudhost::contract::cloudhost::provider::types::{Market, Money};
use cloudhost::select::{Mode, Wanted, parse_money};

#[derive(Debug, Subcommand)]
pub enum TypesCommand {
    /// Print them
    List(TypeListArgs),
    /// The machine with the lowest price that has capacity
    GetCheapest(CheapestArgs),
}

#[derive(Debug, Args)]
pub struct TypeListArgs {
    #[command(flatten)]
    pub filter: FilterArgs,

    /// Only machine types that are known to have capacity
    #[arg(long)]
    pub available_only: bool,

    /// Only machine types with at least this many whole GPUs
    #[arg(long, value_name = "N")]
    pub min_gpus: Option<u32>,

    /// Only machine types that cost at most this for an hour, as 2.50 (US dollars)
    #[arg(long, value_name = "PRICE", value_parser = money)]
    pub max_price: Option<Money>,

    /// Ask for prices too, where the provider does not give them anyway
    #[arg(long)]
    pub prices: bool,
}

#[derive(Debug, Args)]
pub struct CheapestArgs {
    #[command(flatten)]
    pub wanted: WantedArgs,
}

/// What a machine must be
#[derive(Debug, Args)]
pub struct WantedArgs {
    #[command(flatten)]
    pub filter: FilterArgs,

    /// Only these machine types
    #[arg(long, value_name = "TYPE")]
    pub instance_type: Vec<String>,

    /// Only machine types with at least this many whole GPUs
    #[arg(long, value_name = "N")]
    pub min_gpus: Option<u32>,

    /// Only machines that cost at most this for an hour, as 2.50 (US dollars)
    #[arg(long, value_name = "PRICE", value_parser = money)]
    pub max_price: Option<Money>,

    /// How the machine is bought
    #[arg(long, value_enum, default_value_t)]
    pub market: MarketArg,

    /// Take machines of a provider that says nothing about capacity
    #[arg(long)]
    pub allow_unknown_capacity: bool,
}

impl WantedArgs {
    /// As the selection takes it.
    pub fn wanted(&self) -> Wanted {
        let filter = &self.filter;
        let mut wanted = Wanted::default();
        wanted.market = Some(self.market.into());
        wanted.instance_types.clone_from(&self.instance_type);
        wanted.families.clone_from(&filter.family);
        wanted.architectures.clone_from(&filter.arch);
        wanted.min_vcpus = filter.min_vcpus;
        wanted.min_gpus = self.min_gpus.or(filter.gpu.then_some(1));
        wanted.regions.clone_from(&filter.region);
        wanted.max_price.clone_from(&self.max_price);
        wanted
    }
}

#[derive(Debug, Subcommand)]
pub enum PricingCommand {
    /// Print prices by the hour, the day (24 hours) and the month (30 days)
    List {
        /// Only these machine types
        #[arg(long, value_name = "TYPE")]
        instance_type: Vec<String>,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Compare the prices of two sources of the provider
    Verify {
        /// In these regions [default: the one that is asked first]
        #[arg(long, value_name = "NAME")]
        region: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The machine type
    pub instance_type: String,
    /// The region
    pub region: String,
    /// How the machine is bought
    #[arg(long, value_enum, default_value_t)]
    pub market: MarketArg,
}

#[derive(Debug, Args)]
pub struct SmartSelectArgs {
    /// What the best machine is
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeArg,

    /// Only machines of this tier, or the next one down that has any: see --list-tiers
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,

    /// Print the tiers, and what each tries in order
    #[arg(long)]
    pub list_tiers: bool,

    /// Where you are: LATITUDE,LONGITUDE or a city [default: CLOUDHOST_LOCATION, else from the time zone]
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    pub near: Option<String>,

    /// Say why this machine, and what would have been next
    #[arg(long)]
    pub explain: bool,

    #[command(flatten)]
    pub wanted: WantedArgs,
}

#[derive(Debug, Args)]
pub struct BillArgs {
    /// The month, as 2026-11 [default: this one]
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<String>,

    /// Do not ask before a request that costs money
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// The lowest price
    #[default]
    Cheapest,
    /// The nearest region, then the lowest price
    Closest,
    /// The best of price, distance, capacity and hardware generation
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
    /// By the hour, kept until stopped
    #[default]
    OnDemand,
    /// Spare capacity that the cloud can take back
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
