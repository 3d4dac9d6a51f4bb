//! The lock of a scope: one run at a time fetches and saves a catalog. The second waits and finds what the first
//! saved.
//!
//! The lock is `flock` on a file: it ends with the process that holds it, however that ends.

use std::path::PathBuf;
use std::time::Duration;

use super::error::CatalogError;
use super::index::Index;
use super::{Scope, Store};
use cloudhost_files::{Folder, Lock, SealKey, wait_async};

/// Name of the lock file in a scope's directory.
pub(super) const LOCK: &str = "lock";

/// The exclusive right to save one scope's catalog, until dropped.
#[derive(Debug)]
pub struct CatalogLock {
    pub(super) folder: Folder,
    pub(super) scope: Scope,
    pub(super) seal: SealKey,
    _lock: Lock,
}

impl CatalogLock {
    /// Reads the index, like [`Store::read_index`]: another run may have saved one while this one waited for the
    /// lock.
    pub fn read_index(&self) -> Option<Index> {
        Index::read(&self.folder, &self.scope, &self.seal).index()
    }

    /// The locked scope.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl Store {
    /// Waits for the lock of a scope, up to a timeout. Dropping the future stops waiting.
    pub async fn lock(
        &self,
        scope: &Scope,
        patience: Duration,
    ) -> Result<CatalogLock, CatalogError> {
        let attempt = || std::future::ready(self.try_lock(scope));
        wait_async(&self.lock_of(scope), patience, attempt, tokio::time::sleep).await
    }

    /// Takes the lock of a scope, unless another run holds it.
    pub(super) fn try_lock(&self, scope: &Scope) -> Result<Option<CatalogLock>, CatalogError> {
        let folder = self.root.make(scope.provider())?.make(scope.key())?;
        let lock = folder.try_lock(LOCK)?;
        Ok(lock.map(|lock| CatalogLock {
            folder,
            scope: scope.clone(),
            seal: self.seal.clone(),
            _lock: lock,
        }))
    }

    /// The lock file.
    pub(super) fn lock_of(&self, scope: &Scope) -> PathBuf {
        let folder = self.root.at(scope.provider()).join(scope.key());
        folder.join(LOCK)
    }
}
