//! A process that is killed at any moment leaves the plugin of before, whole, or the new one.

use super::*;
use cloudhost_files::failpoint::{Injected, set, taken};
use std::process::{Command, Output};

/// More than one chunk, so that a component is written in more than one step.
fn large(version: &str) -> FetchedPlugin {
    let help = "x".repeat(300);
    let mut lines = "hosts = [\"api.probe.test\"]\n".to_owned();
    for number in 0..16 {
        lines.push_str(&format!(
            "[[credentials]]\nname = \"c{number}\"\nscheme = \"bearer\"\nhelp = \"{help}\"\n"
        ));
    }
    let mut bytes = component(version, &lines);
    // A custom section that means nothing.
    bytes.extend_from_slice(&[0, 0x80, 0x80, 0x0c, 1, b'x']);
    bytes.resize(bytes.len() + 0x30000 - 2, b'x');
    FetchedPlugin::check(fetched(bytes), "/x/probe.wasm", None, None).unwrap()
}

/// Runs one action, which is killed once and completed once.
fn act(plugins: &Plugins, what: &str) -> Result<Installed, InstallError> {
    match what {
        "install" => plugins.install(&large("0.1.0"), &some(&[], &["c1"])),
        "update" => plugins.update("probe", &large("0.2.0"), &Consent::default()),
        "grant" => plugins.grant("probe", &GrantChoice::All),
        _ => plugins.remove("probe"),
    }
}

/// The state before.
fn before(what: &str) -> (tempfile::TempDir, Plugins) {
    let (dir, plugins) = plugins();
    if what != "install" {
        act(&plugins, "install").unwrap();
    }
    (dir, plugins)
}

/// Steps of an act in which nothing goes wrong, and the state after it.
fn steps(what: &str) -> (usize, Option<Installed>) {
    let (_dir, plugins) = before(what);
    set(Injected::None);
    act(&plugins, what).unwrap();
    (taken(), plugins.find("probe").unwrap())
}

/// Checks that the state is one of the two, complete, and that no other file is left after the next change.
fn check(
    plugins: &Plugins,
    what: &str,
    old: &Option<Installed>,
    new: &Option<Installed>,
    at: usize,
) -> bool {
    let now = plugins.find("probe").unwrap();
    assert!(now == *old || now == *new, "{what} at step {at}: {now:#?}");
    if let Some(now) = &now {
        assert_eq!(plugins.verify(now).problems, [], "{what} at step {at}");
    }
    // The next change removes what was left, whatever it is.
    plugins.change(|_, _| Ok(())).unwrap();
    let expected: Vec<String> = now.iter().map(|now| object(&now.digest)).collect();
    assert_eq!(objects(plugins), expected, "{what} at step {at}");
    assert_eq!(plugins.find("probe").unwrap(), now);
    now == *new
}

fn child(plugins: &Plugins, what: &str, step: usize) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "install::tests::killed::child_is_killed"])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .env("CLOUDHOST_TEST_STEP", step.to_string())
        .env("CLOUDHOST_TEST_ACT", what)
        .env("CLOUDHOST_TEST_DIR", plugins.dir().parent().unwrap())
        .output()
        .unwrap()
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_is_killed() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let plugins = plugins_in(Path::new(&variable("CLOUDHOST_TEST_DIR")));
    set(Injected::KilledAt(
        variable("CLOUDHOST_TEST_STEP").parse().unwrap(),
    ));
    act(&plugins, &variable("CLOUDHOST_TEST_ACT")).unwrap();
}

/// `kill -9` at every write of every change. The number of points is printed: `--nocapture`.
#[rstest::rstest]
#[case("install", 10)]
#[case("update", 10)]
#[case("grant", 5)]
#[case("remove", 5)]
fn by_the_operating_system_at_every_step(#[case] what: &str, #[case] at_least: usize) {
    let (steps, new) = steps(what);
    let mut seen = [0, 0];
    for step in 0..steps {
        let (_dir, plugins) = before(what);
        let old = plugins.find("probe").unwrap();
        let output = child(&plugins, what, step);
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&output.status),
            Some(9),
            "{output:?}"
        );
        let done = check(&plugins, what, &old, &new, step);
        seen[usize::from(done)] += 1;
        if !done {
            act(&plugins, what).unwrap();
            assert_eq!(plugins.find("probe").unwrap(), new);
        }
    }
    assert!(
        steps >= at_least && seen[0] > 0 && seen[1] > 0,
        "{seen:?} of {steps}"
    );
    println!(
        "{what}: killed at {steps} points: {} before and {} after",
        seen[0], seen[1]
    );
}

/// The disk is full, at every step: an error, and all is as it was; or all was done.
#[rstest::rstest]
#[case("install")]
#[case("update")]
#[case("grant")]
#[case("remove")]
fn a_step_that_fails_changes_nothing(#[case] what: &str) {
    let (steps, new) = steps(what);
    for step in 0..steps {
        for fate in [Injected::FailsAt(step), Injected::DiesAt(step)] {
            let (_dir, plugins) = before(what);
            let old = plugins.find("probe").unwrap();
            set(fate);
            let outcome = act(&plugins, what);
            set(Injected::None);
            let done = check(&plugins, what, &old, &new, step);
            // A folder whose names could not be flushed can hold the new state though it failed.
            assert!(done || outcome.is_err(), "{what} at step {step}");
        }
    }
}
