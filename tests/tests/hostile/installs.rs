//! Attacks during and after an installation: with the binary and its files.

use crate::guests::Guest;
use crate::stage::{PLANTED, Sandboxed, TOKEN};
use cloudhost::plugin::Digest;
use cloudhost_tests::{
    Invocation, Outcome, ReceivedRequest, Reply, Sandbox, ScriptedServer, Signer, Tree, binary,
    plugin_dir,
};
use rstest::rstest;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Requests one host and one credential, and no setting.
pub const MODEST: &str = "hosts = [\"one.allowed.test\"]\n\
    settings = []\n\
    [[credentials]]\nname = \"guest\"\nscheme = \"bearer\"\n";
/// Exit code for a plugin that is rejected for its bytes or its requests.
pub const REFUSED: i32 = 9;

/// A user's machine with the binary, and a secret.
pub struct Machine {
    pub sandbox: Sandbox,
    pub stage: Sandboxed,
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
        self.run_with(args, &[], code)
    }

    /// Runs the binary with these variables.
    fn run_with(&self, args: &[&str], variables: &[(&str, &str)], code: i32) -> Outcome {
        let set = |run: Invocation, (name, value): &(&str, &str)| run.env(name, value);
        let run = variables.iter().fold(self.command(args), set);
        self.ended(run.run().unwrap(), code)
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

    /// The files of the compiled code of a component.
    fn code_of(&self, component: &[u8]) -> usize {
        let digest = Digest::of(component).hex();
        let compiled = Tree::read(&self.sandbox.cache().join("compiled")).unwrap();
        let of_it = |name: &&String| name.starts_with(&digest);
        compiled.files().iter().filter(of_it).count()
    }

    /// Runs the command of the hint in a shell, as if it was pasted.
    pub fn paste_hint(&self, outcome: &Outcome) {
        self.paste_hint_with(outcome, &[], 0);
    }

    /// Runs the command of the hint in a shell with these variables. It must exit with this code.
    fn paste_hint_with(&self, outcome: &Outcome, variables: &[(&str, &str)], code: i32) -> Outcome {
        let mut lines = outcome.stderr.lines();
        let hint = lines
            .find_map(|line| line.trim_start().strip_prefix("hint: "))
            .unwrap_or_else(|| panic!("{outcome}"));
        self.paste_with(hint, variables, code)
    }

    /// Runs a command in a shell with these variables. It must exit with this code.
    fn paste_with(&self, command: &str, variables: &[(&str, &str)], code: i32) -> Outcome {
        let path = format!("{}:/usr/bin:/bin", binary().parent().unwrap().display());
        let shell = self
            .sandbox
            .command("sh")
            .arg("-c")
            .arg(command)
            .env("PATH", path);
        let set = |run: Invocation, (name, value): &(&str, &str)| run.env(name, value);
        let shell = variables.iter().fold(shell, set);
        self.ended(shell.run().unwrap(), code)
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

/// Installs a plugin into a directory as another user, with all its requests granted, signed by this key. Then the lock
/// file names another source, as its author can make it.
fn granted_elsewhere(machine: &Machine, component: &[u8], by: &Signer, dir: &str, source: &str) {
    let elsewhere = Sandbox::new().unwrap();
    let file = machine.sandbox.path().join("theirs.wasm");
    fs::write(&file, component).unwrap();
    let signature = by.sign(&file, &[]).unwrap();
    let install = ["plugin", "install", "--grant-all", "--plugin-dir", dir];
    let install = elsewhere.cloudhost(install).unwrap().arg("--key");
    let install = install.arg(by.public_file()).arg(&file);
    machine.ended(install.run().unwrap(), 0);
    let path = Path::new(dir).join("plugins.lock");
    let text = fs::read_to_string(&path).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let (head, code) = head.rsplit_once(' ').unwrap();
    let comment = head.lines().next().unwrap();
    let body = body.replace(file.to_str().unwrap(), source);
    let digest = Digest::of(body.as_bytes());
    let text = format!("{comment}\nseal = \"{digest} {code}\n\n{body}");
    fs::write(path, text).unwrap();
    fs::remove_file(file).unwrap();
    fs::remove_file(signature).unwrap();
}

fn public_key(of: &Signer) -> String {
    let file = fs::read_to_string(of.public_file()).unwrap();
    file.lines().nth(1).unwrap().to_owned()
}

/// Another plugin's key, any server of a domain, and a host.
const GREEDY: &str = "hosts = [\"*.evil.test\", \"collect.evil.test\"]\nsettings = []\n\
    [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"iam\"]\nhosts = [\"collect.evil.test\"]\n\
    [[credentials]]\nname = \"guest\"\nscheme = \"bearer\"\n";

/// A directory of plugins from elsewhere, such as a clone, has a plugin with its grant, its source and its signer. It does
/// not run, and the way to agree is the question of an install.
#[tokio::test]
async fn case_37_grant_that_came_with_a_folder() {
    let machine = Machine::new();
    let dir = machine.sandbox.path().join("clone/plugins");
    let dir = dir.to_str().unwrap();
    let (greedy, signer) = (modest(GREEDY), Signer::new().unwrap());
    let planted = "https://evil.test/guest.wasm";
    granted_elsewhere(&machine, &greedy, &signer, dir, planted);
    let here = |args: &[&str], code| machine.run(&[args, &["--plugin-dir", dir]].concat(), code);
    let outcome = here(&["run", "guest", "regions", "list"], REFUSED);
    for word in [
        "grant.needed: guest does not run",
        "clone/plugins/plugins.lock is not sealed by this user on this machine",
    ] {
        assert!(outcome.stderr.contains(word), "no {word:?} in\n{outcome}");
    }
    for args in [
        ["plugin", "grant", "guest", "--all"],
        ["plugin", "revoke", "guest", "-q"],
        ["plugin", "update", "guest", "--grant-all"],
    ] {
        here(&args, REFUSED);
    }
    let listed = here(&["plugin", "list"], 0);
    assert!(listed.stdout.contains(" unsealed "), "{listed}");
    let shown = here(&["plugin", "inspect", "guest"], REFUSED);
    assert!(shown.stdout.contains("collect.evil.test"), "{shown}");
    let verified = here(&["plugin", "verify"], REFUSED);
    assert_eq!(
        verified.stderr.matches("hint: cloudhost plugin ").count(),
        1,
        "{verified}"
    );

    // The source that the lock file names is believed only if it has these bytes: it is asked for them.
    let unreachable = machine.paste_hint_with(&outcome, &[], 4);
    assert!(unreachable.stderr.contains(planted), "{unreachable}");
    assert!(!unreachable.stderr.contains("requests:"), "{unreachable}");
    // The other way out asks about the file that is there, and says so.
    let stored = format!("{dir}/objects/{}.wasm", Digest::of(&greedy).hex());
    let (_, other) = outcome.stderr.split_once("  or: ").unwrap();
    let question = machine.paste_with(other.lines().next().unwrap(), &[], REFUSED);
    let lines: Vec<&str> = question.stderr.lines().collect();
    assert_eq!(lines[0], format!("guest from {stored} requests:"));
    assert!(
        !question.stderr.contains(&public_key(&signer)),
        "{question}"
    );
    assert!(!question.stderr.contains(planted), "{question}");
    let close = lines.iter().position(|line| *line == "look closely at:");
    let close = &lines[close.unwrap() + 1..];
    assert_eq!(close[0], "  + host *.evil.test: any server under evil.test");
    let token = "  + credential guest (bearer): your token of this name would be sent to *.evil.test, collect.evil.test";
    assert_eq!(close[1], token);
    for part in [
        "  + credential aws (sigv4 for iam): the key of plugin aws (hosts ec2.*.amazonaws.com, ",
        " would sign requests to collect.evil.test",
    ] {
        assert!(close[2].contains(part), "no {part:?} in\n{question}");
    }
    assert!(
        close[3].contains("grant.needed: guest not installed"),
        "{question}"
    );
    here(&["plugin", "verify"], REFUSED);
    machine.paste_hint(&question);
    here(&["plugin", "verify"], 0);
    let shown = here(&["plugin", "inspect", "guest", "--output", "json"], 0);
    let shown = shown.json().unwrap();
    assert_eq!(shown["source"], stored);
    machine.assert_contained(&["grant.needed"; 5]).await;
}

/// A copy of the lock file is put back after the user has revoked.
#[tokio::test]
async fn case_37_lock_file_that_is_put_back() {
    let machine = Machine::with_modest();
    let lock = machine.plugins().join("plugins.lock");
    let earlier = fs::read(&lock).unwrap();
    machine.run(&["plugin", "revoke", "guest", "-q"], 0);
    fs::write(&lock, earlier).unwrap();
    let outcome = machine.run(&["run", "guest", "regions", "list"], REFUSED);
    for word in ["grant.needed: guest does not run", "or was changed since"] {
        assert!(outcome.stderr.contains(word), "no {word:?} in\n{outcome}");
    }
    machine.run(&["plugin", "verify"], REFUSED);
    machine.assert_contained(&["grant.needed"]).await;
}

/// Another source than that of the lock file, and no key: nothing of what the lock file claims is kept.
#[tokio::test]
async fn case_37_source_that_came_with_a_folder() {
    let machine = Machine::new();
    let dir = machine.sandbox.path().join("clone/plugins");
    let dir = dir.to_str().unwrap();
    let (plugin, signer) = (modest(MODEST), Signer::new().unwrap());
    granted_elsewhere(
        &machine,
        &plugin,
        &signer,
        dir,
        "https://evil.test/guest.wasm",
    );
    machine.put(&plugin);
    let here = |args: &[&str], code| machine.run(&[args, &["--plugin-dir", dir]].concat(), code);
    here(&["plugin", "install", "guest.wasm", "--grant-all"], 0);
    let shown = here(&["plugin", "inspect", "guest", "--output", "json"], 0);
    assert!(!shown.stdout.contains("evil.test"), "{shown}");
    assert!(!shown.stdout.contains(&public_key(&signer)), "{shown}");
    here(&["plugin", "verify"], 0);
    machine.assert_contained(&[]).await;
}

/// A registry, or a web server, sends informational responses for ever.
#[tokio::test]
async fn case_12_registry_that_sends_no_body() {
    let machine = Machine::new();
    let again = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
    let flood = move |_: &ReceivedRequest| Reply::Forever(Vec::new(), again.clone());
    let server = ScriptedServer::start(flood).unwrap();
    let tag = format!(
        "{}/some/plugin:1",
        server.url().replace("http://", "oci://")
    );
    let url = format!("{}/guest.wasm", server.url());
    for source in [tag, url] {
        let small = ["plugin", "install", &source, "--limit", "component=1MiB"];
        let outcome = machine.run(&small, 1);
        assert!(outcome.stderr.contains("sent too much"), "{outcome}");
    }
    machine
        .assert_contained(&["source.size", "source.size"])
        .await;
}

/// A cache directory in which other users can replace what is there, and a home directory that depends on where the
/// program runs, such as in a tree from elsewhere.
#[tokio::test]
async fn case_33_directories_that_others_choose() {
    let machine = Machine::new();
    let list = ["run", "lambdalabs", "--offline", "regions", "list"];
    machine.run(&list, 0);
    let cache = machine.sandbox.cache();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    let outcome = machine.run(&list, 6);
    for word in ["writable by other users", "hint: chmod go-w "] {
        assert!(outcome.stderr.contains(word), "{outcome}");
    }
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).unwrap();
    machine.run(&list, 0);

    let relative = [("HOME", "relative")];
    let outcome = machine.run_with(&["plugin", "install", "guest.wasm"], &relative, 1);
    let said = "no home directory with an absolute path";
    assert!(outcome.stderr.contains(said), "{outcome}");
    machine.run_with(&list, &relative, 0);
    assert!(!machine.sandbox.path().join("relative").exists());
    machine.assert_contained(&[]).await;
}

/// A copied home directory brings the file with the secret along, and not the secret.
#[tokio::test]
async fn case_37_copied_home() {
    let machine = Machine::with_modest();
    let copy = Machine::new();
    Tree::copy(&machine.sandbox.home(), &copy.sandbox.home()).unwrap();
    copy.run(&["run", "guest", "regions", "list"], REFUSED);
    machine.run(&["plugin", "verify"], 0);
    machine.stage.assert_contained(&[]).await;
    copy.assert_contained(&["grant.needed"]).await;
}

/// Without a place for a secret no grant is believed, which is reported once with the way out: a secret in a given file, as
/// the processes of a service share it.
#[tokio::test]
async fn case_37_no_place_for_a_secret() {
    let machine = Machine::with_modest();
    let dir = machine.plugins();
    let nowhere = [
        ("HOME", "/dev/null"),
        ("CLOUDHOST_PLUGIN_DIR", dir.to_str().unwrap()),
    ];
    let run = |args: &[&str], code| machine.run_with(args, &nowhere, code);
    let outcome = run(&["run", "guest", "regions", "list"], REFUSED);
    let warned = |outcome: &Outcome| {
        let warning = "nothing on disk is believed: ";
        assert_eq!(outcome.stderr.matches(warning).count(), 1, "{outcome}");
        assert!(outcome.stderr.contains("--seal-file FILE"), "{outcome}");
    };
    warned(&outcome);
    // Nothing can be granted that no later run would believe, and what needs no belief works.
    let given = ["plugin", "install", "guest.wasm", "--grant-all"];
    let refused = run(&given, 6);
    assert!(refused.stderr.contains("grant.secret: "), "{refused}");
    let listed = run(&["run", "lambdalabs", "--offline", "regions", "list"], 0);
    warned(&listed);

    let file = machine.sandbox.path().join("given");
    fs::write(&file, [7; 32]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let [home, plugins] = nowhere;
    let given = [
        home,
        plugins,
        ("CLOUDHOST_SEAL_FILE", file.to_str().unwrap()),
    ];
    let outcome = machine.run_with(&["run", "guest", "regions", "list"], &given, REFUSED);
    assert!(!outcome.stderr.contains("nothing on disk"), "{outcome}");
    let question = machine.paste_hint_with(&outcome, &given, REFUSED);
    machine.paste_hint_with(&question, &given, 0);
    machine.run_with(&["plugin", "verify"], &given, 0);
    machine.assert_contained(&["grant.needed"; 2]).await;
}

/// A given secret holds in a copy too, as an image or a volume is one at each start.
#[tokio::test]
async fn case_37_copy_with_a_given_secret() {
    let machine = Machine::new();
    let file = machine.sandbox.path().join("given");
    fs::write(&file, [7; 32]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let given = [("CLOUDHOST_SEAL_FILE", file.to_str().unwrap())];
    machine.put(&modest(MODEST));
    let install = ["plugin", "install", "guest.wasm", "--grant-all"];
    machine.run_with(&install, &given, 0);
    let copy = machine.sandbox.path().join("copy");
    Tree::copy(&machine.plugins(), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o700)).unwrap();
    let verify = ["plugin", "verify", "--plugin-dir", copy.to_str().unwrap()];
    machine.run_with(&verify, &given, 0);
    // Without it, the copy is one from elsewhere.
    machine.run(&verify, REFUSED);
    machine.assert_contained(&[]).await;
}

/// Compiled code of a plugin goes with it; that of plugins that are not installed goes with the next one, or with the cache.
#[tokio::test]
async fn case_36_compiled_code_is_removed_with_its_plugin() {
    let machine = Machine::with_modest();
    machine.run(&["plugin", "inspect", "guest"], 0);
    let named = |name: &str| {
        let tried = Guest {
            name,
            asks: MODEST,
            ..Guest::default()
        };
        let file = machine.sandbox.path().join(format!("{name}.wasm"));
        fs::write(file, tried.bytes()).unwrap();
        let test = ["plugin", "test", &format!("{name}.wasm")];
        machine.sandbox.cloudhost(test).unwrap().run().unwrap();
        tried.bytes()
    };
    let tried = named("tried");
    assert_eq!(machine.code_of(&tried), 2);
    assert_eq!(machine.code_of(&modest(MODEST)), 2);
    machine.put(&other_code());
    let outcome = machine.refused(&["plugin", "update", "guest"], &["same-version"]);
    machine.paste_hint(&outcome);
    assert_eq!(machine.code_of(&modest(MODEST)), 0);
    assert_eq!(machine.code_of(&tried), 0);
    machine.run(&["plugin", "inspect", "guest"], 0);
    assert_eq!(machine.code_of(&other_code()), 2);
    machine.run(&["plugin", "remove", "guest"], 0);
    assert_eq!(machine.code_of(&other_code()), 0);
    let again = named("again");
    assert_eq!(machine.code_of(&again), 2);
    machine.run(&["cache", "clear"], 0);
    assert_eq!(machine.code_of(&again), 0);
    machine.assert_contained(&["grant.needed"]).await;
}

/// A cache from elsewhere, such as that of a CI job: its prices and regions are not taken, offline neither.
#[tokio::test]
async fn case_50_catalog_from_elsewhere() {
    let theirs = Machine::new();
    let probe = fs::read(plugin_dir().join("cloudhost_probe.wasm")).unwrap();
    let list = |machine: &Machine, more: &[&str], code| {
        let set = ["run", "probe", "regions", "list", "--set", "do=answer"];
        machine.run(&[&set[..], more].concat(), code)
    };
    let install = |machine: &Machine| {
        machine.put(&probe);
        machine.run(&["plugin", "install", "guest.wasm", "--grant-all"], 0);
    };
    install(&theirs);
    list(&theirs, &[], 0);
    let offline = ["--offline", "--no-bundled"];
    list(&theirs, &offline, 0);

    let mine = Machine::new();
    install(&mine);
    Tree::copy(&theirs.sandbox.cache(), &mine.sandbox.cache()).unwrap();
    let refused = list(&mine, &offline, 4);
    for word in [
        "no catalog",
        "index.json is not used: this user did not write it here",
    ] {
        assert!(refused.stderr.contains(word), "no {word:?} in\n{refused}");
    }
    mine.run(&["cache", "status"], 0);
    list(&mine, &[], 0);
    list(&mine, &offline, 0);
    theirs.stage.assert_contained(&[]).await;
    mine.assert_contained(&[]).await;
}

/// A catalog that another build of a plugin fetched: offline, it is shown as such; of another signer, it is not shown.
#[rstest]
#[case::of_the_same_signer(true)]
#[case::of_another_signer(false)]
#[tokio::test]
async fn case_50_catalog_of_a_replaced_plugin(#[case] same: bool) {
    let machine = Machine::new();
    let probe = fs::read(plugin_dir().join("cloudhost_probe.wasm")).unwrap();
    // A custom section of 2 bytes, with an empty content and the name `x`.
    let other = [&probe[..], b"\0\x02\x01x"].concat();
    let keys = [0, 1].map(|_| Signer::new().unwrap());
    let file = machine.sandbox.path().join("guest.wasm");
    let install = |component: &[u8], by: &Signer, dir: &str| {
        machine.put(component);
        by.sign(&file, &[]).unwrap();
        let key = by.public_file();
        let args = [
            "plugin",
            "install",
            "guest.wasm",
            "--grant-all",
            "--plugin-dir",
            dir,
            "--key",
        ];
        machine.run(&[&args[..], &[key.to_str().unwrap()]].concat(), 0);
    };
    install(&probe, &keys[0], "before");
    install(&other, &keys[usize::from(!same)], "after");
    let list = |dir: &str, more: &[&str], code| {
        let set = ["--set", "do=answer", "--plugin-dir", dir];
        machine.run(
            &[&["run", "probe", "regions", "list"], &set[..], more].concat(),
            code,
        )
    };
    list("before", &[], 0);
    let own = list("before", &["--offline"], 0);
    assert!(!own.stderr.contains("no longer installed"), "{own}");
    let offline = ["--offline", "--no-bundled"];
    if same {
        let digest = Digest::of(&probe).to_string();
        let shown = list("after", &offline, 0);
        let said = format!("made by 0.1.0 ({digest}), which is no longer installed");
        assert!(shown.stderr.contains(&said), "{shown}");
        let json = list("after", &[&offline[..], &["--output", "json"]].concat(), 0);
        let json = json.json().unwrap();
        let expected = serde_json::json!({"version": "0.1.0", "digest": digest});
        assert_eq!(json["catalog"]["former_plugin"], expected);
    } else {
        let shown = list("after", &offline, 4);
        assert!(shown.stderr.contains("no catalog"), "{shown}");
    }
    // With the network, the new plugin's own data takes its place.
    let now = list("after", &[], 0);
    assert!(!now.stderr.contains("no longer installed"), "{now}");
    machine.assert_contained(&[]).await;
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
