use super::*;
use crate::capability::{Denial, DeniedBy};
use crate::{FilePurpose, HasRemedy as _, Remedy};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

fn trail(log: &Arc<JsonLines>) -> Trail {
    Trail::new("probe", Digest::of(b"probe"), Some(log.clone()))
}

fn denial() -> Denial {
    Denial::Host {
        host: "evil.test".to_owned(),
        missing: DeniedBy::Grant,
    }
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_line_for_each_event_is_added_to_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    for run in 1..=2 {
        let log = Arc::new(JsonLines::open(&path).unwrap());
        let trail = trail(&log);
        trail.denied(&denial(), Some("evil.test"));
        trail.signed("aws", "ec2.amazonaws.com", None);
        trail.signed("aws", "ec2.amazonaws.com", None);
        trail.limited("limit.requests", None);
        trail.crashed();
        let expected = Counts {
            denied: 1,
            signed: 2,
            limited: 1,
            crashed: 1,
            refused: 0,
        };
        assert_eq!(trail.counts(), expected);
        log.finish().unwrap();
        assert_eq!(lines(&path).len(), run * 5);
    }
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let mut first = lines(&path).remove(0);
    let time = first["time"].take();
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    assert!(
        time.duration_since(crate::clock::timestamp())
            .abs()
            .as_secs()
            < 60
    );
    let expected = serde_json::json!({
        "time": null,
        "plugin": "probe",
        "digest": Digest::of(b"probe").to_string(),
        "kind": "denied",
        "reason": "denied.host",
        "host": "evil.test",
        "endpoint": null,
        "credential": null,
    });
    assert_eq!(first, expected);
    assert_eq!(lines(&path)[1]["kind"], "credential-used");
}

/// A flood of one reason does not hide other events, and every event is counted.
#[test]
fn what_is_over_the_bound_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let log = Arc::new(JsonLines::open(&path).unwrap().keeping(3));
    let trails = ["one", "two"].map(|plugin| {
        let digest = Digest::of(plugin.as_bytes());
        Trail::new(plugin, digest, Some(log.clone()))
    });
    let [one, two] = &trails;
    for at in 0..10 {
        one.denied(&denial(), Some(&format!("{at}.evil.test")));
    }
    one.signed("aws", "ec2.amazonaws.com", None);
    (0..4).for_each(|_| two.denied(&denial(), Some("evil.test")));
    (0..3).for_each(|_| two.crashed());
    log.finish().unwrap();
    assert_eq!(one.counts().denied, 10);
    let found: Vec<_> = lines(&path)
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
            let more = line.get("more").and_then(|more| more.as_u64());
            (text("plugin"), text("reason"), text("host"), more)
        })
        .collect();
    let line = |plugin: &str, reason: &str, host: &str, more| {
        (plugin.to_owned(), reason.to_owned(), host.to_owned(), more)
    };
    let expected = [
        line("one", "denied.host", "0.evil.test", None),
        line("one", "denied.host", "1.evil.test", None),
        line("one", "denied.host", "2.evil.test", None),
        line("one", "credential.used", "ec2.amazonaws.com", None),
        line("two", "denied.host", "evil.test", None),
        line("two", "denied.host", "evil.test", None),
        line("two", "denied.host", "evil.test", None),
        line("two", "plugin.trap", "-", None),
        line("two", "plugin.trap", "-", None),
        line("two", "plugin.trap", "-", None),
        line("one", "denied.host", "-", Some(7)),
        line("two", "denied.host", "-", Some(1)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_not_known_is_null() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let log = JsonLines::open(&path).unwrap();
    Refusal::of("plugin.component").record(Some(&log));
    log.finish().unwrap();
    let mut line = lines(&path).remove(0);
    line["time"].take();
    let expected = serde_json::json!({
        "time": null,
        "plugin": null,
        "digest": null,
        "kind": "refused",
        "reason": "plugin.component",
        "host": null,
        "endpoint": null,
        "credential": null,
    });
    assert_eq!(line, expected);
}

/// A user with write access can remove a line; the remedy is a new file.
#[test]
fn what_others_can_write_is_no_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    for mode in [0o666, 0o620] {
        std::fs::write(&path, "forged\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = JsonLines::open(&path).unwrap_err();
        assert!(matches!(error, AuditError::NotPrivate { .. }), "{error}");
        let remedy = Remedy::ReplaceUntrusted {
            path: path.clone(),
            purpose: FilePurpose::AuditLog,
        };
        assert_eq!(error.remedy(), Some(remedy));
        std::fs::rename(&path, dir.path().join("others")).unwrap();
        JsonLines::open(&path).unwrap().finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        std::fs::remove_file(&path).unwrap();
    }
}

/// The owner of a file can open it to others at any time. Only root can get a writable file of another user.
#[test]
fn what_another_user_owns_is_no_log() {
    if !rustix::process::geteuid().is_root() {
        eprintln!(
            "not tried: only root can write a file of another user that nobody else can write"
        );
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    std::fs::write(&path, "theirs\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::chown(&path, Some(65_534), None).unwrap();
    let error = JsonLines::open(&path).unwrap_err();
    assert!(matches!(error, AuditError::NotPrivate { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"theirs\n");
}

#[test]
fn only_a_plain_file_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (link, pipe) = (dir.path().join("link"), dir.path().join("pipe"));
    symlink(dir.path().join("target"), &link).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [&link, &pipe, Path::new("/dev/null"), dir.path()] {
        let error = JsonLines::open(path).unwrap_err();
        assert!(matches!(error, AuditError::Open { .. }), "{path:?}");
    }
    assert!(!dir.path().join("target").exists());
}

/// The descriptor is replaced by one that rejects writes.
#[test]
fn what_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let log = Arc::new(JsonLines::open(&path).unwrap());
    log.swap(std::fs::File::open(&path).unwrap());
    trail(&log).crashed();
    match log.finish() {
        Err(AuditError::Write { path: told, .. }) => assert_eq!(told, path),
        other => panic!("{other:?}"),
    }
}

/// With an endpoint of the user, the host is not where the request goes.
#[test]
fn where_a_signed_request_went() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let log = Arc::new(JsonLines::open(&path).unwrap());
    let at = Some("http://127.0.0.1:4566");
    trail(&log).signed("aws", "ec2.amazonaws.com", at);
    log.finish().unwrap();
    let line = lines(&path).remove(0);
    assert_eq!(line["host"], "ec2.amazonaws.com");
    assert_eq!(line["endpoint"].as_str(), at);
}

#[test]
fn text_of_a_plugin_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let log = Arc::new(JsonLines::open(&path).unwrap());
    trail(&log).limited("limit.requests", Some(&"x".repeat(10_000)));
    log.finish().unwrap();
    assert_eq!(lines(&path)[0]["host"].as_str().unwrap().len(), 255);
}
