//! The catalog inside the component, for a machine without credentials or network.
//!
//! Format: zlib (RFC 1950) of the JSON of the contract's `bundle` record, with the field names of the Rust bindings.
//! It is made by this plugin's own `fetch` (`cargo xtask bundle aws`), never by hand.

use std::io::{Read, Write};

use cloudhost_sdk::{Bundle, Listing};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

/// The encoded catalog that ships.
pub const CATALOG: &[u8] = include_bytes!("../bundle/catalog.json.z");

/// The most JSON that [`decode`] reads; a bundle that unpacks to more is not one of ours.
const LIMIT: u64 = 32 * 1024 * 1024;

/// Encodes a listing, with when it was fetched (seconds since 1970) and from where, for people. What order carries
/// no meaning is sorted, so that the same data gives the same bytes. Prices and capacity are left out: they do not
/// stay true for as long as a release is used.
pub fn encode(mut listing: Listing, fetched_at: u64, source: &str) -> std::io::Result<Vec<u8>> {
    (listing.prices, listing.capacity) = (None, None);
    listing
        .regions
        .iter_mut()
        .for_each(|list| list.sort_by(|a, b| a.name.cmp(&b.name)));
    listing
        .instance_types
        .iter_mut()
        .for_each(|list| list.sort_by(|a, b| a.name.cmp(&b.name)));
    let offers = listing.offers.iter_mut();
    offers.for_each(|list| {
        list.sort_by(|a, b| (&a.instance_type, &a.region).cmp(&(&b.instance_type, &b.region)));
    });
    listing.images.iter_mut().for_each(|list| {
        list.sort_by(|a, b| {
            (&a.distribution, &a.release, &a.id).cmp(&(&b.distribution, &b.release, &b.id))
        });
    });
    let bundle = Bundle {
        listing,
        fetched_at,
        source: source.to_owned(),
    };
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&serde_json::to_vec(&bundle)?)?;
    encoder.finish()
}

/// Decodes what [`encode`] made.
pub fn decode(bytes: &[u8]) -> std::io::Result<Bundle> {
    let mut json = Vec::new();
    ZlibDecoder::new(bytes).take(LIMIT).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
