//! Concurrent writers, and durations.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

#[test]
fn of_two_equal_writers_one_writes() {
    let root = tempfile::tempdir().unwrap();
    let files: Vec<(String, String)> = (0..40)
        .map(|n| (format!("sub/Kconfig.{n}"), format!("text {n}")))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let generation = generation("1", &files);
    let start = Barrier::new(4);
    let writer = || {
        start.wait();
        commit(root.path(), &generation).unwrap()
    };
    let all: Vec<Changes> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(writer)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(
        all.iter()
            .filter(|changes| changes.written.len() == 40)
            .count(),
        1
    );
    assert_eq!(
        all.iter()
            .filter(|changes| changes.unchanged.len() == 40)
            .count(),
        3
    );
    assert!(unchanged(root.path(), "aws", "1").is_some());
}

#[test]
fn different_writers_leave_one_generation() {
    let root = tempfile::tempdir().unwrap();
    for _ in 0..10 {
        thread::scope(|scope| {
            for key in ["1", "2", "3"] {
                let path = root.path();
                scope.spawn(move || {
                    let own = format!("Kconfig.only-{key}");
                    commit(
                        path,
                        &generation(key, &[("Kconfig", key), ("sub/Kconfig", key), (&own, key)]),
                    )
                    .unwrap();
                });
            }
        });
        let files = content(root.path());
        let key = files["Kconfig"].clone();
        assert_eq!(files["sub/Kconfig"], key);
        let own: Vec<_> = files
            .keys()
            .filter(|path| path.starts_with("Kconfig.only-"))
            .cloned()
            .collect();
        assert_eq!(own, [format!("Kconfig.only-{key}")]);
        assert!(unchanged(root.path(), "aws", &key).is_some());
    }
}

#[test]
fn waiting_ends() {
    let root = tempfile::tempdir().unwrap();
    let folder = OutputDir::open(root.path(), &seal()).unwrap();
    let lock = folder.lock_of("aws").unwrap();
    let held = fs::File::create(&lock).unwrap();
    held.lock().unwrap();
    let generation = generation("1", &[("Kconfig", "a")]);
    assert_eq!(folder.try_commit(&generation).unwrap(), None);
    let patience = Duration::from_millis(50);
    let start = Instant::now();
    let error = crate::wait(&lock, patience, || folder.try_commit(&generation)).unwrap_err();
    match &error {
        OutputError::Folder(FolderError::Busy { lock: named, .. }) => assert_eq!(named, &lock),
        other => panic!("{other}"),
    }
    assert_eq!(error.fix(), Some(Fix::Wait(lock)));
    assert!(start.elapsed() >= patience);
    // The stage of a running commit stays.
    fs::create_dir(root.path().join(".cloudhost-aws.stage")).unwrap();
    assert_eq!(folder.try_commit(&generation).unwrap(), None);
    assert!(root.path().join(".cloudhost-aws.stage").exists());
    drop(held);
    folder.commit(&generation).unwrap();
    assert!(!root.path().join(".cloudhost-aws.stage").exists());
}

/// As many files as AWS has. Prints the durations; the bound allows for a busy machine.
#[test]
fn unchanged_is_quick() {
    let root = tempfile::tempdir().unwrap();
    let files: Vec<(String, String)> = (0..200)
        .map(|n| (format!("sub/Kconfig.{n}"), format!("{n:08}\n").repeat(1138)))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let start = Instant::now();
    commit(root.path(), &generation("1", &files)).unwrap();
    let written = start.elapsed();
    let start = Instant::now();
    commit(root.path(), &generation("1", &files)).unwrap();
    let compared = start.elapsed();
    let times = (0..20).map(|_| {
        let start = Instant::now();
        assert_eq!(
            unchanged(root.path(), "aws", "1").unwrap().unchanged.len(),
            200
        );
        start.elapsed()
    });
    let best = times.min().unwrap();
    println!("200 files of 10 KB: written {written:?}, compared {compared:?}, unchanged {best:?}");
    assert!(best < Duration::from_millis(50), "{best:?}");
}
