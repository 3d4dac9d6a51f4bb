//! Commands about an account's resources, and about the operations that change them.

mod carry_out;
mod clouds;
mod create;
mod doctor;
mod gc;
pub mod instance;
pub mod operation;
mod record;
mod snapshot;
pub mod ssh_key;
mod target;
pub mod volume;
pub mod whoami;

pub use doctor::execute as doctor;
pub use gc::execute as gc;

use cloudhost::contract::AmountError;
use cloudhost::contract::cloudhost::provider::types::Money;

/// Parses a price.
fn price(text: &str) -> Result<Money, AmountError> {
    cloudhost::select::parse_money(text)
}
