//! Cache of compiled code on disk, and the checks before it runs.
//!
//! Compiled code is native code: a process that can write it can do whatever the user can do. So an entry is used only
//! if its directory and its file belong to this user and no other user can write them, if it is a regular file and not
//! a link, and if a seal over component, engine and code proves that this cache wrote this code for this component and
//! engine. Any other entry counts as missing, and the component is compiled again.

mod seal;

use super::Digest;
use crate::telemetry::SPANS;
use cloudhost_files::{Draft, is_private, open_private, read_private};
use seal::{SECRET, Sealer};
use std::fs::File;
use std::hash::{Hash as _, Hasher};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use tracing::field::Empty;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Limit on the bytes read of a key or a seal: either has fewer.
const SMALL: u64 = 1024;
/// File with the secret for the seals.
const KEY_FILE: &str = "key";

/// A directory of components that one engine compiled.
pub(super) struct CompileCache {
    dir: PathBuf,
    engine: Engine,
    /// Hash of everything that decides whether the engine can run the code.
    compatible: blake3::Hash,
}

impl CompileCache {
    pub(super) fn new(dir: &Path, engine: &Engine) -> Self {
        let mut hasher = EngineHasher(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self {
            dir: dir.to_owned(),
            engine: engine.clone(),
            compatible: hasher.0.finalize(),
        }
    }

    /// Loads the compiled code of this component, if the cache has it and wrote it.
    pub(super) fn load(&self, digest: &Digest) -> Option<Component> {
        let span = tracing::debug_span!(
            target: SPANS, "cache", kept = "compiled", action = "load", of = %digest, hit = Empty
        );
        let component = span.in_scope(|| self.try_load(digest));
        span.record("hit", component.is_some());
        component
    }

    #[allow(unsafe_code)]
    fn try_load(&self, digest: &Digest) -> Option<Component> {
        let code = self.open(digest)?;
        // The file that was checked, even if its name refers to a different one by now.
        let path = path_of(&code);
        // SAFETY: deserialising maps code that will run. `open` verifies that it is what `store` wrote after this same
        // engine compiled this same component. No other user can write the file, and cloudhost replaces it by another
        // one and never changes it in place.
        match unsafe { Component::deserialize_file(&self.engine, path) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(%error, "compiled code not used");
                None
            }
        }
    }

    /// Opens an entry that can be trusted.
    fn open(&self, digest: &Digest) -> Option<File> {
        let path = self.path(digest);
        let open = || -> std::io::Result<Option<File>> {
            if !is_private(&std::fs::symlink_metadata(&self.dir)?) {
                tracing::warn!(dir = %self.dir.display(), "not used: the directory is writable by other users");
                return Ok(None);
            }
            let code = open_private(&path)?;
            let found = read_private(&seal_of(&path), SMALL)?;
            let key = read_private(&self.dir.join(KEY_FILE), SMALL)?;
            let genuine = match <[u8; SECRET]>::try_from(key) {
                Ok(key) => self.sealer(&key, digest)?.vouches(found, &code)?,
                Err(_) => false,
            };
            if !genuine {
                tracing::warn!(path = %path.display(), "not used: it was not written by cloudhost");
            }
            Ok(genuine.then_some(code))
        };
        match open() {
            Ok(entry) => entry,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "compiled code not used");
                None
            }
        }
    }

    /// Stores compiled code. A failure only costs time at the next start.
    pub(super) fn store(&self, digest: &Digest, code: &[u8]) {
        let span = tracing::debug_span!(
            target: SPANS, "cache", kept = "compiled", action = "save", of = %digest
        );
        if let Err(error) = span.in_scope(|| self.try_store(digest, code)) {
            tracing::warn!(dir = %self.dir.display(), %error, "compiled code not cached");
        }
    }

    fn try_store(&self, digest: &Digest, code: &[u8]) -> std::io::Result<()> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)?;
        if !is_private(&std::fs::symlink_metadata(&self.dir)?) {
            return Err(std::io::Error::other(
                "the directory is writable by other users",
            ));
        }
        let key = self.key()?;
        let path = self.path(digest);
        let mut draft = Draft::private(&path)?;
        draft.write(code)?;
        let seal = self.sealer(&key, digest)?.seal(draft.file())?;
        // Between these two an entry has no seal or a wrong one, and counts as missing.
        draft.commit_unsynced()?;
        replace(&seal_of(&path), &seal)
    }

    /// Returns the key, which is created on first use.
    fn key(&self) -> std::io::Result<[u8; SECRET]> {
        let path = self.dir.join(KEY_FILE);
        if let Ok(key) = read_private(&path, SMALL)
            && let Ok(key) = key.try_into()
        {
            return Ok(key);
        }
        let key = seal::random()?;
        replace(&path, &key)?;
        Ok(key)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let engine = self.compatible.to_hex();
        let name = format!(
            "{}-{}.cwasm",
            hex::encode(digest.as_bytes()),
            engine.get(..16).unwrap_or(&engine)
        );
        self.dir.join(name)
    }

    fn sealer(&self, key: &[u8; SECRET], digest: &Digest) -> std::io::Result<Sealer> {
        Sealer::new(key, &self.compatible, digest)
    }
}

impl std::fmt::Debug for CompileCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompileCache")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// Replaces a file without syncing it: a corrupt file counts as missing.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut draft = Draft::private(path)?;
    draft.write(bytes)?;
    draft.commit_unsynced()
}

/// Path of an open file that refers to this file and no other.
fn path_of(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Path of the file with an entry's seal.
fn seal_of(path: &Path) -> PathBuf {
    path.with_extension("seal")
}

/// Adapter for the engine to hash itself with BLAKE3.
struct EngineHasher(blake3::Hasher);

impl Hasher for EngineHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.finalize();
        u64::from_le_bytes(*hash.as_bytes().first_chunk().unwrap_or(&[0; 8]))
    }
}

#[cfg(test)]
mod tests;
