//! What clouds offer: the typed store of what plugins returned.
//!
//! The module promises that a catalog in memory is checked and sorted, whoever made it; that a catalog on
//! disk is replaced whole or not at all, by one run at a time; that a damaged file is noticed, set aside and
//! never believed; and that the question "is it still fresh, and unchanged?" costs the reading of one small
//! file ([`Store::read_index`]).
//!
//! A run that needs data asks [`Store::read_index`]; where that is not fresh it takes [`Store::lock`], looks again
//! with [`CatalogLock::read_index`], for another run may have been first, and only then fetches and saves with
//! [`CatalogLock::save`]. [`Store::load`] and a [`Filter`] give what is shown.

mod arrow;
mod check;
mod digest;
mod error;
mod filter;
mod index;
mod kinds;
mod lock;
mod model;
mod sale;
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
pub(crate) use filter::nearest;
pub use filter::{Filter, FilterError};
pub use index::{Entry, Freshness, Index, Life, MadeBy};
pub use kinds::{KINDS, Kinds, kind_name};
pub use lock::CatalogLock;
pub use model::{Catalog, Origin, Source};
pub(crate) use sale::Sale;
pub use save::NewCatalog;
pub use status::{Cleared, Status};
pub use store::{Loaded, Scope, Store};
