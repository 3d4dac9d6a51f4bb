//! Redaction: removes the secrets of a call from its responses.
//!
//! An endpoint that echoes its request (a debug page, an error that quotes the `Authorization` header) would give a
//! plugin the secrets that the host withholds from it. So the values that went into a request are searched for in
//! headers, body and errors of its response, and of every later response of the same call: a server can store them
//! and return them to an anonymous request. Recordings get what the plugin gets.
//!
//! The search is for runs of letters and digits, in lower case ([`letters`]): eight or more of a secret's, in the order
//! of the secret, wherever the text has other characters in between, and in encodings that servers use to show a
//! request ([`search`]). A run that the beginning or the end of the text cuts is found from five. What looks like an
//! escape before a run can hide up to eight letters more. A server that colludes with the plugin can use an encoding that
//! is not searched for; a plugin reaches only servers that the grant names.
//!
//! Its cost is bounded by the length of the text, whatever text and secret are. It counts as the call's processor time,
//! and lets other work go on after each step.

mod letters;
mod search;
mod signatures;

use super::EgressError;
use crate::credentials::Signed;
use letters::Letters;
use search::{Runs, Search};
use secrecy::{ExposeSecret as _, SecretString};
use signatures::Signatures;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::task::yield_now;

/// Replaces a secret.
const MARK: &[u8] = b"[redacted]";
/// A secret with fewer letters and digits is a word that a response can contain by itself, and no cloud issues such
/// tokens.
const SHORTEST: usize = 8;
/// Bytes that are searched before other work may go on.
const STEP: usize = 1 << 20;

/// Redacts secrets as the host does for a plugin: for logs and recordings of a program's own.
///
/// ```
/// use cloudhost::egress::Redactor;
///
/// # async fn log(token: &str, response: &[u8]) -> Result<(), cloudhost::egress::EgressError> {
/// let redactor = Redactor::new([token])?;
/// println!("{}", String::from_utf8_lossy(&redactor.clean(response).await));
/// # Ok(())
/// # }
/// ```
pub struct Redactor(Secrets);

impl Redactor {
    /// Prepares the search for these secrets. Those with fewer than 8 letters and digits are not searched for.
    ///
    /// # Errors
    /// [`EgressError::Unredactable`] if they are too large.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Result<Self, EgressError> {
        let known = Secrets::default();
        match known.add(secrets.into_iter()) {
            Ok(()) => Ok(Self(known)),
            Err(why) => Err(EgressError::Unredactable { why }),
        }
    }

    /// The text without the secrets; borrowed if there is none.
    pub async fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        self.0.clean(text).await
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// The secrets of one call, from the first request that uses them until the call ends.
#[derive(Default)]
pub(super) struct Secrets(RwLock<Known>);

#[derive(Default)]
struct Known {
    /// Those that stay the same from request to request.
    secrets: Vec<SecretString>,
    /// The search for them, made anew when there is another one.
    search: Option<Arc<Search>>,
    signatures: Signatures,
}

impl Secrets {
    /// Adds the secrets of a request before it is sent.
    ///
    /// # Errors
    /// If they could not be found: then the request must not be sent.
    pub(super) fn note(&self, signed: &Signed) -> Result<(), String> {
        if let Some(signature) = signed.signature() {
            self.write().signatures.add(signature)?;
        }
        self.add(signed.secrets())
    }

    fn add<'s>(&self, secrets: impl Iterator<Item = &'s str>) -> Result<(), String> {
        let mut known = self.write();
        let before = known.secrets.len();
        for secret in secrets {
            let mut same = known.secrets.iter().map(SecretString::expose_secret);
            if !same.any(|one| one == secret) && Letters::of(secret.as_bytes()).len() >= SHORTEST {
                known.secrets.push(SecretString::from(secret));
            }
        }
        if known.secrets.len() > before {
            let all = known.secrets.iter().map(SecretString::expose_secret);
            let search = Search::of(all);
            let search = search.map_err(|error| error.to_string())?;
            known.search = Some(Arc::new(search));
        }
        Ok(())
    }

    /// Reports whether there is one.
    pub(super) fn any(&self) -> bool {
        self.read().search.is_some()
    }

    /// Drops them all, when the call has ended.
    pub(super) fn forget(&self) {
        *self.write() = Known::default();
    }

    /// The text without the secrets; borrowed if there is none.
    pub(super) async fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let found = self.find(text).await;
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
    pub(super) async fn clean_text(&self, text: String) -> String {
        let cleaned = match self.clean(text.as_bytes()).await {
            Cow::Borrowed(_) => None,
            Cow::Owned(cleaned) => Some(String::from_utf8_lossy(&cleaned).into_owned()),
        };
        cleaned.unwrap_or(text)
    }

    /// Reports whether a header name holds one.
    pub(super) async fn are_in_name(&self, name: &str) -> bool {
        !self.find(name.as_bytes()).await.is_empty()
    }

    /// Places of secrets in a text, in order; none overlap.
    async fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let Some(search) = self.read().search.clone() else {
            return Vec::new();
        };
        let mut letters = Letters::default();
        while letters.read(text, STEP) {
            yield_now().await;
        }
        let all = letters.all();
        let (mut runs, mut signatures) = (Runs::default(), Vec::new());
        for start in (0..all.len()).step_by(STEP) {
            if start > 0 {
                yield_now().await;
            }
            let part = start..all.len().min(start + STEP);
            search.find(all, part.clone(), &mut runs);
            self.read().signatures.find(all, part, &mut signatures);
        }
        let (mut places, mut found) = (letters.places(text), Vec::new());
        let mut rested = 0;
        for run in runs.joined(signatures) {
            let place = places.of(run);
            if place.end > rested + STEP {
                rested = place.end;
                yield_now().await;
            }
            found.push(place);
        }
        found
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
