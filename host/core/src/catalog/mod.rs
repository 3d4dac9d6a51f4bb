//! Typed store of what clouds offer, as plugins returned it.
//!
//! A catalog in memory is checked and sorted, whatever its origin. A catalog on disk is replaced atomically, by one
//! run at a time. A damaged file is detected, set aside and never used. Checking that a catalog is fresh and
//! unchanged reads one small file ([`Store::read_index`]).
//!
//! A run that needs data calls [`Store::read_index`]. If that is stale, it takes [`Store::lock`] and reads again with
//! [`CatalogLock::read_index`], because another run may have been first. Only then does it fetch and save with
//! [`CatalogLock::save`]. [`Store::load`] and a [`Filter`] give the data to show.

mod arrow;
mod check;
mod digest;
mod error;
mod filter;
mod index;
mod kinds;
mod lock;
mod model;
mod offer_key;
mod save;
mod status;
mod store;
#[cfg(test)]
mod tests;

pub use check::AnswerError;
#[cfg(feature = "authoring")]
pub use check::checked;
pub(crate) use check::{clean, clean_error};
pub use digest::Digest;
pub use error::CatalogError;
pub use filter::{Filter, FilterError};
pub(crate) use filter::{names, nearest};
pub use index::{Entry, Freshness, Index, MadeBy, Validity};
pub use kinds::{KINDS, PerKind, kind_name};
pub use lock::CatalogLock;
pub use model::{Catalog, Origin, Source};
pub(crate) use offer_key::HasOfferKey;
pub use save::NewCatalog;
pub use status::{Cleared, Status};
pub use store::{Loaded, Scope, Store};
