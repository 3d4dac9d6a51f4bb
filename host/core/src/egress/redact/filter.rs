//! Filter for texts without a seed: a table of bits that passes over most letters of a text in about a nanosecond each.

use std::ops::Range;

/// Letters that a seed is known by: its last ones. None has fewer.
pub(super) const WINDOW: usize = 5;
/// Bits of a window, with the last letter lowest.
const MASK: u64 = (1 << (8 * WINDOW)) - 1;
/// Words of the table: 32 KiB, which stay near the processor.
const WORDS: usize = 1 << 12;

/// The ends of seeds, as a Bloom filter with two bits for each, both in one word.
pub(super) struct Filter(Box<[u64; WORDS]>);

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl Filter {
    /// Adds a seed.
    pub(super) fn add(&mut self, seed: &[u8]) {
        let (word, bits) = place(seed.iter().fold(0, push));
        if let Some(known) = self.0.get_mut(word) {
            *known |= bits;
        }
    }

    /// Calls back with each place in this part of a text's letters at which a seed ends, and with few others.
    pub(super) fn each_end(
        &self,
        letters: &[u8],
        part: Range<usize>,
        mut found: impl FnMut(usize),
    ) {
        let before = part.start.saturating_sub(WINDOW - 1)..part.start;
        let before = letters.get(before).unwrap_or_default();
        let mut window = before.iter().fold(0, push);
        let first = part.start + 1;
        for (at, letter) in letters.get(part).unwrap_or_default().iter().enumerate() {
            window = push(window, letter);
            let (word, bits) = place(window);
            if self.0.get(word).is_some_and(|known| known & bits == bits) {
                found(first + at);
            }
        }
    }
}

fn push(window: u64, letter: &u8) -> u64 {
    (window << 8) | u64::from(*letter)
}

/// The word and the bits of a window: a multiplicative hash.
fn place(window: u64) -> (usize, u64) {
    let hash = (window & MASK).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bit = |from: u32| 1 << ((hash >> from) & 63);
    ((hash >> 52) as usize, bit(46) | bit(40))
}
