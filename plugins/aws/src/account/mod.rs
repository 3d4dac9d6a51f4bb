//! The account of a credential: its identity and its charges.

mod billing;
mod identity;

pub(crate) use billing::{bill, request_cost};
pub(crate) use identity::whoami;

#[cfg(test)]
mod tests;
