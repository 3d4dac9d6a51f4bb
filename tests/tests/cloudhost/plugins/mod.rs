//! Installed plugins: only granted bytes and permissions are used, and more of either needs the user's consent.

mod signed;

use std::fs;
use std::path::{Path, PathBuf};

use cloudhost_tests::{Invocation, Outcome, Sandbox, Tree, binary, plugin_dir};

use crate::support::{ended, plugin};

/// Returns a sandbox with the probe as `probe.wasm`, a newer version as `new.wasm`, and one that requests another host
/// as `more.wasm`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().unwrap();
    let probe = fs::read(plugin_dir().join("cloudhost_probe.wasm")).unwrap();
    fs::write(sandbox.path().join("probe.wasm"), &probe).unwrap();
    let more = changed(&probe, "version = \"0.1.0\"", "version = \"0.2.0\"");
    fs::write(sandbox.path().join("new.wasm"), &more).unwrap();
    let more = changed(
        &more,
        "hosts = [\"probe.test\"]",
        "hosts = [\"other.test\"]",
    );
    fs::write(sandbox.path().join("more.wasm"), more).unwrap();
    sandbox
}

/// Replaces every occurrence of a text by another of the same length: a component has its manifest in more than one
/// place.
pub(crate) fn changed(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut component = component.to_vec();
    let mut at = 0;
    while let Some(part) = component.get_mut(at..at + from.len()) {
        if part == from.as_bytes() {
            part.copy_from_slice(to.as_bytes());
        }
        at += 1;
    }
    component
}

/// Returns the sandbox with the probe installed and all its requests granted.
fn installed() -> Sandbox {
    let sandbox = sandbox();
    ended(
        plugin(&sandbox, &["install", "probe.wasm", "--grant-all"]),
        0,
    );
    sandbox
}

/// Runs the probe with this value of the setting `do`.
fn probe(sandbox: &Sandbox, what: &str, code: i32) -> Outcome {
    let set = format!("do={what}");
    let args = [
        "run",
        "probe",
        "regions",
        "list",
        "--refresh",
        "--set",
        &set,
    ];
    ended(sandbox.cloudhost(args).unwrap(), code)
}

/// Returns the command of the last hint, verbatim.
fn pasted(sandbox: &Sandbox, outcome: &Outcome) -> Invocation {
    let mut hints = outcome
        .stderr
        .lines()
        .filter_map(|line| line.trim().strip_prefix("hint: "));
    let hint = hints
        .next_back()
        .unwrap_or_else(|| panic!("no hint in\n{outcome}"));
    let folder = binary().parent().unwrap().to_path_buf();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    sandbox.command("sh").arg("-c").arg(hint).env("PATH", path)
}

fn store(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".local/share/cloudhost/plugins")
}

fn object(sandbox: &Sandbox) -> PathBuf {
    let mut objects = fs::read_dir(store(sandbox).join("objects")).unwrap();
    objects.next().unwrap().unwrap().path()
}

#[test]
fn without_a_terminal_it_fails_with_the_command_that_agrees() {
    let sandbox = sandbox();
    let refused = ended(plugin(&sandbox, &["install", "probe.wasm"]), 9);
    for line in ["+ host probe.test", "+ setting do\n", "+ setting count\n"] {
        assert!(refused.stderr.contains(line), "no {line:?} in\n{refused}");
    }
    assert!(
        refused.stderr.contains("error: grant.needed: "),
        "{refused}"
    );
    assert!(refused.stderr.contains(" --digest sha256:"), "{refused}");
    assert!(!store(&sandbox).exists());
    probe(&sandbox, "answer", 2);

    // The file is swapped between the prompt and the consent.
    let good = fs::read(sandbox.path().join("probe.wasm")).unwrap();
    fs::copy(
        sandbox.path().join("more.wasm"),
        sandbox.path().join("probe.wasm"),
    )
    .unwrap();
    let swapped = ended(pasted(&sandbox, &refused), 9);
    assert!(
        swapped.stderr.contains("error: plugin.digest: "),
        "{swapped}"
    );
    assert!(!store(&sandbox).exists());

    fs::write(sandbox.path().join("probe.wasm"), good).unwrap();
    let done = ended(pasted(&sandbox, &refused), 0);
    assert!(done.stderr.contains("granted host probe.test"), "{done}");
    let answer = probe(&sandbox, "answer", 0);
    assert!(answer.stdout.contains("here"), "{answer}");
}

/// Runs on a terminal with this input.
fn typed(sandbox: &Sandbox, answer: &str, args: &[&str]) -> Outcome {
    let run = plugin(sandbox, args).env("ANSWER", answer);
    let terminal = r#"printf "$ANSWER" | script -qec "$*" /dev/null"#;
    run.under(["sh", "-c", terminal, "sh"]).run().unwrap()
}

#[test]
fn on_a_terminal_it_asks() {
    let sandbox = sandbox();
    let answer = |answer: &str, args: &[&str]| typed(&sandbox, answer, args);
    let outcome = answer("n\\n", &["install", "probe.wasm"]);
    assert_eq!(outcome.code, Some(9), "{outcome}");
    assert!(outcome.stdout.contains("+ host probe.test"), "{outcome}");
    assert!(outcome.stdout.contains("Grant it?"), "{outcome}");
    let outcome = answer("\\n", &["install", "probe.wasm"]);
    assert_eq!(outcome.code, Some(9), "{outcome}");
    assert!(!store(&sandbox).exists());

    let outcome = answer("s\\nn\\n", &["install", "probe.wasm"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        outcome.stdout.contains("not granted host probe.test"),
        "{outcome}"
    );

    let outcome = answer("n\\n", &["update", "probe", "more.wasm"]);
    assert_eq!(outcome.code, Some(9), "{outcome}");
    assert!(outcome.stdout.contains("- host probe.test"), "{outcome}");
    assert!(outcome.stdout.contains("+ host other.test"), "{outcome}");
    let outcome = answer("y\\n", &["update", "probe", "more.wasm"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        outcome.stdout.contains("granted host other.test"),
        "{outcome}"
    );
}

/// The prompt is only about changes that the command line does not agree to.
#[test]
fn on_a_terminal_it_asks_for_the_rest() {
    let sandbox = sandbox();
    ended(
        plugin(&sandbox, &["install", "more.wasm", "--grant-all"]),
        0,
    );
    let back = [
        "update",
        "probe",
        "probe.wasm",
        "--allow-host",
        "probe.test",
    ];
    let outcome = typed(&sandbox, "n\\n", &back);
    assert_eq!(outcome.code, Some(9), "{outcome}");
    assert!(outcome.stdout.contains("downgrade? [y/N]"), "{outcome}");
    assert!(!outcome.stdout.contains("Grant it?"), "{outcome}");
    assert!(outcome.stdout.contains(" --accept downgrade"), "{outcome}");
    let outcome = typed(&sandbox, "y\\n", &back);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        outcome.stdout.contains("granted host probe.test"),
        "{outcome}"
    );
}

/// A refusal is one audit event; consent is none.
#[test]
fn the_audit_hears_what_was_answered() {
    let sandbox = sandbox();
    let audited = |answer: &str, args: &[&str], code: i32, expected: &[&str]| {
        let outcome = typed(
            &sandbox,
            answer,
            &[args, &["--audit-log", "audit"]].concat(),
        );
        assert_eq!(outcome.code, Some(code), "{outcome}");
        let log = sandbox.path().join("audit");
        let text = fs::read_to_string(&log).unwrap();
        let reasons: Vec<String> = text
            .lines()
            .map(|line| {
                let event: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(event["digest"].is_string(), "{event}");
                event["reason"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(reasons, expected, "{outcome}");
        fs::remove_file(log).unwrap();
    };
    let install = ["install", "probe.wasm"];
    audited("n\\n", &install, 9, &["grant.needed"]);
    audited("y\\n", &install, 0, &[]);
    let update = ["update", "probe", "more.wasm"];
    audited("n\\n", &update, 9, &["grant.needed"]);
    audited("y\\n", &update, 0, &[]);
    // A rejection that no consent can avoid is an event, too.
    audited("y\\n", &install, 9, &["plugin.installed"]);
}

#[test]
fn what_is_not_granted_is_denied_and_the_hint_grants_it() {
    let sandbox = installed();
    ended(
        plugin(&sandbox, &["revoke", "probe", "--host", "probe.test"]),
        0,
    );
    let denied = probe(&sandbox, "join", 9);
    assert!(
        denied.stderr.contains("denied.host: probe.test"),
        "{denied}"
    );
    assert!(
        denied
            .stderr
            .contains("hint: cloudhost plugin grant probe --host probe.test"),
        "{denied}"
    );
    ended(pasted(&sandbox, &denied), 0);
    let reached = probe(&sandbox, "join", 4);
    assert!(!reached.stderr.contains("denied."), "{reached}");
}

#[test]
fn bytes_that_are_not_those_that_were_granted_do_not_run() {
    let sandbox = installed();
    ended(plugin(&sandbox, &["verify"]), 0);
    fs::copy(sandbox.path().join("more.wasm"), object(&sandbox)).unwrap();
    let refused = probe(&sandbox, "answer", 9);
    assert!(
        refused
            .stderr
            .contains("error: plugin.digest: probe does not run"),
        "{refused}"
    );
    let wrong = ended(
        plugin(&sandbox, &["verify", "probe", "--output", "json"]),
        9,
    );
    let problems = wrong.json().unwrap()["plugins"][0]["problems"].clone();
    assert!(
        problems[0].as_str().unwrap().contains("plugin.digest"),
        "{wrong}"
    );
    assert!(
        ended(plugin(&sandbox, &["list"]), 0)
            .stdout
            .contains(" broken ")
    );
    // One byte more is another component, and not a large one.
    let granted = fs::read(sandbox.path().join("probe.wasm")).unwrap();
    fs::write(object(&sandbox), [&granted[..], b"x"].concat()).unwrap();
    let grown = probe(&sandbox, "answer", 9);
    let size = granted.len();
    let why = format!(
        "does not match: it has {} bytes instead of {size}\n",
        size + 1
    );
    assert!(grown.stderr.contains(&why), "{grown}");
    // Built-in plugins are not affected.
    let args = ["run", "aws", "regions", "list"];
    ended(sandbox.cloudhost(args).unwrap(), 0);
    // The hint's command repairs it.
    ended(pasted(&sandbox, &refused), 0);
    probe(&sandbox, "answer", 0);
    ended(plugin(&sandbox, &["verify"]), 0);
}

#[test]
fn an_edited_lock_file_is_refused() {
    let sandbox = installed();
    let path = store(&sandbox).join("plugins.lock");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("probe.test", "other.test")).unwrap();
    for args in [
        &["list"][..],
        &["verify"],
        &["grant", "probe", "--all"],
        &["remove", "probe"],
    ] {
        let refused = ended(plugin(&sandbox, args), 9);
        assert!(
            refused.stderr.contains("error: plugin.lock-file: "),
            "{refused}"
        );
        assert!(refused.stderr.contains("plugins.lock.damaged"), "{refused}");
    }
    probe(&sandbox, "answer", 9);
    ended(
        sandbox
            .cloudhost(["run", "aws", "regions", "list"])
            .unwrap(),
        0,
    );
}

#[test]
fn an_update_that_asks_for_more_leaves_the_old_one_running() {
    let sandbox = installed();
    let before = Tree::read(&store(&sandbox)).unwrap();
    fs::copy(
        sandbox.path().join("more.wasm"),
        sandbox.path().join("probe.wasm"),
    )
    .unwrap();
    for args in [
        &["update"][..],
        &["update", "probe"],
        &["update", "probe", "more.wasm"],
    ] {
        let refused = ended(plugin(&sandbox, args), 9);
        for line in [
            "- version 0.1.0",
            "+ version 0.2.0",
            "- host probe.test",
            "+ host other.test",
        ] {
            assert!(refused.stderr.contains(line), "no {line} in\n{refused}");
        }
        assert_eq!(Tree::read(&store(&sandbox)).unwrap(), before);
        probe(&sandbox, "answer", 0);
        if args.len() == 3 {
            let done = ended(pasted(&sandbox, &refused), 0);
            assert!(done.stderr.contains("granted host other.test"), "{done}");
        }
    }
    let listed = ended(plugin(&sandbox, &["list", "--output", "json"]), 0)
        .json()
        .unwrap();
    let plugins = listed["plugins"].as_array().unwrap();
    let probe = plugins.iter().find(|one| one["name"] == "probe").unwrap();
    assert_eq!(probe["version"], "0.2.0");
    assert_eq!(probe["granted"], "all");
    assert!(probe["source"].as_str().unwrap().ends_with("/more.wasm"));
}

#[test]
fn an_update_that_asks_for_no_more_runs_at_once() {
    let sandbox = sandbox();
    // The update finds the file again from another working directory.
    ended(
        plugin(
            &sandbox,
            &["install", "./probe.wasm", "--allow-host", "probe.test"],
        ),
        0,
    );
    fs::copy(
        sandbox.path().join("new.wasm"),
        sandbox.path().join("probe.wasm"),
    )
    .unwrap();
    let done = ended(plugin(&sandbox, &["update"]).within(Path::new("/")), 0);
    assert!(done.stderr.contains("updated from 0.1.0 "), "{done}");
    assert!(done.stderr.contains(" to 0.2.0 "), "{done}");
    probe(&sandbox, "answer", 0);
    let done = ended(plugin(&sandbox, &["update", "probe"]), 0);
    assert!(done.stderr.contains("unchanged"), "{done}");
}

/// The requests of a plugin are to be looked at before all of them are granted.
#[test]
fn a_grant_of_nothing() {
    let sandbox = installed();
    let wrong = ended(plugin(&sandbox, &["grant", "probe"]), 2);
    let look = "hint: see what it requests: cloudhost plugin inspect probe\n";
    assert!(wrong.stderr.contains(look), "{wrong}");
    let unknown = ended(plugin(&sandbox, &["grant", "prope"]), 2);
    assert!(
        unknown.stderr.contains("hint: cloudhost plugin list\n"),
        "{unknown}"
    );
}

#[test]
fn names_of_builtin_plugins_are_refused() {
    let sandbox = Sandbox::new().unwrap();
    let aws = plugin_dir().join("cloudhost_plugin_aws.wasm");
    let aws = aws.to_str().unwrap();
    let refused = ended(plugin(&sandbox, &["install", aws, "--grant-all"]), 9);
    assert!(
        refused.stderr.contains("error: plugin.builtin: aws "),
        "{refused}"
    );
    for args in [
        &["grant", "aws", "--all"][..],
        &["grant", "aws"],
        &["revoke", "aws"],
        &["verify", "aws"],
        &["update", "aws"],
        &["remove", "aws"],
    ] {
        let wrong = ended(plugin(&sandbox, args), 2);
        assert!(
            wrong
                .stderr
                .contains("hint: cloudhost plugin inspect aws\n"),
            "{wrong}"
        );
    }
    assert!(!store(&sandbox).exists());
}

#[test]
fn removed_is_gone_with_what_it_fetched() {
    let sandbox = installed();
    probe(&sandbox, "answer", 0);
    let catalogs = sandbox.cache().join("catalog/probe");
    assert!(catalogs.exists());
    ended(plugin(&sandbox, &["remove", "probe"]), 0);
    assert!(!catalogs.exists());
    let gone = probe(&sandbox, "answer", 2);
    assert!(
        gone.stderr
            .contains("unknown provider `probe`; known providers: aws, lambdalabs"),
        "{gone}"
    );
    ended(plugin(&sandbox, &["remove", "probe"]), 2);
}

#[test]
fn another_folder() {
    let sandbox = sandbox();
    let dir = sandbox.path().join("it's here");
    let dir = dir.to_str().unwrap();
    let refused = ended(
        plugin(&sandbox, &["install", "probe.wasm", "--plugin-dir", dir]),
        9,
    );
    ended(pasted(&sandbox, &refused), 0);
    assert!(!store(&sandbox).exists());
    let args = ["run", "probe", "regions", "list", "--set", "do=answer"];
    ended(sandbox.cloudhost(args).unwrap(), 2);
    let run = sandbox.cloudhost(args).unwrap();
    ended(run.env("CLOUDHOST_PLUGIN_DIR", dir), 0);
}

#[test]
fn an_endpoint_is_of_a_provider_that_there_is() {
    let sandbox = installed();
    let args = [
        "run",
        "probe",
        "regions",
        "list",
        "--set",
        "do=answer",
        "--endpoint",
    ];
    let run = |endpoint: &str| sandbox.cloudhost(args).unwrap().arg(endpoint);
    ended(run("probe=http://127.0.0.1:1/"), 0);
    let refused = ended(run("prope=http://127.0.0.1:1/"), 2);
    assert!(
        refused.stderr.contains("unknown provider `prope`"),
        "{refused}"
    );
    ended(run("../x=http://127.0.0.1:1/"), 2);
}
