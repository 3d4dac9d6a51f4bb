//! A commit that fails changes nothing.

use std::process::Command;

use super::killed::{after, commit_new, half_done, old, steps};
use super::*;
use crate::failpoint::{Injected, set, taken};

#[test]
fn at_every_step() {
    let (after, steps) = (after(), steps());
    let (mut failed, mut done) = (0, 0);
    for step in 0..steps {
        let (root, before) = old();
        let identity = identities(root.path());
        set(Injected::FailsAt(step));
        let result = commit_new(root.path());
        set(Injected::None);
        let mut now = content(root.path());
        match result {
            Err(error) => {
                failed += 1;
                assert!(!matches!(error, OutputError::Stuck { .. }), "{error}");
                assert!(matches!(error.fix(), Some(Fix::MakeRoom(_))), "{error}");
                assert_eq!(now, before, "failed at step {step}");
                assert_eq!(identities(root.path()), identity, "failed at step {step}");
            }
            Ok(_) => {
                done += 1;
                now.retain(|path, _| !path.starts_with(".cloudhost-aws.stage"));
                assert_eq!(now, after, "failed at step {step}");
            }
        }
        commit_new(root.path()).unwrap();
        assert_eq!(content(root.path()), after);
    }
    // A failure after all is done is no error: only the cleanup.
    assert!(failed > 30 && done <= 4, "{failed} and {done} of {steps}");
}

/// The process dies, or everything goes on failing, while a failed commit is undone.
#[test]
fn and_then_dies() {
    let (after, steps) = (after(), steps());
    let mut stuck = 0;
    for step in 0..steps {
        for later in 0.. {
            let (root, before) = old();
            set(Injected::FailsThenDies(step, later));
            let result = commit_new(root.path());
            let all = taken() <= step + later + 1;
            set(Injected::None);
            if let Err(error @ OutputError::Stuck { .. }) = &result {
                stuck += 1;
                match error.fix() {
                    Some(Fix::RunAgain { stage, .. }) => {
                        assert_eq!(stage, root.path().join(".cloudhost-aws.stage"));
                    }
                    other => panic!("{error}: {other:?}"),
                }
            }
            recover(root.path()).unwrap();
            let now = content(root.path());
            assert!(
                now == before || now == after,
                "failed at {step}, died {later} later: {now:#?}"
            );
            if result.is_ok() {
                assert_eq!(now, after);
            }
            if all {
                break;
            }
        }
    }
    assert!(stuck > 0);
}

/// The same without a seam: the operating system refuses a write that is too large.
#[test]
fn a_limit_of_the_operating_system() {
    let (root, before) = old();
    let test = "output::tests::faults::child_writes";
    let run = r#"trap "" XFSZ; ulimit -f 64; exec "$0" --exact "$1" --ignored --nocapture"#;
    let output = Command::new("sh")
        .args(["-c", run])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(SECRET, secret())
        .current_dir(root.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("refused: cannot write ./.cloudhost-aws.stage/new-"),
        "{text}"
    );
    assert!(text.contains("fix: Some(AllowLargerFiles)"), "{text}");
    assert_eq!(content(root.path()), before);
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_writes() {
    let large = "x".repeat(1 << 20);
    let error = commit(
        Path::new("."),
        &generation("new", &[("Kconfig", "new"), ("Kconfig.large", &large)]),
    )
    .unwrap_err();
    println!("refused: {error}\nfix: {:?}", error.fix());
}

/// Something appears where a directory should go after it was looked at: a real error in the middle.
#[test]
fn a_plan_that_cannot_be_completed_is_undone() {
    let (after, steps) = (after(), steps());
    let mut undone = 0;
    for step in 0..steps {
        let (root, before) = old();
        set(Injected::DiesAt(step));
        let _ = commit_new(root.path());
        set(Injected::None);
        let in_the_way = root.path().join("deep");
        if !in_the_way.exists() {
            fs::write(&in_the_way, "").unwrap();
        }
        recover(root.path()).unwrap();
        let mut now = content(root.path());
        if in_the_way.is_file() {
            now.remove("deep");
            assert_eq!(now, before, "died at step {step}");
            undone += 1;
        } else {
            assert_eq!(now, after, "died at step {step}");
        }
    }
    assert!(undone > 10, "{undone}");
}

/// A change of a file's text.
type Damage = fn(&str) -> String;

/// A plan that names a file of other content, or lost its end, is not carried out, not even in part.
#[test]
fn a_damaged_plan_is_not_carried_out() {
    let damage: [(&str, Damage); 3] = [
        ("plan", |_| "{".to_owned()),
        ("plan", |text| text[..text.len() / 2].to_owned()),
        ("new-1", |text| format!("{text} and more")),
    ];
    for (name, damaged) in damage {
        let (root, before) = half_done();
        let file = root.path().join(".cloudhost-aws.stage").join(name);
        let good = fs::read_to_string(&file).unwrap();
        fs::write(&file, damaged(&good)).unwrap();
        let error = recover(root.path()).unwrap_err();
        assert!(matches!(error, OutputError::Damaged { .. }), "{error}");
        let stage = root.path().join(".cloudhost-aws.stage");
        assert_eq!(error.fix(), Some(Fix::Discard(stage.clone())));
        // The next run says the same, until the user has removed the stage.
        assert!(commit_new(root.path()).is_err());
        fs::remove_dir_all(&stage).unwrap();
        assert_eq!(content(root.path()), before, "{name}");
        commit_new(root.path()).unwrap();
    }
}
