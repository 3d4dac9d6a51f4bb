//! Why a machine is left out.

use serde::Serialize;

/// A reason to leave a machine out, in the order in which they are counted: a machine that breaks several rules
/// counts for the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Sold in another market.
    Market,
    /// A type that was not asked for.
    InstanceType,
    /// A type of another family.
    Family,
    /// A type of another architecture.
    Architecture,
    /// Too few virtual processors.
    MinVcpus,
    /// Too few graphics processors.
    MinGpus,
    /// Not a machine of the tier.
    Tier,
    /// In another region.
    Region,
    /// The region's place, or the user's, is not known.
    DistanceUnknown,
    /// No known price.
    PriceUnknown,
    /// A price in a currency that cannot be compared.
    OtherCurrency,
    /// Too expensive.
    MaxPrice,
    /// It is not known whether there is capacity.
    CapacityUnknown,
    /// No capacity now.
    NoCapacity,
}

impl Rule {
    /// All, in the order in which they are counted.
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

    /// What it says of machines, to stand after their number: `no capacity now`.
    pub fn text(self) -> &'static str {
        match self {
            Rule::Market => "in another market",
            Rule::InstanceType => "of another type",
            Rule::Family => "of another family",
            Rule::Architecture => "of another architecture",
            Rule::MinVcpus => "with too few vCPUs",
            Rule::MinGpus => "with too few GPUs",
            Rule::Tier => "not of the tier",
            Rule::Region => "in another region",
            Rule::DistanceUnknown => "at an unknown distance",
            Rule::PriceUnknown => "without a known price",
            Rule::OtherCurrency => "priced in another currency",
            Rule::MaxPrice => "too expensive",
            Rule::CapacityUnknown => "whose capacity is unknown",
            Rule::NoCapacity => "without capacity now",
        }
    }
}

/// The rules that one machine breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Broken(u16);

impl Broken {
    /// Adds a rule where it is broken.
    pub fn when(&mut self, broken: bool, rule: Rule) {
        self.0 |= u16::from(broken) << rule as u16;
    }

    /// None is broken.
    pub fn none(self) -> bool {
        self.0 == 0
    }

    /// The first that is broken, for counting.
    pub fn first(self) -> Option<Rule> {
        Rule::ALL.get(self.0.trailing_zeros() as usize).copied()
    }

    /// None is broken but some of these.
    pub fn within(self, rules: &[Rule]) -> bool {
        let allowed = rules.iter().fold(0, |all, rule| all | 1 << *rule as u16);
        self.0 & !allowed == 0
    }

    /// The only one that is broken, if it is one.
    pub fn only(self) -> Option<Rule> {
        self.first().filter(|_| self.0.count_ones() == 1)
    }
}
