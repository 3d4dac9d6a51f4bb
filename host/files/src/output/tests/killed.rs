//! A process that is killed at any moment leaves a directory that is restored to one generation or the other.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::{Command, Output};

use super::*;
use crate::failpoint::{Injected, set, taken};

const OLD: &[(&str, &str)] = &[
    ("Kconfig", "old"),
    ("Kconfig.same", "same"),
    ("Kconfig.gone", "gone"),
    ("sub/Kconfig.x", "old"),
    ("sub/Kconfig.y", "y"),
];
const NEW: &[(&str, &str)] = &[
    ("Kconfig", "new"),
    ("Kconfig.same", "same"),
    ("sub/Kconfig.x", "new"),
    ("Kconfig.added", "new"),
    ("deep/er/Kconfig.z", "new"),
];

/// A folder with the old generation, and its content.
pub(super) fn old() -> (tempfile::TempDir, BTreeMap<String, String>) {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("theirs"), "theirs").unwrap();
    commit(root.path(), &generation("old", OLD)).unwrap();
    let before = content(root.path());
    (root, before)
}

pub(super) fn commit_new(path: &Path) -> Result<Changes, OutputError> {
    commit(path, &generation("new", NEW))
}

/// The content after the new generation.
pub(super) fn after() -> BTreeMap<String, String> {
    let (root, _) = old();
    commit_new(root.path()).unwrap();
    content(root.path())
}

/// Steps of a commit in which nothing goes wrong.
pub(super) fn steps() -> usize {
    let (root, _) = old();
    set(Injected::None);
    commit_new(root.path()).unwrap();
    taken()
}

/// A folder with the old generation and a complete plan for the new one, of which nothing is done yet.
pub(super) fn half_done() -> (tempfile::TempDir, BTreeMap<String, String>) {
    let planned = |root: &Path| root.join(".cloudhost-aws.stage/plan").exists();
    let at = |step: usize| {
        let (root, before) = old();
        set(Injected::DiesAt(step));
        let _ = commit_new(root.path());
        set(Injected::None);
        planned(root.path()).then_some((root, before))
    };
    (0..).find_map(at).unwrap()
}

/// Runs a test of this binary that is ignored otherwise, in a process of its own.
pub(super) fn child(current: &Path, test: &str, environment: &[(&str, &str)]) -> Output {
    let name = format!("output::tests::{test}");
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            &name,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .envs(environment.iter().copied())
        .env(SECRET, secret())
        .current_dir(current)
        .output()
        .unwrap()
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_is_killed() {
    let number = |name: &str| std::env::var(name).unwrap().parse().unwrap();
    set(Injected::KilledAt(number("CLOUDHOST_TEST_STEP")));
    commit_new(Path::new(".")).unwrap();
}

#[test]
fn by_the_operating_system_at_every_step() {
    let (after, steps) = (after(), steps());
    let mut seen = [0, 0];
    for step in 0..steps {
        let (root, before) = old();
        let output = child(
            root.path(),
            "killed::child_is_killed",
            &[("CLOUDHOST_TEST_STEP", &step.to_string())],
        );
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&output.status),
            Some(9),
            "{output:?}"
        );
        recover(root.path()).unwrap();
        let now = content(root.path());
        assert!(
            now == before || now == after,
            "killed at step {step}: {now:#?}"
        );
        seen[usize::from(now == after)] += 1;
        let key = if now == after { "new" } else { "old" };
        assert!(unchanged(root.path(), "aws", key).is_some());
        commit_new(root.path()).unwrap();
        assert_eq!(content(root.path()), after);
    }
    // Both outcomes occur, and one after the other.
    assert!(seen[0] > 10 && seen[1] > 10, "{seen:?} of {steps}");
}

/// The next run dies too while it mends.
#[test]
fn and_again_while_mending() {
    let (after, steps) = (after(), steps());
    for step in 0..steps {
        for later in 0.. {
            let (root, before) = old();
            set(Injected::DiesAt(step));
            let _ = commit_new(root.path());
            set(Injected::DiesAt(later));
            let mended = recover(root.path()).is_ok();
            let done = taken() <= later;
            set(Injected::None);
            recover(root.path()).unwrap();
            assert!(!root.path().join(".cloudhost-aws.stage").exists());
            let now = content(root.path());
            assert!(
                now == before || now == after,
                "died at {step}, then at {later}: {now:#?}"
            );
            if done {
                assert!(mended);
                break;
            }
        }
    }
}

/// A menu that was edited after the interrupted run stays, whether the commit is completed or undone, and however an
/// editor writes.
#[test]
fn a_file_that_was_edited_since_is_not_replaced() {
    let in_place = |path: &Path| fs::write(path, "edited").unwrap();
    let anew = |path: &Path| {
        fs::write(path.with_extension("draft"), "edited").unwrap();
        fs::rename(path.with_extension("draft"), path).unwrap();
    };
    for edit in [in_place as fn(&Path), anew] {
        for (way, name) in [
            ("plan", "Kconfig"),
            ("undo", "sub/Kconfig.x"),
            ("plan", "Kconfig.added"),
        ] {
            let (root, _) = half_done();
            let (stage, path) = (
                root.path().join(".cloudhost-aws.stage"),
                root.path().join(name),
            );
            fs::rename(stage.join("plan"), stage.join(way)).unwrap();
            edit(&path);
            for _ in 0..2 {
                let error = commit_new(root.path()).unwrap_err();
                assert!(matches!(error, OutputError::NotOurs { .. }), "{error}");
                assert_eq!(error.fix(), Some(Fix::MoveAway(path.clone())));
                assert_eq!(fs::read_to_string(&path).unwrap(), "edited");
            }
            fs::rename(&path, root.path().join("moved")).unwrap();
            commit_new(root.path()).unwrap();
            fs::remove_file(root.path().join("moved")).unwrap();
            assert_eq!(content(root.path()), after());
        }
    }
}

/// What a run would refuse to replace stays where it was put after the interrupted one too: links, also those that lead
/// nowhere or out of the directory, directories and sockets.
#[rstest::rstest]
#[case::link(|path: &Path| symlink("theirs", path).unwrap())]
#[case::dangling(|path: &Path| symlink("nowhere", path).unwrap())]
#[case::out(|path: &Path| symlink("../../theirs", path).unwrap())]
#[case::directory(|path: &Path| fs::create_dir(path).unwrap())]
#[case::socket(|path: &Path| drop(UnixListener::bind(path).unwrap()))]
fn something_else_than_a_file_is_not_replaced(
    #[case] put: fn(&Path),
    #[values("plan", "undo")] way: &str,
    #[values("Kconfig", "Kconfig.added", ".cloudhost-aws.json")] name: &str,
) {
    let (root, _) = half_done();
    let at = |name: &str| root.path().join(name);
    let stage = at(".cloudhost-aws.stage");
    fs::rename(stage.join("plan"), stage.join(way)).unwrap();
    if at(name).exists() {
        fs::remove_file(at(name)).unwrap();
    }
    put(&at(name));
    let there = || fs::symlink_metadata(at(name)).unwrap().ino();
    let before = there();
    for _ in 0..2 {
        let error = commit_new(root.path()).unwrap_err();
        let fix = error.fix().unwrap();
        assert!(
            [Fix::MoveAway(at(name)), Fix::Remove(at(name))].contains(&fix),
            "{error}"
        );
        assert_eq!(there(), before);
    }
    match at(name).symlink_metadata().unwrap().is_dir() {
        true => fs::remove_dir(at(name)).unwrap(),
        false => fs::remove_file(at(name)).unwrap(),
    }
    commit_new(root.path()).unwrap();
    assert_eq!(content(root.path())[name], after()[name]);
}

/// A link of a generated name is replaced, but not by a run that was interrupted before it was put there.
#[rstest::rstest]
#[case::the_same("theirs", true)]
#[case::another("Kconfig", false)]
fn a_link_is_replaced_if_it_is_the_same(#[case] target: &str, #[case] replaced: bool) {
    const NAME: &str = "Kconfig.x.generated";
    let root = tempfile::tempdir().unwrap();
    let link = root.path().join(NAME);
    symlink("theirs", &link).unwrap();
    let run = || commit(root.path(), &generation("1", &[(NAME, "new")]));
    for step in 0.. {
        set(Injected::DiesAt(step));
        let _ = run();
        set(Injected::None);
        if root.path().join(".cloudhost-aws.stage/plan").exists() {
            break;
        }
    }
    fs::remove_file(&link).unwrap();
    symlink(target, &link).unwrap();
    match replaced {
        true => assert_eq!(run().unwrap().unchanged, [NAME]),
        false => assert_eq!(run().unwrap_err().fix(), Some(Fix::MoveAway(link.clone()))),
    }
    assert_eq!(link.is_symlink(), !replaced);
}

/// Until it is recovered, an incomplete commit does not count as a good one.
#[test]
fn half_done_is_not_unchanged() {
    let (after, steps) = (after(), steps());
    for step in 0..steps {
        let (root, before) = old();
        set(Injected::DiesAt(step));
        let _ = commit_new(root.path());
        set(Injected::None);
        let mut now = content(root.path());
        now.retain(|path, _| !path.starts_with(".cloudhost-aws.stage"));
        if unchanged(root.path(), "aws", "old").is_some() {
            assert_eq!(now, before);
        }
        if unchanged(root.path(), "aws", "new").is_some() {
            assert_eq!(now, after);
        }
    }
}
