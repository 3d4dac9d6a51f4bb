//! Search for the letters of secrets, in one pass over the letters of a text, however many secrets and forms there are.
//!
//! Whole secrets are not enough: a server can cut what it repeats. Each run of letters that a text has in common with a
//! form of a secret is found, if it is long enough. It contains a *seed*: short pieces are taken from each form so
//! densely that every such run has one. A [`Filter`] passes over most of a text, an automaton of the crate
//! `aho-corasick` finds the seeds in the rest, and each hit is extended to the whole run.

use super::SHORTEST;
use super::filter::{Filter, WINDOW};
use super::letters::Letters;
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, Input, Match};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret as _, SecretSlice};
use std::collections::BTreeMap;
use std::ops::Range;

/// Letters of the seeds of numbers. Other seeds have as many as the filter compares.
const NUMBER_SEED: usize = 8;
/// Most origins of one seed. Of a seed with more of them, whole pieces are searched for instead.
const MOST_ALIKE: usize = 4;

/// Forms of secrets, and their seeds.
pub(super) struct Search {
    filter: Filter,
    automaton: AhoCorasick,
    /// By the number of their pattern.
    seeds: Vec<Seed>,
    /// Letters of the longest seed.
    longest: usize,
    forms: Vec<Form>,
    /// Letters compared.
    #[cfg(test)]
    pub(super) compared: std::sync::atomic::AtomicUsize,
}

/// A form of a secret.
struct Form {
    letters: SecretSlice<u8>,
    /// Letters of the shortest run that is found.
    least: usize,
    /// Letters of each seed.
    seed: usize,
    /// Letters that do not count: see [`labels`].
    labels: Vec<Range<usize>>,
}

/// Origins of a seed.
#[derive(Default)]
struct Seed {
    origins: Vec<Origin>,
    /// Beginnings and ends of forms, of which less is found at the ends of a text.
    edges: Vec<Origin>,
}

/// Origin of a seed: a form, and the number of letters before it.
#[derive(Clone, Copy)]
struct Origin {
    form: usize,
    at: usize,
}

impl Search {
    /// Prepares the search for these secrets.
    pub(super) fn of<'s>(secrets: impl Iterator<Item = &'s str>) -> Result<Self, BuildError> {
        let forms: Vec<Form> = secrets.flat_map(forms).collect();
        let (patterns, seeds): (Vec<&[u8]>, _) = seeds(&forms).into_iter().unzip();
        let mut filter = Filter::default();
        for pattern in &patterns {
            filter.add(pattern);
        }
        Ok(Self {
            filter,
            // The filter leaves little to search: what counts is the time to build it.
            automaton: AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                .build(&patterns)?,
            longest: patterns.iter().map(|seed| seed.len()).max().unwrap_or(0),
            seeds,
            forms,
            #[cfg(test)]
            compared: 0.into(),
        })
    }

    /// Adds the runs that have a seed which ends in this part of a text's letters. The time for it is bounded by the
    /// number of letters, whatever they are: each is compared once for a run that it makes longer, and for few others.
    pub(super) fn find(&self, letters: &[u8], part: Range<usize>, runs: &mut Runs) {
        let mut span = 0..0;
        self.filter.each_end(letters, part, |end| {
            let start = end.saturating_sub(self.longest);
            if start > span.end {
                self.find_in(letters, span.clone(), runs);
                span.start = start;
            }
            span.end = end;
        });
        self.find_in(letters, span, runs);
    }

    /// Adds the runs that have a seed in this span.
    fn find_in(&self, letters: &[u8], mut span: Range<usize>, runs: &mut Runs) {
        while let Some(next) = self.find_until_run(letters, span.clone(), runs) {
            span.start = next;
        }
    }

    /// Adds the runs that have a seed in this span, up to a long one: returns where to go on after it.
    fn find_until_run(&self, letters: &[u8], span: Range<usize>, runs: &mut Runs) -> Option<usize> {
        let input = Input::new(letters).span(span.clone());
        for hit in self.automaton.find_overlapping_iter(input) {
            if hit.end() <= runs.end {
                continue;
            }
            for (origin, is_edge) in self.seeds.get(hit.pattern().as_usize())?.origins() {
                if let Some(run) = self.run(letters, &hit, origin, is_edge, runs.end) {
                    runs.add(run);
                    break;
                }
            }
            // The next seed that counts ends after the run.
            let next = runs.end.saturating_sub(self.longest - 1);
            if next > hit.end() {
                return (next < span.end).then_some(next);
            }
        }
        None
    }

    /// The run of a seed that was found, if it is long enough: `least` letters, or the beginning of a form at the end of
    /// the text, or its end at the beginning.
    fn run(
        &self,
        letters: &[u8],
        hit: &Match,
        origin: Origin,
        is_edge: bool,
        end: usize,
    ) -> Option<Range<usize>> {
        let form = self.forms.get(origin.form)?;
        let near = hit.start() < form.least || letters.len() - hit.end() < form.least;
        if is_edge && !near {
            return None;
        }
        let text = form.letters.expose_secret();
        let before = text.get(..origin.at)?;
        let after = text.get(origin.at + hit.len()..)?;
        // Letters in runs that were found before count, but few of them are enough.
        let farthest = end.min(hit.start().saturating_sub(form.least));
        let left = letters.get(farthest..hit.start())?.iter().rev();
        let right = letters.get(hit.end()..)?.iter();
        let back = equal(left.zip(before.iter().rev()));
        let ahead = equal(right.zip(after));
        #[cfg(test)]
        self.compared
            .fetch_add(back + ahead + 2, std::sync::atomic::Ordering::Relaxed);
        let run = hit.start() - back..hit.end() + ahead;
        let is_end = run.start == 0 && ahead == after.len();
        let is_beginning = run.end == letters.len() && back == before.len();
        let counted = form.counted(origin.at - back..origin.at + hit.len() + ahead);
        let is_cut = counted >= form.seed && (is_beginning || is_end);
        (counted >= form.least || is_cut).then_some(run)
    }
}

/// The seeds of these forms. Each run of `least` letters of a form contains one.
fn seeds(forms: &[Form]) -> BTreeMap<&[u8], Seed> {
    let mut seeds = BTreeMap::<&[u8], Seed>::new();
    for (number, form) in forms.iter().enumerate() {
        let Some(last) = form.letters.expose_secret().len().checked_sub(form.seed) else {
            continue;
        };
        // The last one too, for a run that is only the end of the form.
        for at in (0..last).step_by(form.least - form.seed + 1).chain([last]) {
            let origin = Origin { form: number, at };
            let seed = seeds.entry(form.piece(at, form.seed)).or_default();
            seed.origins.push(origin);
            if at == 0 || at == last {
                seed.edges.push(origin);
            }
        }
    }
    // Comparing all origins of a seed that a secret repeats would take too long. The shortest runs around them can be
    // told apart, and one origin of each is enough: a longer run has others.
    let mut around = BTreeMap::<&[u8], Origin>::new();
    for seed in seeds
        .values_mut()
        .filter(|seed| seed.origins.len() > MOST_ALIKE)
    {
        for Origin { form: number, at } in std::mem::take(&mut seed.origins) {
            let Some(form) = forms.get(number) else {
                continue;
            };
            for at in at.saturating_sub(form.least - form.seed)..=at {
                let run = form.piece(at, form.least);
                if !run.is_empty() {
                    around.entry(run).or_insert(Origin { form: number, at });
                }
            }
        }
    }
    for (run, origin) in around {
        seeds.entry(run).or_default().origins.push(origin);
    }
    seeds
}

impl Form {
    /// Its letters from a place on; none if it has fewer.
    fn piece(&self, at: usize, letters: usize) -> &[u8] {
        let piece = self.letters.expose_secret().get(at..at + letters);
        piece.unwrap_or_default()
    }

    /// The number of its letters in a run that are not part of labels.
    fn counted(&self, run: Range<usize>) -> usize {
        let labels = self.labels.iter().map(|label| {
            let end = label.end.min(run.end);
            end.saturating_sub(label.start.max(run.start))
        });
        run.len() - labels.sum::<usize>()
    }
}

impl Seed {
    /// All origins, and whether it counts only near the ends of a text.
    fn origins(&self) -> impl Iterator<Item = (Origin, bool)> {
        let origins = self.origins.iter().map(|origin| (*origin, false));
        origins.chain(self.edges.iter().map(|origin| (*origin, true)))
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

/// Forms of a secret: itself, as Base64 of a text that contains it, and its bytes as hexadecimal numbers, with and
/// without `0x`, as decimal ones, with and without zeroes before them, and as octal ones. Numbers need two to four
/// letters for a byte.
fn forms(secret: &str) -> Vec<Form> {
    let bytes = secret.as_bytes();
    let numbers = |of: fn(&u8) -> String| bytes.iter().map(of).collect::<String>().into_bytes();
    let plain = [bytes.to_vec()].into_iter().chain(in_base64(bytes));
    let plain = plain.map(|text| (text, 8, WINDOW));
    let numbers = [
        (numbers(|byte| format!("{byte:02x}")), 16, NUMBER_SEED),
        (numbers(|byte| format!("0x{byte:02x}")), 32, NUMBER_SEED),
        (numbers(u8::to_string), 16, NUMBER_SEED),
        (numbers(|byte| format!("{byte:03}")), 24, NUMBER_SEED),
        (numbers(|byte| format!("{byte:03o}")), 24, NUMBER_SEED),
    ];
    let forms = plain.chain(numbers).map(|(text, least, seed)| Form {
        letters: SecretSlice::from(Letters::of(&text)),
        least,
        seed,
        labels: Vec::new(),
    });
    let mut forms: Vec<Form> = forms.collect();
    if let Some(plain) = forms.first_mut() {
        plain.labels = labels(secret);
    }
    forms
}

/// The words in front of and between the random parts of a token, such as `secret` and the name of the key in
/// `secret_instances_0a1b...`, as ranges of its letters. A cloud's own documents and paths have such words: they are no
/// secret. A secret with less than twice the shortest one beside its words has no labels.
fn labels(secret: &str) -> Vec<Range<usize>> {
    let (mut labels, mut at) = (Vec::new(), 0);
    for part in secret.split(['_', '-', '.']) {
        let end = at + Letters::of(part.as_bytes()).len();
        if part.bytes().all(|byte| byte.is_ascii_lowercase()) {
            labels.push(at..end);
        }
        at = end;
    }
    let words: usize = labels.iter().map(Range::len).sum();
    if at - words < 2 * SHORTEST {
        labels.clear();
    }
    labels
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
