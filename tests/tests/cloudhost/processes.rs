//! Interrupted runs and concurrent runs.

use std::time::{Duration, Instant};

use cloudhost_tests::{Fault, Match, Rule, Sandbox, Tree};

use crate::support::{generate, generated, proxy};

#[test]
fn an_interrupted_run_changes_nothing_and_leaves_nothing() {
    let sandbox = generated();
    let proxy = proxy();
    proxy.add(Rule::new(
        Match::any().action("DescribeImages"),
        Fault::Hang,
    ));
    let before = (
        Tree::read(&sandbox.out()).unwrap(),
        Tree::read(&sandbox.cache().join("catalog"))
            .unwrap()
            .files(),
    );
    let running = sandbox
        .generate(["--refresh"])
        .unwrap()
        .aws(&proxy.url())
        .spawn()
        .unwrap();
    proxy.wait_for_hang(Duration::from_secs(60)).unwrap();
    let interrupted = Instant::now();
    running.interrupt().unwrap();
    let outcome = running.wait().unwrap();
    assert_eq!(outcome.code, Some(130), "{outcome}");
    assert!(
        interrupted.elapsed() < Duration::from_secs(2),
        "{:?}",
        interrupted.elapsed()
    );
    assert!(outcome.stderr.contains("interrupted"), "{outcome}");
    assert_eq!(Tree::read(&sandbox.out()).unwrap(), before.0);
    let temporary = |name: &&String| !before.1.contains(name) && !name.ends_with("/lock");
    let left = Tree::read(&sandbox.cache().join("catalog"))
        .unwrap()
        .files();
    assert_eq!(
        left.iter().filter(temporary).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[test]
fn of_two_runs_at_once_the_second_uses_what_the_first_fetched() {
    let sandbox = Sandbox::new().unwrap();
    let proxy = proxy();
    let start = || {
        sandbox
            .generate([""; 0])
            .unwrap()
            .aws(&proxy.url())
            .spawn()
            .unwrap()
    };
    let (one, two) = (start(), start());
    let (one, two) = (one.wait().unwrap(), two.wait().unwrap());
    assert_eq!((one.code, two.code), (Some(0), Some(0)), "{one}\n{two}");
    let fetches = proxy
        .exchanges()
        .iter()
        .filter(|e| e.action == "DescribeRegions")
        .count();
    assert_eq!(fetches, 1, "{one}\n{two}");
    let again = generate(&sandbox, [""; 0], &proxy.url());
    assert!(
        crate::support::closing(&again).contains("unchanged"),
        "{again}"
    );
}

#[test]
fn two_runs_into_one_folder_with_different_answers_leave_one_of_them_whole() {
    let sandbox = generated();
    let url = crate::support::url();
    let start = |family: &str| {
        sandbox
            .generate(["--offline", "--family", family])
            .unwrap()
            .aws(&url)
            .spawn()
            .unwrap()
    };
    let (one, two) = (start("m5"), start("c5"));
    let (one, two) = (one.wait().unwrap(), two.wait().unwrap());
    assert_eq!((one.code, two.code), (Some(0), Some(0)), "{one}\n{two}");
    let families = Tree::read(&sandbox.out().join("instance-types"))
        .unwrap()
        .files();
    assert_eq!(families.len(), 1, "{families:?}");
    let compute = std::fs::read_to_string(sandbox.out().join("Kconfig.compute.generated")).unwrap();
    assert!(
        compute.contains(&format!("out/instance-types/{}", families[0])),
        "{compute}"
    );
}
