//! Secrets of a call, taken out of its answers.
//!
//! An endpoint that echoes what it got (a debug page, an error that quotes the `Authorization` header) would
//! hand a plugin what the host kept from it. So the values that went into a request are looked for in header
//! fields, body and errors of its answer, and of every later answer of the same call: a server can keep what it
//! got and hand it out when it is asked as nobody. They are found as they are, as URLs, JSON, scripts, HTML and XML
//! write them, and inside Base64; in the names of header fields, which HTTP writes in lower case, in any case. A
//! server that means to help the plugin could encode them in a way that nobody looks for; a plugin reaches only
//! servers that the grant names.

mod escapes;
mod index;

use crate::credentials::Signed;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use index::{Index, Reading};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

/// What stands in a secret's place.
const MARK: &[u8] = b"[redacted]";
/// Shorter values are words that an answer can contain by itself, and no cloud gives such tokens out.
const SHORTEST: usize = index::WINDOW;

/// The secrets of one call, from the first request that has them until the call ends.
#[derive(Default)]
pub(super) struct Secrets(RwLock<Index>);

impl Secrets {
    /// Notes what is in a request before it is sent.
    pub(super) fn note(&self, signed: &Signed) {
        signed.secrets().for_each(|secret| self.add(secret));
    }

    fn add(&self, secret: &str) {
        let secret = secret.as_bytes();
        if secret.len() < SHORTEST {
            return;
        }
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for form in std::iter::once(secret.to_vec()).chain(in_base64(secret)) {
            let read = escapes::read(&form);
            if read != form && read.len() >= SHORTEST {
                index.add(read);
            }
            index.add(form);
        }
    }

    /// The text without the secrets; borrowed where there is none.
    pub(super) fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let found = self.find(text, false);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = Vec::with_capacity(text.len());
        let mut done = 0;
        for place in found {
            // Inside or over the end of the one before.
            if place.start >= done {
                out.extend_from_slice(text.get(done..place.start).unwrap_or_default());
                out.extend_from_slice(MARK);
            }
            done = done.max(place.end);
        }
        out.extend_from_slice(text.get(done..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// The same of a message.
    pub(super) fn clean_text(&self, text: String) -> String {
        match self.clean(text.as_bytes()) {
            Cow::Borrowed(_) => text,
            Cow::Owned(cleaned) => String::from_utf8_lossy(&cleaned).into_owned(),
        }
    }

    /// Whether the name of a header field holds one.
    pub(super) fn are_in_name(&self, name: &str) -> bool {
        !self.find(name.as_bytes(), true).is_empty()
    }

    /// Where they are, by their beginnings. A text with escapes is read twice, for what stands before a secret can look
    /// like the beginning of an escape.
    fn find(&self, text: &[u8], any_case: bool) -> Vec<Range<usize>> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if index.is_empty() {
            return Vec::new();
        }
        let mut found = index.find(
            text,
            Reading {
                escapes: false,
                any_case,
            },
        );
        found.extend(index.find_escaped(
            text,
            Reading {
                escapes: true,
                any_case,
            },
        ));
        found.sort_by_key(|place| place.start);
        found
    }
}

/// What of a value does not depend on its neighbours where Base64 packs it together with them, for each of its three
/// places in a group, in both alphabets (RFC 4648).
fn in_base64(secret: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).flat_map(move |before| {
        let padded = [vec![0; before], secret.to_vec()].concat();
        // Digits of six bits: the first ones that are not all of the value, and the last ones that are.
        let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
            .into_iter()
            .map(move |alphabet| {
                let digits = alphabet.encode(&padded);
                let whole = digits.as_bytes().get(first..end);
                whole.unwrap_or_default().to_vec()
            })
    })
}

#[cfg(test)]
mod tests;
