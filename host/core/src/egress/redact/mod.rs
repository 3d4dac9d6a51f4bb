//! Redaction: removes the secrets of a call from its responses.
//!
//! An endpoint that echoes its request (a debug page, an error that quotes the `Authorization` header) would give a
//! plugin the secrets that the host withholds from it. So the values that went into a request are searched for in
//! headers, body and errors of its response, and of every later response of the same call: a server can store them
//! and return them to an anonymous request. They are found verbatim, as URLs, JSON, scripts, HTML and XML escape
//! them, and inside Base64, in any letter case: HTTP writes header names in lower case. A server that colludes with
//! the plugin could use an encoding that is not searched for; a plugin reaches only servers that the grant names.

mod escapes;
mod values;

use crate::credentials::Signed;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};
use values::{Values, joined};

/// Replaces a secret.
const MARK: &[u8] = b"[redacted]";
/// Shorter values are words that a response can contain by itself, and no cloud issues such tokens.
const SHORTEST: usize = 8;

/// The secrets of one call, from the first request that uses them until the call ends.
#[derive(Default)]
pub(super) struct Secrets(RwLock<Values>);

impl Secrets {
    /// Adds the secrets of a request before it is sent.
    pub(super) fn note(&self, signed: &Signed) {
        signed.secrets().for_each(|secret| self.add(secret));
    }

    fn add(&self, secret: &str) {
        if secret.len() >= SHORTEST {
            let mut values = self.0.write().unwrap_or_else(PoisonError::into_inner);
            forms(secret.as_bytes()).for_each(|form| values.add(form));
        }
    }

    /// The text without the secrets; borrowed if there is none.
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

    /// A message without the secrets.
    pub(super) fn clean_text(&self, text: String) -> String {
        match self.clean(text.as_bytes()) {
            Cow::Borrowed(_) => text,
            Cow::Owned(cleaned) => String::from_utf8_lossy(&cleaned).into_owned(),
        }
    }

    /// Reports whether a header name holds one.
    pub(super) fn are_in_name(&self, name: &str) -> bool {
        !self.find(name.as_bytes()).is_empty()
    }

    /// Locations of secrets in each view of the text: verbatim, and with its escapes decoded. The first is needed
    /// too: text before a secret can look like the beginning of an escape.
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

/// The forms of a secret that are searched for in each view of a text.
fn forms(secret: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let encoded = std::iter::once(secret.to_vec()).chain(in_base64(secret));
    encoded.flat_map(|form| [escapes::read(&form), form])
}

/// The part of a value that does not depend on its neighbours in Base64, for each of its three positions in a group,
/// in both alphabets (RFC 4648).
fn in_base64(secret: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).flat_map(move |before| {
        let padded = [vec![0; before], secret.to_vec()].concat();
        // Digits of six bits: excludes the first and last ones that also hold bits of the neighbours.
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
