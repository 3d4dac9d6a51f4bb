//! A process that is killed at any moment of a save leaves the old catalog or the new one, whole.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use super::samples::{fetched, lock, offer, open, save, scope, small, store};
use crate::catalog::{Catalog, NewCatalog, Store};
use cloudhost_files::failpoint::{Injected, set, taken};

/// Not the small one: another number of offers.
fn new() -> NewCatalog {
    let mut listing = small();
    listing.offers = Some(vec![offer("m5.large", "us-east-1")]);
    fetched(listing)
}

fn save_new(store: &Store) -> Catalog {
    lock(store).save(new()).unwrap()
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_is_killed() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let store = open(Path::new(&variable("CLOUDHOST_TEST_DIR"))).unwrap();
    set(Injected::KilledAt(
        variable("CLOUDHOST_TEST_STEP").parse().unwrap(),
    ));
    save_new(&store);
}

/// `kill -9` at every write of a save. The number of points is printed: `--nocapture`.
#[test]
fn by_the_operating_system_at_every_step() {
    let (kept, first) = store();
    save(&first, small());
    set(Injected::None);
    let after = save_new(&first);
    let steps = taken();
    let mut seen = [0, 0];
    for step in 0..steps {
        let (root, store) = store();
        let before = save(&store, small());
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "catalog::tests::killed::child_is_killed"])
            .args(["--ignored", "--nocapture", "--test-threads=1"])
            .env("CLOUDHOST_TEST_DIR", root.path())
            .env("CLOUDHOST_TEST_STEP", step.to_string())
            .output()
            .unwrap();
        assert_eq!(child.status.signal(), Some(9), "{child:?}");
        let loaded = store.load(&scope()).unwrap();
        assert_eq!(loaded.warnings, [""; 0], "killed at step {step}");
        let now = loaded.catalog.unwrap();
        assert!(now == before || now == after, "killed at step {step}");
        seen[usize::from(now == after)] += 1;
        assert_eq!(save_new(&store), after);
        // The next save removes what the killed run left.
        let files = std::fs::read_dir(super::samples::folder(&root)).unwrap();
        let expected = std::fs::read_dir(super::samples::folder(&kept)).unwrap();
        assert_eq!(files.count(), expected.count(), "killed at step {step}");
    }
    assert!(seen[0] > 10 && seen[1] > 0, "{seen:?} of {steps}");
    println!(
        "save: killed at {steps} points: {} before and {} after",
        seen[0], seen[1]
    );
}
