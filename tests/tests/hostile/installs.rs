//! Attacks during and after an installation: with the binary and its files.

use crate::guests::Guest;
use crate::stage::{PLANTED, Sandboxed, TOKEN};
use cloudhost::plugin::Digest;
use cloudhost_tests::{Invocation, Outcome, Sandbox, Signer, Tree, binary};
use rstest::rstest;
use std::fs;
use std::path::PathBuf;

/// Requests one host and one credential, and no setting.
pub const MODEST: &str = "hosts = [\"one.allowed.test\"]\n\
    settings = []\n\
    [[credentials]]\nname = \"guest\"\nscheme = \"bearer\"\n";
/// Exit code for a plugin that is rejected for its bytes or its requests.
pub const REFUSED: i32 = 9;

/// A user's machine with the binary, and a secret.
pub struct Machine {
    pub sandbox: Sandbox,
    stage: Sandboxed,
}

impl Machine {
    pub fn new() -> Self {
        Self {
            sandbox: Sandbox::new().unwrap(),
            stage: Sandboxed::new(),
        }
    }

    /// Installs a modest plugin from `guest.wasm`, with all its requests granted.
    pub fn with_modest() -> Self {
        let machine = Self::new();
        machine.put(&modest(MODEST));
        machine.run(&["plugin", "install", "guest.wasm", "--grant-all"], 0);
        machine
    }

    pub fn put(&self, component: &[u8]) {
        fs::write(self.sandbox.path().join("guest.wasm"), component).unwrap();
    }

    /// Runs the binary. It must exit with this code and not show the secret.
    pub fn run(&self, args: &[&str], code: i32) -> Outcome {
        self.ended(self.command(args).run().unwrap(), code)
    }

    /// Returns the binary with these arguments, an audit log and the secret.
    pub fn command(&self, args: &[&str]) -> Invocation {
        let run = self.sandbox.cloudhost(args).unwrap();
        let run = run.arg("--audit-log").arg(self.log());
        run.env("CLOUDHOST_GUEST_TOKEN", TOKEN)
    }

    fn log(&self) -> PathBuf {
        self.sandbox.path().join("audit")
    }

    /// Runs the stage's check. The audit log of these runs must have one event for each of `reasons`, in order, and no
    /// other.
    pub async fn assert_contained(&self, reasons: &[&str]) {
        let log = fs::read_to_string(self.log()).unwrap();
        assert!(!log.contains(PLANTED), "{log}");
        let events = log.lines().map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["reason"].as_str().unwrap().to_owned()
        });
        assert_eq!(events.collect::<Vec<_>>(), reasons, "{log}");
        self.stage.assert_contained(&[]).await;
    }

    pub fn ended(&self, outcome: Outcome, code: i32) -> Outcome {
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(!outcome.to_string().contains(PLANTED), "{outcome}");
        self.stage.note(&outcome.stderr);
        outcome
    }

    fn plugins(&self) -> PathBuf {
        self.sandbox.home().join(".local/share/cloudhost/plugins")
    }

    pub fn installed(&self) -> Tree {
        Tree::read(&self.plugins()).unwrap()
    }

    /// The file of the installed component.
    fn object(&self, component: &[u8]) -> PathBuf {
        let digest = Digest::of(component).to_string();
        let digest = digest.trim_start_matches("sha256:");
        self.plugins()
            .join("objects")
            .join(format!("{digest}.wasm"))
    }

    /// Checks that a command is rejected with these words, and that the installed plugin is unchanged and valid.
    pub fn refused(&self, args: &[&str], words: &[&str]) -> Outcome {
        let before = self.installed();
        let outcome = self.run(args, REFUSED);
        for word in words {
            assert!(outcome.stderr.contains(word), "no {word:?} in\n{outcome}");
        }
        assert_eq!(self.installed(), before, "the plugins changed");
        self.run(&["plugin", "verify"], 0);
        outcome
    }

    /// Runs the command of the hint in a shell, as if it was pasted.
    pub fn paste_hint(&self, outcome: &Outcome) {
        let mut lines = outcome.stderr.lines();
        let hint = lines
            .find_map(|line| line.trim_start().strip_prefix("hint: "))
            .unwrap_or_else(|| panic!("{outcome}"));
        let path = format!("{}:/usr/bin:/bin", binary().parent().unwrap().display());
        let shell = self
            .sandbox
            .command("sh")
            .arg("-c")
            .arg(hint)
            .env("PATH", path);
        self.ended(shell.run().unwrap(), 0);
    }
}

pub fn modest(asks: &str) -> Vec<u8> {
    Guest {
        asks,
        ..Guest::default()
    }
    .bytes()
}

/// Returns a component with the same manifest and other code.
pub fn other_code() -> Vec<u8> {
    Guest {
        asks: MODEST,
        fields: "(func)",
        ..Guest::default()
    }
    .bytes()
}

#[tokio::test]
async fn case_37_installed_component_that_was_changed() {
    let machine = Machine::with_modest();
    // As many bytes as before, and another host.
    let (was, is) = (modest(MODEST), modest(&MODEST.replace("one.", "two.")));
    fs::write(machine.object(&was), &is).unwrap();
    for args in [
        ["run", "guest", "regions", "list"].as_slice(),
        &["plugin", "verify"],
    ] {
        let outcome = machine.run(args, REFUSED);
        for digest in [Digest::of(&was), Digest::of(&is)] {
            assert!(
                outcome.to_string().contains(&digest.to_string()),
                "{outcome}"
            );
        }
    }
    machine.assert_contained(&["plugin.digest"]).await;
}

/// The object is a link to exactly the granted bytes: the creator of the link can change them.
#[tokio::test]
async fn case_37_installed_component_that_is_a_link() {
    let machine = Machine::with_modest();
    let object = machine.object(&modest(MODEST));
    fs::remove_file(&object).unwrap();
    std::os::unix::fs::symlink(machine.sandbox.path().join("guest.wasm"), &object).unwrap();
    let outcome = machine.run(&["run", "guest", "regions", "list"], REFUSED);
    assert!(outcome.stderr.contains("plugin.digest"), "{outcome}");
    machine.assert_contained(&["plugin.digest"]).await;
}

/// A forged grant in the file of grants.
#[tokio::test]
async fn case_37_lock_file_that_was_changed() {
    let machine = Machine::with_modest();
    let path = machine.plugins().join("plugins.lock");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("one.allowed", "two.allowed")).unwrap();
    for args in [
        ["run", "guest", "regions", "list"].as_slice(),
        &["plugin", "grant", "guest", "--all"],
    ] {
        let outcome = machine.run(args, REFUSED);
        assert!(outcome.stderr.contains("plugin.lock-file"), "{outcome}");
    }
    machine.assert_contained(&["plugin.lock-file"; 2]).await;
}

/// The name of the source stays the same, and its content changes.
#[tokio::test]
async fn case_37_source_that_moved() {
    let machine = Machine::with_modest();
    let expected = Digest::of(&modest(MODEST)).to_string();
    machine.put(&other_code());
    let found = Digest::of(&other_code()).to_string();
    let install = [
        "plugin",
        "install",
        "guest.wasm",
        "--grant-all",
        "--digest",
        &expected,
    ];
    machine.refused(&install, &["plugin.digest", &expected, &found]);
    machine.refused(
        &["plugin", "install", "guest.wasm", "--grant-all"],
        &["plugin.installed"],
    );
    let outcome = machine.refused(
        &["plugin", "update", "guest"],
        &["same-version", &expected, &found],
    );
    machine.paste_hint(&outcome);
    machine.run(&["plugin", "verify"], 0);
    machine
        .assert_contained(&["plugin.digest", "plugin.installed", "grant.needed"])
        .await;
}

#[tokio::test]
async fn case_37_signer_that_changed() {
    let machine = Machine::new();
    let keys = [0, 1].map(|_| Signer::new().unwrap());
    let file = machine.sandbox.path().join("guest.wasm");
    let sign = |component: &[u8], by: &Signer| {
        machine.put(component);
        by.sign(&file, &[]).unwrap()
    };
    let [one, other] = keys
        .each_ref()
        .map(|key| key.public_file().to_str().unwrap().to_owned());
    sign(&modest(MODEST), &keys[0]);
    let by_other = [
        "plugin",
        "install",
        "guest.wasm",
        "--grant-all",
        "--key",
        &other,
    ];
    let outcome = machine.run(&by_other, REFUSED);
    assert!(outcome.stderr.contains("plugin.signature"), "{outcome}");
    machine.run(
        &[
            "plugin",
            "install",
            "guest.wasm",
            "--grant-all",
            "--key",
            &one,
        ],
        0,
    );

    let signature = sign(&other_code(), &keys[1]);
    let digest = Digest::of(&other_code()).to_string();
    let shown = ["- signed by RW", "+ signed with the key of id ", &digest];
    machine.refused(&["plugin", "update", "guest"], &shown);
    machine.refused(&["plugin", "update", "guest", "--key", &other], &["signer"]);
    fs::remove_file(signature).unwrap();
    machine.refused(&["plugin", "update", "guest"], &["+ not signed", &digest]);
    machine
        .assert_contained(&[
            "plugin.signature",
            "grant.needed",
            "grant.needed",
            "grant.needed",
        ])
        .await;
}

/// Consent without a terminal: the exact command is printed. Once it is run, the update is installed.
#[rstest]
#[case::host(
    "\"one.allowed.test\"",
    "\"one.allowed.test\", \"evil.test\"",
    "evil.test"
)]
#[case::broader_wildcard("one.allowed.test", "*.allowed.test", "*.allowed.test")]
#[case::port("one.allowed.test", "one.allowed.test:8443", "one.allowed.test:8443")]
#[case::credential(
    "[[credentials]]\n",
    "[[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"ec2\"]\n[[credentials]]\n",
    "aws"
)]
#[tokio::test]
async fn case_38_update_that_asks_for_more(
    #[case] from: &str,
    #[case] to: &str,
    #[case] more: &str,
) {
    let machine = Machine::with_modest();
    machine.put(&modest(&MODEST.replace(from, to)));
    let outcome = machine.refused(&["plugin", "update", "guest"], &["grant.needed", more]);
    machine.paste_hint(&outcome);
    let shown = machine.run(&["plugin", "inspect", "guest"], 0);
    assert!(shown.stdout.contains(more), "{shown}");
    machine.run(&["plugin", "verify"], 0);
    machine.assert_contained(&["grant.needed"]).await;
}

#[rstest]
#[case::one_more("settings = [\"token\"]\n", "+ setting token")]
#[case::any("", "+ settings that its manifest does not list")]
#[tokio::test]
async fn case_38_update_that_takes_more_settings(#[case] settings: &str, #[case] line: &str) {
    let machine = Machine::with_modest();
    machine.put(&modest(&MODEST.replace("settings = []\n", settings)));
    let command = " --accept settings";
    let outcome = machine.refused(
        &["plugin", "update", "guest"],
        &["grant.needed", line, command],
    );
    machine.paste_hint(&outcome);
    machine.run(&["plugin", "verify"], 0);
    machine.assert_contained(&["grant.needed"]).await;
}

#[tokio::test]
async fn case_38_install_without_a_terminal() {
    let machine = Machine::new();
    machine.put(&modest(MODEST));
    let args = ["plugin", "install", "guest.wasm"];
    let outcome = machine.run(&args, REFUSED);
    for word in ["grant.needed", "one.allowed.test", "guest"] {
        assert!(outcome.stderr.contains(word), "{outcome}");
    }
    let none = machine.run(&["run", "guest", "regions", "list"], 2);
    assert!(none.stderr.contains("unknown provider `guest`"), "{none}");
    machine.paste_hint(&outcome);
    machine.run(&["plugin", "verify"], 0);
    machine.assert_contained(&["grant.needed"]).await;
}

/// A component with the same name and version, and a manifest that requests everything, replaces the granted one.
#[tokio::test]
async fn case_39_manifest_other_than_the_installed_one() {
    let machine = Machine::with_modest();
    let greedy = modest("hosts = [\"*.allowed.test\", \"evil.test\"]\n");
    fs::write(machine.object(&modest(MODEST)), &greedy).unwrap();
    let outcome = machine.run(&["run", "guest", "regions", "list"], REFUSED);
    assert!(outcome.stderr.contains("plugin.digest"), "{outcome}");
    machine.assert_contained(&["plugin.digest"]).await;
}

#[tokio::test]
async fn case_47_installing_a_name_that_is_a_path() {
    let machine = Machine::new();
    let guest = Guest {
        name: "../../evil",
        ..Guest::default()
    };
    machine.put(&guest.bytes());
    let outcome = machine.run(&["plugin", "install", "guest.wasm", "--grant-all"], 1);
    assert!(outcome.stderr.contains("name"), "{outcome}");
    let files = Tree::read(&machine.sandbox.home()).unwrap();
    assert_eq!(files.files().len(), 0, "{files:?}");
    machine.assert_contained(&["plugin.manifest"]).await;
}
