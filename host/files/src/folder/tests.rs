//! Private directories: rejected files, and modes of new ones. The output's tests cover a shared one.

use super::*;
use crate::Fix;
use rstest::rstest;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// A private folder in which each of these names is something else, beside a file and a folder outside.
fn samples() -> (tempfile::TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let outside = |name: &str| root.path().join(name);
    fs::create_dir(outside("outside")).unwrap();
    fs::write(outside("outside/file"), "theirs").unwrap();
    let folder = Folder::private(&outside("private")).unwrap();
    fs::write(folder.at("file"), "text").unwrap();
    fs::create_dir(folder.at("folder")).unwrap();
    symlink("file", folder.at("link")).unwrap();
    symlink("folder", folder.at("link-to-folder")).unwrap();
    symlink("../outside/file", folder.at("link-out")).unwrap();
    symlink("../outside", folder.at("folder-out")).unwrap();
    let made = Command::new("mkfifo").arg(folder.at("pipe")).status();
    assert!(made.unwrap().success());
    (root, folder)
}

/// Reading, locking, and opening as a folder.
#[rstest]
#[case("file", "read", "locked", "exists and is not a directory")]
#[case("folder", "not a file", "not a file", "opened")]
#[case(
    "link",
    "not a file",
    "not a file",
    "symbolic link and is not a directory"
)]
#[case(
    "link-to-folder",
    "not a file",
    "not a file",
    "symbolic link and is not a directory"
)]
#[case(
    "link-out",
    "not a file",
    "not a file",
    "symbolic link and is not a directory"
)]
#[case(
    "folder-out",
    "not a file",
    "not a file",
    "symbolic link and is not a directory"
)]
#[case("pipe", "not a file", "not a file", "exists and is not a directory")]
#[case("nothing", "nothing", "locked", "nothing")]
fn what_is_at_a_name(
    #[case] name: &str,
    #[case] read: &str,
    #[case] locked: &str,
    #[case] opened: &str,
) {
    fn outcome<T>(done: &str, outcome: Result<Option<T>, FolderError>) -> String {
        match outcome {
            Ok(Some(_)) => done.to_owned(),
            Ok(None) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        }
    }
    let (_root, folder) = samples();
    for (outcome, expected) in [
        (outcome("opened", folder.sub(name)), opened),
        (outcome("read", folder.read(name, 4)), read),
        (outcome("locked", folder.try_lock(name)), locked),
    ] {
        assert!(outcome.contains(expected), "{outcome}, not {expected}");
    }
}

/// Nothing is written through a link: its target is unchanged.
#[rstest]
#[case("link")]
#[case("link-out")]
#[case("pipe")]
#[case("nothing")]
fn a_file_is_replaced_itself(#[case] name: &str) {
    let (root, folder) = samples();
    // A leftover of an interrupted run, or a planted link.
    symlink("../outside/file", folder.at(&format!("{name}.tmp"))).unwrap();
    folder.write(name, b"new").unwrap();
    assert_eq!(folder.read(name, 3).unwrap().unwrap(), b"new");
    assert_eq!(mode(&folder.at(name)), 0o600);
    assert_eq!(folder.size(&format!("{name}.tmp")).unwrap(), None);
    assert_eq!(fs::read(folder.at("file")).unwrap(), b"text");
    assert_eq!(
        fs::read(root.path().join("outside/file")).unwrap(),
        b"theirs"
    );
}

#[test]
fn what_is_made_is_private() {
    let (root, folder) = samples();
    assert_eq!(mode(&root.path().join("private")), 0o700);
    folder.make("new").unwrap();
    folder.make("new").unwrap();
    assert_eq!(mode(&folder.at("new")), 0o700);
    let _lock = folder.try_lock("lock").unwrap().unwrap();
    assert_eq!(mode(&folder.at("lock")), 0o600);
    let error = folder.make("folder-out").unwrap_err();
    assert_eq!(error.fix(), Fix::Remove(folder.at("folder-out")));
}

/// A user who can read a lock file can hold it: no other user can, in a shared directory and of an earlier version either.
#[test]
fn a_lock_is_of_its_owner_alone() {
    let (root, _) = samples();
    let shared = Folder::shared(&root.path().join("outside")).unwrap();
    fs::write(shared.at("old"), "").unwrap();
    fs::set_permissions(shared.at("old"), Permissions::from_mode(0o644)).unwrap();
    for name in ["new", "old"] {
        let _lock = shared.try_lock(name).unwrap().unwrap();
        assert_eq!(mode(&shared.at(name)), 0o600, "{name}");
    }
}

#[test]
fn names_of_one_file() {
    let (_root, folder) = samples();
    fs::hard_link(folder.at("file"), folder.at("FILE")).unwrap();
    fs::write(folder.at("other"), "text").unwrap();
    for (one, other, same) in [
        ("file", "FILE", true),
        ("file", "other", false),
        ("file", "nothing", false),
        ("nothing", "NOTHING", false),
        // A link is a file of its own.
        ("file", "link", false),
    ] {
        assert_eq!(folder.is_same(one, other).unwrap(), same, "{one} {other}");
    }
}

#[test]
fn a_large_file_is_refused() {
    let (_root, folder) = samples();
    let error = folder.read("file", 3).unwrap_err();
    assert_eq!(error.cause(), "it is too large");
}

#[test]
fn names_by_kind() {
    let (_root, folder) = samples();
    assert_eq!(folder.names(true).unwrap(), ["folder"]);
    let files = [
        "file",
        "folder-out",
        "link",
        "link-out",
        "link-to-folder",
        "pipe",
    ];
    assert_eq!(folder.names(false).unwrap(), files);
    assert_eq!(
        folder.links().unwrap(),
        ["folder-out", "link", "link-out", "link-to-folder"]
    );
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let (root, folder) = samples();
    for bits in [0o720, 0o702] {
        fs::set_permissions(root.path().join("private"), Permissions::from_mode(bits)).unwrap();
        let error = Folder::private(folder.path()).unwrap_err();
        assert_eq!(error.fix(), Fix::DenyOthers(folder.path().to_owned()));
        assert!(matches!(
            Folder::check_closed(folder.path()),
            Err(FolderError::Writable { .. })
        ));
        // A shared one may be so.
        Folder::shared(folder.path()).unwrap();
    }
    assert!(
        Folder::find_private(&folder.at("nothing"))
            .unwrap()
            .is_none()
    );
}

/// In a directory such as `/tmp`, other users cannot replace what is this user's.
#[test]
fn a_sticky_folder_is_closed() {
    let root = tempfile::tempdir().unwrap();
    for mode in [0o755, 0o1777] {
        fs::set_permissions(root.path(), Permissions::from_mode(mode)).unwrap();
        Folder::check_closed(root.path()).unwrap();
    }
    Folder::check_closed(&root.path().join("nothing")).unwrap();
}
