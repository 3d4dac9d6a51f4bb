//! The index of one stored catalog: small, so that the question "is this fresh?" reads nothing else.
//!
//! `index.json` names the Arrow files, each with its digest and length, and says when each kind was fetched.
//! Replacing it is what commits a new catalog.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Digest, KINDS, Kinds, Source, kind_name};
use crate::contract::cloudhost::provider::types::{DataKind, ErrorKind, Gap};
use cloudhost_files::Folder;

/// Name of the index in its folder.
pub(super) const INDEX: &str = "index.json";
/// The layout of this file and of the Arrow files. Another number is another version's catalog: absent.
pub(super) const FORMAT: u32 = 2;
/// Largest index that is read: far above what [`super::check`] lets into one.
const LIMIT: u64 = 32 << 20;
/// How far in the future a time may lie that another clock wrote.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Which plugin made a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBy {
    /// The plugin's name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// Digest of the component, in hexadecimal.
    pub digest: String,
    /// The contract that it speaks, as `0.1.0`.
    pub contract: String,
}

/// One kind of data in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the cloud was asked.
    pub fetched_at: Timestamp,
    /// How long it stays fresh from then, in seconds.
    pub fresh_seconds: u64,
    /// How many records there are.
    pub rows: u64,
    /// Name of the Arrow file beside the index.
    pub file: String,
    /// Digest of that file.
    pub digest: Digest,
    /// Length of that file.
    pub bytes: u64,
}

impl Entry {
    /// The one name that a file of this kind and digest has.
    pub(super) fn file_name(kind: DataKind, digest: &Digest) -> String {
        format!("{}-{}.arrow", kind_name(kind), digest.short())
    }

    /// When it can be believed.
    pub fn life(&self) -> Life {
        Life {
            fetched_at: self.fetched_at,
            fresh_seconds: self.fresh_seconds,
        }
    }
}

/// When something that was fetched can be believed: the one rule for all kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When the cloud was asked.
    pub fetched_at: Timestamp,
    /// How long it stays fresh from then, in seconds.
    pub fresh_seconds: u64,
}

impl Life {
    /// Seconds since the fetch; `None` where that lies in the future by more than clocks differ.
    pub fn age(&self, now: Timestamp) -> Option<u64> {
        let age = now.duration_since(self.fetched_at);
        (age >= -SKEW).then(|| u64::try_from(age.as_secs()).unwrap_or(0))
    }

    /// Whether it is still fresh.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.age(now).is_some_and(|age| age < self.fresh_seconds)
    }
}

/// What is stored for one scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    pub(super) format: u32,
    /// The provider's name.
    pub provider: String,
    /// What the scope is, for people.
    pub title: String,
    /// Where the data came from.
    pub source: Source,
    /// The account that it holds for, where that is known.
    pub account: Option<String>,
    /// Who fetched it.
    pub made_by: MadeBy,
    /// Digest of the whole catalog, as [`super::Catalog::digest`].
    pub digest: Digest,
    /// The kinds that are held.
    pub kinds: Kinds<Option<Entry>>,
    /// The kinds that the provider's menus show.
    pub menus: Vec<DataKind>,
    /// What could not be had.
    pub missing: Vec<Gap>,
}

/// Whether a stored catalog answers a question now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Seconds since the oldest wanted kind was fetched. `None` where one is absent or dated in the future.
    pub age: Option<u64>,
    /// The wanted kinds that are absent, too old, or dated in the future.
    pub stale: Vec<DataKind>,
    /// The wanted kinds of which a part could not be had, and asking again may help.
    pub incomplete: Vec<DataKind>,
}

impl Freshness {
    /// Whether the catalog can be used without asking the cloud. One that is incomplete and may be had whole is asked
    /// for again.
    pub fn is_fresh(&self) -> bool {
        self.stale.is_empty() && self.incomplete.is_empty()
    }
}

/// Whether asking again can fill a gap. That there is no such thing, or that what the cloud says of it cannot
/// be used, is an answer: it is the same a minute later, and holds for as long as its kind does.
fn may_be_had(error: ErrorKind) -> bool {
    use ErrorKind::{InvalidArgument, NotFound, Unsupported};
    !matches!(error, InvalidArgument | NotFound | Unsupported)
}

impl Index {
    /// Judges the wanted kinds at a time.
    pub fn freshness(&self, wanted: &[DataKind], now: Timestamp) -> Freshness {
        let wanted = || KINDS.into_iter().filter(|kind| wanted.contains(kind));
        let fresh = |kind| {
            self.kinds
                .get(kind)
                .as_ref()
                .is_some_and(|entry| entry.life().is_fresh(now))
        };
        let age = |kind| {
            self.kinds
                .get(kind)
                .as_ref()
                .and_then(|entry| entry.life().age(now))
        };
        Freshness {
            age: wanted()
                .map(age)
                .collect::<Option<Vec<_>>>()
                .and_then(|ages| ages.into_iter().max()),
            stale: wanted().filter(|kind| !fresh(*kind)).collect(),
            incomplete: wanted()
                .filter(|kind| {
                    let mut missing = self.missing.iter();
                    missing.any(|gap| gap.kind == *kind && may_be_had(gap.error.kind))
                })
                .collect(),
        }
    }

    /// When capacity can be believed.
    pub fn capacity_life(&self) -> Option<Life> {
        self.kinds.capacity.as_ref().map(Entry::life)
    }

    /// When the oldest kind was fetched; `None` where no kind is held.
    pub fn fetched_at(&self) -> Option<Timestamp> {
        super::model::oldest(&self.fetched())
    }

    /// When each kind was fetched.
    pub(super) fn fetched(&self) -> Kinds<Option<Timestamp>> {
        Kinds::from_fn(|kind| self.kinds.get(kind).as_ref().map(|entry| entry.fetched_at))
    }

    /// The index as a file.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads the index of a folder.
    pub(super) fn read(folder: &Folder) -> Found {
        let bytes = match folder.read(INDEX, LIMIT) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Found::Absent,
            Err(error) => return Found::Damaged(error.cause()),
        };
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        match serde_json::from_slice(&bytes) {
            Ok(Format { format: FORMAT }) => {}
            Ok(Format { .. }) => return Found::Absent,
            Err(error) => return Found::Damaged(error.to_string()),
        }
        match serde_json::from_slice::<Index>(&bytes) {
            Ok(index) if index.names_are_ours() => Found::Index(Box::new(index)),
            Ok(_) => Found::Damaged("it names a file that is not its own".into()),
            Err(error) => Found::Damaged(error.to_string()),
        }
    }

    fn names_are_ours(&self) -> bool {
        self.kinds.iter().all(|(kind, entry)| {
            entry
                .as_ref()
                .is_none_or(|entry| entry.file == Entry::file_name(kind, &entry.digest))
        })
    }
}

/// What there is where an index should be.
pub(super) enum Found {
    /// Nothing, or what another version of this program wrote.
    Absent,
    /// A file that cannot be used, and why.
    Damaged(String),
    /// An index.
    Index(Box<Index>),
}
