//! The catalog bundled in a component, for use without credentials or a network.
//!
//! Format: the contract's `bundle` record as JSON, with the field names of the Rust bindings, compressed by zlib (RFC
//! 1950).

use std::io::{Read, Write};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use crate::{Bundle, Level, Listing, log};

/// Most bytes of JSON that [`decode`] reads; no real bundle is larger.
const LIMIT: u64 = 32 * 1024 * 1024;

/// Encodes a bundle. Lists, whose order has no meaning, are sorted, so that the same data gives the same bytes.
///
/// # Errors
/// None in practice: it writes to memory.
///
/// ```
/// use cloudhost_sdk::{Bundle, Listing, Offer, bundle};
///
/// let offers = Some(vec![Offer::on_demand("s.one", "east")]);
/// let made = Bundle {
///     listing: Listing { offers, ..Listing::default() },
///     fetched_at: 1_795_246_942,
///     source: "api.example.com".to_owned(),
/// };
/// assert_eq!(bundle::decode(&bundle::encode(made.clone())?)?, made);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn encode(mut bundle: Bundle) -> std::io::Result<Vec<u8>> {
    sort(&mut bundle.listing);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&serde_json::to_vec(&bundle)?)?;
    encoder.finish()
}

/// Decodes a bundle from [`encode`].
///
/// # Errors
/// The bytes are corrupt, or belong to another contract.
pub fn decode(bytes: &[u8]) -> std::io::Result<Bundle> {
    let mut json = Vec::new();
    ZlibDecoder::new(bytes).take(LIMIT).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

/// Decodes the bundle of a plugin, and logs a failure: a complete `Provider::bundled`.
pub fn bundled(bytes: &[u8]) -> Option<Bundle> {
    let decoded = decode(bytes);
    decoded
        .map_err(|error| log(Level::Error, &format!("invalid bundled catalog: {error}")))
        .ok()
}

fn sort(listing: &mut Listing) {
    fn by<R, K: Ord>(list: &mut Option<Vec<R>>, key: impl Fn(&R) -> K) {
        list.iter_mut()
            .for_each(|list| list.sort_by_cached_key(&key));
    }
    let text = String::clone;
    by(&mut listing.regions, |r| text(&r.name));
    by(&mut listing.instance_types, |t| text(&t.name));
    by(&mut listing.offers, |o| {
        (text(&o.instance_type), text(&o.region), o.market as u8)
    });
    by(&mut listing.images, |i| {
        (text(&i.distribution), text(&i.release), text(&i.id))
    });
    by(&mut listing.prices, |p| {
        let place = (text(&p.region), p.zone.clone());
        (text(&p.instance_type), place, p.market as u8)
    });
    by(&mut listing.capacity, |c| {
        let place = (text(&c.region), c.zone.clone());
        (text(&c.instance_type), place, c.market as u8)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Offer;
    use proptest::prelude::*;

    fn bundle(names: &[String], fetched_at: u64) -> Bundle {
        let offers = names.iter().map(|name| Offer::on_demand(name, "r"));
        Bundle {
            listing: Listing {
                offers: Some(offers.collect()),
                ..Listing::default()
            },
            fetched_at,
            source: "s".into(),
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_sorted(mut names in proptest::collection::vec(".{0,8}", 0..5), at in any::<u64>()) {
            let decoded = decode(&encode(bundle(&names, at)).unwrap()).unwrap();
            names.sort();
            prop_assert_eq!(decoded, bundle(&names, at));
        }

        #[test]
        fn damage_is_an_error_and_not_a_panic(at in 0usize..50, byte in any::<u8>()) {
            // The checksum of zlib is at the end: every cut is detected.
            let whole = encode(bundle(&["a".into(), "b".into()], 1)).unwrap();
            let mut damaged = whole[..at].to_vec();
            damaged.push(byte);
            prop_assert!(decode(&damaged).is_err());
        }
    }
}
