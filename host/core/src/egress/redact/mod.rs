//! Redaction: removes the secrets of a call from its responses.
//!
//! An endpoint that echoes its request (a debug page, an error that quotes the `Authorization` header) would give a
//! plugin the secrets that the host withholds from it. So the values that went to an origin are searched for in headers,
//! body and errors of its response, and of every later response of this origin in the same call: a server can store them
//! and return them to an anonymous request. Other servers never got them; what they return is not changed, because a
//! changed guess would confirm it. Recordings get what the plugin gets.
//!
//! The search is for runs of letters and digits, in lower case ([`letters`]): eight or more of a secret's, in the order
//! of the secret, wherever the text has other characters in between, and in encodings that servers use to show a
//! request ([`search`]). A run that the beginning or the end of the text cuts is found from five. What looks like an
//! escape before a run can hide up to eight letters more. Words between the random parts of a token do not count. A server that colludes with the plugin can use an encoding that
//! is not searched for; a plugin reaches only servers that the grant names.
//!
//! A mark tells a plugin that it stands for a part of a secret. Two rules keep it from asking: what it sent itself comes
//! back unchanged, a right guess as a wrong one, and the use of the network ends after a few responses that repeat a
//! secret.
//!
//! Its cost is bounded by the length of the text, whatever text and secret are. It counts as the call's processor time,
//! and lets other work go on after each step.

mod filter;
mod letters;
mod search;
mod signatures;

use super::request::given_up;
use super::{EgressError, FetchError};
use crate::capability::Denial;
use crate::credentials::{CredentialsError, Signed};
use letters::Letters;
use search::{Runs, Search};
use secrecy::{ExposeSecret as _, SecretString};
use signatures::Signatures;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::task::yield_now;

/// Replaces a secret.
const MARK: &[u8] = b"[redacted]";
/// A secret with fewer letters and digits is a word that a response can contain by itself, and no cloud issues such
/// tokens.
const SHORTEST: usize = 8;
/// Bytes that are searched before other work may go on.
const STEP: usize = 1 << 20;
/// Most responses of a call that may repeat a secret: more than one debug page and the retries of a request show, and
/// too few to guess by.
const MOST_REPEATED: usize = 8;

/// Most runs of secrets in a call's requests that are noted. More are redacted as others are.
const MOST_GUESSES: usize = 256;

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
pub struct Redactor(Known);

impl Redactor {
    /// Prepares the search for these secrets. Those with fewer than 8 letters and digits are not searched for.
    ///
    /// # Errors
    /// [`EgressError::Unredactable`] if they are too large.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Result<Self, EgressError> {
        let search = Search::of(secrets.into_iter().filter(|secret| is_secret(secret)));
        let search = search.map_err(|error| EgressError::Unredactable {
            why: error.to_string(),
        })?;
        Ok(Self(Known::of(Arc::new(search))))
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

/// Reports whether a value has enough letters and digits.
fn is_secret(value: &str) -> bool {
    Letters::of(value.as_bytes()).len() >= SHORTEST
}

/// The secrets of one call, from the first request that uses them until the call ends.
#[derive(Default)]
pub(super) struct Secrets(Mutex<Call>);

#[derive(Default)]
struct Call {
    /// Set when the call may send and receive no more.
    ended: Option<FetchError>,
    /// Secrets that stay the same from request to request.
    secrets: Vec<SecretString>,
    /// The search for each set of them that an origin got.
    searches: HashMap<BTreeSet<usize>, Arc<Search>>,
    origins: HashMap<String, Origin>,
    /// Responses that repeated a secret.
    repeated: usize,
}

/// The secrets that were sent to an origin.
#[derive(Default)]
struct Origin {
    /// Numbers of secrets.
    secrets: BTreeSet<usize>,
    known: Known,
}

impl Secrets {
    /// Adds the secrets of a request to this origin before it is sent.
    ///
    /// # Errors
    /// If they could not be found: then the request must not be sent.
    pub(super) fn note(&self, origin: &str, signed: &Signed) -> Result<(), FetchError> {
        let unsignable = |why: String| CredentialsError::Unsignable {
            why: format!("its credential could not be redacted from responses: {why}"),
        };
        let mut call = self.open()?;
        let secrets = signed.secrets().filter(|secret| is_secret(secret));
        let numbers = secrets.map(|secret| call.number(secret)).collect();
        call.add(origin, numbers).map_err(unsignable)?;
        if let (Some(signature), Some(origin)) = (signed.signature(), call.origins.get(origin)) {
            origin.known.add(signature).map_err(unsignable)?;
        }
        Ok(())
    }

    /// The secrets that this origin got so far.
    ///
    /// # Errors
    /// The reason why the call may receive no more: then the response must not be shown.
    pub(super) fn of(&self, origin: &str) -> Result<Known, FetchError> {
        let call = self.open()?;
        let origin = call.origins.get(origin);
        Ok(origin
            .map(|origin| origin.known.clone())
            .unwrap_or_default())
    }

    /// Counts a response that repeated a secret. After a few, it ends the use of the network.
    pub(super) fn repeated(&self, host: &str) -> Result<(), FetchError> {
        let mut call = self.open()?;
        call.repeated += 1;
        if call.repeated <= MOST_REPEATED {
            return Ok(());
        }
        let host = host.to_owned();
        let denied = FetchError::from(Denial::Secret { host });
        Err(call.ended.insert(denied).clone())
    }

    /// Drops them all, when the call has ended.
    pub(super) fn forget(&self) {
        *self.lock() = Call {
            ended: Some(given_up()),
            ..Call::default()
        };
    }

    fn open(&self) -> Result<MutexGuard<'_, Call>, FetchError> {
        let call = self.lock();
        match &call.ended {
            Some(why) => Err(why.clone()),
            None => Ok(call),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// The number of a secret.
    fn number(&mut self, secret: &str) -> usize {
        let mut known = self.secrets.iter();
        let number = known.position(|known| known.expose_secret() == secret);
        number.unwrap_or_else(|| {
            self.secrets.push(SecretString::from(secret));
            self.secrets.len() - 1
        })
    }

    /// Adds secrets to an origin. Origins with the same ones share a search.
    fn add(&mut self, origin: &str, numbers: BTreeSet<usize>) -> Result<(), String> {
        let origin = self.origins.entry(origin.to_owned()).or_default();
        if numbers.is_subset(&origin.secrets) {
            return Ok(());
        }
        let all = &origin.secrets | &numbers;
        let search = match self.searches.get(&all) {
            Some(search) => search.clone(),
            None => {
                let secrets = all.iter().filter_map(|number| self.secrets.get(*number));
                let search = Search::of(secrets.map(SecretString::expose_secret));
                Arc::new(search.map_err(|error| error.to_string())?)
            }
        };
        self.searches.insert(all.clone(), search.clone());
        origin.known.search = Some(search);
        origin.secrets = all;
        Ok(())
    }
}

/// The search for the secrets of one origin. Clones share its signatures and guesses.
#[derive(Clone, Default)]
pub(super) struct Known {
    search: Option<Arc<Search>>,
    signatures: Arc<RwLock<Signatures>>,
    /// Runs that the plugin sent itself.
    guesses: Arc<RwLock<BTreeSet<Vec<u8>>>>,
}

impl Known {
    fn of(search: Arc<Search>) -> Self {
        Self {
            search: Some(search),
            ..Self::default()
        }
    }

    fn add(&self, signature: &str) -> Result<(), String> {
        let signatures = self.signatures.write();
        let mut signatures = signatures.unwrap_or_else(PoisonError::into_inner);
        signatures.add(signature)
    }

    /// Notes the runs of a secret in a request of the plugin, which it can only have guessed: they are not redacted, so
    /// that a response does not tell whether a guess is right.
    pub(super) async fn note_sent<'t>(&self, texts: impl Iterator<Item = &'t [u8]>) {
        for text in texts {
            let (letters, runs) = self.runs(text).await;
            let runs = runs.into_iter().filter_map(|run| letters.all().get(run));
            let mut guesses = self.guesses.write().unwrap_or_else(PoisonError::into_inner);
            let room = MOST_GUESSES.saturating_sub(guesses.len());
            guesses.extend(runs.take(room).map(<[u8]>::to_vec));
        }
    }

    /// Reports whether there is one.
    pub(super) fn any(&self) -> bool {
        let signatures = self.signatures.read();
        let signatures = signatures.unwrap_or_else(PoisonError::into_inner);
        self.search.is_some() || !signatures.is_empty()
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

    /// Reports whether a text has one, or a part of one.
    pub(super) async fn is_in(&self, text: &[u8]) -> bool {
        !self.find(text).await.is_empty()
    }

    /// Places of secrets in a text, in order; none overlap.
    async fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let (letters, mut runs) = self.runs(text).await;
        self.drop_guesses(letters.all(), &mut runs);
        let (mut places, mut found) = (letters.places(text), Vec::new());
        let mut rested = 0;
        for run in runs {
            let place = places.of(run);
            if place.end > rested + STEP {
                rested = place.end;
                yield_now().await;
            }
            found.push(place);
        }
        found
    }

    /// Drops the runs that are part of one that the plugin sent. Each text of a run is compared once: a body can repeat it.
    fn drop_guesses(&self, letters: &[u8], runs: &mut Vec<Range<usize>>) {
        let guesses = self.guesses.read().unwrap_or_else(PoisonError::into_inner);
        if guesses.is_empty() {
            return;
        }
        let is_part = |run: &[u8]| {
            let mut guesses = guesses.iter();
            guesses.any(|guess| guess.windows(run.len().max(1)).any(|part| part == run))
        };
        let mut compared = HashMap::new();
        runs.retain(|run| {
            let run = letters.get(run.clone()).unwrap_or_default();
            !*compared.entry(run).or_insert_with(|| is_part(run))
        });
    }

    /// The letters of a text, and the runs of secrets in them, in order; none overlap.
    async fn runs(&self, text: &[u8]) -> (Letters, Vec<Range<usize>>) {
        let mut letters = Letters::default();
        if text.len() < filter::WINDOW || !self.any() {
            return (letters, Vec::new());
        }
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
            if let Some(search) = &self.search {
                search.find(all, part.clone(), &mut runs);
            }
            let known = self.signatures.read();
            let known = known.unwrap_or_else(PoisonError::into_inner);
            known.find(all, part, &mut signatures);
        }
        let runs = runs.joined(signatures);
        (letters, runs)
    }
}

#[cfg(test)]
mod tests;
