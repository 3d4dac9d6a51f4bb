//! Bearer tokens, by name: one secret text in a variable or in a file of the user.
//!
//! Nothing is remembered: a token is read when a request needs it, so that one that was replaced counts at
//! once. [`place`] says where, [`file`] reads what only its owner can read, [`ini`] knows the file of
//! kdevops' users, and [`Token`] holds the secret.

mod file;
mod ini;
mod place;
mod store;
mod token;

pub(super) use place::{LAMBDALABS, Place, folder, name_of};
pub use token::Token;

use super::Signed;

#[cfg(test)]
mod tests;
