//! Search for many values at once: a text costs the same with one of them as with ten thousand.
//!
//! No Aho-Corasick automaton: each request of a call adds a signature, and an automaton cannot grow. With the crate
//! `aho-corasick`, rebuilt in tiers, 512 signatures took six times as long to add and twice as long to search for, in
//! no fewer lines. It would also leave parts of secrets in freed memory.

use super::SHORTEST;
use secrecy::{ExposeSecret as _, SecretSlice};
use std::collections::HashMap;
use std::ops::Range;

/// Bits of the filter, as a power of two: small enough for the nearest cache of a processor.
const FILTER_BITS: u32 = 18;

/// Values by a hash of their first [`SHORTEST`] bytes.
#[derive(Default)]
pub(super) struct Values {
    /// One bit for each known hash, by its first bits: nearly every place of a text has none. Empty if there are no
    /// values.
    filter: Vec<u64>,
    longest: usize,
    by_hash: HashMap<u32, Vec<SecretSlice<u8>>>,
}

impl Values {
    pub(super) fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Bytes of the longest value.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Adds a value, if it is new and long enough.
    pub(super) fn add(&mut self, value: Vec<u8>) {
        let value = SecretSlice::from(value);
        let Some(beginning) = value.expose_secret().first_chunk() else {
            return;
        };
        let hash = hash(beginning);
        self.longest = self.longest.max(value.expose_secret().len());
        self.filter.resize(1 << (FILTER_BITS - 6), 0);
        let (word, bit) = place(hash);
        if let Some(word) = self.filter.get_mut(word) {
            *word |= bit;
        }
        let alike = self.by_hash.entry(hash).or_default();
        let same = |one: &SecretSlice<u8>| one.expose_secret() == value.expose_secret();
        if !alike.iter().any(same) {
            alike.push(value);
        }
    }

    /// Locations of the values, in any case of ASCII letters; in the order of the text. Overlapping ones are merged.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let beginnings = text.windows(SHORTEST).filter_map(<[u8]>::first_chunk);
        for (start, beginning) in beginnings.enumerate() {
            let hash = hash(beginning);
            let (word, bit) = place(hash);
            if self.filter.get(word).is_none_or(|word| word & bit == 0) {
                continue;
            }
            for value in self.by_hash.get(&hash).into_iter().flatten() {
                let value = value.expose_secret();
                let place = start..start + value.len();
                let there = text.get(place.clone());
                if there.is_some_and(|there| there.eq_ignore_ascii_case(value)) {
                    join(&mut found, place);
                }
            }
        }
        found
    }
}

/// Half of a mix of the bytes, which cannot be inverted. Letters count in lower case, and some other characters as
/// their neighbours: each hit is compared.
fn hash(beginning: &[u8; SHORTEST]) -> u32 {
    let folded = u64::from_be_bytes(*beginning) | 0x2020_2020_2020_2020;
    // 2^64 divided by the golden ratio: Knuth, The Art of Computer Programming 3, 6.4.
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// The position of a hash's bit in the filter.
fn place(hash: u32) -> (usize, u64) {
    let bit = hash >> (32 - FILTER_BITS);
    ((bit >> 6) as usize, 1 << (bit & 63))
}

/// The places by their beginnings; overlapping ones are merged.
pub(super) fn joined(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_unstable_by_key(|place| place.start);
    let mut out = Vec::with_capacity(places.len());
    for place in places {
        join(&mut out, place);
    }
    out
}

/// Adds a place that begins no earlier than the last.
fn join(places: &mut Vec<Range<usize>>, place: Range<usize>) {
    match places.last_mut() {
        Some(last) if place.start < last.end => last.end = last.end.max(place.end),
        _ => places.push(place),
    }
}
