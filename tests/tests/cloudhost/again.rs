//! Repeated generation: unchanged files are left alone, and only our own files are removed.

use std::fs;

use cloudhost_tests::{Sandbox, Tree};
use rstest::rstest;

use crate::support::{closing, generate, generated, requests, url};

#[test]
fn nothing_changed_nothing_is_asked_written_or_touched() {
    let sandbox = generated();
    let before = (Tree::read(&sandbox.out()).unwrap(), requests());
    let outcome = generate(&sandbox, [""; 0], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(closing(&outcome).contains("unchanged"), "{outcome}");
    assert_eq!(Tree::read(&sandbox.out()).unwrap(), before.0);
    // Another test may use the same proxy meanwhile. A whole fetch sends far more requests than that.
    let sent = requests() - before.1;
    assert!(sent < 50, "{sent} requests");
}

#[test]
fn a_deleted_or_edited_file_is_written_again_and_the_others_are_left() {
    let sandbox = generated();
    let before = Tree::read(&sandbox.out()).unwrap();
    fs::remove_file(sandbox.out().join("Kconfig.location.generated")).unwrap();
    let outcome = generate(&sandbox, ["--offline"], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(closing(&outcome).contains("1 file"), "{outcome}");
    assert_eq!(
        Tree::read(&sandbox.out()).unwrap().timeless(),
        before.timeless()
    );
}

#[test]
fn files_of_families_that_are_gone_are_removed_if_they_are_ours() {
    let sandbox = generated();
    let types = sandbox.out().join("instance-types");
    fs::write(types.join("Kconfig.mine"), "# mine\n").unwrap();
    fs::write(types.join("Kconfig.c5.generated"), "# edited by hand\n").unwrap();
    let outcome = generate(&sandbox, ["--offline", "--family", "m5"], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let left: Vec<String> = Tree::read(&types).unwrap().files();
    assert!(
        left.contains(&"Kconfig.m5.generated".to_owned()),
        "{left:?}"
    );
    assert!(left.contains(&"Kconfig.mine".to_owned()), "{left:?}");
    assert!(
        !left.contains(&"Kconfig.m6g.generated".to_owned()),
        "{left:?}"
    );
    // An edited file is no longer only ours.
    assert_eq!(
        fs::read_to_string(types.join("Kconfig.c5.generated")).unwrap(),
        "# edited by hand\n"
    );
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(closing(&outcome).contains("removed"), "{outcome}");
}

/// A copied or cloned directory brings a list of its files along, which another user or directory wrote.
#[test]
fn a_copied_list_of_files_removes_nothing() {
    let sandbox = Sandbox::new().unwrap();
    Tree::copy(generated().path(), sandbox.path()).unwrap();
    let before = Tree::read(&sandbox.out().join("instance-types")).unwrap();
    let outcome = generate(&sandbox, ["--family", "m5"], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let said = "out/.cloudhost-aws.json was not written by this user for this directory";
    assert!(outcome.stderr.contains(said), "{outcome}");
    assert!(!closing(&outcome).contains("removed"), "{outcome}");
    let types = Tree::read(&sandbox.out().join("instance-types")).unwrap();
    assert_eq!(types, before);
}

#[test]
fn offline_asks_nobody() {
    let sandbox = generated();
    fs::remove_dir_all(sandbox.out()).unwrap();
    let outcome = generate(&sandbox, ["--offline"], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let nothing = Sandbox::new().unwrap();
    let outcome = generate(&nothing, ["--offline", "--no-bundled"], &url());
    assert_ne!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stderr.contains("no catalog"), "{outcome}");
    assert!(!nothing.out().exists());
}

#[rstest]
#[case::index("index")]
#[case::regions("regions")]
#[case::instance_types("instance-types")]
#[case::offers("offers")]
#[case::images("images")]
fn a_damaged_catalog_is_set_aside_and_fetched_again(#[case] part: &str) {
    let sandbox = generated();
    let catalog = sandbox.cache().join("catalog");
    let damaged = |name: &&String| name.rsplit('/').next().unwrap().starts_with(part);
    let files = Tree::read(&catalog).unwrap().files();
    let file = files.iter().find(damaged).unwrap();
    fs::write(catalog.join(file), b"damaged").unwrap();
    fs::remove_dir_all(sandbox.out()).unwrap();
    let before = requests();
    let outcome = generate(&sandbox, [""; 0], &url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        outcome.stderr.contains(file) && outcome.stderr.contains("damaged"),
        "{outcome}"
    );
    assert!(requests() - before > 50, "it was not fetched again");
    let kept = Tree::read(&catalog).unwrap();
    assert!(
        kept.files()
            .iter()
            .any(|name| kept.bytes(name) == Some(b"damaged")),
        "{:?}",
        kept.files()
    );
    let again = generate(&sandbox, [""; 0], &url());
    assert!(
        closing(&again).contains("unchanged") && !again.stderr.contains("damaged"),
        "{again}"
    );
}
