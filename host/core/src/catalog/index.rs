//! The index of one stored catalog: a small file that suffices to decide freshness.
//!
//! `index.json` names the Arrow files, each with its digest and length, and the fetch time of each kind. Replacing it
//! commits a new catalog. It has a seal of this user for this scope, so that a cache from elsewhere brings no data along:
//! without a right seal, a catalog counts as absent.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Digest, KINDS, PerKind, Scope, Source, kind_name};
use crate::contract::cloudhost::provider::types::{DataKind, ErrorKind, Gap};
use cloudhost_files::{Folder, SealKey};

/// Name of the index in its directory.
pub(super) const INDEX: &str = "index.json";
/// The layout of this file and of the Arrow files, and the rules for their content. A catalog with another number is
/// from another version and counts as absent.
pub(super) const FORMAT: u32 = 5;
/// Largest index that is read: far above what [`super::check`] lets into one.
const LIMIT: u64 = 32 << 20;
/// Clock skew: how far in the future a time written by another clock may lie.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The plugin that made a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBy {
    /// The plugin's name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// Digest of the component, in hexadecimal.
    pub digest: String,
    /// The contract version of the plugin, such as `0.1.0`.
    pub contract: String,
    /// Public key of its signer; `None`: it is built in, or no key was given.
    #[serde(default)]
    pub signer: Option<String>,
}

/// One kind of data in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Time of the fetch.
    pub fetched_at: Timestamp,
    /// Validity from then, in seconds.
    pub fresh_seconds: u64,
    /// Number of records.
    pub rows: u64,
    /// Name of the Arrow file beside the index.
    pub file: String,
    /// Digest of that file.
    pub digest: Digest,
    /// Length of that file.
    pub bytes: u64,
}

impl Entry {
    /// The only valid name of a file of this kind and digest.
    pub(super) fn file_name(kind: DataKind, digest: &Digest) -> String {
        format!("{}-{}.arrow", kind_name(kind), digest.short())
    }

    /// The time during which it is fresh.
    pub fn validity(&self) -> Validity {
        Validity {
            fetched_at: self.fetched_at,
            fresh_seconds: self.fresh_seconds,
        }
    }
}

/// Fetch time and validity of cached data: the one freshness rule for all kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Time of the fetch.
    pub fetched_at: Timestamp,
    /// Validity from then, in seconds.
    pub fresh_seconds: u64,
}

impl Validity {
    /// Seconds since the fetch. `None` if that lies in the future by more than the clock skew.
    pub fn age(&self, now: Timestamp) -> Option<u64> {
        let age = now.duration_since(self.fetched_at);
        (age >= -SKEW).then(|| u64::try_from(age.as_secs()).unwrap_or(0))
    }

    /// Reports whether the data is still fresh.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.age(now).is_some_and(|age| age < self.fresh_seconds)
    }
}

/// The index of one scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// The provider's name.
    pub provider: String,
    /// Title of the scope, for people.
    pub title: String,
    /// Origin of the data.
    pub source: Source,
    /// The account of the data, if known.
    pub account: Option<String>,
    /// The plugin that fetched it.
    pub made_by: MadeBy,
    /// Digest of the whole catalog, as [`super::Catalog::digest`].
    pub digest: Digest,
    /// The kinds that are stored.
    pub kinds: PerKind<Option<Entry>>,
    /// The kinds that the provider's menus show.
    pub menus: Vec<DataKind>,
    /// Missing data.
    pub missing: Vec<Gap>,
}

/// Result of checking a stored catalog against a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Seconds since the oldest requested kind was fetched. `None` where one is absent or dated in the future.
    pub age: Option<u64>,
    /// The requested kinds that are absent, stale, or dated in the future.
    pub stale: Vec<DataKind>,
    /// The requested kinds that are incomplete, where another fetch may help.
    pub incomplete: Vec<DataKind>,
}

impl Freshness {
    /// Returns `true` if the catalog can be used without a fetch. An incomplete one that another fetch may complete
    /// is fetched again.
    pub fn is_fresh(&self) -> bool {
        self.stale.is_empty() && self.incomplete.is_empty()
    }
}

/// Reports whether another fetch can fill a gap. "Does not exist", or data from the cloud that cannot be used, is a
/// result: it is the same a minute later, and stays valid for as long as its kind does.
fn may_be_had(error: ErrorKind) -> bool {
    use ErrorKind::{InvalidArgument, NotFound, Unsupported};
    !matches!(error, InvalidArgument | NotFound | Unsupported)
}

impl Index {
    /// Checks the requested kinds at a time.
    pub fn freshness(&self, wanted: &[DataKind], now: Timestamp) -> Freshness {
        let wanted = || KINDS.into_iter().filter(|kind| wanted.contains(kind));
        let fresh = |kind| {
            self.kinds
                .get(kind)
                .as_ref()
                .is_some_and(|entry| entry.validity().is_fresh(now))
        };
        let age = |kind| {
            self.kinds
                .get(kind)
                .as_ref()
                .and_then(|entry| entry.validity().age(now))
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

    /// The time during which capacity is fresh.
    pub fn capacity_validity(&self) -> Option<Validity> {
        self.kinds.capacity.as_ref().map(Entry::validity)
    }

    /// Fetch time of the oldest kind. `None` if no kind is stored.
    pub fn fetched_at(&self) -> Option<Timestamp> {
        super::model::oldest(&self.fetched())
    }

    /// Fetch time of each kind.
    pub(super) fn fetched(&self) -> PerKind<Option<Timestamp>> {
        PerKind::from_fn(|kind| self.kinds.get(kind).as_ref().map(|entry| entry.fetched_at))
    }

    /// Encodes the file; `None`: there is no secret to seal it with.
    pub(super) fn to_bytes(
        &self,
        folder: &Folder,
        scope: &Scope,
        seal: &SealKey,
    ) -> Result<Option<Vec<u8>>, serde_json::Error> {
        let Ok(code) = seal.seal(folder, &sealed_name(scope), &serde_json::to_vec(self)?) else {
            return Ok(None);
        };
        let mut bytes = serde_json::to_vec_pretty(&Sealed {
            format: FORMAT,
            seal: code,
            index: self,
        })?;
        bytes.push(b'\n');
        Ok(Some(bytes))
    }

    /// Reads the index in the directory of a scope.
    pub(super) fn read(folder: &Folder, scope: &Scope, seal: &SealKey) -> Found {
        let bytes = match folder.read(INDEX, LIMIT) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Found::Absent,
            Err(error) => return Found::Damaged(error.cause()),
        };
        let (code, index) = match serde_json::from_slice::<Sealed<Index>>(&bytes) {
            Ok(Sealed {
                format: FORMAT,
                seal,
                index,
            }) => (seal, index),
            Ok(_) => return Found::Absent,
            Err(error) => return of_another_version(&bytes, &error),
        };
        let right = serde_json::to_vec(&index)
            .is_ok_and(|text| seal.vouches(folder, &sealed_name(scope), &text, &code));
        match (right, index.names_are_ours()) {
            (false, _) => Found::Unsealed,
            (true, false) => Found::Damaged("unexpected name of a data file".into()),
            (true, true) => Found::Index(Box::new(index)),
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

/// Tells a file of another version of this program from a damaged one.
fn of_another_version(bytes: &[u8], error: &serde_json::Error) -> Found {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    match serde_json::from_slice(bytes) {
        Ok(Format { format }) if format != FORMAT => Found::Absent,
        _ => Found::Damaged(error.to_string()),
    }
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    format: u32,
    /// Seal over the compact encoding of the index.
    seal: String,
    index: T,
}

/// Name under which the index of a scope is sealed.
fn sealed_name(scope: &Scope) -> String {
    format!("catalog/{}/{}/{INDEX}", scope.provider(), scope.key())
}

/// Result of reading an index.
pub(super) enum Found {
    /// Nothing, or a file of another version of this program.
    Absent,
    /// An index that this user did not write for this directory.
    Unsealed,
    /// A file that cannot be used, with the reason.
    Damaged(String),
    /// An index.
    Index(Box<Index>),
}

impl Found {
    /// The index, if it can be used.
    pub(super) fn index(self) -> Option<Index> {
        match self {
            Self::Index(index) => Some(*index),
            Self::Absent | Self::Unsealed | Self::Damaged(_) => None,
        }
    }
}
