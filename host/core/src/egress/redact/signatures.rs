//! Signatures of the requests of a call to an origin.
//!
//! Each request adds one, and an automaton cannot grow. Nor need it: a signature is 64 hexadecimal digits that repeat one
//! request of the plugin for some minutes, by who knows the key's identifier and its session token too. It is found as
//! it is, through escapes and white space, but no piece of it, and not inside of other encodings.

use secrecy::{ExposeSecret as _, SecretString};
use std::collections::HashMap;
use std::ops::Range;

/// Digits of a signature: an HMAC with SHA-256.
const DIGITS: usize = 64;
/// Digits that signatures are known by.
const FIRST: usize = 16;

/// Signatures, by their first digits.
#[derive(Default)]
pub(super) struct Signatures(HashMap<[u8; FIRST], Vec<SecretString>>);

impl Signatures {
    /// Adds one.
    ///
    /// # Errors
    /// If it is not one that can be found.
    pub(super) fn add(&mut self, signature: &str) -> Result<(), String> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        match signature.as_bytes().first_chunk() {
            Some(first) if signature.len() == DIGITS && signature.bytes().all(digit) => {
                let alike = self.0.entry(*first).or_default();
                alike.push(SecretString::from(signature));
                Ok(())
            }
            _ => Err(format!("its signature is not {DIGITS} hexadecimal digits")),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the runs that end in this part of a text's letters.
    pub(super) fn find(&self, letters: &[u8], part: Range<usize>, runs: &mut Vec<Range<usize>>) {
        if self.0.is_empty() {
            return;
        }
        let mut at = part.start.saturating_sub(DIGITS - 1);
        // The number of letters from there on that are known to be digits.
        let mut known = 0;
        while at + DIGITS <= part.end {
            let unknown = letters.get(at + known..at + DIGITS).unwrap_or_default();
            match unknown
                .iter()
                .rposition(|letter| !letter.is_ascii_hexdigit())
            {
                Some(other) => {
                    at += known + other + 1;
                    known = 0;
                }
                None => {
                    if self.has(letters.get(at..at + DIGITS).unwrap_or_default()) {
                        runs.push(at..at + DIGITS);
                    }
                    at += 1;
                    known = DIGITS - 1;
                }
            }
        }
    }

    fn has(&self, digits: &[u8]) -> bool {
        let alike = digits.first_chunk().and_then(|first| self.0.get(first));
        let mut alike = alike.into_iter().flatten();
        alike.any(|one| one.expose_secret().as_bytes() == digits)
    }
}
