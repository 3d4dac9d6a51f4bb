//! Many values looked for at once, by an Aho-Corasick automaton of their first bytes.
//!
//! An automaton cannot grow, and each request of a call adds a signature. So the values are in tiers, each at least
//! [`RATIO`] times as large as the next: a value is built into few automata, and a text is searched by few.

use super::SHORTEST;
use aho_corasick::AhoCorasick;
use secrecy::{ExposeSecret, SecretSlice};
use std::collections::HashSet;
use std::ops::Range;

const RATIO: usize = 8;

#[derive(Default)]
pub(super) struct Values {
    known: HashSet<blake3::Hash>,
    longest: usize,
    tiers: Vec<Tier>,
}

struct Tier {
    values: Vec<SecretSlice<u8>>,
    /// Of the first [`SHORTEST`] bytes of each: whole values would take many times the memory. `None` if it would
    /// exceed the library's limits.
    beginnings: Option<AhoCorasick>,
}

impl Values {
    pub(super) fn is_empty(&self) -> bool {
        self.tiers.is_empty()
    }

    /// Bytes of the longest value.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Adds those values that are new and long enough.
    pub(super) fn add(&mut self, values: impl IntoIterator<Item = Vec<u8>>) {
        let is_new =
            |value: &Vec<u8>| value.len() >= SHORTEST && self.known.insert(blake3::hash(value));
        let new: Vec<_> = values.into_iter().filter(is_new).collect();
        if new.is_empty() {
            return;
        }
        self.longest = new.iter().map(Vec::len).fold(self.longest, usize::max);
        let mut values: Vec<_> = new.into_iter().map(SecretSlice::from).collect();
        while let Some(tier) = self
            .tiers
            .pop_if(|tier| tier.values.len() < RATIO * values.len())
        {
            values.extend(tier.values);
        }
        self.tiers.push(Tier::new(values));
    }

    /// Where they are, in any case of ASCII letters.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        joined(self.tiers.iter().flat_map(|tier| tier.find(text)).collect())
    }
}

impl Tier {
    fn new(values: Vec<SecretSlice<u8>>) -> Self {
        let beginnings = values.iter().map(|value| {
            let value = value.expose_secret();
            value.get(..SHORTEST).unwrap_or(value)
        });
        let built = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(beginnings);
        Self {
            beginnings: built.ok(),
            values,
        }
    }

    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let Some(beginnings) = &self.beginnings else {
            // Better no text than one with a secret.
            return vec![0..text.len()];
        };
        let mut found = Vec::new();
        for beginning in beginnings.find_overlapping_iter(text) {
            let value = self.values.get(beginning.pattern().as_usize());
            let value = value.map(ExposeSecret::expose_secret).unwrap_or_default();
            let place = beginning.start()..beginning.start() + value.len();
            let there = text.get(place.clone());
            if there.is_some_and(|there| there.eq_ignore_ascii_case(value)) {
                join(&mut found, place);
            }
        }
        found
    }
}

/// The places by their beginnings; what overlaps is one place.
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
