//! Search for the letters of secrets: one pass over the letters of a text, however many secrets and forms there are.
//!
//! Whole secrets are not enough: a server can cut what it repeats. Each run of letters that a text has in common with a
//! form of a secret is found, if it is long enough. An automaton of the crate `aho-corasick` finds short *seeds*, which
//! are taken from each form so densely that every such run has one, and each hit is extended to the whole run. Seeds
//! at each letter would make the automaton four times as large, and as slow to build.

use super::letters::Letters;
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, Input, Match};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret as _, SecretSlice};
use std::collections::BTreeMap;
use std::ops::Range;

/// Letters of the longest seed.
const LONGEST_SEED: usize = 8;

/// Most places in forms that a seed is known to come from. A secret with more of them repeats itself: the runs at the
/// others are those at these.
const ALIKE: usize = 4;

/// Forms of secrets, and their seeds.
pub(super) struct Search {
    seeds: AhoCorasick,
    /// Where each seed is from.
    places: Vec<Vec<Place>>,
    forms: Vec<Form>,
}

/// A form of a secret.
struct Form {
    letters: SecretSlice<u8>,
    /// Letters of the shortest run that is found.
    least: usize,
    /// Letters of each seed.
    seed: usize,
}

/// A place in a form.
#[derive(Clone, Copy, PartialEq)]
struct Place {
    form: usize,
    at: usize,
}

impl Search {
    /// Prepares the search for these secrets.
    pub(super) fn of<'s>(secrets: impl Iterator<Item = &'s str>) -> Result<Self, BuildError> {
        let forms: Vec<Form> = secrets.flat_map(forms).collect();
        let mut seeds = BTreeMap::<&[u8], Vec<Place>>::new();
        for (form, known) in forms.iter().enumerate() {
            let letters = known.letters.expose_secret();
            let step = known.least.saturating_sub(known.seed) + 1;
            let Some(last) = letters.len().checked_sub(known.seed) else {
                continue;
            };
            // The last one too, for a run that is only the end of the form.
            for at in (0..last).step_by(step).chain([last]) {
                let seed = letters.get(at..at + known.seed).unwrap_or_default();
                let places = seeds.entry(seed).or_default();
                if places.len() < ALIKE {
                    places.push(Place { form, at });
                }
            }
        }
        let (seeds, places): (Vec<&[u8]>, _) = seeds.into_iter().unzip();
        Ok(Self {
            // Twice as fast as the NFA that the crate would choose: 2 MiB for a session token of 1,000 letters.
            seeds: AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .build(seeds)?,
            places,
            forms,
        })
    }

    /// Adds the runs that have a seed which ends in this part of a text's letters. The time for it is bounded by the
    /// number of letters, whatever they are: each is compared once for a run that it makes longer, and for few others.
    pub(super) fn find(&self, letters: &[u8], part: Range<usize>, runs: &mut Runs) {
        let start = part.start.saturating_sub(LONGEST_SEED - 1);
        let input = Input::new(letters).span(start..part.end);
        for hit in self.seeds.find_overlapping_iter(input) {
            let places = self.places.get(hit.pattern().as_usize());
            for place in places.into_iter().flatten() {
                if hit.end() <= runs.end {
                    break;
                }
                if let Some(run) = self.run(letters, &hit, *place, runs.end) {
                    runs.add(run);
                }
            }
        }
    }

    /// The run of a seed that was found, if it is long enough: `least` letters, or the beginning of a form at the end of
    /// the text, or its end at the beginning.
    fn run(&self, letters: &[u8], hit: &Match, place: Place, end: usize) -> Option<Range<usize>> {
        let form = self.forms.get(place.form)?;
        let text = form.letters.expose_secret();
        let (before, after) = (text.get(..place.at)?, text.get(place.at + hit.len()..)?);
        // Letters in runs that were found before count, but few of them are enough.
        let farthest = end.min(hit.start().saturating_sub(form.least));
        let left = letters.get(farthest..hit.start())?.iter().rev();
        let right = letters.get(hit.end()..)?.iter();
        let back = equal(left.zip(before.iter().rev()));
        let ahead = equal(right.zip(after));
        let run = hit.start() - back..hit.end() + ahead;
        let is_end = run.start == 0 && ahead == after.len();
        let is_beginning = run.end == letters.len() && back == before.len();
        (run.len() >= form.least || is_beginning || is_end).then_some(run)
    }
}

/// The number of equal pairs before the first unequal one.
fn equal<'l>(pairs: impl Iterator<Item = (&'l u8, &'l u8)>) -> usize {
    pairs.take_while(|(one, other)| one == other).count()
}

/// Runs of letters, in the order in which they were found.
#[derive(Default)]
pub(super) struct Runs {
    runs: Vec<Range<usize>>,
    /// The farthest end.
    end: usize,
}

impl Runs {
    fn add(&mut self, run: Range<usize>) {
        self.end = self.end.max(run.end);
        self.runs.push(run);
    }

    /// The runs in order, those that overlap as one.
    pub(super) fn joined(mut self, more: Vec<Range<usize>>) -> Vec<Range<usize>> {
        self.runs.extend(more);
        self.runs.sort_unstable_by_key(|run| run.start);
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(self.runs.len());
        for run in self.runs {
            match joined.last_mut() {
                Some(last) if run.start < last.end => last.end = last.end.max(run.end),
                _ => joined.push(run),
            }
        }
        joined
    }
}

/// What is searched for in the letters of a text: the secret itself, as Base64 of a text that contains it, and its bytes
/// as hexadecimal numbers, with and without `0x`, and as decimal ones. Numbers need two to four letters for a byte.
fn forms(secret: &str) -> Vec<Form> {
    let bytes = secret.as_bytes();
    let numbers = |of: fn(&u8) -> String| bytes.iter().map(of).collect::<String>().into_bytes();
    let plain = [bytes.to_vec()].into_iter().chain(in_base64(bytes));
    let plain = plain.map(|text| (text, 8, 5));
    let numbers = [
        (numbers(|byte| format!("{byte:02x}")), 16, LONGEST_SEED),
        (numbers(|byte| format!("0x{byte:02x}")), 32, LONGEST_SEED),
        (numbers(u8::to_string), 16, LONGEST_SEED),
    ];
    let forms = plain.chain(numbers).map(|(text, least, seed)| Form {
        letters: SecretSlice::from(Letters::of(&text)),
        least,
        seed,
    });
    forms.collect()
}

/// The part of a value that does not depend on its neighbours in Base64, for each of its three positions in a group. The
/// alphabets (RFC 4648) have the same letters.
fn in_base64(secret: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).map(move |before| {
        let padded = [vec![0; before], secret.to_vec()].concat();
        // Digits of six bits: excludes the first and last ones that also hold bits of the neighbours.
        let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        let digits = STANDARD_NO_PAD.encode(&padded);
        let whole = digits.as_bytes().get(first..end);
        whole.unwrap_or_default().to_vec()
    })
}
