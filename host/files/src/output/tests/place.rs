//! Locations of files: symbolic links, and the directory itself.

use std::os::unix::fs::symlink;

use rstest::rstest;

use super::*;

#[test]
fn links_in_the_folder() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("out");
    fs::create_dir_all(path.join("real")).unwrap();
    fs::write(path.join("target"), "target").unwrap();
    fs::write(root.path().join("outside"), "outside").unwrap();
    let files: &[(&str, &str)] = &[
        ("Kconfig", "a"),
        ("Kconfig.generated", "b"),
        ("sub/Kconfig", "c"),
    ];

    // A link is the user's, also in the place of a file of ours.
    let by_hand = [("Kconfig", "a"), ("Kconfig.hand", "b")];
    for before in [false, true] {
        if before {
            commit(&path, &generation("1", &by_hand)).unwrap();
            fs::remove_file(path.join("Kconfig.hand")).unwrap();
        }
        symlink("target", path.join("Kconfig.hand")).unwrap();
        let error = commit(&path, &generation("1", &by_hand)).unwrap_err();
        assert!(matches!(error, OutputError::NotOurs { .. }), "{error}");
        fs::remove_file(path.join("Kconfig.hand")).unwrap();
    }
    symlink("real", path.join("sub")).unwrap();
    commit(&path, &generation("1", files)).unwrap();

    // Inside: a link with the name of a generated file is itself replaced, and a folder may be a link.
    fs::remove_file(path.join("Kconfig.generated")).unwrap();
    symlink("target", path.join("Kconfig.generated")).unwrap();
    commit(&path, &generation("1", files)).unwrap();
    assert_eq!(fs::read_to_string(path.join("target")).unwrap(), "target");
    assert_eq!(
        fs::read_to_string(path.join("Kconfig.generated")).unwrap(),
        "b"
    );
    assert!(!path.join("Kconfig.generated").is_symlink() && path.join("sub").is_symlink());
    assert_eq!(fs::read_to_string(path.join("real/Kconfig")).unwrap(), "c");
    assert!(unchanged(&path, "aws", "1").is_some());

    // A link to nothing inside is no danger either.
    fs::remove_file(path.join("Kconfig.generated")).unwrap();
    symlink("nothing", path.join("Kconfig.generated")).unwrap();
    assert_eq!(
        commit(&path, &generation("1", files)).unwrap().written,
        list(&["Kconfig.generated"])
    );

    // Out of the folder: refused, and nothing changes.
    for target in ["../outside", "/etc/hostname"] {
        fs::remove_file(path.join("Kconfig.generated")).unwrap();
        symlink(target, path.join("Kconfig.generated")).unwrap();
        let before = content(&path);
        let error = commit(
            &path,
            &generation("2", &[("Kconfig", "new"), ("Kconfig.generated", "b")]),
        )
        .unwrap_err();
        assert!(
            matches!(
                error,
                OutputError::Folder(FolderError::Escapes { folder: false, .. })
            ),
            "{error}"
        );
        assert_eq!(
            error.fix(),
            Some(Fix::Remove(path.join("Kconfig.generated")))
        );
        assert_eq!(content(&path), before);
    }
    fs::remove_file(path.join("Kconfig.generated")).unwrap();
    fs::remove_file(path.join("sub")).unwrap();
    symlink("..", path.join("sub")).unwrap();
    let error = commit(
        &path,
        &generation("2", &[("Kconfig", "new"), ("sub/Kconfig", "c")]),
    )
    .unwrap_err();
    // The link is named, and not what would be beyond it.
    match &error {
        OutputError::Folder(FolderError::Escapes {
            path: named,
            folder: false,
        }) => assert_eq!(named, &path.join("sub")),
        other => panic!("{other}"),
    }
    assert_eq!(fs::read_to_string(path.join("Kconfig")).unwrap(), "a");
    assert!(!root.path().join("Kconfig").exists());
}

#[test]
fn a_link_as_lock_or_manifest_does_not_lead_out() {
    for name in [
        ".cloudhost-aws.lock",
        ".cloudhost-aws.json",
        ".cloudhost-aws.stage",
    ] {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("out");
        fs::create_dir_all(&path).unwrap();
        fs::create_dir(root.path().join("there")).unwrap();
        symlink("../there", path.join(name)).unwrap();
        let _ = commit(&path, &generation("1", &[("Kconfig", "a")]));
        assert_eq!(
            fs::read_dir(root.path().join("there")).unwrap().count(),
            0,
            "{name}"
        );
    }
}

/// A pipe as lock file: opening it would block until it has a reader.
#[test]
fn a_pipe_as_lock_or_file_is_refused() {
    for (name, reader) in [
        (".cloudhost-aws.lock", false),
        (".cloudhost-aws.lock", true),
        ("Kconfig", false),
    ] {
        let root = tempfile::tempdir().unwrap();
        let pipe = root.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK;
        let _reader =
            reader.then(|| rustix::fs::open(&pipe, flags, rustix::fs::Mode::empty()).unwrap());
        let error = commit(root.path(), &generation("1", &[("Kconfig", "a")])).unwrap_err();
        match &error {
            OutputError::Folder(FolderError::NotAFile { path }) => assert_eq!(path, &pipe),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn the_folder_itself() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = OutputDir::open(&path, &seal()).unwrap_err();
        match &error {
            OutputError::Folder(FolderError::InTheWay { path, link: false }) => {
                assert_eq!(path, &file);
            }
            other => panic!("{other}"),
        }
    }
    // The user named an absolute path, so a link on the way is the user's.
    fs::create_dir(root.path().join("real")).unwrap();
    symlink("real", root.path().join("link")).unwrap();
    commit(
        &root.path().join("link/out"),
        &generation("1", &[("Kconfig", "a")]),
    )
    .unwrap();
    assert!(root.path().join("real/out/Kconfig").exists());
}

/// If the system cannot create a directory, the error names the parent that rejects it.
#[test]
fn a_folder_that_cannot_be_made() {
    let error = OutputDir::open(Path::new("/proc/x/y"), &seal()).unwrap_err();
    assert_eq!(error.fix(), Some(Fix::Inspect("/proc".into())), "{error}");
}

/// A process has one current folder, so these run in a process of their own each.
#[rstest]
#[case("", Ok("Kconfig"))]
#[case(".", Ok("Kconfig"))]
#[case("./new/deep/", Ok("new/deep/Kconfig"))]
#[case("inside/x", Ok("real/x/Kconfig"))]
#[case("../sibling", Ok("../sibling/Kconfig"))]
#[case("outside", Err("Escapes"))]
#[case("outside/x", Err("Escapes"))]
#[case("absolute", Err("Escapes"))]
#[case("real/../../sibling", Err("Escapes"))]
#[case("file", Err("InTheWay"))]
#[case("file/x", Err("InTheWay"))]
fn relative_to_the_current_folder(#[case] named: &str, #[case] expected: Result<&str, &str>) {
    let root = tempfile::tempdir().unwrap();
    let current = root.path().join("current");
    fs::create_dir_all(current.join("real")).unwrap();
    fs::create_dir(root.path().join("elsewhere")).unwrap();
    fs::write(current.join("file"), "").unwrap();
    symlink("real", current.join("inside")).unwrap();
    symlink("../elsewhere", current.join("outside")).unwrap();
    symlink(root.path().join("elsewhere"), current.join("absolute")).unwrap();
    let output = killed::child(
        &current,
        "place::child_commits",
        &[("CLOUDHOST_TEST_DIR", named)],
    );
    match expected {
        Ok(file) => assert!(
            output.status.success() && current.join(file).exists(),
            "{output:?}"
        ),
        Err(kind) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && text.contains(kind), "{text}");
            assert_eq!(
                fs::read_dir(root.path().join("elsewhere")).unwrap().count(),
                0
            );
        }
    }
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_commits() {
    let path = std::env::var("CLOUDHOST_TEST_DIR").unwrap();
    commit(Path::new(&path), &generation("1", &[("Kconfig", "a")])).unwrap();
}
