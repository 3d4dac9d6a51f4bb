//! Bearer tokens, by name: one secret text in a variable, in a file of the user or in the system's keyring.
//!
//! Nothing is cached: a token is read when a request needs it, so that a replaced one takes effect at once. [`place`]
//! selects the location, [`locations`] has the table of names with locations of their own, [`file`] reads files that
//! only their owner can read, [`ini`] knows the files of that table, [`keyring`] accesses the system's, and [`Token`]
//! holds the secret.

mod file;
mod ini;
pub(super) mod keyring;
mod locations;
mod place;
mod store;
mod token;

pub(super) use locations::{KNOWN, KnownLocations};
pub(super) use place::{TokenLocation, folder, name_of};
pub use token::Token;

use super::Signed;

#[cfg(test)]
mod keyring_tests;
#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod tests;
