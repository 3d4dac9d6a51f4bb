//! Constraints on instance types.

use std::collections::BTreeSet;

use super::SelectError;
use super::candidates::{Candidate, Candidates};
use super::rules::Violations;
use crate::catalog::{FilterError, nearest};
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
        self.check_names(wanted)?;
        let fits = |one: &&Candidate| wanted.broken(one).none();
        Ok(self.all.iter().filter(fits).collect())
    }

    /// Rejects unknown names: a typo must not look like a cloud without offers.
    pub(super) fn check_names(&self, wanted: &Constraints) -> Result<(), SelectError> {
        let types = &self.catalog.instance_types;
        let names = types.iter().map(|one| one.name.as_str());
        check("instance type", &wanted.instance_types, names)?;
        let families = types.iter().map(|one| one.family.as_str());
        check("family", &wanted.families, families)?;
        let architectures = types
            .iter()
            .flat_map(|one| &one.architectures)
            .map(String::as_str);
        check("architecture", &wanted.architectures, architectures)?;
        let described = self
            .catalog
            .regions
            .iter()
            .map(|region| region.name.as_str());
        let offers = self
            .catalog
            .offers
            .iter()
            .map(|offer| offer.region.as_str());
        let sold = offers.chain(self.all.iter().map(|one| one.region));
        check("region", &wanted.regions, described.chain(sold))
    }
}

fn check<'n>(
    what: &'static str,
    wanted: &[String],
    known: impl Iterator<Item = &'n str>,
) -> Result<(), SelectError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let known: BTreeSet<&str> = known.collect();
    match wanted.iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(SelectError::Name(FilterError {
            why: None,
            what,
            name: name.clone(),
            close: nearest(name, known.iter().copied()),
            known: known.len(),
        })),
    }
}
