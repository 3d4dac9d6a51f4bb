//! Tests of the guarantees of a commit.

mod faults;
mod folder;
mod foreign;
mod killed;
mod place;
mod together;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs};

use super::names::Names;
use super::{Changes, Generation, OutputDir, OutputError, Rendered, commit_plan};
use crate::{Fix, FolderError, SealKey};

/// Variable with the directory of the secret, for a process that a test starts.
const SECRET: &str = "CLOUDHOST_TEST_SECRET";

/// The directory of the secret of these tests.
fn secret() -> PathBuf {
    static SECRETS: OnceLock<tempfile::TempDir> = OnceLock::new();
    match env::var_os(SECRET) {
        Some(path) => path.into(),
        None => SECRETS
            .get_or_init(|| tempfile::tempdir().unwrap())
            .path()
            .join("secret"),
    }
}

fn seal() -> SealKey {
    SealKey::own(secret())
}

/// A generation of "aws" made from pairs of path and text.
fn generation(key: &str, files: &[(&str, &str)]) -> Generation {
    let files = files
        .iter()
        .map(|(path, text)| Rendered {
            path: (*path).into(),
            text: (*text).into(),
        })
        .collect();
    Generation {
        owner: "aws".into(),
        key: key.into(),
        mark: "# By a host for ".into(),
        files,
    }
}

fn commit(path: &Path, generation: &Generation) -> Result<Changes, OutputError> {
    OutputDir::open(path, &seal())?.commit(generation)
}

fn unchanged(path: &Path, owner: &str, key: &str) -> Option<Changes> {
    super::unchanged(path, owner, key, &seal())
}

/// Completes or undoes an interrupted commit of "aws", as its next commit does first.
fn recover(path: &Path) -> Result<(), OutputError> {
    let OutputDir { folder, seal } = OutputDir::open(path, &seal())?;
    let names = Names::new("aws")?;
    // A child that a neighbouring test forked can hold the lock until it runs its own program.
    let _lock = folder.lock(&names.lock, Duration::from_secs(60))?;
    commit_plan::recover(&folder, &names, &seal)
}

/// Content of all files below `path` by path, those of cloudhost itself apart from its lock included; links as
/// `-> target`. Seals are left out: they differ from directory to directory.
fn content(path: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap().path();
            let name = entry
                .strip_prefix(path)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if entry.is_symlink() {
                files.insert(
                    name,
                    format!("-> {}", fs::read_link(entry).unwrap().display()),
                );
            } else if entry.is_dir() {
                folders.push(entry);
                files.insert(name + "/", String::new());
            } else if name != ".cloudhost-aws.lock" {
                let text = fs::read_to_string(entry).unwrap();
                let seal = |line: &&str| !line.starts_with("  \"seal\": ");
                let lines: Vec<&str> = text.split('\n').filter(seal).collect();
                files.insert(name, lines.join("\n"));
            }
        }
    }
    files
}

/// Inode, and time of the last change, of all files.
fn identities(path: &Path) -> BTreeMap<String, (u64, i64, i64)> {
    let metadata = |name: &str| fs::symlink_metadata(path.join(name)).unwrap();
    let identity = |name: &String| {
        let metadata = metadata(name);
        (
            name.clone(),
            (metadata.ino(), metadata.mtime(), metadata.mtime_nsec()),
        )
    };
    content(path)
        .keys()
        .filter(|name| !name.ends_with('/'))
        .map(identity)
        .collect()
}

fn list(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}
