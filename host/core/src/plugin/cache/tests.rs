use super::*;
use std::os::unix::fs::{PermissionsExt as _, symlink};

const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

/// A cache in this directory, with a secret beside it.
fn cache(dir: &Path, engine: &Engine) -> CompileCache {
    let seal = SealKey::own(dir.join("secret"));
    CompileCache::new(CompiledDir::new(dir.join("compiled"), seal), engine)
}

struct Fixture {
    dir: tempfile::TempDir,
    cache: CompileCache,
    engine: Engine,
    digest: Digest,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = cache(dir.path(), &engine);
        let digest = Digest::of(EMPTY);
        let code = engine.precompile_component(EMPTY).unwrap();
        assert!(cache.load(&digest).is_none());
        cache.store(&digest, &code);
        assert!(cache.load(&digest).is_some());
        Self {
            dir,
            cache,
            engine,
            digest,
        }
    }

    fn entry(&self) -> PathBuf {
        self.cache.path(&self.digest)
    }

    fn loads(&self) -> bool {
        self.cache.load(&self.digest).is_some()
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
fn every_changed_byte_of_a_seal_is_noticed() {
    let fixture = Fixture::new();
    let place = seal_of(&fixture.entry());
    let good = std::fs::read(&place).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&place, bad).unwrap();
        assert!(!fixture.loads(), "byte {at}");
    }
    for bad in [
        &[],
        &good[..11],
        &good[..12],
        &good[1..],
        &[&good[..], &[0]].concat(),
    ] {
        std::fs::write(&place, bad).unwrap();
        assert!(!fixture.loads(), "{bad:?}");
    }
    std::fs::write(&place, good).unwrap();
    assert!(fixture.loads());
}

/// Each seal has its own nonce, even for the same code.
#[test]
fn no_two_seals_are_alike() {
    let fixture = Fixture::new();
    let seal = || std::fs::read(seal_of(&fixture.entry())).unwrap();
    let first = seal();
    let code = fixture.engine.precompile_component(EMPTY).unwrap();
    fixture.cache.store(&fixture.digest, &code);
    assert_ne!(first[..12], seal()[..12]);
    assert!(fixture.loads());
}

#[test]
fn the_code_of_another_component_is_not_taken() {
    let fixture = Fixture::new();
    let other = Digest::of(b"other");
    let place = fixture.cache.path(&other);
    std::fs::copy(fixture.entry(), &place).unwrap();
    std::fs::copy(seal_of(&fixture.entry()), seal_of(&place)).unwrap();
    assert!(fixture.cache.load(&other).is_none());
}

#[test]
fn the_code_of_another_engine_is_not_taken() {
    let fixture = Fixture::new();
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    let other = Engine::new(&config).unwrap();
    let other = cache(fixture.dir.path(), &other);
    let place = other.path(&fixture.digest);
    assert_ne!(fixture.entry(), place);
    std::fs::copy(fixture.entry(), &place).unwrap();
    std::fs::copy(seal_of(&fixture.entry()), seal_of(&place)).unwrap();
    assert!(other.load(&fixture.digest).is_none());
}

#[rstest::rstest]
#[case::group(0o620)]
#[case::others(0o602)]
fn a_file_that_others_can_write_is_not_taken(#[case] mode: u32) {
    let fixture = Fixture::new();
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(fixture.entry(), permissions).unwrap();
    assert!(!fixture.loads());
    std::fs::set_permissions(fixture.entry(), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(fixture.loads());
}

#[test]
fn a_folder_that_others_can_write_is_not_used() {
    let fixture = Fixture::new();
    std::fs::set_permissions(&fixture.cache.dir, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!fixture.loads());
}

/// A pipe without a writer: reading would block forever.
#[rstest::rstest]
#[case::code(|fixture: &Fixture| fixture.entry())]
#[case::seal(|fixture: &Fixture| seal_of(&fixture.entry()))]
fn a_pipe_is_not_waited_for(#[case] place: fn(&Fixture) -> PathBuf) {
    let fixture = Fixture::new();
    let pipe = place(&fixture);
    std::fs::remove_file(&pipe).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    assert!(!fixture.loads());
    // A new compilation replaces it.
    let (digest, engine) = (&fixture.digest, &fixture.engine);
    let code = engine.precompile_component(EMPTY).unwrap();
    fixture.cache.store(digest, &code);
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

/// The cache and whatever key lies in it: the secret of the user is what counts.
#[test]
fn code_of_somebody_else_is_not_taken() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    let (from, to) = (&other.cache.dir, &fixture.cache.dir);
    for entry in std::fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        std::fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
    // Of earlier versions.
    std::fs::copy(other.dir.path().join("secret/seal.key"), to.join("key")).unwrap();
    assert!(!fixture.loads());
    let code = fixture.engine.precompile_component(EMPTY).unwrap();
    fixture.cache.store(&fixture.digest, &code);
    assert!(fixture.loads());
}

#[test]
fn the_secret_is_not_in_the_cache() {
    let fixture = Fixture::new();
    let entries = std::fs::read_dir(&fixture.cache.dir).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names, [fixture.entry(), seal_of(&fixture.entry())]);
}

/// Without a secret, code is neither written nor taken.
#[test]
fn without_a_secret_nothing_is_kept() {
    let fixture = Fixture::new();
    let compiled = CompiledDir::new(&fixture.cache.dir, SealKey::none());
    let none = CompileCache::new(compiled, &fixture.engine);
    assert!(none.load(&fixture.digest).is_none());
    let other = Digest::of(b"other");
    let code = fixture.engine.precompile_component(EMPTY).unwrap();
    none.store(&other, &code);
    assert!(!none.path(&other).exists());
    assert!(fixture.loads());
}

#[test]
fn code_is_removed_with_its_component() {
    let fixture = Fixture::new();
    let other = Digest::of(b"other");
    let code = fixture.engine.precompile_component(EMPTY).unwrap();
    fixture.cache.store(&other, &code);
    let mine = fixture.cache.dir.join("notes-of-mine");
    std::fs::write(&mine, "").unwrap();
    let files = [fixture.entry(), seal_of(&fixture.entry())];
    let sizes = files
        .each_ref()
        .map(|file| std::fs::metadata(file).unwrap().len());
    let compiled = CompiledDir::new(&fixture.cache.dir, SealKey::none());
    let removed = compiled.remove(|digest| *digest == fixture.digest).unwrap();
    assert_eq!((removed.files, removed.bytes), (2, sizes.iter().sum()));
    assert!(!files.iter().any(|file| file.exists()));
    assert!(fixture.cache.load(&other).is_some());
    assert_eq!(compiled.remove(|_| true).unwrap().files, 2);
    assert!(mine.exists(), "the cache did not make it");
    let nowhere = CompiledDir::new(fixture.dir.path().join("nowhere"), SealKey::none());
    assert_eq!(nowhere.remove(|_| true).unwrap(), Removed::default());
}
