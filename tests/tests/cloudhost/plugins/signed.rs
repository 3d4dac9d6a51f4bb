//! Signers and registries: keys and digests are trusted, names and tags are not.

use std::fs;

use cloudhost::plugin::Digest;
use cloudhost_tests::{Outcome, Registry, Sandbox, Signer, Tree};

use super::{changed, ended, pasted, plugin, probe, sandbox, store};

/// Signs a file of the sandbox.
fn sign(sandbox: &Sandbox, signer: &Signer, file: &str) {
    signer.sign(&sandbox.path().join(file), &[]).unwrap();
}

/// Returns the key file as an argument.
fn key(signer: &Signer) -> String {
    signer.public_file().to_str().unwrap().to_owned()
}

/// Returns a sandbox with the probe installed, signed by the first of two signers.
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
    assert!(other.stderr.contains("a different key"), "{other}");
    sign(&sandbox, &first, "probe.wasm");
    fs::copy(
        sandbox.path().join("more.wasm"),
        sandbox.path().join("probe.wasm"),
    )
    .unwrap();
    let swapped = install("probe.wasm");
    assert!(
        swapped
            .stderr
            .contains("the file or the signature was changed"),
        "{swapped}"
    );
    assert!(!store(&sandbox).exists());
}

/// Puts the signer's key into the command of the hint.
fn with_key(outcome: &Outcome, signer: &Signer) -> Outcome {
    let mut outcome = outcome.clone();
    outcome.stderr = outcome
        .stderr
        .replace(" --key KEY ", &format!(" --key {} ", key(signer)));
    outcome
}

fn line_of(signer: &Signer) -> String {
    let file = fs::read_to_string(signer.public_file()).unwrap();
    file.lines().last().unwrap().to_owned()
}

/// Checks the lines that an update by another signer shows.
fn shows_another_signer(refused: &Outcome, was: &Signer, now: &str, component: &[u8]) {
    let digest = Digest::of(component);
    for text in [
        &format!("- signed by {}", line_of(was)),
        now,
        &format!("+ {digest}"),
        &format!(" --digest {digest} "),
        " --accept signer",
    ] {
        assert!(refused.stderr.contains(text), "no {text} in\n{refused}");
    }
}

#[test]
fn the_signer_stays_the_same_unless_the_user_says_otherwise() {
    let (sandbox, first, second) = signed();
    let listed = ended(plugin(&sandbox, &["list"]), 0);
    assert!(listed.stdout.contains(&line_of(&first)), "{listed}");
    ended(plugin(&sandbox, &["verify"]), 0);

    let new = fs::read(sandbox.path().join("new.wasm")).unwrap();
    sign(&sandbox, &second, "new.wasm");
    let args = ["update", "probe", "new.wasm"];
    let outcome = refused(&sandbox, &args, "error: grant.needed: ");
    shows_another_signer(&outcome, &first, "+ signed with the key of id ", &new);
    // Consent that does not name the signer is not enough, and neither is the key of a third one.
    let agreed = ["update", "probe", "new.wasm", "--accept", "signer"];
    refused(&sandbox, &agreed, "error: grant.needed: ");
    refused(
        &sandbox,
        &[&agreed[..], &["--digest", &Digest::of(&new).to_string()]].concat(),
        " --key KEY ",
    );
    ended(pasted(&sandbox, &outcome), 2);
    ended(
        pasted(&sandbox, &with_key(&outcome, &Signer::new().unwrap())),
        9,
    );
    let by_second = key(&second);
    let args = ["update", "probe", "new.wasm", "--key", &by_second];
    let shown = refused(&sandbox, &args, "error: grant.needed: ");
    assert!(
        shown
            .stderr
            .contains(&format!("+ signed by {}", line_of(&second))),
        "{shown}"
    );
    probe(&sandbox, "answer", 0);
    ended(pasted(&sandbox, &with_key(&outcome, &second)), 0);
    ended(plugin(&sandbox, &["verify"]), 0);

    // An update by the signer of the installed plugin needs no consent; one by the former signer does.
    let newer = changed(&new, "version = \"0.2.0\"", "version = \"0.3.0\"");
    fs::write(sandbox.path().join("newer.wasm"), &newer).unwrap();
    sign(&sandbox, &first, "newer.wasm");
    let outcome = refused(
        &sandbox,
        &["update", "probe", "newer.wasm"],
        "error: grant.needed: ",
    );
    shows_another_signer(&outcome, &second, "+ signed with the key of id ", &newer);
    sign(&sandbox, &second, "newer.wasm");
    let done = ended(plugin(&sandbox, &["update", "probe", "newer.wasm"]), 0);
    assert!(done.stderr.contains(" to 0.3.0 "), "{done}");
}

/// Bytes without a trusted signature are not parsed. Consent is for these bytes and their requests only.
#[test]
fn another_signer_is_no_consent_to_anything_else() {
    let (sandbox, first, second) = signed();
    let more = fs::read(sandbox.path().join("more.wasm")).unwrap();
    fs::write(sandbox.path().join("next.wasm"), b"no component").unwrap();
    let args = ["update", "probe", "next.wasm"];
    let outcome = refused(&sandbox, &args, "error: grant.needed: ");
    shows_another_signer(&outcome, &first, "+ not signed", b"no component");
    // Without a digest, the consent would be for any bytes.
    let agreed = ["update", "probe", "next.wasm", "--accept", "signer"];
    refused(&sandbox, &agreed, "error: grant.needed: ");
    fs::write(sandbox.path().join("next.wasm"), &more).unwrap();
    let moved = ended(pasted(&sandbox, &outcome), 9);
    assert!(moved.stderr.contains("error: plugin.digest: "), "{moved}");

    sign(&sandbox, &second, "next.wasm");
    let outcome = refused(&sandbox, &args, "error: grant.needed: ");
    let outcome = ended(pasted(&sandbox, &with_key(&outcome, &second)), 9);
    for text in [
        "+ host other.test",
        "+ signed by ",
        " --grant-all --accept signer",
    ] {
        assert!(outcome.stderr.contains(text), "no {text} in\n{outcome}");
    }
    probe(&sandbox, "answer", 0);
    let done = ended(pasted(&sandbox, &outcome), 0);
    assert!(done.stderr.contains("granted host other.test"), "{done}");

    // A signature of other bytes is invalid, not another signer.
    fs::write(sandbox.path().join("next.wasm"), b"changed").unwrap();
    let broken = refused(&sandbox, &args, "error: plugin.signature: ");
    assert!(!broken.stderr.contains("--accept"), "{broken}");
    fs::remove_file(sandbox.path().join("next.wasm.minisig")).unwrap();
    fs::copy(
        sandbox.path().join("new.wasm"),
        sandbox.path().join("next.wasm"),
    )
    .unwrap();
    let outcome = refused(&sandbox, &args, "+ not signed");
    let outcome = ended(pasted(&sandbox, &outcome), 9);
    assert!(
        outcome
            .stderr
            .contains("+ not signed by a key that you gave"),
        "{outcome}"
    );
    ended(pasted(&sandbox, &outcome), 0);
    // The consent is for one plugin.
    ended(plugin(&sandbox, &["update", "--accept", "signer"]), 2);
}

#[test]
fn a_tag_that_moved_is_a_question_and_not_an_answer() {
    let registry = Registry::start().unwrap();
    let sandbox = sandbox();
    let tag = format!("oci://{}/plugins/probe:1", registry.name());
    let push = |file: &str| ended(plugin(&sandbox, &["push", file, &tag]), 0);
    push("probe.wasm");
    let outcome = refused(&sandbox, &["install", &tag], "error: grant.needed: ");
    push("more.wasm");
    // The tag no longer has the bytes that were agreed to.
    let moved = ended(pasted(&sandbox, &outcome), 9);
    assert!(moved.stderr.contains("error: plugin.digest: "), "{moved}");
    assert!(!store(&sandbox).exists());

    push("probe.wasm");
    ended(pasted(&sandbox, &outcome), 0);
    push("more.wasm");
    probe(&sandbox, "answer", 0);
    let outcome = refused(&sandbox, &["update"], "+ host other.test");
    // A lost component is restored by its digest in the registry, because the tag has moved.
    fs::remove_file(super::object(&sandbox)).unwrap();
    let lost = probe(&sandbox, "answer", 9);
    assert!(lost.stderr.contains("@sha256:"), "{lost}");
    ended(pasted(&sandbox, &lost), 0);
    probe(&sandbox, "answer", 0);
    ended(pasted(&sandbox, &outcome), 0);
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
