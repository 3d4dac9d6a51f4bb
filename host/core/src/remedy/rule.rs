//! Rules of a selection.

use serde::Serialize;

/// A rule that excludes offers, in the order of counting: an offer that violates several rules counts for the first
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Sold in a different market.
    Market,
    /// Not one of the requested types.
    InstanceType,
    /// Different family.
    Family,
    /// Different architecture.
    Architecture,
    /// Too few vCPUs.
    MinVcpus,
    /// Too few GPUs.
    MinGpus,
    /// Not on the tier.
    Tier,
    /// Different region.
    Region,
    /// Unknown location of the region or the user.
    DistanceUnknown,
    /// Unknown price.
    PriceUnknown,
    /// Price in a currency that cannot be compared.
    OtherCurrency,
    /// Too expensive.
    MaxPrice,
    /// Unknown capacity.
    CapacityUnknown,
    /// No capacity now.
    NoCapacity,
}

impl Rule {
    /// All rules, in the order of counting.
    pub const ALL: [Rule; 14] = [
        Rule::Market,
        Rule::InstanceType,
        Rule::Family,
        Rule::Architecture,
        Rule::MinVcpus,
        Rule::MinGpus,
        Rule::Tier,
        Rule::Region,
        Rule::DistanceUnknown,
        Rule::PriceUnknown,
        Rule::OtherCurrency,
        Rule::MaxPrice,
        Rule::CapacityUnknown,
        Rule::NoCapacity,
    ];

    /// Formats the rule to follow a count: `no capacity now`.
    pub fn text(self) -> &'static str {
        match self {
            Rule::Market => "in a different market",
            Rule::InstanceType => "of a different type",
            Rule::Family => "of a different family",
            Rule::Architecture => "of a different architecture",
            Rule::MinVcpus => "with too few vCPUs",
            Rule::MinGpus => "with too few GPUs",
            Rule::Tier => "not on the tier",
            Rule::Region => "in a different region",
            Rule::DistanceUnknown => "at an unknown distance",
            Rule::PriceUnknown => "without a known price",
            Rule::OtherCurrency => "priced in a different currency",
            Rule::MaxPrice => "too expensive",
            Rule::CapacityUnknown => "with unknown capacity",
            Rule::NoCapacity => "without capacity now",
        }
    }
}
