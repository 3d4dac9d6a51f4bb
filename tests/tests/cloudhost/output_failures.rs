//! Files that cannot be written: none of them is, and the message names the file and the reason.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

use cloudhost_tests::{Invocation, Sandbox, Tree};

use crate::support::{generated, must_fail, url};

/// Returns a generation that has to write every file.
fn everything_changes(sandbox: &Sandbox) -> Invocation {
    sandbox
        .generate(["--offline", "--dialect", "plain"])
        .unwrap()
        .aws(&url())
}

#[test]
fn the_output_folder_is_a_file() {
    let sandbox = generated();
    fs::remove_dir_all(sandbox.out()).unwrap();
    fs::write(sandbox.out(), "precious\n").unwrap();
    let outcome = everything_changes(&sandbox).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(
        outcome.stderr.contains("not a directory") && outcome.stderr.contains("out"),
        "{outcome}"
    );
    assert_eq!(fs::read_to_string(sandbox.out()).unwrap(), "precious\n");
}

#[test]
fn a_folder_below_a_file() {
    let sandbox = generated();
    fs::write(sandbox.path().join("file"), "precious\n").unwrap();
    let args = [
        "run",
        "aws",
        "generate-kconfig",
        "--offline",
        "--output-dir",
        "file/below",
    ];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(
        outcome
            .stderr
            .contains("error: file exists and is not a directory"),
        "{outcome}"
    );
    assert_eq!(
        fs::read_to_string(sandbox.path().join("file")).unwrap(),
        "precious\n"
    );
}

#[test]
fn a_folder_inside_is_a_link_out_of_the_tree() {
    let sandbox = generated();
    let (inside, outside) = (
        sandbox.out().join("instance-types"),
        sandbox.path().join("elsewhere"),
    );
    fs::rename(&inside, &outside).unwrap();
    symlink("../elsewhere", &inside).unwrap();
    let before = Tree::read(&outside).unwrap();
    must_fail(
        &sandbox,
        everything_changes(&sandbox),
        6,
        &["instance-types", "link"],
    );
    assert_eq!(Tree::read(&outside).unwrap(), before);
}

#[test]
fn a_file_is_a_link_out_of_the_tree() {
    let sandbox = generated();
    let (inside, outside) = (
        sandbox.out().join("Kconfig.compute.generated"),
        sandbox.path().join("precious"),
    );
    fs::remove_file(&inside).unwrap();
    fs::write(&outside, "precious\n").unwrap();
    symlink("../precious", &inside).unwrap();
    let outcome = everything_changes(&sandbox).run().unwrap();
    // Refused or replaced, never followed.
    assert!(matches!(outcome.code, Some(0 | 6)), "{outcome}");
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious\n");
}

#[test]
fn the_output_folder_is_a_link_out_of_the_tree() {
    let sandbox = generated();
    let (work, outside) = (
        sandbox.path().join("work"),
        sandbox.path().join("elsewhere"),
    );
    fs::create_dir(&work).unwrap();
    fs::rename(sandbox.out(), &outside).unwrap();
    symlink("../elsewhere", work.join("out")).unwrap();
    let before = Tree::read(&outside).unwrap();
    let outcome = everything_changes(&sandbox).within(&work).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(
        outcome.stderr.contains("out") && outcome.stderr.contains("hint: "),
        "{outcome}"
    );
    assert_eq!(Tree::read(&outside).unwrap(), before);
}

/// Returns a wrapper that first runs a shell line, in its own mount namespace, where it may mount. `None` if the
/// machine does not allow that, such as some containers.
fn with_mounts(line: &str) -> Option<Vec<String>> {
    let prefix = ["unshare", "--mount", "--map-root-user"];
    let allowed = Command::new(prefix[0])
        .args(&prefix[1..])
        .args(["mount", "-t", "tmpfs", "none", "/mnt"])
        .output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("not checked here: this machine allows no mounts");
        }
        return None;
    }
    let line = format!("{line}; \"$@\"; code=$?; cp -a out result; exit $code");
    Some(
        prefix
            .iter()
            .map(|word| (*word).to_owned())
            .chain(["sh".into(), "-c".into(), line, "sh".into()])
            .collect(),
    )
}

#[test]
fn the_disk_is_full() {
    let sandbox = generated();
    let size = Tree::read(&sandbox.out()).unwrap().size() / 1024 + 700;
    let mount =
        format!("cp -a out kept && mount -t tmpfs -o size={size}k none out && cp -a kept/. out/");
    let Some(wrapper) = with_mounts(&mount) else {
        return;
    };
    let outcome = everything_changes(&sandbox).under(wrapper).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(
        outcome.stderr.contains("No space left on device"),
        "{outcome}"
    );
    assert_eq!(
        Tree::read(&sandbox.path().join("result")).unwrap(),
        Tree::read(&sandbox.path().join("kept")).unwrap()
    );
}

#[test]
fn the_folder_is_not_writable() {
    let sandbox = generated();
    let mount = "cp -a out kept && mount --bind out out && mount -o remount,bind,ro out";
    let Some(wrapper) = with_mounts(mount) else {
        return;
    };
    let outcome = everything_changes(&sandbox).under(wrapper).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(
        outcome.stderr.contains("Read-only file system"),
        "{outcome}"
    );
    assert_eq!(
        Tree::read(&sandbox.path().join("result")).unwrap(),
        Tree::read(&sandbox.path().join("kept")).unwrap()
    );
}

#[test]
fn a_folder_that_cannot_be_made() {
    let sandbox = generated();
    let args = [
        "run",
        "aws",
        "generate-kconfig",
        "--offline",
        "--output-dir",
        "/proc/kconfigs",
    ];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(outcome.stderr.contains("/proc/kconfigs"), "{outcome}");
}

#[test]
fn the_lock_is_a_pipe() {
    let sandbox = generated();
    let lock = sandbox.out().join(".cloudhost-aws.lock");
    fs::remove_file(&lock).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&lock)
            .status()
            .unwrap()
            .success()
    );
    let outcome = everything_changes(&sandbox).run().unwrap();
    assert_eq!(outcome.code, Some(6), "{outcome}");
    assert!(
        outcome
            .stderr
            .contains("out/.cloudhost-aws.lock exists and is not a file"),
        "{outcome}"
    );
}

/// Kconfig could not read the `source` lines of such a directory.
#[test]
fn a_folder_that_kconfig_cannot_name() {
    let sandbox = generated();
    let folder = OsStr::from_bytes(b"o\xffut");
    let run = || {
        let args = [
            "run",
            "aws",
            "generate-kconfig",
            "--offline",
            "--output-dir",
        ];
        sandbox.cloudhost(args).unwrap().arg(folder).aws(&url())
    };
    let outcome = run().run().unwrap();
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(
        outcome.stderr.contains("hint: ") && outcome.stderr.contains("--source-prefix"),
        "{outcome}"
    );
    assert!(!sandbox.path().join(folder).exists());
    let outcome = run().arg("--source-prefix").arg("plain").run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        sandbox
            .path()
            .join(folder)
            .join("Kconfig.compute.generated")
            .exists()
    );
}
