//! Bearer tokens, by name: one secret text in a variable, in a file of the user or in the system's keyring.
//!
//! Nothing is remembered: a token is read when a request needs it, so that one that was replaced counts at
//! once. [`place`] says where, [`locations`] has the table of names with places of their own, [`file`] reads what only
//! its owner can read, [`ini`] knows the files of that table, [`keyring`] asks the system's, and [`Token`] holds the
//! secret.

mod file;
mod ini;
pub(super) mod keyring;
mod locations;
mod place;
mod store;
mod token;

pub(super) use locations::KNOWN;
pub(super) use place::{Place, folder, name_of};
pub use token::Token;

use super::Signed;

#[cfg(test)]
mod keyring_tests;
#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod tests;
