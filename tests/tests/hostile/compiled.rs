//! Trust in the directory of compiled code.

use crate::guests::{Plugin, titled};
use crate::stage::Sandboxed;
use crate::watch;
use cloudhost::SealKey;
use rstest::rstest;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

async fn title(stage: &Sandboxed, plugin: &Plugin) -> String {
    let described = stage.load(plugin).describe().await;
    stage.note(&described);
    described.unwrap().title
}

/// Returns the files of a directory.
fn files(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap();
    all.map(|entry| entry.unwrap().path()).collect()
}

/// A change to the directory, given the files of the plugin and those of another one.
type Change = fn(folder: &Path, own: &[PathBuf], other: &[PathBuf]);

fn replace(files: &[PathBuf], by: impl Fn(&Path, usize) -> Vec<u8>) {
    for (at, file) in files.iter().enumerate() {
        let bytes = by(file, at);
        fs::remove_file(file).unwrap();
        fs::write(file, bytes).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn swap(_: &Path, own: &[PathBuf], other: &[PathBuf]) {
    replace(own, |_, at| fs::read(&other[at]).unwrap());
}

fn truncate(_: &Path, own: &[PathBuf], _: &[PathBuf]) {
    replace(own, |file, _| {
        let bytes = fs::read(file).unwrap();
        bytes[..bytes.len() / 2].to_vec()
    });
}

fn one_bit(_: &Path, own: &[PathBuf], _: &[PathBuf]) {
    replace(&own[..1], |file, _| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    });
}

fn of_another_engine(_: &Path, own: &[PathBuf], _: &[PathBuf]) {
    let engine = wasmtime::Engine::default();
    let module = engine
        .precompile_component(&titled("evil one").bytes())
        .unwrap();
    replace(&own[..1], |_, _| module.clone());
}

fn no_code_at_all(_: &Path, own: &[PathBuf], _: &[PathBuf]) {
    replace(own, |_, _| b"\x7fELF and so on".to_vec());
}

fn writable_by_others(_: &Path, own: &[PathBuf], _: &[PathBuf]) {
    for file in own {
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    }
}

fn folder_writable_by_others(folder: &Path, _: &[PathBuf], _: &[PathBuf]) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
}

fn link(_: &Path, own: &[PathBuf], _: &[PathBuf]) {
    for file in own {
        let moved = file.with_extension("moved");
        fs::rename(file, &moved).unwrap();
        symlink(&moved, file).unwrap();
    }
}

fn nothing(_: &Path, _: &[PathBuf], _: &[PathBuf]) {}

/// Code that this cache did not write for this component is compiled again, with a line in the log.
#[rstest]
#[case::swapped(swap, true)]
#[case::truncated(truncate, true)]
#[case::one_bit(one_bit, true)]
#[case::of_another_engine(of_another_engine, true)]
#[case::no_code(no_code_at_all, true)]
#[case::writable_by_others(writable_by_others, true)]
#[case::folder_writable_by_others(folder_writable_by_others, true)]
#[case::link(link, true)]
#[case::nothing(nothing, false)]
#[tokio::test]
async fn case_33_compiled_code_that_was_changed(#[case] change: Change, #[case] noticed: bool) {
    let stage = Sandboxed::new();
    let (own, other) = (titled("good one").plugin(), titled("evil one").plugin());
    assert_eq!(title(&stage, &own).await, "good one");
    let folder = stage.compiled();
    let kept = |stage: &Sandboxed, plugin: &Plugin| {
        let digest = plugin.artifact.digest.to_string();
        let digest = digest.trim_start_matches("sha256:").to_owned();
        let mut all = files(&stage.compiled());
        all.retain(|path| path.to_str().unwrap().contains(&digest));
        // The code before its seal: it is the larger one.
        all.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).unwrap().len()));
        all
    };
    title(&stage, &other).await;
    let (mine, others) = (kept(&stage, &own), kept(&stage, &other));
    assert_eq!(
        (mine.len(), others.len()),
        (2, 2),
        "code and seal: {mine:?}"
    );
    stage.assert_contained(&[]).await;

    change(&folder, &mine, &others);
    let stage = stage.again();
    assert_eq!(title(&stage, &own).await, "good one");
    let warned = watch::lines_with(folder.to_str().unwrap());
    assert_eq!(
        warned.iter().any(|line| line.contains("not used")),
        noticed,
        "{warned:?}"
    );
    stage.assert_contained(&[]).await;
}

/// A cache of another user, with their secret where earlier versions kept it: it holds other code for a plugin, with a
/// seal that is right with that secret.
#[tokio::test]
async fn case_33_compiled_code_from_elsewhere() {
    let stage = Sandboxed::new();
    let (own, mut planted) = (titled("good one").plugin(), titled("evil one").plugin());
    planted.artifact.digest = own.artifact.digest;
    assert_eq!(title(&stage, &planted).await, "evil one");
    let (folder, secret) = (stage.compiled(), stage.folder().join("secret"));
    let key = folder.join("key");
    fs::copy(&secret, &key).unwrap();
    stage.assert_contained(&[]).await;
    // With that secret the other code runs: the seal is right.
    let stage = stage.again();
    assert_eq!(title(&stage, &own).await, "evil one");
    stage.assert_contained(&[]).await;

    let home = tempfile::tempdir().unwrap();
    let stage = stage.again_with(|config| {
        config.seal = SealKey::own(home.path().join("cloudhost"));
    });
    assert_eq!(title(&stage, &own).await, "good one");
    let warned = watch::lines_with(folder.to_str().unwrap());
    let said = |line: &&String| line.contains("this user did not write it");
    assert!(warned.iter().filter(said).count() > 0, "{warned:?}");
    stage.assert_contained(&[]).await;
}

/// Without a place for a secret, no code on disk is believed, and work goes on.
#[tokio::test]
async fn case_33_no_place_for_a_secret() {
    let stage = Sandboxed::new();
    let (own, mut planted) = (titled("good one").plugin(), titled("evil one").plugin());
    planted.artifact.digest = own.artifact.digest;
    assert_eq!(title(&stage, &planted).await, "evil one");
    stage.assert_contained(&[]).await;
    let nowhere = stage.folder().join("home/.aws/credentials/below-a-file");
    let stage = stage.again_with(|config| config.seal = SealKey::own(nowhere));
    for _ in 0..2 {
        assert_eq!(title(&stage, &own).await, "good one");
    }
    let said = watch::lines_with("nothing on disk is believed: ");
    let here = stage.folder().to_str().unwrap();
    let said = said.iter().filter(|line| line.contains(here));
    assert_eq!(said.count(), 1, "it is logged once");
    stage.assert_contained(&[]).await;
}

#[tokio::test]
async fn case_34_same_name_and_version_with_other_code() {
    let stage = Sandboxed::new();
    let (one, other) = (titled("the one!").plugin(), titled("another!").plugin());
    assert_eq!(one.artifact.manifest, other.artifact.manifest);
    for _ in 0..2 {
        assert_eq!(title(&stage, &one).await, "the one!");
        assert_eq!(title(&stage, &other).await, "another!");
    }
    stage.assert_contained(&[]).await;
}
