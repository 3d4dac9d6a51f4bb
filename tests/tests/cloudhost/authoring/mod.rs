//! Writing plugins: new projects, the guide's own commands, finished components, and the provider test suite.

pub(crate) mod faults;
mod guide;
pub(crate) mod suite;

use std::fs;

use cloudhost_tests::{Sandbox, Tree, plugin_dir};

use crate::support::{ended, plugin};

#[test]
fn a_new_project_says_what_to_do_next() {
    let sandbox = Sandbox::new().unwrap();
    let outcome = ended(
        plugin(&sandbox, &["new", "my-cloud", "--lang", "python"]),
        0,
    );
    assert!(
        outcome
            .stderr
            .contains("cloudhost plugin build && cloudhost plugin test"),
        "{outcome}"
    );
    let before = Tree::read(&sandbox.path().join("my-cloud")).unwrap();
    // An existing directory is left unchanged.
    let outcome = ended(plugin(&sandbox, &["new", "my-cloud"]), 2);
    assert!(
        outcome.stderr.contains("my-cloud already exists"),
        "{outcome}"
    );
    assert_eq!(
        Tree::read(&sandbox.path().join("my-cloud")).unwrap(),
        before
    );
    let outcome = ended(plugin(&sandbox, &["new", "aws"]), 2);
    assert!(
        outcome
            .stderr
            .contains("`aws` is the name of a built-in plugin"),
        "{outcome}"
    );
    let outcome = ended(plugin(&sandbox, &["new", "My Cloud"]), 2);
    assert!(
        outcome.stderr.contains("cloudhost plugin new my-cloud"),
        "{outcome}"
    );
}

/// A missing tool is named with the command that installs it, and nothing is built.
#[test]
fn a_missing_tool_is_named() {
    let sandbox = Sandbox::new().unwrap();
    for (name, lang, hint) in [
        ("rusty", "rust", "install Rust: https://rustup.rs"),
        (
            "snaky",
            "python",
            ".venv/bin/pip install -r requirements.txt",
        ),
    ] {
        ended(plugin(&sandbox, &["new", name, "--lang", lang]), 0);
        let nothing = sandbox.path().join("home");
        let outcome = ended(plugin(&sandbox, &["build", name]).env("PATH", nothing), 1);
        assert!(outcome.stderr.contains(hint), "{outcome}");
        let wasm = sandbox.path().join(name).join(format!("{name}.wasm"));
        assert!(!wasm.exists());
    }
    let outcome = ended(plugin(&sandbox, &["build", "home"]), 2);
    assert!(outcome.stderr.contains("no plugin in "), "{outcome}");
}

/// A Rust toolchain without the target of plugins.
#[test]
fn a_missing_target_is_named() {
    let sandbox = Sandbox::new().unwrap();
    ended(plugin(&sandbox, &["new", "my-cloud"]), 0);
    let bin = sandbox.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let rustc = bin.join("rustc");
    fs::write(&rustc, "#!/bin/sh\necho /nowhere\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&rustc, executable).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let outcome = ended(
        plugin(&sandbox, &["build", "my-cloud"]).env("PATH", path),
        1,
    );
    assert!(
        outcome.stderr.contains("rustup target add wasm32-wasip2"),
        "{outcome}"
    );
}

#[test]
fn a_finished_component_gets_its_manifest_once() {
    let sandbox = Sandbox::new().unwrap();
    let at = |name: &str| sandbox.path().join(name);
    // A component without imports and exports: enough to be recognised.
    fs::write(at("bare.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
    fs::write(
        at("manifest.toml"),
        "name = \"mine\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\n",
    )
    .unwrap();
    let outcome = ended(
        plugin(&sandbox, &["pack", "bare.wasm", "-o", "mine.wasm"]),
        0,
    );
    assert!(outcome.stderr.contains("mine 0.1.0: "), "{outcome}");
    let shown = ended(plugin(&sandbox, &["inspect", "mine.wasm"]), 0);
    assert!(shown.stdout.starts_with("PLUGIN       mine\n"), "{shown}");
    assert_eq!(fs::read(at("bare.wasm")).unwrap().len(), 8);
    let packed = fs::read(at("mine.wasm")).unwrap();
    let outcome = ended(plugin(&sandbox, &["pack", "mine.wasm"]), 1);
    assert!(
        outcome.stderr.contains("already has a manifest"),
        "{outcome}"
    );
    assert_eq!(fs::read(at("mine.wasm")).unwrap(), packed);
    fs::write(at("manifest.toml"), "name = \"Mine\"\n").unwrap();
    let outcome = ended(plugin(&sandbox, &["pack", "bare.wasm"]), 1);
    assert!(
        outcome.stderr.contains("invalid manifest.toml")
            && outcome.stderr.contains("correct manifest.toml"),
        "{outcome}"
    );
    assert_eq!(fs::read(at("bare.wasm")).unwrap().len(), 8);
}

/// Packing prints the command that installs the plugin, or that updates an installed one.
#[test]
fn what_is_built_again_replaces_what_is_installed() {
    let sandbox = Sandbox::new().unwrap();
    let at = |name: &str| sandbox.path().join(name);
    fs::write(at("bare.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
    let manifest = "name = \"probe\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\n";
    fs::write(at("manifest.toml"), manifest).unwrap();
    let pack = || {
        ended(
            plugin(&sandbox, &["pack", "bare.wasm", "-o", "new.wasm"]),
            0,
        )
    };
    let install = "cloudhost plugin install ./new.wasm, then: ";
    let outcome = pack();
    assert!(outcome.stderr.contains(install), "{outcome}");
    let probe = plugin_dir().join("cloudhost_probe.wasm");
    let run = plugin(&sandbox, &["install", "--grant-all"]).arg(probe);
    ended(run, 0);
    let update =
        "cloudhost plugin update probe ./new.wasm --grant-all --accept same-version, then: ";
    let outcome = pack();
    assert!(outcome.stderr.contains(update), "{outcome}");
}
