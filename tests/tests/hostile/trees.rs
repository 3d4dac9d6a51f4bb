//! Output directories from elsewhere, such as a cloned tree, which bring their own hidden files along.

use crate::guests::probe;
use crate::installs::Machine;
use crate::stage::{Sandboxed, request};
use cloudhost::SealKey;
use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
use cloudhost::host::GenerateRequest;
use cloudhost_files::Folder;
use cloudhost_probe::ProbeAction;
use cloudhost_sdk::kconfig::{Entry, File, Symbol};
use cloudhost_tests::Tree;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Generates menus into the tree itself, as its Makefile would.
const GENERATE: [&str; 6] = [
    "run",
    "--offline",
    "lambdalabs",
    "generate-kconfig",
    "--output-dir",
    ".",
];
const STAGE: &str = ".cloudhost-lambdalabs.stage";
/// Exit code where the output cannot be written.
const OUTPUT: i32 = 6;

/// A machine whose user has cloned a tree, and the secret of the tree's author.
struct Cloned {
    machine: Machine,
    secret: PathBuf,
}

impl Cloned {
    fn new() -> Self {
        let machine = Machine::new();
        let secret = machine.sandbox.path().join("secret-of-the-author");
        fs::write(&secret, [9; 32]).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        Self { machine, secret }
    }

    fn tree(&self) -> &Path {
        self.machine.sandbox.path()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.tree().join(name)
    }

    /// Plants a record, sealed by the author for this very directory: the best that an author can do.
    fn plant(&self, path: &str, record: &str) {
        let folder = Folder::shared(self.tree()).unwrap();
        let seal = SealKey::given(&self.secret);
        let seal = seal.seal(&folder, path, record.as_bytes()).unwrap();
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        let sealed = format!("{{\"seal\":\"{seal}\",\"record\":{record}}}");
        fs::write(self.at(path), sealed).unwrap();
    }

    /// Generates with the author's secret: what was planted takes effect then, so its seal is right.
    fn generate_as_author(&self) {
        let secret = self.secret.to_str().unwrap();
        let args = [&GENERATE[..], &["--seal-file", secret]].concat();
        self.machine.run(&args, 0);
    }
}

fn blake3(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// A plan for one new file with the text `planted`, in the encoding that is sealed.
fn plan(path: &str) -> String {
    let blake3 = blake3("planted");
    let file = format!(r#"{{"path":"{path}","blake3":"{blake3}","before":null}}"#);
    format!(r#"{{"version":1,"folders":[],"files":[{file}],"gone":[]}}"#)
}

#[tokio::test]
async fn case_49_half_done_commit_from_elsewhere() {
    let clone = Cloned::new();
    let staged = format!("{STAGE}/new-0");
    clone.plant(&format!("{STAGE}/plan"), &plan("Kconfig.planted"));
    fs::write(clone.at(&staged), "planted").unwrap();
    let outcome = clone.machine.run(&GENERATE, OUTPUT);
    let said = format!("{STAGE}/plan is the plan");
    for word in [&*said, "hint: look at the files, then: rm -r "] {
        assert!(outcome.stderr.contains(word), "{outcome}");
    }
    assert!(!clone.at("Kconfig.planted").exists() && clone.at(&staged).exists());
    // What the hint says.
    fs::remove_dir_all(clone.at(STAGE)).unwrap();
    clone.machine.run(&GENERATE, 0);
    assert!(!clone.at("Kconfig.planted").exists());

    let author = Cloned::new();
    author.plant(&format!("{STAGE}/plan"), &plan("Kconfig.planted"));
    fs::write(author.at(&staged), "planted").unwrap();
    author.generate_as_author();
    assert!(
        author.at("Kconfig.planted").exists(),
        "the plan was not right"
    );
    author.machine.stage.assert_contained(&[]).await;
    clone.machine.assert_contained(&[]).await;
}

/// A plan for other files than menus: as earlier versions wrote it, and with a right seal.
#[tokio::test]
async fn case_49_half_done_commit_of_a_hook() {
    for sealed in [false, true] {
        let clone = Cloned::new();
        let path = ".git/hooks/pre-commit";
        fs::create_dir_all(clone.at(".git/hooks")).unwrap();
        clone.plant(&format!("{STAGE}/plan"), &plan(path));
        if !sealed {
            fs::write(clone.at(&format!("{STAGE}/plan")), plan(path)).unwrap();
        }
        fs::write(clone.at(&format!("{STAGE}/new-0")), "planted").unwrap();
        let secret = clone.secret.to_str().unwrap();
        let outcome = clone
            .machine
            .run(&[&GENERATE[..], &["--seal-file", secret]].concat(), OUTPUT);
        assert!(outcome.stderr.contains("is damaged"), "{outcome}");
        assert!(!clone.at(path).exists());
        clone.machine.assert_contained(&[]).await;
    }
}

/// Leftovers of other plugins are theirs: no other plugin's run reads them, or is stopped by them.
#[tokio::test]
async fn case_49_half_done_commit_of_another_plugin() {
    let clone = Cloned::new();
    let stage = clone.at(".cloudhost-x.stage");
    fs::create_dir(&stage).unwrap();
    fs::write(stage.join("plan"), plan("../../outside")).unwrap();
    fs::write(stage.join("new-0"), "planted").unwrap();
    clone.machine.run(&GENERATE, 0);
    assert_eq!(fs::read_dir(&stage).unwrap().count(), 2);
    clone.machine.assert_contained(&[]).await;
}

/// A list of files that names one which the user keeps by hand.
#[tokio::test]
async fn case_49_list_of_files_from_elsewhere() {
    let list = || {
        let clone = Cloned::new();
        let mine = "# by hand\n";
        fs::write(clone.at("Kconfig.mine"), mine).unwrap();
        let (size, blake3) = (mine.len(), blake3(mine));
        let file = format!(r#"{{"path":"Kconfig.mine","size":{size},"blake3":"{blake3}"}}"#);
        let record = format!(r#"{{"version":1,"owner":"lambdalabs","key":"","files":[{file}]}}"#);
        clone.plant(".cloudhost-lambdalabs.json", &record);
        clone
    };
    let clone = list();
    clone.machine.run(&GENERATE, 0);
    assert_eq!(
        fs::read_to_string(clone.at("Kconfig.mine")).unwrap(),
        "# by hand\n"
    );
    let author = list();
    author.generate_as_author();
    assert!(
        !author.at("Kconfig.mine").exists(),
        "the list was not right"
    );
    author.machine.stage.assert_contained(&[]).await;
    clone.machine.assert_contained(&[]).await;
}

/// A user who can open a lock file can hold it, so no other user can. One who opened an existing file before still holds
/// it, until that descriptor is closed.
#[tokio::test]
async fn case_49_lock_that_others_can_hold() {
    let clone = Cloned::new();
    let lock = clone.at(".cloudhost-lambdalabs.lock");
    fs::write(&lock, "").unwrap();
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o644)).unwrap();
    let held = fs::File::open(&lock).unwrap();
    held.lock_shared().unwrap();
    let mode = || fs::metadata(&lock).unwrap().permissions().mode() & 0o777;
    let run = clone.machine.command(&GENERATE);
    let outcome = std::thread::scope(|scope| {
        let run = scope.spawn(|| run.run().unwrap());
        while mode() != 0o600 && !run.is_finished() {
            std::thread::yield_now();
        }
        assert!(!run.is_finished(), "the lock was not held");
        drop(held);
        run.join().unwrap()
    });
    clone.machine.ended(outcome, 0);
    assert_eq!(mode(), 0o600);
    clone.machine.assert_contained(&[]).await;
}

/// The user has changed a file that was generated, whose first line is still the program's.
#[tokio::test]
async fn case_49_generated_file_that_was_edited() {
    let clone = Cloned::new();
    let run = |more: &[&str], code| clone.machine.run(&[&GENERATE[..], more].concat(), code);
    run(&["--dialect", "plain"], 0);
    let tree = Tree::read(clone.tree()).unwrap();
    let name = tree
        .files()
        .into_iter()
        .find(|name| name.starts_with("Kconfig"));
    let at = clone.at(&name.unwrap());
    let edited = fs::read_to_string(&at).unwrap() + "# mine\n";
    fs::write(&at, &edited).unwrap();
    let outcome = run(&["--dialect", "plain"], OUTPUT);
    for word in ["or was changed since", "hint: mv "] {
        assert!(outcome.stderr.contains(word), "{outcome}");
    }
    assert_eq!(fs::read_to_string(&at).unwrap(), edited);
    fs::rename(&at, clone.at("mine")).unwrap();
    run(&["--dialect", "plain"], 0);
    clone.machine.assert_contained(&[]).await;
}

/// A plugin writes a file, and then one of another spelling, which the user keeps by hand.
#[tokio::test]
async fn case_49_name_in_another_case() {
    let stage = Sandboxed::new();
    let out = stage.folder().join("out");
    let plugin = probe("probe", "");
    let generate = async |name: &str| {
        let files = vec![File {
            path: name.to_owned(),
            entries: vec![Entry::Symbol(Symbol::boolean(
                "TERRAFORM_PROBE_GOOD",
                "a prompt",
            ))],
        }];
        let act = serde_json::to_string(&ProbeAction::Menus(files, 1)).unwrap();
        let mut wanted = GenerateRequest::new(Dialect::Plain, &out);
        wanted.catalog = request(&[("do", "act"), ("act", &act)]);
        wanted.source_prefix = Some("out".to_owned());
        stage.load(&plugin).generate(&wanted).await
    };
    generate("Kconfig.LOCATION").await.unwrap();
    let mine = out.join("Kconfig.location");
    fs::write(&mine, "# by hand\n").unwrap();
    for _ in 0..2 {
        let error = generate("Kconfig.location").await.unwrap_err();
        stage.note_error(&error);
        assert!(
            error
                .to_string()
                .contains("is not known to be written by this plugin"),
            "{error}"
        );
        generate("Kconfig.menu").await.unwrap();
        assert_eq!(fs::read_to_string(&mine).unwrap(), "# by hand\n");
    }
    stage.assert_contained(&[]).await;
}
