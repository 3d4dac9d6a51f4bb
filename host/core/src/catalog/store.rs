//! The store: one directory per provider, in it one per scope, and in that the index and its files.
//!
//! Reading takes no lock: a reader sees the index from before or after a save, never a partial one. Damaged files are
//! set aside under the lock and count as absent.

use std::{path::Path, sync::Arc};

use super::arrow::{self, Damage};
use super::check;
use super::error::CatalogError;
use super::index::{Found, INDEX, Index};
use super::lock::CatalogLock;
use super::{Catalog, Digest, Entry, KINDS, Origin, PerKind, kind_name};
use crate::capability::is_name;
use crate::contract::cloudhost::provider::types::DataKind;
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::telemetry::SPANS;
use cloudhost_files::{Folder, SealKey};
use tracing::field::Empty;

/// Most damaged files that are kept per name.
const DAMAGED: u32 = 3;
/// Ending of the name of a set-aside file, before its number.
const ASIDE: &str = ".damaged-";

/// Key of a catalog: one account, one location, one set of settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    pub(super) provider: String,
    pub(super) key: String,
    pub(super) title: String,
}

impl Scope {
    /// A scope of a provider. `parts` are all texts that distinguish this catalog from others of the same provider
    /// (identity, endpoint, settings); only their digest is stored. `title` is stored and shown, so it must not hold
    /// a secret.
    pub fn new(provider: &str, parts: &[&str], title: &str) -> Result<Scope, CatalogError> {
        if !is_name(provider) {
            return Err(CatalogError::Provider {
                name: provider.to_owned(),
            });
        }
        let key = Digest::of_parts(parts.iter().copied()).short();
        Ok(Scope {
            provider: provider.to_owned(),
            key,
            title: check::clean(title),
        })
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The digest of the parts: the directory's name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Title of the scope, for people.
    pub fn title(&self) -> &str {
        &self.title
    }
}

/// Result of [`Store::load`].
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The catalog; `None` if there is none or it was damaged.
    pub catalog: Option<Catalog>,
    /// Warnings for people: one sentence each.
    pub warnings: Vec<String>,
}

/// The catalogs on this machine.
///
/// ```
/// use cloudhost::SealKey;
/// use cloudhost::catalog::Store;
///
/// # let folder = tempfile::tempdir()?;
/// # let data = tempfile::tempdir()?;
/// let store = Store::open(folder.path(), &SealKey::own(data.path()))?;
/// for stored in store.status()? {
///     println!("{}: {} bytes", stored.provider, stored.bytes);
/// }
/// assert_eq!(store.clear(Some("aws"))?.catalogs, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) root: Arc<Folder>,
    pub(super) seal: SealKey,
}

impl Store {
    /// Opens the store in a directory, which is created if missing. Catalogs that this secret did not seal for it count
    /// as absent.
    pub fn open(folder: &Path, seal: &SealKey) -> Result<Store, CatalogError> {
        Ok(Self::of(Folder::private(folder)?, seal))
    }

    /// Opens the store in a directory, if that exists. Creates nothing.
    pub fn existing(folder: &Path, seal: &SealKey) -> Result<Option<Store>, CatalogError> {
        let root = Folder::find_private(folder)?;
        Ok(root.map(|root| Self::of(root, seal)))
    }

    fn of(root: Folder, seal: &SealKey) -> Self {
        Self {
            root: Arc::new(root),
            seal: seal.clone(),
        }
    }

    /// Reads the index of a scope, a small file: the stored kinds, their ages and the digest. Also `None` if it
    /// cannot be read; [`Store::load`] reports the cause.
    pub fn read_index(&self, scope: &Scope) -> Option<Index> {
        let folder = self.folder(scope).ok()??;
        Index::read(&folder, scope, &self.seal).index()
    }

    /// Loads the catalog of a scope, if there is one. Fails only if a directory cannot be opened.
    pub fn load(&self, scope: &Scope) -> Result<Loaded, CatalogError> {
        let Some(folder) = self.folder(scope)? else {
            return Ok(Loaded::default());
        };
        match watched(scope, &folder, &self.seal) {
            Ok(loaded) => Ok(loaded),
            // Either damage, or a save that replaced the files in between: under the lock it is clear.
            Err(damaged) => match self.try_lock(scope) {
                Ok(Some(locked)) => Ok(locked.load()),
                Ok(None) | Err(_) => Ok(Loaded {
                    catalog: None,
                    warnings: vec![damaged.to_string()],
                }),
            },
        }
    }

    /// The directory of a scope, if it exists.
    fn folder(&self, scope: &Scope) -> Result<Option<Folder>, CatalogError> {
        self.root
            .sub(&scope.provider)?
            .map_or(Ok(None), |provider| Ok(provider.sub(&scope.key)?))
    }
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{} is damaged: {reason}", .path.display())]
struct Damaged {
    name: String,
    path: std::path::PathBuf,
    reason: Damage,
}

impl CatalogLock {
    /// Loads the catalog, and sets damaged files aside.
    pub fn load(&self) -> Loaded {
        match watched(&self.scope, &self.folder, &self.seal) {
            Ok(loaded) => loaded,
            Err(damaged) => {
                let warning = self.set_aside(&damaged);
                tracing::warn!("{warning}");
                Loaded {
                    catalog: None,
                    warnings: vec![warning],
                }
            }
        }
    }

    /// Renames a damaged file, so that it can be examined, and removes the index that named it.
    fn set_aside(&self, damaged: &Damaged) -> String {
        let name = |number| format!("{}{ASIDE}{number}", damaged.name);
        let free = |number: &u32| matches!(self.folder.size(&name(*number)), Ok(None));
        let aside = name((1..DAMAGED).find(free).unwrap_or(DAMAGED));
        let outcome = match self.folder.rename(&damaged.name, &aside) {
            Ok(()) => format!("renamed to {aside}"),
            Err(error) => format!("it cannot be renamed: {}", error.cause()),
        };
        match self.folder.remove(INDEX) {
            Ok(_) => format!("{damaged}; {outcome}"),
            Err(error) => {
                let why = error.cause();
                format!("{damaged}; {outcome}; the index cannot be removed: {why}")
            }
        }
    }
}

/// The name that a file had before it was set aside.
pub(super) fn aside(name: &str) -> Option<&str> {
    let (before, number) = name.rsplit_once(ASIDE)?;
    number.parse::<u32>().ok().map(|_| before)
}

/// Reads a catalog, in a span of its own.
fn watched(scope: &Scope, folder: &Folder, seal: &SealKey) -> Result<Loaded, Damaged> {
    let span = tracing::debug_span!(
        target: SPANS, "cache", kept = "catalog", action = "load", of = scope.provider(), hit = Empty
    );
    let found = span.in_scope(|| read(scope, folder, seal));
    let hit = found.as_ref().is_ok_and(|found| found.catalog.is_some());
    span.record("hit", hit);
    found
}

/// Reads the whole catalog of a directory. It passed [`check::check`] when it was saved: the seal of the index and the
/// digests of the files show that it is the same, and the format number that the rules are.
fn read(scope: &Scope, folder: &Folder, seal: &SealKey) -> Result<Loaded, Damaged> {
    let damaged = |name: &str, reason: Damage| Damaged {
        name: name.to_owned(),
        path: folder.at(name),
        reason,
    };
    let index = match Index::read(folder, scope, seal) {
        Found::Absent => return Ok(Loaded::default()),
        Found::Unsealed => {
            let path = folder.at(INDEX);
            let warning = format!(
                "{} is not used: this user did not write it here",
                path.display()
            );
            // That there is no secret is logged once.
            if seal.fault().is_none() {
                tracing::warn!("{warning}");
            }
            return Ok(Loaded {
                catalog: None,
                warnings: vec![warning],
            });
        }
        Found::Damaged(reason) => return Err(damaged(INDEX, Damage::new(reason))),
        Found::Index(index) => index,
    };
    let mut listing = Listing {
        missing: index.missing.clone(),
        ..Listing::default()
    };
    for kind in KINDS {
        let Some(entry) = index.kinds.get(kind) else {
            continue;
        };
        table(folder, kind, entry, &mut listing).map_err(|reason| damaged(&entry.file, reason))?;
    }
    let fetched = index.fetched();
    let fetched_at = index
        .fetched_at()
        .ok_or_else(|| damaged(INDEX, Damage::new("it has no data")))?;
    let digests = PerKind::from_fn(|kind| index.kinds.get(kind).as_ref().map(|entry| entry.digest));
    let origin = Origin {
        fetched_at,
        source: index.source.clone(),
        account: index.account.clone(),
    };
    let catalog = Catalog::assemble(
        listing,
        &digests,
        fetched,
        index.capacity_validity(),
        origin,
    );
    if catalog.digest != index.digest {
        return Err(damaged(
            INDEX,
            Damage::new("digest mismatch with its files"),
        ));
    }
    Ok(Loaded {
        catalog: Some(catalog),
        warnings: Vec::new(),
    })
}

/// Reads one file: checks its length and digest first, then decodes it.
fn table(
    folder: &Folder,
    kind: DataKind,
    entry: &Entry,
    listing: &mut Listing,
) -> Result<(), Damage> {
    let system = |error: std::io::Error| Damage::new(error.to_string());
    let file = folder
        .open(&entry.file)
        .map_err(|error| Damage::new(error.cause()))?
        .ok_or_else(|| Damage::new("file not found"))?;
    let bytes = arrow::map(&file).map_err(system)?;
    if bytes.len() as u64 != entry.bytes {
        return Err(Damage::new(format!(
            "it has {} bytes, expected {}",
            bytes.len(),
            entry.bytes
        )));
    }
    if Digest::of(&bytes) != entry.digest {
        return Err(Damage::new("digest mismatch"));
    }
    let rows = arrow::decode(kind, &bytes, listing)?;
    if rows != entry.rows {
        return Err(Damage::new(format!(
            "it has {rows} {}, expected {}",
            kind_name(kind),
            entry.rows
        )));
    }
    Ok(())
}

/// The listing that a catalog was made of.
pub(super) fn listing(catalog: Catalog) -> Listing {
    let Catalog {
        regions,
        instance_types,
        offers,
        images,
        prices,
        capacity,
        missing,
        fetched,
        ..
    } = catalog;
    Listing {
        regions: fetched.regions.map(|_| regions),
        instance_types: fetched.instance_types.map(|_| instance_types),
        offers: fetched.offers.map(|_| offers),
        images: fetched.images.map(|_| images),
        prices: fetched.prices.map(|_| prices),
        capacity: fetched.capacity.map(|_| capacity),
        missing,
    }
}
