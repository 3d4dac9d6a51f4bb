//! Compiled code on disk, and why it may be run.
//!
//! Compiled code is native code: whoever can write it can do what the user can do. So an entry is used only
//! when its folder and its file belong to this user and nobody else can write them, when it is a plain file
//! and no link, and when a keyed hash over component, engine and code says that this cache wrote exactly this
//! for exactly that. Anything else counts as absent, and the component is compiled again.

use super::Digest;
use crate::telemetry::SPANS;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::hash::{Hash as _, Hasher};
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use tracing::field::Empty;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Name of the file with the key of the hash.
const KEY_FILE: &str = "key";

/// A folder of compiled components.
#[derive(Debug)]
pub(super) struct CompileCache {
    dir: PathBuf,
}

impl CompileCache {
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The compiled code of this component for this engine, if the cache has it and wrote it.
    pub(super) fn load(&self, digest: &Digest, engine: &Engine) -> Option<Component> {
        let span = tracing::debug_span!(
            target: SPANS, "cache", kept = "compiled", action = "load", of = %digest, hit = Empty
        );
        let component = span.in_scope(|| self.try_load(digest, engine));
        span.record("hit", component.is_some());
        component
    }

    #[allow(unsafe_code)]
    fn try_load(&self, digest: &Digest, engine: &Engine) -> Option<Component> {
        let code = self.open(digest, engine)?;
        // The very file that was checked, whatever its name stands for by now.
        let path = path_of(&code);
        // SAFETY: deserialising maps code that will run. `open` vouches that it is what `store` wrote after this
        // same engine compiled this same component. Nobody but this user can write the file, and cloudhost
        // replaces it by another one and never changes it in place.
        match unsafe { Component::deserialize_file(engine, path) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(%error, "compiled code not used");
                None
            }
        }
    }

    /// Opens an entry that is to be believed.
    fn open(&self, digest: &Digest, engine: &Engine) -> Option<File> {
        let path = self.path(digest, engine);
        let open = || -> std::io::Result<Option<File>> {
            if !private(&std::fs::symlink_metadata(&self.dir)?) {
                tracing::warn!(dir = %self.dir.display(), "not used: others can write this folder");
                return Ok(None);
            }
            let code = open_private(&path)?;
            let found = read_private(&seal_of(&path))?;
            let key = read_private(&self.dir.join(KEY_FILE))?;
            let genuine = match (key.try_into(), found.try_into()) {
                (Ok(key), Ok(found)) => {
                    seal(&key, digest, engine, &code)? == blake3::Hash::from_bytes(found)
                }
                _ => false,
            };
            if !genuine {
                tracing::warn!(path = %path.display(), "not used: this is not what cloudhost wrote there");
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

    /// Keeps compiled code. A failure costs time at the next start, and nothing else.
    pub(super) fn store(&self, digest: &Digest, engine: &Engine, code: &[u8]) {
        let span = tracing::debug_span!(
            target: SPANS, "cache", kept = "compiled", action = "save", of = %digest
        );
        if let Err(error) = span.in_scope(|| self.try_store(digest, engine, code)) {
            tracing::warn!(dir = %self.dir.display(), %error, "compiled code not kept");
        }
    }

    fn try_store(&self, digest: &Digest, engine: &Engine, code: &[u8]) -> std::io::Result<()> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)?;
        if !private(&std::fs::symlink_metadata(&self.dir)?) {
            return Err(std::io::Error::other("others can write this folder"));
        }
        let key = self.key()?;
        let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
        file.write_all(code)?;
        let seal = seal(&key, digest, engine, file.as_file())?;
        let path = self.path(digest, engine);
        // Between these two an entry has no seal or a wrong one, and counts as absent.
        file.persist(&path).map_err(|e| e.error)?;
        self.replace(&seal_of(&path), seal.as_bytes())
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
        file.write_all(bytes)?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    }

    /// The key, made at first use.
    fn key(&self) -> std::io::Result<[u8; blake3::KEY_LEN]> {
        let path = self.dir.join(KEY_FILE);
        if let Ok(key) = read_private(&path)
            && let Ok(key) = key.try_into()
        {
            return Ok(key);
        }
        let mut key = [0; blake3::KEY_LEN];
        File::open("/dev/urandom")?.read_exact(&mut key)?;
        self.replace(&path, &key)?;
        Ok(key)
    }

    fn path(&self, digest: &Digest, engine: &Engine) -> PathBuf {
        let mut hasher = EngineHasher(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine = hasher.0.finalize().to_hex();
        let name = format!(
            "{}-{}.cwasm",
            hex::encode(digest.as_bytes()),
            engine.get(..16).unwrap_or(&engine)
        );
        self.dir.join(name)
    }
}

/// A name of an open file that means this file and no other.
fn path_of(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The name of the file that holds an entry's seal.
fn seal_of(path: &Path) -> PathBuf {
    path.with_extension("seal")
}

/// A hash that only this cache can make, over everything that decides whether code may run.
fn seal(
    key: &[u8; blake3::KEY_LEN],
    digest: &Digest,
    engine: &Engine,
    code: &File,
) -> std::io::Result<blake3::Hash> {
    let mut hasher = EngineHasher(blake3::Hasher::new_keyed(key));
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.update(digest.as_bytes());
    hasher.0.update_mmap(path_of(code))?;
    Ok(hasher.0.finalize())
}

/// Lets the engine hash itself with BLAKE3.
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

/// Opens a plain file of this user that nobody else can write; a link is not followed, and a pipe not waited for.
fn open_private(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    if !private(&metadata) {
        return Err(std::io::Error::other("others can write this file"));
    }
    Ok(file)
}

/// Reads such a file, which is small.
fn read_private(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_private(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// It belongs to this user, and neither group nor others can write it.
fn private(metadata: &std::fs::Metadata) -> bool {
    !metadata.is_symlink()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o022 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    struct Fixture {
        _dir: tempfile::TempDir,
        cache: CompileCache,
        engine: Engine,
        digest: Digest,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let cache = CompileCache::new(&dir.path().join("compiled"));
            let engine = Engine::default();
            let digest = Digest::of(EMPTY);
            let code = engine.precompile_component(EMPTY).unwrap();
            assert!(cache.load(&digest, &engine).is_none());
            cache.store(&digest, &engine, &code);
            assert!(cache.load(&digest, &engine).is_some());
            Self {
                _dir: dir,
                cache,
                engine,
                digest,
            }
        }

        fn entry(&self) -> PathBuf {
            self.cache.path(&self.digest, &self.engine)
        }

        fn loads(&self) -> bool {
            self.cache.load(&self.digest, &self.engine).is_some()
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let fixture = Fixture::new();
        let good = std::fs::read(fixture.entry()).unwrap();
        for at in (0..good.len()).step_by(61) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(fixture.entry(), bad).unwrap();
            assert!(!fixture.loads(), "byte {at}");
        }
        for length in [0, 1, good.len() - 1] {
            std::fs::write(fixture.entry(), &good[..length]).unwrap();
            assert!(!fixture.loads(), "length {length}");
        }
        std::fs::write(fixture.entry(), good).unwrap();
        assert!(fixture.loads());
    }

    #[test]
    fn the_code_of_another_component_is_not_taken() {
        let fixture = Fixture::new();
        let other = Digest::of(b"other");
        let place = fixture.cache.path(&other, &fixture.engine);
        std::fs::copy(fixture.entry(), &place).unwrap();
        std::fs::copy(seal_of(&fixture.entry()), seal_of(&place)).unwrap();
        assert!(fixture.cache.load(&other, &fixture.engine).is_none());
    }

    #[test]
    fn the_code_of_another_engine_is_not_taken() {
        let fixture = Fixture::new();
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let other = Engine::new(&config).unwrap();
        assert_ne!(fixture.entry(), fixture.cache.path(&fixture.digest, &other));
        let place = fixture.cache.path(&fixture.digest, &other);
        std::fs::copy(fixture.entry(), &place).unwrap();
        std::fs::copy(seal_of(&fixture.entry()), seal_of(&place)).unwrap();
        assert!(fixture.cache.load(&fixture.digest, &other).is_none());
    }

    #[rstest::rstest]
    #[case::group(0o620)]
    #[case::others(0o602)]
    fn a_file_that_others_can_write_is_not_taken(#[case] mode: u32) {
        let fixture = Fixture::new();
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(fixture.entry(), permissions.clone()).unwrap();
        assert!(!fixture.loads());
        std::fs::set_permissions(fixture.entry(), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(fixture.loads());
        std::fs::set_permissions(fixture.cache.dir.join(KEY_FILE), permissions).unwrap();
        assert!(!fixture.loads());
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_used() {
        let fixture = Fixture::new();
        std::fs::set_permissions(&fixture.cache.dir, std::fs::Permissions::from_mode(0o777))
            .unwrap();
        assert!(!fixture.loads());
    }

    /// Nobody writes into the pipe: waiting for that would be for ever.
    #[rstest::rstest]
    #[case::code(|fixture: &Fixture| fixture.entry())]
    #[case::seal(|fixture: &Fixture| seal_of(&fixture.entry()))]
    #[case::key(|fixture: &Fixture| fixture.cache.dir.join(KEY_FILE))]
    fn a_pipe_is_not_waited_for(#[case] place: fn(&Fixture) -> PathBuf) {
        let fixture = Fixture::new();
        let pipe = place(&fixture);
        std::fs::remove_file(&pipe).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(!fixture.loads());
        // What is compiled anew takes its place.
        let (digest, engine) = (&fixture.digest, &fixture.engine);
        let code = engine.precompile_component(EMPTY).unwrap();
        fixture.cache.store(digest, engine, &code);
        assert!(fixture.loads());
    }

    #[test]
    fn a_link_is_not_followed() {
        let fixture = Fixture::new();
        let moved = fixture.cache.dir.join("moved");
        std::fs::rename(fixture.entry(), &moved).unwrap();
        symlink(&moved, fixture.entry()).unwrap();
        assert!(!fixture.loads());
    }
}
