//! One run at a time fetches and saves a scope's catalog; the second waits and finds what the first saved.
//!
//! The lock is `flock` on a file: it ends with the process that holds it, however that ends.

use std::fs::File;
use std::time::{Duration, Instant};

use super::error::CatalogError;
use super::index::{Found, Index};
use super::{Scope, Store};
use cloudhost_files::{Folder, FolderError};

/// Name of the lock file in a scope's folder.
pub(super) const LOCK: &str = "lock";
/// How often a waiting run looks again.
const POLL: Duration = Duration::from_millis(20);

/// The exclusive right to save one scope's catalog, until it is dropped.
///
/// ```no_run
/// use cloudhost::catalog::{CatalogError, Scope, Store};
/// use std::time::Duration;
///
/// # async fn hold(store: &Store, scope: &Scope) -> Result<(), CatalogError> {
/// let locked = store.lock(scope, Duration::from_secs(10)).await?;
/// println!("stored: {}", locked.peek().is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Locked {
    pub(super) folder: Folder,
    pub(super) scope: Scope,
    /// Open for its lock alone.
    _file: File,
}

impl Locked {
    /// The index, as [`Store::peek`]: what another run may have saved while this one waited for the lock.
    pub fn peek(&self) -> Option<Index> {
        match Index::read(&self.folder) {
            Found::Index(index) => Some(*index),
            Found::Absent | Found::Damaged(_) => None,
        }
    }

    /// The scope that is locked.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl Store {
    /// Waits for the lock of a scope, at most so long. Dropping the future stops waiting.
    pub async fn lock(&self, scope: &Scope, patience: Duration) -> Result<Locked, CatalogError> {
        let start = Instant::now();
        loop {
            if let Some(locked) = self.try_lock(scope)? {
                return Ok(locked);
            }
            if start.elapsed() >= patience {
                let provider = scope.provider().to_owned();
                return Err(CatalogError::Busy {
                    provider,
                    seconds: patience.as_secs(),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Takes the lock of a scope, unless another run has it.
    pub(super) fn try_lock(&self, scope: &Scope) -> Result<Option<Locked>, CatalogError> {
        let folder = self.root.make(scope.provider())?.make(scope.key())?;
        let file = folder
            .try_lock(LOCK)
            .map_err(FolderError::disk("lock", folder.path(LOCK)))?;
        Ok(file.map(|file| Locked {
            folder,
            scope: scope.clone(),
            _file: file,
        }))
    }
}
