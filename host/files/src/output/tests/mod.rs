//! Tests of the guarantees of a commit.

mod faults;
mod folder;
mod killed;
mod place;
mod together;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Changes, Generation, OutputDir, OutputError, Rendered, unchanged};
use crate::{Fix, FolderError};

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
    OutputDir::open(path)?.commit(generation)
}

/// Content of all files below `path` by path, those of cloudhost itself apart from its lock included; links as
/// `-> target`.
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
                files.insert(name, fs::read_to_string(entry).unwrap());
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
