//! The account that a credential belongs to: whose it is, and what it spent.

mod billing;
mod identity;

pub(crate) use billing::{bill, request_cost};
pub(crate) use identity::whoami;

#[cfg(test)]
mod tests;
