//! Many values looked for at once: a text costs the same with one of them as with ten thousand.

use super::escapes;
use secrecy::{ExposeSecret as _, SecretSlice};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of a value by which it is found; none is shorter.
pub(super) const WINDOW: usize = 8;
/// Bits of the filter, as a power of two: small enough for the nearest cache of a processor.
const FILTER_BITS: u32 = 18;

/// How a text is compared with the values.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// Escapes stand for what they mean.
    pub escapes: bool,
    /// Without regard to the case of ASCII letters.
    pub any_case: bool,
}

/// Values by their beginnings.
#[derive(Default)]
pub(super) struct Index {
    /// Says of nearly every place at once that none begins there. Empty where there is none.
    filter: Vec<u64>,
    /// Bytes of the longest.
    longest: usize,
    by_beginning: HashMap<u32, Vec<SecretSlice<u8>>>,
}

impl Index {
    pub(super) fn is_empty(&self) -> bool {
        self.by_beginning.is_empty()
    }

    /// One more value, of at least [`WINDOW`] bytes.
    pub(super) fn add(&mut self, value: Vec<u8>) {
        let value = SecretSlice::from(value);
        let Some(beginning) = value.expose_secret().first_chunk() else {
            return;
        };
        let key = key(folded(u64::from_be_bytes(*beginning)));
        self.longest = self.longest.max(value.expose_secret().len());
        self.filter.resize(1 << (FILTER_BITS - 6), 0);
        let (word, bit) = place(key);
        if let Some(word) = self.filter.get_mut(word) {
            *word |= bit;
        }
        let alike = self.by_beginning.entry(key).or_default();
        if !alike
            .iter()
            .any(|one| one.expose_secret() == value.expose_secret())
        {
            alike.push(value);
        }
    }

    /// Where the values are as they are, in the order of the text; what overlaps is one place.
    pub(super) fn find(&self, text: &[u8], reading: Reading) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let beginnings = text.windows(WINDOW).filter_map(<[u8]>::first_chunk);
        for (start, beginning) in beginnings.enumerate() {
            let key = key(folded(u64::from_be_bytes(*beginning)));
            if self.may_begin(key) {
                self.compare(&mut found, key, text, start, reading);
            }
        }
        found
    }

    /// Where they are with escapes in them. What is far from any escape is not looked at.
    pub(super) fn find_escaped(&self, text: &[u8], reading: Reading) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        // Where the last characters began.
        let mut starts = [0; WINDOW];
        let (mut window, mut at, mut seen) = (0, 0, 0);
        // Characters since the last escape.
        let far = 2 * self.longest;
        let mut since = far;
        loop {
            if since >= far {
                let rest = text.get(at..).unwrap_or_default();
                let Some(escape) = rest.iter().position(|byte| escapes::can_begin(*byte)) else {
                    return found;
                };
                if let Some(skipped) = escape.checked_sub(self.longest + 1) {
                    at += skipped;
                    seen = 0;
                }
                since = 0;
            }
            let Some((byte, width)) = next(text, at, reading) else {
                return found;
            };
            if let Some(start) = starts.get_mut(seen % WINDOW) {
                *start = at;
            }
            since = if width > 1 { 0 } else { since + 1 };
            at += width;
            seen += 1;
            window = folded(window << 8 | u64::from(byte));
            let key = key(window);
            if seen >= WINDOW && self.may_begin(key) {
                let start = starts.get(seen % WINDOW).copied().unwrap_or(at);
                self.compare(&mut found, key, text, start, reading);
            }
        }
    }

    /// Adds the longest of the values that begin here, if one does.
    fn compare(
        &self,
        found: &mut Vec<Range<usize>>,
        key: u32,
        text: &[u8],
        start: usize,
        reading: Reading,
    ) {
        let alike = self.by_beginning.get(&key).into_iter().flatten();
        let ends = alike.filter_map(|value| end(value.expose_secret(), text, start, reading));
        let Some(end) = ends.max() else { return };
        match found.last_mut() {
            Some(last) if start < last.end => last.end = last.end.max(end),
            _ => found.push(start..end),
        }
    }

    fn may_begin(&self, key: u32) -> bool {
        let (word, bit) = place(key);
        self.filter.get(word).is_some_and(|word| word & bit != 0)
    }
}

/// The character that stands at this place.
#[inline]
fn next(text: &[u8], at: usize, reading: Reading) -> Option<(u8, usize)> {
    let byte = *text.get(at)?;
    if reading.escapes && escapes::can_begin(byte) {
        return escapes::first(text.get(at..)?);
    }
    Some((byte, 1))
}

/// Where the value ends, if it begins here.
fn end(value: &[u8], text: &[u8], start: usize, reading: Reading) -> Option<usize> {
    let mut at = start;
    for expected in value {
        let (byte, width) = next(text, at, reading)?;
        let same = match reading.any_case {
            true => byte.eq_ignore_ascii_case(expected),
            false => byte == *expected,
        };
        at += same.then_some(width)?;
    }
    Some(at)
}

/// The characters of a window with the letters in lower case, and some others as their neighbours: what is found by it is
/// compared.
fn folded(window: u64) -> u64 {
    window | 0x2020_2020_2020_2020
}

/// Half of a mix of the window, from which nobody gets the characters back.
fn key(window: u64) -> u32 {
    // 2^64 divided by the golden ratio: Knuth, The Art of Computer Programming 3, 6.4.
    (window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// Where a key's bit is in the filter.
fn place(key: u32) -> (usize, u64) {
    let bit = key >> (32 - FILTER_BITS);
    ((bit >> 6) as usize, 1 << (bit & 63))
}
