//! Selection of an instance type: pure functions over a catalog.
//!
//! [`Candidates`] joins types, offers, prices, capacity and distance into one row for each type, region and
//! market. [`Constraints`] filters them, and [`Candidates::choose`] selects one by a [`Mode`] or from a [`Tier`].
//! [`Location`] is the location of the user.
//!
//! Guarantee: a selection is never a guess. An offer is excluded if it is not known to have capacity, has no known
//! price, or is priced in a different currency. The one exception must be requested
//! ([`SelectionRequest::allow_unknown_capacity`]), and what was passed over for it is counted. The same catalog gives the same selection, regardless of the order of its
//! records. Every selection has an explanation ([`Explanation`]), and so has every failure ([`NoMatch`]).
//!
//! The module makes no network request. The only outside data it reads is the system's time zone, in
//! [`Location::find`].

mod balance;
mod candidates;
mod choose;
mod error;
mod explain;
mod generation;
mod geo;
mod home;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod tier;
mod wanted;

pub use crate::contract::{AmountError, amount, parse_money};
pub use crate::remedy::Rule;
pub use balance::{Component, Part, Score, WEIGHTS, Weight};
pub use candidates::{Candidate, Candidates};
pub use choose::{Choice, Mode, SelectionRequest};
pub use error::{Lacking, NoMatch, SelectError};
pub use explain::{Explanation, LeftOut, Row, Tried};
pub use generation::{Architecture, Generation};
pub(crate) use geo::locate;
pub use geo::{Location, LocationError, LocationSource};
pub use home::HomeRegion;
pub use tier::{Tier, TierStep, UnknownTier};
pub use wanted::Constraints;
