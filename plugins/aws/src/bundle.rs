//! The catalog bundled in the component, for use without credentials or a network.
//!
//! It is fetched by this plugin (`cargo xtask bundle aws`), never written by hand; [`cloudhost_sdk::bundle`] documents
//! the format.

pub use cloudhost_sdk::bundle::decode;
use cloudhost_sdk::{Bundle, Listing, bundle};

/// The bundled catalog, encoded.
pub const CATALOG: &[u8] = include_bytes!("../bundle/catalog.json.z");

/// Encodes a listing with the time of its fetch (seconds since 1970) and its source, for people. Prices and capacity
/// are omitted: they become stale long before a release does.
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
