//! The commands of `docs/writing-a-plugin.md`, run as written.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use cloudhost_tests::{Invocation, Outcome, Sandbox, binary, python, workspace};

/// Returns the lines of the guide's block of this kind, such as ```` ```sh ````.
fn commands(kind: &str) -> Vec<String> {
    let guide = fs::read_to_string(workspace().join("docs/writing-a-plugin.md")).unwrap();
    let mut lines = guide
        .lines()
        .skip_while(|line| *line != format!("```{kind}"));
    assert!(lines.next().is_some(), "the guide has no block of {kind}");
    lines
        .take_while(|line| *line != "```")
        .map(str::to_owned)
        .collect()
}

/// Returns one shell that runs the commands with the `cloudhost` under test and these directories in the path.
fn run(sandbox: &Sandbox, commands: &[String], more: &[PathBuf]) -> Invocation {
    let own = binary().parent().unwrap().to_path_buf();
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [own].into_iter().chain(more.iter().cloned());
    let path = env::join_paths(folders.chain(env::split_paths(&path))).unwrap();
    let script = format!("set -ex\n{}\n", commands.join("\n"));
    sandbox
        .command("sh")
        .arg("-c")
        .arg(script)
        .env("PATH", path)
        .env("CLOUDHOST_PLUGIN_DIR", sandbox.path().join("plugins"))
}

fn prints_a_list(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let machine = outcome
        .stdout
        .lines()
        .find(|line| line.starts_with("standard-2 "));
    let columns: Vec<&str> = machine.unwrap().split_whitespace().collect();
    assert_eq!(columns[..4], ["standard-2", "2", "4", "GiB"], "{outcome}");
    assert_eq!(columns.last(), Some(&"$0.05"));
    let failed = |line: &&str| line.split_whitespace().nth(2) == Some("failed");
    if let Some(verdict) = outcome.stdout.lines().find(failed) {
        panic!("{verdict}\n{outcome}");
    }
    // The template's recording has pages, prices and a list, so these cases are not skipped.
    for case in [
        "replay",
        "paging.all",
        "paging.endless",
        "prices.zero",
        "prices.unknown",
        "empty",
        "partial",
        "menus.collisions",
    ] {
        let found = outcome
            .stdout
            .lines()
            .find(|line| line.split_whitespace().next() == Some(case));
        assert!(
            found.is_some_and(|line| line.contains(" passed ")),
            "{case}: {found:?}\n{outcome}"
        );
    }
}

#[test]
fn from_new_to_a_list_of_machines_in_rust() {
    let sandbox = Sandbox::new().unwrap();
    // Uses the Rust of this test and no network: the SDK was built here, so its dependencies are there.
    let home = |name: &str, usual: &str| -> OsString {
        let at_home = || {
            Path::new(&env::var_os("HOME").unwrap_or_default())
                .join(usual)
                .into()
        };
        env::var_os(name).unwrap_or_else(at_home)
    };
    let outcome = run(&sandbox, &commands("sh"), &[])
        .env("CARGO_HOME", home("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", home("RUSTUP_HOME", ".rustup"))
        .env("CARGO_NET_OFFLINE", "true")
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide"),
        )
        .run()
        .unwrap();
    prints_a_list(&outcome);
    let menus = fs::read_to_string(
        sandbox
            .path()
            .join("my-cloud/menus/Kconfig.compute.generated"),
    );
    assert!(
        menus
            .unwrap()
            .contains("config TERRAFORM_MY_CLOUD_INSTANCE_TYPE_STANDARD_2\n")
    );
}

/// Returns the directory of componentize-py.
fn tools() -> PathBuf {
    python::interpreter().unwrap().parent().unwrap().to_owned()
}

#[test]
fn from_new_to_a_list_of_machines_in_python() {
    let folder = tools();
    let mut commands = commands("sh python");
    // The test environment already has the tool.
    let before = commands.len();
    commands.retain(|line| !line.starts_with("python3 -m venv"));
    assert_eq!(commands.len() + 1, before);
    let sandbox = Sandbox::new().unwrap();
    prints_a_list(&run(&sandbox, &commands, &[folder]).run().unwrap());
}

/// Python has no stream to print an uncaught error to, so the template logs it.
#[test]
fn a_crash_in_python_says_where() {
    let folder = tools();
    let sandbox = Sandbox::new().unwrap();
    let commands = [
        "cloudhost plugin new my-cloud --lang python",
        "cd my-cloud",
        r#"sed -i 's/rows, page, seen = .*/{}["nope"]/' provider.py"#,
        "cloudhost plugin test",
    ];
    let outcome = run(&sandbox, &commands.map(str::to_owned), &[folder]);
    let outcome = outcome.run().unwrap();
    assert_eq!(outcome.code, Some(1), "{outcome}");
    let error = outcome
        .stderr
        .lines()
        .find(|line| line.contains("KeyError: 'nope' at "));
    assert!(
        error.is_some_and(|line| line.contains("provider.py:")),
        "{outcome}"
    );
}
