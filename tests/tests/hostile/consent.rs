//! Attacks on the user: on what consent shows, on names and messages, and by a project that the user builds.

use crate::guests::Guest;
use crate::installs::{MODEST, Machine, REFUSED, modest, other_code};
use crate::stage::{PLANTED, Sandboxed};
use cloudhost::plugin::{Digest, PluginError};
use cloudhost_tests::{Invocation, Outcome, Reply, ScriptedServer, Signer, Tree};
use rstest::rstest;
use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Requests that bury what matters: it comes first, and 60 harmless hosts behind it.
fn flood() -> String {
    let hosts: String = (0..60)
        .map(|n| format!(", \"cdn-{n}.evil.test\""))
        .collect();
    format!(
        "hosts = [\"*.evil.test\", \"collect.evil.test\"{hosts}]\nsettings = []\n\
        [[credentials]]\nname = \"guest\"\nscheme = \"bearer\"\nhosts = [\"collect.evil.test\"]\n\
        [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"iam\", \"s3\"]\nhosts = [\"collect.evil.test\"]\n\
        [[credentials]]\nname = \"evil\"\nscheme = \"bearer\"\n"
    )
}

fn named(name: &str, asks: &str) -> Vec<u8> {
    Guest {
        name,
        asks,
        ..Guest::default()
    }
    .bytes()
}

/// The lines that consent shows, without the error and its hint.
fn shown(outcome: &Outcome) -> Vec<&str> {
    let lines = outcome.stderr.lines();
    lines
        .take_while(|line| !line.starts_with("error"))
        .collect()
}

/// Any wildcard, then credentials, then those that belong to others come last, right before the question, each with
/// the reason. The rest is counted, and the command that lists it works.
#[tokio::test]
async fn case_38_consent_ends_with_what_is_dangerous() {
    let machine = Machine::with_modest();
    machine.put(&named("evil", &flood()));
    let outcome = machine.refused(&["plugin", "install", "guest.wasm"], &["grant.needed"]);
    let lines = shown(&outcome);
    assert!(lines.len() < 24, "more than a screen:\n{outcome}");
    let to = "would be sent to collect.evil.test";
    let last = [
        "look closely at:".to_owned(),
        "  + host *.evil.test: any server under evil.test".to_owned(),
        "  + credential evil (bearer): your token of this name would be sent to *.evil.test, collect.evil.test, cdn-0.evil.test and 59 more".to_owned(),
        format!(
            "  + credential guest (bearer): the token of plugin guest (host one.allowed.test) {to}"
        ),
    ];
    assert_eq!(lines[lines.len() - 5..lines.len() - 1], last, "{outcome}");
    let aws = lines.last().unwrap();
    for part in [
        "  + credential aws (sigv4 for iam, s3): the key of plugin aws (hosts ec2.*.amazonaws.com, ",
        " more) would sign requests to collect.evil.test",
    ] {
        assert!(aws.contains(part), "no {part:?} in {aws}");
    }
    let rest = lines
        .iter()
        .find_map(|line| line.strip_prefix("  + and 56 more hosts: cloudhost "));
    let rest: Vec<&str> = rest
        .unwrap_or_else(|| panic!("{outcome}"))
        .split(' ')
        .collect();
    let all = machine.run(&rest, 0);
    assert!(all.stdout.contains("cdn-59.evil.test"), "{all}");
    machine.assert_contained(&["grant.needed"]).await;
}

/// On a terminal the question follows the reasons at once, and each question about a part repeats its own.
#[tokio::test]
async fn case_38_questions_say_why() {
    let machine = Machine::with_modest();
    machine.put(&named("evil", &flood()));
    let typed = |answers: String| {
        let run = machine
            .command(&["plugin", "install", "guest.wasm"])
            .env("ANSWERS", answers);
        let terminal = r#"printf "$ANSWERS" | script -qec "$*" /dev/null"#;
        let outcome = run.under(["sh", "-c", terminal, "sh"]).run().unwrap();
        let refused = outcome.stdout.contains("grant.needed");
        machine.ended(outcome, if refused { REFUSED } else { 0 })
    };
    let why =
        "the token of plugin guest (host one.allowed.test) would be sent to collect.evil.test";
    let refused = typed("n\\n".to_owned());
    let before = refused.stdout.split("Grant it?").next().unwrap();
    let last: Vec<&str> = before.lines().rev().take(2).collect();
    assert!(last.iter().any(|line| line.contains(why)), "{refused}");

    // No to the plain hosts, yes to the wildcard, no to all credentials.
    let answers = format!("s\\n{}y\\nn\\nn\\nn\\n", "n\\n".repeat(61));
    let some = typed(answers);
    let question = format!("+ credential guest (bearer): {why}? [y/N]");
    assert!(some.stdout.contains(&question), "{some}");
    assert!(
        some.stdout
            .contains("+ host *.evil.test: any server under evil.test? [y/N]"),
        "{some}"
    );
    let shown = machine
        .run(&["plugin", "inspect", "evil", "--output", "json"], 0)
        .json()
        .unwrap();
    assert_eq!(
        shown["grant"],
        serde_json::json!({"hosts": ["*.evil.test"], "credentials": [], "change": false})
    );
    machine.assert_contained(&["grant.needed"]).await;
}

/// A credential that is used with all hosts goes to a new one: the line says where to, although it is as before.
#[tokio::test]
async fn case_38_credential_that_goes_to_one_more_host() {
    let machine = Machine::with_modest();
    let hosts = "hosts = [\"one.allowed.test\", \"collect.evil.test\"]";
    machine.put(&modest(
        &MODEST.replace("hosts = [\"one.allowed.test\"]", hosts),
    ));
    let outcome = machine.refused(&["plugin", "update", "guest"], &["grant.needed"]);
    let line = "  + credential guest (bearer): your token of this name would be sent to collect.evil.test, one.allowed.test";
    assert_eq!(shown(&outcome).last(), Some(&line), "{outcome}");
    machine.assert_contained(&["grant.needed"]).await;
}

/// Hosts of anyone are neither requested nor granted.
#[rstest]
#[case("*")]
#[case("*.com")]
#[case("*.*")]
#[case("*.*.*")]
#[case("*.co.uk")]
#[case("*.nhs.uk")]
#[case("*.kyoto.jp")]
#[case("*.asso.fr")]
#[case("api.*.com")]
#[case("example.*")]
#[tokio::test]
async fn case_39_hosts_of_anyone(#[case] host: &str) {
    let machine = Machine::with_modest();
    let before = machine.installed();
    machine.put(&named("evil", &format!("hosts = [{host:?}]\n")));
    let outcome = machine.run(&["plugin", "install", "guest.wasm", "--grant-all"], 1);
    assert!(
        outcome.stderr.contains("covers hosts of anyone"),
        "{outcome}"
    );
    let outcome = machine.run(&["plugin", "grant", "guest", "--host", host], 2);
    assert!(
        outcome.stderr.contains("covers hosts of anyone"),
        "{outcome}"
    );
    assert_eq!(machine.installed(), before);
    machine.assert_contained(&["plugin.manifest"]).await;
}

/// Names that would open a line like the program's own, and names that look like another plugin's.
#[rstest]
#[case::error("error", 1, "plugin.manifest")]
#[case::warning("warning", 1, "plugin.manifest")]
#[case::hint("hint", 1, "plugin.manifest")]
#[case::program("cloudhost", 1, "plugin.manifest")]
#[case::command("plugin", 1, "plugin.manifest")]
#[case::word("host", 1, "plugin.manifest")]
#[case::hyphen("aws-", 1, "plugin.manifest")]
#[case::letter_more("awss", REFUSED, "plugin.name")]
#[case::letters_swapped("lamdbalabs", REFUSED, "plugin.name")]
#[case::hyphen_inside("lambda-labs", REFUSED, "plugin.name")]
#[case::digit("1ambdalabs", 1, "plugin.manifest")]
#[case::digit_inside("lambda1abs", REFUSED, "plugin.name")]
#[tokio::test]
async fn case_47_names_that_pass_for_another(
    #[case] name: &str,
    #[case] code: i32,
    #[case] reason: &str,
) {
    let machine = Machine::new();
    machine.put(&named(name, "settings = []\n"));
    let outcome = machine.run(&["plugin", "install", "guest.wasm", "--grant-all"], code);
    assert!(outcome.stderr.contains(name), "{outcome}");
    assert_eq!(
        Tree::read(&machine.sandbox.home()).unwrap().files().len(),
        0
    );
    machine.assert_contained(&[reason]).await;
}

/// Longest message of an error, with its causes.
fn longest(error: &dyn Error) -> usize {
    let here = error.to_string().chars().count();
    error
        .source()
        .map_or(here, |source| here.max(longest(source)))
}

#[tokio::test]
async fn case_40_long_names_in_errors() {
    let stage = Sandboxed::new();
    let long = "x".repeat(90_000);
    let manifest = format!("{} = 1\n", &long[..60_000]);
    let error = stage.refused(named("guest", &manifest));
    assert!(matches!(error, PluginError::Manifest(_)), "{error}");
    assert!(longest(&error) < 300, "{error}");

    let import = format!("(component (import \"evil:{long}/a@1.0.0\" (instance)))");
    let error = stage.refused(wat::parse_str(import).unwrap());
    assert!(error.to_string().contains("evil:xxx"), "{error}");
    assert!(longest(&error) < 300, "{error}");

    // A function of an interface that there is.
    let write = "    write: func(level: level, message: string);";
    let more = format!("{write} {long}: func();");
    let import = format!("(module (import \"cloudhost:provider/log@0.2.0\" \"{long}\" (func))");
    let guest = Guest {
        contract: &[(write, &more)],
        module: &[("(module", &import)],
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    let error = outcome.failure();
    assert!(
        matches!(error, PluginError::ContractMismatch(_)),
        "{error:?}"
    );
    assert!(longest(error) < 1_500, "{error}");
    stage
        .assert_contained(&["plugin.manifest", "plugin.component", "plugin.contract"])
        .await;
}

/// The source goes back to the first build of the version that is installed. Its signer vouched for both.
#[tokio::test]
async fn case_37_signed_build_that_goes_back() {
    let machine = Machine::new();
    let signer = Signer::new().unwrap();
    let file = machine.sandbox.path().join("guest.wasm");
    let publish = |component: &[u8]| {
        machine.put(component);
        signer.sign(&file, &[]).unwrap();
    };
    let key = signer.public_file().to_str().unwrap().to_owned();
    publish(&modest(MODEST));
    let install = [
        "plugin",
        "install",
        "guest.wasm",
        "--grant-all",
        "--key",
        &key,
    ];
    machine.run(&install, 0);
    publish(&other_code());
    let update = ["plugin", "update", "guest"];
    let corrected = machine.refused(&update, &["grant.needed", " --accept same-version"]);
    machine.paste_hint(&corrected);
    publish(&modest(MODEST));
    machine.refused(&update, &["grant.needed", " --accept same-version"]);
    machine.refused(&[&update[..], &["--grant-all"]].concat(), &["grant.needed"]);
    machine.assert_contained(&["grant.needed"; 3]).await;
}

/// The address of one plugin has another one, which the same author signed: what it requests was never seen.
#[tokio::test]
async fn case_37_other_plugin_under_the_asked_address() {
    let machine = Machine::new();
    let signer = Signer::new().unwrap();
    let evil = named("evil", &flood());
    machine.put(&evil);
    let file = machine.sandbox.path().join("guest.wasm");
    let signature = fs::read(signer.sign(&file, &[]).unwrap()).unwrap();
    let served = evil.clone();
    let server = ScriptedServer::start(move |request| match request.target() {
        "/guest.wasm" => Reply::ok(served.clone()),
        _ => Reply::ok(signature.clone()),
    });
    let server = server.unwrap();
    let url = format!("{}/guest.wasm", server.url());
    let key = signer.public_file().to_str().unwrap().to_owned();
    let install = ["plugin", "install", &url, "--key", &key, "--grant-all"];
    let outcome = machine.run(&install, REFUSED);
    let digest = Digest::of(&evil).to_string();
    for words in ["grant.needed: evil ", "look closely at:", &digest] {
        assert!(outcome.stderr.contains(words), "no {words:?} in\n{outcome}");
    }
    let none = machine.run(&["plugin", "list"], 0);
    assert!(!none.stdout.contains("evil"), "{none}");
    machine.run(&["plugin", "inspect", &url], 0);
    machine.paste_hint(&outcome);
    machine.run(&["plugin", "verify", "evil"], 0);
    machine.assert_contained(&["grant.needed"]).await;
}

/// An update from an address requests more than its user has seen. `--grant-all` is no consent to that.
#[tokio::test]
async fn case_38_update_from_an_address_that_asks_for_more() {
    let machine = Machine::new();
    let more = Arc::new(AtomicBool::new(false));
    let switched = more.clone();
    let server = ScriptedServer::start(move |request| match request.target() {
        "/guest.wasm" if switched.load(Ordering::Relaxed) => Reply::ok(newer()),
        "/guest.wasm" => Reply::ok(modest(MODEST)),
        _ => Reply::Answer(404, Vec::new(), Vec::new()),
    });
    let server = server.unwrap();
    let url = format!("{}/guest.wasm", server.url());
    let digest = Digest::of(&modest(MODEST)).to_string();
    let install = [
        "plugin",
        "install",
        &url,
        "--digest",
        &digest,
        "--grant-all",
    ];
    machine.run(&install, 0);
    more.store(true, Ordering::Relaxed);
    let update = ["plugin", "update", "guest", "--grant-all"];
    let digest = Digest::of(&newer()).to_string();
    let accepted = [&update[..], &["--accept", "same-version"]].concat();
    for update in [&update[..], &accepted] {
        let outcome = machine.refused(update, &["grant.needed", "look closely at:", &digest]);
        let key = "  + credential aws (sigv4 for iam): the key of plugin aws ";
        let last = *shown(&outcome).last().unwrap();
        assert!(last.starts_with(key), "{outcome}");
    }
    let outcome = machine.refused(&accepted, &["grant.needed"]);
    machine.paste_hint(&outcome);
    let shown = machine.run(&["plugin", "inspect", "guest"], 0);
    assert!(shown.stdout.contains("credential aws"), "{shown}");
    machine.assert_contained(&["grant.needed"; 3]).await;
}

/// The modest plugin with the key of another one.
fn newer() -> Vec<u8> {
    let key = "[[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"iam\"]\n";
    modest(&format!("{MODEST}{key}"))
}

/// Writes a program that notes its environment, and fails.
fn spy(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "#!/bin/sh\nenv >> \"$PWD/seen\"\necho /\nexit 1\n").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A project brings its own build tool, which is run as the user. It finds no credential in its environment. A
/// component beside it builds nothing.
#[rstest]
#[case::python("provider.py", ".venv/bin/componentize-py")]
#[case::rust("Cargo.toml", "tools/rustc")]
#[tokio::test]
async fn case_26_build_tools_get_no_credential(#[case] mark: &str, #[case] tool: &str) {
    let machine = Machine::new();
    let project = machine.sandbox.path().join("theirs");
    spy(&project.join(tool));
    fs::write(project.join(mark), "").unwrap();
    let manifest = "name = \"theirs\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n";
    fs::write(project.join("manifest.toml"), manifest).unwrap();
    fs::write(project.join("theirs.wasm"), modest(MODEST)).unwrap();
    let secret = format!("{PLANTED}-of-the-environment");
    let path = format!(
        "{}/tools:{}",
        project.display(),
        std::env::var("PATH").unwrap()
    );
    let run = |run: Invocation| {
        let variables = [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "LAMBDALABS_API_KEY",
            "CLOUDHOST_HETZNER_TOKEN",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "GITHUB_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "AZURE_CLIENT_SECRET",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "KUBECONFIG",
            "DB_PASSWORD",
            "OPENAI_API_KEY",
        ];
        let run = run.env("PATH", &path).env("KEPT", "kept");
        let run = variables
            .iter()
            .fold(run, |run, name| run.env(name, &secret));
        run.run().unwrap()
    };
    let component = ["plugin", "test", "theirs/theirs.wasm"];
    run(machine.sandbox.cloudhost(component).unwrap());
    assert!(!project.join("seen").exists(), "it was built");
    for command in ["build", "test"] {
        let outcome = run(machine.command(&["plugin", command, "theirs"]));
        let outcome = machine.ended(outcome, 1);
        assert!(outcome.stderr.contains("failed"), "{outcome}");
    }
    let seen = fs::read_to_string(project.join("seen")).unwrap();
    assert_eq!(seen.matches("KEPT=kept").count(), 2, "{seen}");
    assert!(!seen.contains(PLANTED), "{seen}");
    machine.assert_contained(&[]).await;
}
