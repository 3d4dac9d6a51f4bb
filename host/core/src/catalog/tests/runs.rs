//! Concurrent runs, and the status and removal of catalogs.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use rstest::rstest;

use super::samples::{fetched, folder, lock, offer, open, save, scope, small, store, wait};
use crate::catalog::{CatalogError, Cleared, NewCatalog, Scope, Store};
use crate::{HasRemedy as _, SealKey};
use cloudhost_files::FolderError;

/// One of the catalogs that writers save in turn: `number` offers more than none.
fn numbered(number: usize) -> NewCatalog {
    let mut listing = small();
    listing.offers = Some(
        (0..2)
            .map(|at| offer(["m5.large", "p5.48xlarge"][at], "us-east-1"))
            .take(number)
            .collect(),
    );
    fetched(listing)
}

/// Saves and loads many times; each load must find a whole catalog.
fn work(root: &Path) {
    let store = open(root).unwrap();
    for round in 0..25 {
        wait(store.lock(&scope(), Duration::from_secs(60)))
            .unwrap()
            .save(numbered(round % 3))
            .unwrap();
        let loaded = store.load(&scope()).unwrap();
        // Without a catalog there is one explanation: another run was saving while this one read.
        match loaded.catalog {
            Some(catalog) => assert!(catalog.offers.len() < 3 && catalog.instance_types.len() == 4),
            None => assert!(
                loaded.warnings[0].contains("file not found"),
                "{:?}",
                loaded.warnings
            ),
        }
    }
}

fn nothing_was_harmed(store: &Store) {
    let status = store.status().unwrap();
    assert_eq!(
        (status.len(), status[0].damaged.len()),
        (1, 0),
        "{status:?}"
    );
    let loaded = store.load(&scope()).unwrap();
    assert!(
        loaded.catalog.is_some() && loaded.warnings.is_empty(),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn threads_at_once_do_no_harm() {
    let (root, store) = store();
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| work(root.path())))));
    nothing_was_harmed(&store);
}

const CHILD: &str = "CLOUDHOST_TEST_STORE";

#[test]
fn processes_at_once_do_no_harm() {
    let (root, store) = store();
    let start = || {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "catalog::tests::runs::child"]);
        child.env(CHILD, root.path()).spawn().unwrap()
    };
    let children = [start(), start(), start()];
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    nothing_was_harmed(&store);
}

#[test]
#[ignore = "started by processes_at_once_do_no_harm"]
fn child() {
    work(Path::new(&env::var(CHILD).unwrap()));
}

/// The second of two concurrent runs waits, and finds what the first saved.
#[test]
fn the_second_run_finds_the_firsts_result() {
    let (_root, store) = store();
    let first = lock(&store);
    assert_eq!(first.read_index(), None);
    let second = thread::spawn({
        let store = store.clone();
        move || lock(&store).read_index()
    });
    thread::sleep(Duration::from_millis(100));
    assert!(!second.is_finished());
    let saved = first.save(fetched(small())).unwrap();
    drop(first);
    assert_eq!(second.join().unwrap().unwrap().digest, saved.digest);
}

#[test]
fn waiting_ends_with_patience() {
    let (_root, store) = store();
    let _first = lock(&store);
    let start = Instant::now();
    let error = wait(store.lock(&scope(), Duration::from_millis(120))).unwrap_err();
    assert!(
        matches!(error, CatalogError::Folder(FolderError::Busy { .. })) && error.remedy().is_some(),
        "{error}"
    );
    assert!(start.elapsed() >= Duration::from_millis(120));
    // Another scope is not held up.
    let other = Scope::new("aws", &["another"], "").unwrap();
    wait(store.lock(&other, Duration::ZERO)).unwrap();
}

/// A reader that mapped a file keeps it while it is replaced and removed.
#[test]
fn readers_need_no_lock() {
    let (_root, store) = store();
    let saved = save(&store, small());
    let _held = lock(&store);
    assert_eq!(store.load(&scope()).unwrap().catalog, Some(saved));
}

#[test]
fn status_tells_what_is_stored() {
    let (root, store) = store();
    assert_eq!(store.status().unwrap(), []);
    save(&store, small());
    fs::create_dir(root.path().join("catalog/Not ours")).unwrap();
    fs::create_dir(root.path().join("catalog/aws/notes")).unwrap();
    let status = store.status().unwrap();
    assert_eq!(status.len(), 1);
    assert_eq!(
        (status[0].provider.as_str(), status[0].key.as_str()),
        ("aws", scope().key())
    );
    let index = status[0].index.as_ref().unwrap();
    assert_eq!(
        (index.title.as_str(), index.account.as_deref()),
        ("account 123456789012", Some("1234"))
    );
    assert_eq!(index.kinds.images.as_ref().unwrap().rows, 2);
    let size: u64 = fs::read_dir(folder(&root))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert_eq!(status[0].bytes, size);
}

#[test]
fn clear_removes_what_the_store_made() {
    let (root, store) = store();
    save(&store, small());
    let other = Scope::new("gcp", &[], "").unwrap();
    wait(store.lock(&other, Duration::ZERO))
        .unwrap()
        .save(fetched(small()))
        .unwrap();
    fs::write(folder(&root).join("index.json.damaged-1"), "x").unwrap();
    fs::write(folder(&root).join("notes.txt"), "mine").unwrap();

    let cleared = store.clear(Some("aws")).unwrap();
    assert_eq!((cleared.catalogs, cleared.files), (1, 8));
    assert!(cleared.bytes > 1_000);
    assert_eq!(
        fs::read_to_string(folder(&root).join("notes.txt")).unwrap(),
        "mine"
    );
    assert_eq!(fs::read_dir(folder(&root)).unwrap().count(), 1);
    assert!(store.read_index(&other).is_some());

    assert_eq!(store.clear(None).unwrap().files, 7);
    assert!(!root.path().join("catalog/gcp").exists());
    fs::remove_file(folder(&root).join("notes.txt")).unwrap();
    assert_eq!(store.clear(None).unwrap(), Cleared::default());
    assert_eq!(
        fs::read_dir(root.path().join("catalog")).unwrap().count(),
        0
    );
}

#[test]
fn clear_does_not_take_away_what_is_in_use() {
    let (_root, store) = store();
    save(&store, small());
    let held = lock(&store);
    assert!(matches!(
        store.clear(None).unwrap_err(),
        CatalogError::Folder(FolderError::Busy { .. })
    ));
    drop(held);
    assert!(store.read_index(&scope()).is_some());
    assert_eq!(store.clear(None).unwrap().files, 7);
}

#[rstest]
#[case("aws", true)]
#[case("lambda-labs2", true)]
#[case("", false)]
#[case("-aws", false)]
#[case("AWS", false)]
#[case("../aws", false)]
#[case("a.b", false)]
#[case("abcdefghijklmnopqrstuvwxyz0123456", false)]
fn providers_are_plugin_names(#[case] name: &str, #[case] valid: bool) {
    assert_eq!(Scope::new(name, &[], "").is_ok(), valid);
    let (_root, store) = store();
    assert_eq!(store.clear(Some(name)).is_ok(), valid);
}

#[test]
fn scopes_differ_by_each_part() {
    let key = |parts: &[&str]| Scope::new("aws", parts, "").unwrap().key().to_owned();
    assert_eq!(key(&["a", "b"]), key(&["a", "b"]));
    let keys = [
        key(&["a", "b"]),
        key(&["ab"]),
        key(&["a", "b", ""]),
        key(&["", "ab"]),
        key(&["b", "a"]),
        key(&[]),
    ];
    let distinct: std::collections::HashSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
    assert_eq!(Scope::new("aws", &[], "a\nb").unwrap().title(), "a b");
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    let error = Store::open(&root.path().join("file"), &SealKey::none()).unwrap_err();
    assert!(
        matches!(error, CatalogError::Folder(FolderError::InTheWay { .. }))
            && error.remedy().is_some()
    );
}

/// If the index cannot be written, the old catalog stays, whole.
#[test]
fn a_save_that_fails_changes_nothing() {
    let (root, store) = store();
    let saved = save(&store, small());
    fs::create_dir(folder(&root).join("index.json.tmp")).unwrap();
    let error = lock(&store).save(numbered(1)).unwrap_err();
    assert!(
        matches!(
            error,
            CatalogError::Folder(FolderError::Disk {
                action: "write",
                ..
            })
        ),
        "{error}"
    );
    assert_eq!(store.load(&scope()).unwrap().catalog.as_ref(), Some(&saved));
    fs::remove_dir(folder(&root).join("index.json.tmp")).unwrap();
    lock(&store).save(numbered(1)).unwrap();
    assert_eq!(
        store.load(&scope()).unwrap().catalog.unwrap().offers.len(),
        1
    );
}

/// The content of the store's files must be under this user's control alone.
#[test]
fn a_folder_of_another_user_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let foreign = if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(root.path(), Some(65_534), None).unwrap();
        root.path()
    } else {
        Path::new("/usr")
    };
    let error = Store::open(foreign, &SealKey::none()).unwrap_err();
    assert!(
        matches!(error, CatalogError::Folder(FolderError::NotOurs { .. }))
            && error.remedy().is_some(),
        "{error}"
    );
}
