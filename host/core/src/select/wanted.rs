//! Constraints on instance types.

use super::SelectError;
use super::candidates::{Candidate, Candidates};
use super::rules::Violations;
use crate::catalog::names;
use crate::contract::cloudhost::provider::types::{Market, Money};
use crate::remedy::Rule;

/// Constraints on instance types. Empty lists and `None` match everything.
///
/// ```
/// use cloudhost::contract::cloudhost::provider::types::Market;
/// use cloudhost::select::{Candidates, SelectError, Constraints};
///
/// /// Counts the offers with a GPU that are sold as spot.
/// fn spot(candidates: &Candidates<'_>) -> Result<usize, SelectError> {
///     let mut wanted = Constraints::default();
///     wanted.market = Some(Market::Spot);
///     wanted.min_gpus = Some(1);
///     Ok(candidates.list(&wanted)?.len())
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Constraints {
    /// Market. `None`: any, including spot, which the cloud can take back.
    pub market: Option<Market>,
    /// Names of types to match.
    pub instance_types: Vec<String>,
    /// Names of families to match.
    pub families: Vec<String>,
    /// Instruction sets, one of which must be supported.
    pub architectures: Vec<String>,
    /// Minimum number of vCPUs.
    pub min_vcpus: Option<u32>,
    /// Minimum number of whole GPUs.
    pub min_gpus: Option<u32>,
    /// Names of regions to match.
    pub regions: Vec<String>,
    /// Highest price of an hour. An offer with no known price, or with one in a different currency, may cost more and
    /// is left out.
    pub max_price: Option<Money>,
    /// Match only offers with known capacity.
    pub available_only: bool,
    /// A name that the catalog does not have is a list of names with commas between them, as in a
    /// [`Filter`](crate::catalog::Filter).
    pub lists: bool,
}

impl Constraints {
    /// Returns the violated rules.
    pub(super) fn broken(&self, one: &Candidate) -> Violations {
        let kind = one.instance_type;
        let other = |wanted: &[String], name: &str| {
            !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name)
        };
        let mut broken = Violations::default();
        broken.when(
            self.market.is_some_and(|market| market != one.market),
            Rule::Market,
        );
        broken.when(other(&self.instance_types, &kind.name), Rule::InstanceType);
        broken.when(other(&self.families, &kind.family), Rule::Family);
        broken.when(
            !self.architectures.is_empty()
                && (kind.architectures.iter()).all(|name| other(&self.architectures, name)),
            Rule::Architecture,
        );
        broken.when(
            self.min_vcpus.is_some_and(|least| kind.vcpus < least),
            Rule::MinVcpus,
        );
        broken.when(
            self.min_gpus.is_some_and(|least| one.gpus < least),
            Rule::MinGpus,
        );
        broken.when(other(&self.regions, one.region), Rule::Region);
        if let Some(most) = &self.max_price {
            match one.money {
                None => broken.when(true, Rule::PriceUnknown),
                Some((_, currency)) if currency != most.currency => {
                    broken.when(true, Rule::OtherCurrency);
                }
                Some((nanos, _)) => broken.when(nanos > most.nanos, Rule::MaxPrice),
            }
        }
        if self.available_only {
            broken.when(one.capacity.is_none(), Rule::CapacityUnknown);
            broken.when(one.capacity == Some(false), Rule::NoCapacity);
        }
        broken
    }
}

impl<'a> Candidates<'a> {
    /// Returns the matching offers, by type, region and market; can be empty.
    ///
    /// # Errors
    /// When the catalog lacks the name of a type, family, architecture or region.
    pub fn list(&self, wanted: &Constraints) -> Result<Vec<&Candidate<'a>>, SelectError> {
        let wanted = self.resolved(wanted)?;
        let fits = |one: &&Candidate| wanted.broken(one).none();
        Ok(self.all.iter().filter(fits).collect())
    }

    /// Returns the constraints with the names that the catalog has.
    ///
    /// # Errors
    /// When the catalog lacks one of them: a typo must not look like a cloud without offers.
    pub fn resolved(&self, wanted: &Constraints) -> Result<Constraints, SelectError> {
        let types = &self.catalog.instance_types;
        let named = types.iter().map(|one| one.name.as_str());
        let families = types.iter().map(|one| one.family.as_str());
        let architectures = types.iter().flat_map(|one| &one.architectures);
        let described = self.catalog.regions.iter();
        let described = described.map(|region| region.name.as_str());
        let offers = self.catalog.offers.iter().map(|one| one.region.as_str());
        let sold = offers.chain(self.all.iter().map(|one| one.region));
        let regions = described.chain(sold);
        let lists = wanted.lists;
        let resolved = || {
            Ok(Constraints {
                instance_types: names("instance type", &wanted.instance_types, lists, named)?,
                families: names("family", &wanted.families, lists, families)?,
                architectures: names("architecture", &wanted.architectures, lists, architectures)?,
                regions: names("region", &wanted.regions, lists, regions)?,
                ..wanted.clone()
            })
        };
        resolved().map_err(SelectError::Name)
    }
}
