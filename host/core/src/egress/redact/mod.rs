//! Secrets of a call, taken out of its answers.
//!
//! An endpoint that echoes what it got (a debug page, an error that quotes the `Authorization` header) would
//! hand a plugin what the host kept from it. So the values that went into a request are looked for in header
//! fields, body and errors of its answer, and of every later answer of the same call: a server can keep what it
//! got and hand it out when it is asked as nobody. They are found as they are, as URLs, JSON, scripts, HTML and XML
//! write them, and inside Base64, in any case of letters: HTTP writes the names of header fields in lower case. A
//! server that means to help the plugin could encode them in a way that nobody looks for; a plugin reaches only
//! servers that the grant names.

mod escapes;
mod values;

use crate::credentials::Signed;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};
use values::{Values, joined};

/// Stands in a secret's place.
const MARK: &[u8] = b"[redacted]";
/// Shorter values are words that an answer can contain by itself, and no cloud gives such tokens out.
const SHORTEST: usize = 8;

/// The secrets of one call, from the first request that has them until the call ends.
#[derive(Default)]
pub(super) struct Secrets(RwLock<Values>);

impl Secrets {
    /// Notes the secrets of a request before it is sent.
    pub(super) fn note(&self, signed: &Signed) {
        signed.secrets().for_each(|secret| self.add(secret));
    }

    fn add(&self, secret: &str) {
        if secret.len() >= SHORTEST {
            let mut values = self.0.write().unwrap_or_else(PoisonError::into_inner);
            forms(secret.as_bytes()).for_each(|form| values.add(form));
        }
    }

    /// The text without the secrets; borrowed where there is none.
    pub(super) fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = Vec::with_capacity(text.len());
        let mut done = 0;
        for place in found {
            out.extend_from_slice(text.get(done..place.start).unwrap_or_default());
            out.extend_from_slice(MARK);
            done = place.end;
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
        !self.find(name.as_bytes()).is_empty()
    }

    /// Where they are in each view of the text: as it is, and with its escapes decoded. The first is needed beside the
    /// second: what stands before a secret can look like the beginning of an escape.
    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let values = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if values.is_empty() {
            return Vec::new();
        }
        let mut found = values.find(text);
        for near in escapes::near(text, values.longest()) {
            let start = near.start;
            let part = text.get(near).unwrap_or_default();
            let places = escapes::places(part, values.find(&escapes::read(part)));
            found.extend(places.map(|place| start + place.start..start + place.end));
        }
        joined(found)
    }
}

/// The forms of a secret that are looked for in each view of a text.
fn forms(secret: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let encoded = std::iter::once(secret.to_vec()).chain(in_base64(secret));
    encoded.flat_map(|form| [escapes::read(&form), form])
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
