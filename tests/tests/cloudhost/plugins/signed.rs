//! Signers and registries: whose word counts, and that no name does.

use std::fs;

use cloudhost_tests::{Outcome, Registry, Sandbox, Signer, Tree};

use super::{changed, ended, pasted, plugin, probe, sandbox, store};

/// Signs a file of the sandbox.
fn sign(sandbox: &Sandbox, signer: &Signer, file: &str) {
    signer.sign(&sandbox.path().join(file), &[]).unwrap();
}

/// The key as a command takes it.
fn key(signer: &Signer) -> String {
    signer.public_file().to_str().unwrap().to_owned()
}

/// The sandbox with the probe installed, signed by the first of two signers.
fn signed() -> (Sandbox, Signer, Signer) {
    let (sandbox, first, second) = (sandbox(), Signer::new().unwrap(), Signer::new().unwrap());
    sign(&sandbox, &first, "probe.wasm");
    ended(
        plugin(
            &sandbox,
            &[
                "install",
                "probe.wasm",
                "--key",
                &key(&first),
                "--grant-all",
            ],
        ),
        0,
    );
    (sandbox, first, second)
}

fn refused(sandbox: &Sandbox, args: &[&str], word: &str) -> Outcome {
    let before = Tree::read(&store(sandbox)).ok();
    let refused = ended(plugin(sandbox, args), 9);
    assert!(refused.stderr.contains(word), "no {word:?} in\n{refused}");
    assert_eq!(Tree::read(&store(sandbox)).ok(), before);
    refused
}

#[test]
fn what_another_key_signed_is_refused_before_anything_reads_it() {
    let sandbox = sandbox();
    let (first, second) = (Signer::new().unwrap(), Signer::new().unwrap());
    fs::write(sandbox.path().join("junk.wasm"), "no component at all").unwrap();
    let install = |file: &str| {
        let args = ["install", file, "--grant-all", "--key", &key(&first)];
        ended(plugin(&sandbox, &args), 9)
    };
    assert!(
        install("junk.wasm")
            .stderr
            .contains("error: plugin.signature: ")
    );
    sign(&sandbox, &second, "junk.wasm");
    let other = install("junk.wasm");
    assert!(
        other.stderr.contains("error: plugin.signature: "),
        "{other}"
    );
    assert!(other.stderr.contains("another key"), "{other}");
    sign(&sandbox, &first, "probe.wasm");
    fs::copy(
        sandbox.path().join("more.wasm"),
        sandbox.path().join("probe.wasm"),
    )
    .unwrap();
    let swapped = install("probe.wasm");
    assert!(swapped.stderr.contains("not one of"), "{swapped}");
    assert!(!store(&sandbox).exists());
}

#[test]
fn the_signer_stays_the_same_unless_the_user_says_otherwise() {
    let (sandbox, first, second) = signed();
    let line = fs::read_to_string(first.public_file()).unwrap();
    let line = line.lines().last().unwrap();
    let listed = ended(plugin(&sandbox, &["list"]), 0);
    assert!(listed.stdout.contains(line), "{listed}");
    ended(plugin(&sandbox, &["verify"]), 0);

    refused(
        &sandbox,
        &["update", "probe", "new.wasm"],
        "error: plugin.signature: ",
    );
    sign(&sandbox, &second, "new.wasm");
    refused(
        &sandbox,
        &["update", "probe", "new.wasm"],
        "error: plugin.signature: ",
    );
    let by_second = key(&second);
    let args = ["update", "probe", "new.wasm", "--key", &by_second];
    let asked = refused(&sandbox, &args, "error: grant.needed: ");
    assert!(
        asked.stderr.contains(&format!("- signed by {line}")),
        "{asked}"
    );
    assert!(asked.stderr.contains("+ signed by RW"), "{asked}");
    assert!(asked.stderr.contains(" --accept signer"), "{asked}");
    probe(&sandbox, "answer", 0);
    ended(pasted(&sandbox, &asked), 0);
    ended(plugin(&sandbox, &["verify"]), 0);

    // Who signed the installed one signs the next one, and nothing has to be said.
    let new = fs::read(sandbox.path().join("new.wasm")).unwrap();
    let newer = changed(&new, "version = \"0.2.0\"", "version = \"0.3.0\"");
    fs::write(sandbox.path().join("newer.wasm"), newer).unwrap();
    sign(&sandbox, &second, "newer.wasm");
    let done = ended(plugin(&sandbox, &["update", "probe", "newer.wasm"]), 0);
    assert!(done.stderr.contains(" to 0.3.0 "), "{done}");
}

#[test]
fn a_tag_that_moved_is_a_question_and_not_an_answer() {
    let registry = Registry::start().unwrap();
    let sandbox = sandbox();
    let tag = format!("oci://{}/plugins/probe:1", registry.name());
    let push = |file: &str| ended(plugin(&sandbox, &["push", file, &tag]), 0);
    push("probe.wasm");
    let asked = refused(&sandbox, &["install", &tag], "error: grant.needed: ");
    push("more.wasm");
    // What was agreed to is no longer there.
    let moved = ended(pasted(&sandbox, &asked), 9);
    assert!(moved.stderr.contains("error: plugin.digest: "), "{moved}");
    assert!(!store(&sandbox).exists());

    push("probe.wasm");
    ended(pasted(&sandbox, &asked), 0);
    push("more.wasm");
    probe(&sandbox, "answer", 0);
    let asked = refused(&sandbox, &["update"], "+ host other.test");
    // What is lost comes back by the digest of the registry, where the tag does not lead any more.
    fs::remove_file(super::object(&sandbox)).unwrap();
    let lost = probe(&sandbox, "answer", 9);
    assert!(lost.stderr.contains("@sha256:"), "{lost}");
    ended(pasted(&sandbox, &lost), 0);
    probe(&sandbox, "answer", 0);
    ended(pasted(&sandbox, &asked), 0);
    let shown = ended(
        plugin(&sandbox, &["inspect", "probe", "--output", "json"]),
        0,
    );
    let shown = shown.json().unwrap();
    assert_eq!(shown["version"], "0.2.0");
    assert_eq!(shown["source"], tag.as_str());
    assert!(
        shown["pinned"].as_str().unwrap().starts_with("sha256:"),
        "{shown}"
    );
}
