//! Cache of compiled code on disk, and the checks before it runs.
//!
//! Compiled code is native code: a process that can write it can do whatever the user can do. So an entry is used only
//! if its directory and its file belong to this user and no other user can write them, if it is a regular file and not
//! a link, and if a seal over component, engine and code proves that this user's cloudhost wrote this code for this
//! component and engine. Any other entry counts as missing, and the component is compiled again.
//!
//! The secret of the seals is outside of the cache ([`SealKey`]): a cache that comes from elsewhere cannot bring it along.
//! The seal does not cover the directory: this code of this component is right wherever this user has it.

mod seal;

use super::Digest;
use crate::telemetry::SPANS;
use cloudhost_files::{
    Draft, Folder, FolderError, SealKey, is_private, open_private, read_private,
};
use seal::Sealer;
use std::fs::File;
use std::hash::{Hash as _, Hasher};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use tracing::field::Empty;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Limit on the bytes read of a seal: it has fewer.
const SMALL: u64 = 1024;
/// Purpose of the key that seals compiled code.
const PURPOSE: &str = "compiled code";

/// Directory of compiled components, with the secret that seals them.
///
/// ```no_run
/// use cloudhost::SealKey;
/// use cloudhost::plugin::{CompiledDir, Compiler, Runtime};
///
/// # fn start() -> Result<Runtime, cloudhost::plugin::PluginError> {
/// let compiled = CompiledDir::new("/var/cache/inventory/compiled", SealKey::of_user());
/// let runtime = Runtime::new(Some(compiled), Compiler::InProcess)?;
/// # Ok(runtime)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CompiledDir {
    dir: PathBuf,
    seal: SealKey,
}

impl CompiledDir {
    /// Uses this directory, which the first compilation creates.
    pub fn new(dir: impl Into<PathBuf>, seal: SealKey) -> Self {
        Self {
            dir: dir.into(),
            seal,
        }
    }

    /// Path of the directory.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Removes the code of these components, whatever engine it is for. A process that has loaded it keeps it.
    ///
    /// # Errors
    /// The error of the directory or the operating system.
    pub fn remove(&self, which: impl Fn(&Digest) -> bool) -> Result<Removed, FolderError> {
        let mut removed = Removed::default();
        let Some(folder) = Folder::find_private(&self.dir)? else {
            return Ok(removed);
        };
        for name in folder.names(false)? {
            if component_of(&name).is_some_and(|digest| which(&digest))
                && let Some(bytes) = folder.remove(&name)?
            {
                removed.files += 1;
                removed.bytes += bytes;
            }
        }
        Ok(removed)
    }
}

/// Summary of [`CompiledDir::remove`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Number of files removed.
    pub files: u64,
    /// Bytes freed.
    pub bytes: u64,
}

/// Component of a file in the directory.
fn component_of(name: &str) -> Option<Digest> {
    let (digest, _) = name.split_once('-')?;
    format!("sha256:{digest}").parse().ok()
}

/// Components that one engine compiled.
pub(super) struct CompileCache {
    dir: PathBuf,
    seal: SealKey,
    engine: Engine,
    /// Hash of everything that decides whether the engine can run the code.
    compatible: blake3::Hash,
}

impl CompileCache {
    pub(super) fn new(compiled: CompiledDir, engine: &Engine) -> Self {
        let mut hasher = EngineHasher(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let CompiledDir { dir, seal } = compiled;
        Self {
            dir,
            seal,
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
            let genuine = match self.seal.existing_key(PURPOSE) {
                Some(key) => self.sealer(&key, digest)?.vouches(found, &code)?,
                None => false,
            };
            // That there is no secret is logged once.
            if !genuine && self.seal.fault().is_none() {
                tracing::warn!(path = %path.display(), "not used: this user did not write it");
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
        // Without a secret, which is logged once, no later run could use it.
        let Ok(key) = self.seal.key(PURPOSE) else {
            return Ok(());
        };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)?;
        if !is_private(&std::fs::symlink_metadata(&self.dir)?) {
            return Err(std::io::Error::other(
                "the directory is writable by other users",
            ));
        }
        let path = self.path(digest);
        let mut draft = Draft::private(&path)?;
        draft.write(code)?;
        let seal = self.sealer(&key, digest)?.seal(draft.file())?;
        // Between these two an entry has no seal or a wrong one, and counts as missing.
        draft.commit_unsynced()?;
        replace(&seal_of(&path), &seal)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let engine = self.compatible.to_hex();
        let name = format!(
            "{}-{}.cwasm",
            digest.hex(),
            engine.get(..16).unwrap_or(&engine)
        );
        self.dir.join(name)
    }

    fn sealer(&self, key: &[u8; 32], digest: &Digest) -> std::io::Result<Sealer> {
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
