//! The catalog inside the component, for a machine without credentials or network.
//!
//! It is made by this plugin's own `fetch` (`cargo xtask bundle aws`), never by hand; [`cloudhost_sdk::bundle`] has
//! the format.

pub use cloudhost_sdk::bundle::decode;
use cloudhost_sdk::{Bundle, Listing, bundle};

/// The encoded catalog that ships.
pub const CATALOG: &[u8] = include_bytes!("../bundle/catalog.json.z");

/// Encodes a listing, with when it was fetched (seconds since 1970) and from where, for people. Prices and capacity
/// are left out: they do not stay true for as long as a release is used.
pub fn encode(mut listing: Listing, fetched_at: u64, source: &str) -> std::io::Result<Vec<u8>> {
    (listing.prices, listing.capacity) = (None, None);
    bundle::encode(Bundle {
        listing,
        fetched_at,
        source: source.to_owned(),
    })
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
