//! Records of `smart-select`, `get-cheapest` and `check-availability`.

use crate::units::money;
use crate::{CatalogInfo, Gap};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types;
use cloudhost::host::Summary;
use cloudhost::select::{self, Choice, Generation, SelectionRequest};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Selected instance type and region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Name of the provider.
    pub provider: String,
    /// Source and age of the data.
    pub catalog: CatalogInfo,
    /// Missing parts of the data.
    pub missing: Vec<Gap>,
    /// Name of the instance type.
    pub instance_type: String,
    /// Name of the region.
    pub region: String,
    /// Market: `on-demand`, `spot` or `capacity-block`.
    pub market: String,
    /// Price of an hour, such as `$0.75`; `null`: unknown.
    pub price_per_hour: Option<String>,
    /// Origin of the selection.
    pub selection_mode: SelectionMode,
    /// The region has capacity now; `null`: unknown.
    pub available: Option<bool>,
    /// Number of regions with capacity for the type; `null`: unknown in all of them.
    pub available_regions: Option<u32>,
    /// Number of instance types that come before this one by the criterion, and that only their unknown capacity
    /// excludes.
    pub passed_over: usize,
    /// Distance to the region in km; `null`: unknown.
    pub distance_km: Option<u32>,
    /// Reasons for the selection; left out unless requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// Origin of a selection, in the words of kdevops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelectionMode {
    /// Lowest price in all regions.
    CheapestGlobal,
    /// Lowest price in the regions that were named.
    Cheapest,
    /// Nearest region, then the lowest price.
    Closest,
    /// Best score of price, distance, capacity and hardware generation.
    Balanced,
}

/// Reasons for a selection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Criterion of the selection.
    pub mode: Mode,
    /// Name of the tier; `null`: none was requested.
    pub tier: Option<String>,
    /// Origin of distances; `null`: unknown, and so are all distances.
    pub from: Option<Location>,
    /// ISO 4217 code of the currency in which prices were compared; empty: no price is known.
    pub currency: String,
    /// Number of offers.
    pub offers: usize,
    /// The cloud states where types are sold. `false`: each pair of a type and a region counts as an offer.
    pub offers_known: bool,
    /// Number of offers that fit.
    pub fit: usize,
    /// Reasons why the other offers do not fit.
    pub left_out: Vec<LeftOut>,
    /// Steps of the tier that were tried, the selected one last.
    pub tried: Vec<TierStep>,
    /// Weights of the score; empty unless `mode` is `balanced`.
    pub weights: Vec<Weight>,
    /// The selected offer and the runners-up, best first.
    pub rows: Vec<Candidate>,
}

/// Criterion of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Lowest price.
    Cheapest,
    /// Nearest region, then the lowest price.
    Closest,
    /// Best score of price, distance, capacity and hardware generation.
    Balanced,
}

/// Location on earth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Millionths of a degree north of the equator; negative: south.
    pub latitude: i32,
    /// Millionths of a degree east of Greenwich; negative: west.
    pub longitude: i32,
    /// City such as `Berlin, DE`, or the coordinates as given.
    pub name: String,
    /// Source of the location.
    pub how: LocationSource,
    /// Smaller cities of the same name, largest first.
    pub others: Vec<String>,
}

/// Source of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LocationSource {
    /// An argument.
    Given,
    /// The configuration of the user.
    Configured,
    /// The time zone of the system: its largest city.
    TimeZone,
}

/// Number of offers that one rule excludes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The rule.
    pub rule: Rule,
    /// Number of offers that break it and no rule before it.
    pub count: usize,
}

/// Rule that excludes an offer, in the order in which they are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Sold in another market.
    Market,
    /// Another instance type.
    InstanceType,
    /// Another family.
    Family,
    /// Another architecture.
    Architecture,
    /// Too few virtual processors.
    MinVcpus,
    /// Too few GPUs.
    MinGpus,
    /// Not in the tier.
    Tier,
    /// Another region.
    Region,
    /// Unknown distance.
    DistanceUnknown,
    /// Unknown price.
    PriceUnknown,
    /// Priced in a currency that cannot be compared.
    OtherCurrency,
    /// Too expensive.
    MaxPrice,
    /// Unknown capacity.
    CapacityUnknown,
    /// No capacity now.
    NoCapacity,
}

/// Step of a tier that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierStep {
    /// Name of the step.
    pub step: String,
    /// Number of offers of this step.
    pub offers: usize,
    /// Number of offers that fit; only the last step has any.
    pub fit: usize,
    /// Reasons why the other offers do not fit.
    pub left_out: Vec<LeftOut>,
}

/// Component's share of the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// The component.
    pub component: Component,
    /// Percent of the whole score.
    pub percent: u32,
    /// Reason for the weight.
    pub why: String,
}

/// Component of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// Price of an hour, compared with the lowest.
    Price,
    /// Share of the regions that have capacity.
    Capacity,
    /// Generation of the hardware.
    Generation,
    /// Distance to the region.
    Distance,
}

/// Matching offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Name of the instance type.
    pub instance_type: String,
    /// Name of the region.
    pub region: String,
    /// Market: `on-demand`, `spot` or `capacity-block`.
    pub market: String,
    /// Price of an hour; `null`: unknown.
    pub price: Option<Money>,
    /// Distance to the region in km; `null`: unknown.
    pub distance_km: Option<u32>,
    /// The region has capacity now; `null`: unknown.
    pub capacity: Option<bool>,
    /// Number of regions with capacity for the type; `null`: unknown in all of them.
    pub capacity_regions: Option<u32>,
    /// Number of whole GPUs.
    pub gpus: u32,
    /// Generation of the hardware, such as `Hopper (2022)`, `current` or `previous`; `null`: unknown.
    pub generation: Option<String>,
    /// Score from 0 to 1; `null`: no score was needed.
    pub score: Option<f64>,
    /// Parts of the score, in the order of the weights.
    pub parts: Vec<Score>,
}

/// Amount of money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Amount in nano-units: 10^-9 of the currency's unit.
    pub nanos: u64,
    /// ISO 4217 code, such as `USD`.
    pub currency: String,
}

/// Score of one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The component.
    pub component: Component,
    /// Score from 0 to 1; 0 where it is unknown.
    pub score: f64,
    /// The value of the component is known.
    pub known: bool,
}

/// Capacity of a region for an instance type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    /// Name of the provider.
    pub provider: String,
    /// Source and age of the data.
    pub catalog: CatalogInfo,
    /// Missing parts of the data.
    pub missing: Vec<Gap>,
    /// Name of the instance type.
    pub instance_type: String,
    /// Name of the region.
    pub region: String,
    /// The region has capacity now; `null`: unknown.
    pub available: Option<bool>,
}

/// Tiers of GPUs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierList {
    /// The tiers.
    pub tiers: Vec<Tier>,
}

/// One tier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Name of the tier.
    pub name: String,
    /// Minimum number of GPUs of the instance type.
    pub gpus: u32,
    /// Names of the steps, in the order in which they are tried.
    pub steps: Vec<String>,
}

impl Selection {
    /// Makes the record of a choice, at this time.
    pub fn new(
        provider: &str,
        summary: &Summary,
        ask: &SelectionRequest,
        choice: &Choice<'_>,
        explain: bool,
        now: Timestamp,
    ) -> Self {
        let one = &choice.candidate;
        Self {
            provider: provider.to_owned(),
            catalog: CatalogInfo::new(summary, now),
            missing: Gap::all(summary),
            instance_type: one.instance_type.name.clone(),
            region: one.region.to_owned(),
            market: one.market.as_str().to_owned(),
            price_per_hour: one
                .price
                .map(|price| money(price.per_hour.nanos, &price.per_hour.currency)),
            selection_mode: match choice.explanation.mode {
                select::Mode::Cheapest if ask.wanted.regions.is_empty() => {
                    SelectionMode::CheapestGlobal
                }
                select::Mode::Cheapest => SelectionMode::Cheapest,
                select::Mode::Closest => SelectionMode::Closest,
                select::Mode::Balanced => SelectionMode::Balanced,
            },
            available: one.capacity,
            available_regions: one.capacity_regions,
            passed_over: choice.explanation.passed_over,
            distance_km: one.distance_km,
            explanation: explain.then(|| Explanation::from(&choice.explanation)),
        }
    }
}

impl From<&select::Explanation> for Explanation {
    fn from(why: &select::Explanation) -> Self {
        Self {
            mode: Mode::from(why.mode),
            tier: why.tier.map(str::to_owned),
            from: why.from.as_ref().map(Location::from),
            currency: why.currency.clone(),
            offers: why.offers,
            offers_known: why.offers_known,
            fit: why.fit,
            left_out: why.left_out.iter().map(LeftOut::from).collect(),
            tried: why.tried.iter().map(TierStep::from).collect(),
            weights: why.weights.iter().map(Weight::from).collect(),
            rows: why.rows.iter().map(Candidate::from).collect(),
        }
    }
}

impl From<select::Mode> for Mode {
    fn from(mode: select::Mode) -> Self {
        match mode {
            select::Mode::Cheapest => Self::Cheapest,
            select::Mode::Closest => Self::Closest,
            select::Mode::Balanced => Self::Balanced,
        }
    }
}

impl From<&select::Location> for Location {
    fn from(location: &select::Location) -> Self {
        Self {
            latitude: location.latitude,
            longitude: location.longitude,
            name: location.name.clone(),
            how: match location.how {
                select::LocationSource::Given => LocationSource::Given,
                select::LocationSource::Configured => LocationSource::Configured,
                select::LocationSource::TimeZone => LocationSource::TimeZone,
            },
            others: location.others.clone(),
        }
    }
}

impl From<&select::LeftOut> for LeftOut {
    fn from(left_out: &select::LeftOut) -> Self {
        Self {
            rule: Rule::from(left_out.rule),
            count: left_out.count,
        }
    }
}

impl From<select::Rule> for Rule {
    fn from(rule: select::Rule) -> Self {
        match rule {
            select::Rule::Market => Self::Market,
            select::Rule::InstanceType => Self::InstanceType,
            select::Rule::Family => Self::Family,
            select::Rule::Architecture => Self::Architecture,
            select::Rule::MinVcpus => Self::MinVcpus,
            select::Rule::MinGpus => Self::MinGpus,
            select::Rule::Tier => Self::Tier,
            select::Rule::Region => Self::Region,
            select::Rule::DistanceUnknown => Self::DistanceUnknown,
            select::Rule::PriceUnknown => Self::PriceUnknown,
            select::Rule::OtherCurrency => Self::OtherCurrency,
            select::Rule::MaxPrice => Self::MaxPrice,
            select::Rule::CapacityUnknown => Self::CapacityUnknown,
            select::Rule::NoCapacity => Self::NoCapacity,
        }
    }
}

impl From<&select::Tried> for TierStep {
    fn from(tried: &select::Tried) -> Self {
        Self {
            step: tried.step.to_owned(),
            offers: tried.offers,
            fit: tried.fit,
            left_out: tried.left_out.iter().map(LeftOut::from).collect(),
        }
    }
}

impl From<&select::Weight> for Weight {
    fn from(weight: &select::Weight) -> Self {
        Self {
            component: Component::from(weight.component),
            percent: weight.percent,
            why: weight.why.to_owned(),
        }
    }
}

impl From<select::Component> for Component {
    fn from(component: select::Component) -> Self {
        match component {
            select::Component::Price => Self::Price,
            select::Component::Capacity => Self::Capacity,
            select::Component::Generation => Self::Generation,
            select::Component::Distance => Self::Distance,
        }
    }
}

impl From<&select::Row> for Candidate {
    fn from(row: &select::Row) -> Self {
        Self {
            instance_type: row.instance_type.clone(),
            region: row.region.clone(),
            market: row.market.to_owned(),
            price: row.price.as_ref().map(Money::from),
            distance_km: row.distance_km,
            capacity: row.capacity,
            capacity_regions: row.capacity_regions,
            gpus: row.gpus,
            generation: match row.generation {
                Generation::UnknownGpu => None,
                known => Some(known.text()),
            },
            score: row.score.map(fraction),
            parts: row.parts.iter().map(Score::from).collect(),
        }
    }
}

impl From<&select::Part> for Score {
    fn from(part: &select::Part) -> Self {
        Self {
            component: Component::from(part.component),
            score: fraction(part.score),
            known: part.known,
        }
    }
}

fn fraction(score: select::Score) -> f64 {
    f64::from(score.thousandths()) / 1000.0
}

impl From<&types::Money> for Money {
    fn from(money: &types::Money) -> Self {
        Self {
            nanos: money.nanos,
            currency: money.currency.clone(),
        }
    }
}

impl Availability {
    /// Makes the record of a region's capacity, at this time.
    pub fn new(
        provider: &str,
        summary: &Summary,
        instance_type: &str,
        region: &str,
        available: Option<bool>,
        now: Timestamp,
    ) -> Self {
        Self {
            provider: provider.to_owned(),
            catalog: CatalogInfo::new(summary, now),
            missing: Gap::all(summary),
            instance_type: instance_type.to_owned(),
            region: region.to_owned(),
            available,
        }
    }
}

impl TierList {
    /// Lists all tiers.
    pub fn all() -> Self {
        let tier = |tier: &select::Tier| Tier {
            name: tier.name.to_owned(),
            gpus: tier.gpus,
            steps: tier.steps().map(|step| step.name.to_owned()).collect(),
        };
        Self {
            tiers: select::Tier::all().iter().map(tier).collect(),
        }
    }
}
