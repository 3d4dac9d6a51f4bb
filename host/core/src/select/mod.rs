//! Which machine to take: pure functions over a catalog.
//!
//! [`Candidates`] joins types, offers, prices, capacity and distance into one row for each type, region and
//! market. [`Wanted`] filters them, and [`Candidates::choose`] takes one by a [`Mode`] or out of a [`Tier`].
//! [`Place`] says where the user is.
//!
//! The module promises that a choice is never a guess. What is not known to have capacity is not chosen, nor is
//! what has no known price or a price in another currency; the one exception must be asked for
//! ([`Ask::allow_unknown_capacity`]). The same catalog gives the same choice, in whatever order its records
//! come, and every choice can explain itself ([`Explanation`]), as can every failure to choose ([`NoMatch`]).
//!
//! Nothing here asks a network. The only thing read from outside is the system's time zone, by
//! [`Place::find`].

mod balance;
mod candidates;
mod choose;
mod error;
mod explain;
mod generation;
mod geo;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod tier;
mod wanted;

pub use crate::contract::{AmountError, amount, parse_money};
pub use balance::{Component, Part, Score, WEIGHTS, Weight};
pub use candidates::{Candidate, Candidates};
pub use choose::{Ask, Choice, Mode};
pub use error::{Lacking, NoMatch, SelectError};
pub use explain::{Explanation, LeftOut, Row, Tried};
pub use generation::{Architecture, Generation};
pub use geo::{How, Place, PlaceError};
pub use rules::Rule;
pub use tier::{Step, Tier, UnknownTier};
pub use wanted::Wanted;
