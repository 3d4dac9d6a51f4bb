//! Changes when something goes wrong.

use std::time::Duration;

use cloudhost_tests::{Ec2Fault, Ec2Settings};

use super::{Aws, create, made};

/// A response that is lost after its effect makes no second instance, and one lost before makes the first.
#[rstest::rstest]
#[case::before(Ec2Fault::LostBefore)]
#[case::after(Ec2Fault::LostAfter)]
#[case::cut(Ec2Fault::Cut)]
#[case::error(Ec2Fault::error_after("InternalError"))]
#[case::throttled(Ec2Fault::error("RequestLimitExceeded"))]
fn a_lost_response_makes_no_duplicate(#[case] fault: Ec2Fault) {
    let aws = Aws::at_once();
    aws.cloud.fault("RunInstances", 1, fault).unwrap();
    let id = aws.create("dev", &[]);
    assert_eq!(aws.alive(), [id]);
}

/// A credential that expires in the middle stops nothing for ever.
#[test]
fn an_expired_credential_waits_for_the_user() {
    let aws = Aws::at_once();
    aws.cloud
        .fault("RunInstances", 1, Ec2Fault::Expire)
        .unwrap();
    let outcome = aws.run(&create("dev"), 3);
    let resume = outcome
        .stderr
        .split_once("cloudhost operation resume ")
        .unwrap_or_else(|| panic!("{outcome}"));
    let id = resume.1.split_whitespace().next().unwrap().to_owned();
    assert_eq!(aws.alive(), [""; 0]);
    let run = aws.command(&["operation", "resume", &id]);
    // Another key of the same account.
    let run = run.env("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE");
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let operation = outcome.json().unwrap();
    assert_eq!(aws.alive(), [made(&operation, "instance")]);
}

#[test]
fn an_operation_goes_on_in_another_process() {
    let aws = Aws::with(&Ec2Settings {
        polls: 100,
        ..Ec2Settings::at_once()
    });
    let outcome = aws.run(&[&create("dev")[..], &["--timeout", "3s"]].concat(), 11);
    let operation = outcome.json().unwrap();
    assert_eq!(operation["state"], "running");
    assert!(
        outcome.stderr.contains("cloudhost operation wait"),
        "{outcome}"
    );
    aws.cloud.set(&Ec2Settings::at_once()).unwrap();
    let id = operation["id"].as_str().unwrap();
    let waited = aws.json(&["operation", "wait", id]);
    assert_eq!(waited["state"], "done");
    assert_eq!(aws.alive().len(), 1);
}

#[test]
fn a_change_need_not_be_waited_for() {
    let aws = Aws::with(&Ec2Settings {
        polls: 100,
        ..Ec2Settings::at_once()
    });
    let outcome = aws.run(&[&create("dev")[..], &["--no-wait"]].concat(), 0);
    assert_eq!(outcome.json().unwrap()["state"], "running");
    aws.cloud.set(&Ec2Settings::at_once()).unwrap();
    let all = aws.json(&["operation", "resume"]);
    assert_eq!(all["operations"][0]["state"], "done");
    let outcome = aws.run(&["operation", "resume"], 0);
    assert!(outcome.stderr.contains("no unfinished"), "{outcome}");
}

/// Ctrl-C leaves the operation in the journal.
#[test]
fn an_interrupt_detaches() {
    let aws = Aws::with(&Ec2Settings {
        polls: 100,
        ..Ec2Settings::at_once()
    });
    let run = aws.command(&create("dev")).spawn().unwrap();
    while aws.alive().is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    run.interrupt().unwrap();
    let outcome = run.wait().unwrap();
    assert_eq!(outcome.code, Some(130), "{outcome}");
    assert!(outcome.stderr.contains("cloudhost operation "), "{outcome}");
    aws.cloud.set(&Ec2Settings::at_once()).unwrap();
    aws.run(&["operation", "resume"], 0);
    assert_eq!(aws.alive().len(), 1);
}

#[test]
fn a_cancelled_creation_leaves_nothing() {
    let aws = Aws::with(&Ec2Settings {
        polls: 100,
        ..Ec2Settings::at_once()
    });
    let outcome = aws.run(&[&create("dev")[..], &["--no-wait"]].concat(), 0);
    let id = outcome.json().unwrap()["id"].as_str().unwrap().to_owned();
    aws.cloud.set(&Ec2Settings::at_once()).unwrap();
    let operation = aws.json(&["operation", "cancel", &id, "-y"]);
    assert_eq!(operation["state"], "cancelled");
    assert_eq!(aws.alive(), [""; 0]);
}

/// What is past its end is collected, and nothing else.
#[test]
fn the_collector_ends_what_is_past_its_time() {
    let aws = Aws::at_once();
    let theirs = aws
        .cloud
        .foreign_instance("us-east-1", ("Name", "theirs"))
        .unwrap();
    let kept = aws.create("kept", &["--expires-in", "8h"]);
    let brief = aws.create("brief", &["--expires-in", "1s"]);
    std::thread::sleep(Duration::from_secs(2));
    let of = ["--provider", "aws"];
    let list = aws.json(&[&["gc", "--dry-run"], &of[..]].concat());
    assert_eq!(list["found"].as_array().unwrap().len(), 1, "{list:#}");
    assert_eq!(list["found"][0]["resource"]["id"], brief.as_str());
    assert_eq!(aws.alive().len(), 3);
    aws.run(&[&["gc"], &of[..]].concat(), 2);
    let list = aws.json(&[&["gc", "-y"], &of[..]].concat());
    assert_eq!(list["found"][0]["ended"], true, "{list:#}");
    let mut alive = aws.alive();
    alive.sort();
    let mut expected = [theirs, kept];
    expected.sort();
    assert_eq!(alive, expected);
}

/// A journal of a newer version is not touched.
#[test]
fn a_newer_journal_is_refused() {
    let aws = Aws::at_once();
    aws.create("dev", &[]);
    let journal = aws
        .sandbox
        .home()
        .join(".local/state/cloudhost/operations.db");
    let newer = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('pragma user_version = 99'); c.commit(); c.close()";
    let status = cloudhost_tests::python::command()
        .unwrap()
        .args(["-c", newer])
        .arg(&journal)
        .status()
        .unwrap();
    assert!(status.success());
    let before = std::fs::read(&journal).unwrap();
    let outcome = aws.run(&create("other"), 1);
    assert!(outcome.stderr.contains("update cloudhost"), "{outcome}");
    assert_eq!(std::fs::read(&journal).unwrap(), before);
    assert_eq!(aws.alive().len(), 1);
}

#[test]
fn a_denied_change_names_its_permission() {
    let aws = Aws::with(&Ec2Settings {
        deny: vec!["RunInstances".to_owned()],
        ..Ec2Settings::at_once()
    });
    let outcome = aws.run(&create("dev"), 3);
    assert!(outcome.stderr.contains("RunInstances"), "{outcome}");
    let doctor = aws.run(&["doctor", "--provider", "aws"], 1);
    let doctor = doctor.json().unwrap();
    let checks = doctor["checks"].as_array().unwrap();
    let check = |subject: &str| {
        let found = checks.iter().find(|check| check["subject"] == subject);
        found.map(|check| check["result"].as_str().unwrap().to_owned())
    };
    assert_eq!(check("create instance").as_deref(), Some("bad"));
    assert_eq!(check("credentials").as_deref(), Some("good"));
    assert!(
        !doctor["reads"][0]["requests"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_unknown_operation_and_a_wrong_account_are_refused() {
    let aws = Aws::at_once();
    aws.run(&["operation", "show", "0000"], 2);
    aws.create("dev", &[]);
    let outcome = aws.run(&["operation", "show", "zzzz"], 2);
    assert!(
        outcome.stderr.contains("cloudhost operation list"),
        "{outcome}"
    );
}

/// Without an identity, nothing is taken for another's, and nothing protected for unprotected.
#[test]
fn an_unknown_account_is_no_other_owner() {
    let aws = Aws::at_once();
    aws.create("dev", &["--protect"]);
    for command in [
        &["instance", "list"][..],
        &["instance", "get", "dev"],
        &["instance", "stop", "dev", "-y"],
        &["instance", "terminate", "dev", "--not-mine", "-y"],
    ] {
        let denied = Ec2Fault::error("AccessDenied");
        aws.cloud
            .fault_times("GetCallerIdentity", 1, 20, denied)
            .unwrap();
        let command = [command, &["--provider", "aws"]].concat();
        let outcome = aws.command(&command).run().unwrap();
        assert_eq!(outcome.code, Some(3), "{command:?}\n{outcome}");
        assert!(outcome.stderr.contains("GetCallerIdentity"), "{outcome}");
        aws.cloud.heal().unwrap();
    }
    assert_eq!(aws.alive().len(), 1);
}
