//! Components built against earlier supported versions of the contract run with this host. For other versions, the
//! error names who has to act. `tests/contract` is the source of the stored components.

use std::fs;
use std::path::{Path, PathBuf};

use cloudhost_tests::{HostileRegistry, Invocation, Outcome, Sandbox};
use rstest::rstest;
use serde_json::Value;

use crate::plugins::changed;
use crate::support::ended;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("contract/kept")
        .join(name)
}

/// A cloud that serves the fixture, and a sandbox that has the fixture installed.
struct Cloud {
    sandbox: Sandbox,
    server: HostileRegistry,
}

impl Cloud {
    fn with(component: &[u8]) -> Self {
        let sandbox = Sandbox::new().unwrap();
        fs::write(sandbox.path().join("fixture.wasm"), component).unwrap();
        let install = ["plugin", "install", "fixture.wasm", "--grant-all"];
        // Its manifest is older than the list of settings.
        let refused = ended(sandbox.cloudhost(&install[..3]).unwrap(), 9);
        let line = "+ settings that its manifest does not list\n";
        assert!(refused.stderr.contains(line), "{refused}");
        ended(sandbox.cloudhost(install).unwrap(), 0);
        let server = HostileRegistry::start().unwrap();
        let text = [("content-type", "text/plain")];
        server.say("/get", 200, &text, b"got");
        server.say_to("Bearer the-token", "/bearer", &[], b"known");
        server.say_to("Bearer the-token", "/me", &[], b"me");
        server.say("/", 200, &text, b"signed");
        server.say("/post", 201, &text, b"posted");
        Self { sandbox, server }
    }

    fn run(&self, args: &[&str], code: i32) -> Outcome {
        let run: Invocation = self.sandbox.cloudhost(args).unwrap();
        let run = run
            .arg("--endpoint")
            .arg(format!("fixture={}", self.server.url()))
            .env("CLOUDHOST_FIXTURE_TOKEN", "the-token")
            .env("AWS_ACCESS_KEY_ID", cloudhost_tests::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", cloudhost_tests::SECRET_KEY);
        ended(run, code)
    }
}

/// Returns true if everything in `then` is unchanged in `now`. A later host may report more.
fn holds(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => then
            .iter()
            .all(|(name, then)| now.get(name).is_some_and(|now| holds(now, then))),
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| holds(now, then))
        }
        (now, then) => now == then,
    }
}

#[rstest]
fn a_component_of_then_runs_now(#[files("contract/kept/*.wasm")] path: PathBuf) {
    let cloud = Cloud::with(&fs::read(&path).unwrap());

    // Its listings, fetched and bundled, in every field.
    let mut now = cloud
        .run(&["cache", "export", "fixture"], 0)
        .json()
        .unwrap();
    // Times and the origin differ between runs.
    now.as_object_mut()
        .unwrap()
        .retain(|name, _| name == "listing");
    let expected = path.with_extension("json");
    if std::env::var_os("CLOUDHOST_KEEP").is_some() {
        fs::write(&expected, serde_json::to_vec_pretty(&now).unwrap()).unwrap();
    }
    let then: Value = serde_json::from_slice(&fs::read(&expected).unwrap()).unwrap();
    assert!(holds(&now, &then), "{now:#}");
    let requests = cloud.server.asked();
    let signed = requests.iter().find(|one| one.target == "/").unwrap();
    let signature = signed.authorization.as_deref().unwrap();
    assert!(
        signature.contains("/eu-west-1/ec2/aws4_request"),
        "{signature}"
    );
    let offline = [
        "run",
        "fixture",
        "regions",
        "list",
        "--offline",
        "--set",
        "fail=x",
    ];
    let bundled = cloud.run(&offline, 0);
    assert!(bundled.stdout.contains("bundled"), "{bundled}");

    // Its errors, its account, its bill.
    let failed = cloud.run(&["run", "fixture", "regions", "list", "--set", "fail=x"], 4);
    for word in ["as was asked for", "TooMany", "zone eu-west-1a", "r-1"] {
        assert!(failed.stderr.contains(word), "{failed}");
    }
    let account = cloud.run(&["credentials", "test", "fixture"], 0);
    assert!(account.stdout.contains("user/fixture"), "{account}");
    let bill = cloud.run(&["run", "fixture", "bill", "-y", "--month", "2026-01"], 0);
    assert!(bill.stdout.contains("2.00"), "{bill}");

    // Its menus, in both dialects.
    for dialect in ["kdevops", "plain"] {
        let generate = ["run", "fixture", "generate-kconfig", "--output-dir", "out"];
        cloud.run(&[&generate[..], &["--dialect", dialect]].concat(), 0);
        let read = |name: &str| fs::read_to_string(cloud.sandbox.out().join(name)).unwrap();
        let top = read("Kconfig.fixture.generated");
        assert!(
            top.contains("source \"out/Kconfig.inner.generated\""),
            "{top}"
        );
        assert!(top.contains("config TERRAFORM_FIXTURE_TYPE_LARGE"), "{top}");
        assert_eq!(
            read("Kconfig.inner.generated").contains("output yaml"),
            dialect == "kdevops"
        );
    }
}

/// A patch version changes only documentation, wherever the version is named.
#[test]
fn another_patch_is_the_same_contract() {
    let component = fs::read(kept("0.1.0.wasm")).unwrap();
    let component = changed(&component, "@0.1.0", "@0.1.7");
    let component = changed(&component, "contract = \"0.1.0\"", "contract = \"0.1.7\"");
    let cloud = Cloud::with(&component);
    let list = cloud.run(&["run", "fixture", "regions", "list"], 0);
    assert!(list.stdout.contains("got"), "{list}");
}

#[rstest]
#[case::newer(&[("contract = \"0.1.0\"", "contract = \"0.2.0\"")], "0.2.0", "update cloudhost")]
#[case::newer_inside(&[("@0.1.0", "@0.9.0")], "0.9.0", "update cloudhost")]
#[case::older(&[("contract = \"0.1.0\"", "contract = \"0.0.9\"")], "0.0.9", "rebuild it with cloudhost-sdk 0.1")]
#[case::older_inside(&[("@0.1.0", "@0.0.1")], "0.0.1", "rebuild it with cloudhost-sdk 0.1")]
fn another_version_says_who_has_to_act(
    #[case] changes: &[(&str, &str)],
    #[case] theirs: &str,
    #[case] act: &str,
) {
    let mut component = fs::read(kept("0.1.0.wasm")).unwrap();
    for (from, to) in changes {
        component = changed(&component, from, to);
    }
    let sandbox = Sandbox::new().unwrap();
    fs::write(sandbox.path().join("fixture.wasm"), component).unwrap();
    let install = ["plugin", "install", "fixture.wasm", "--grant-all"];
    let refused = ended(sandbox.cloudhost(install).unwrap(), 1);
    for word in [theirs, "this cloudhost supports 0.1", act] {
        assert!(refused.stderr.contains(word), "{refused}");
    }
}

/// `wit/` is the published contract: a change of more than documentation needs a new version, and a new file here.
#[test]
fn the_contract_is_the_one_that_was_published() {
    let mut resolve = wit_parser::Resolve::new();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_dir(wit).unwrap();
    let mut printer = wit_component::WitPrinter::default();
    printer.emit_docs(false);
    printer.print(&resolve, package, &[]).unwrap();
    let now = printer.output.to_string();
    let version = resolve.packages[package].name.version.clone().unwrap();
    let published = kept(&format!("{version}.wit"));
    if std::env::var_os("CLOUDHOST_KEEP").is_some() {
        fs::write(&published, &now).unwrap();
    }
    assert_eq!(fs::read_to_string(published).unwrap(), now);
}
