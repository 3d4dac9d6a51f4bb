//! What is written, left, removed and refused.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use rstest::rstest;

use super::*;
use crate::Hint;

const FIRST: &[(&str, &str)] = &[
    ("Kconfig", "one"),
    ("sub/Kconfig.m5", "m5"),
    ("sub/Kconfig.c5", "c5"),
];

#[test]
fn a_generation_after_another() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("not/yet/there");
    let changes = commit(&path, &generation("1", FIRST)).unwrap();
    let all = list(&["Kconfig", "sub/Kconfig.c5", "sub/Kconfig.m5"]);
    assert_eq!(
        changes,
        Changes {
            written: all.clone(),
            ..Changes::default()
        }
    );
    let before = identities(&path);

    let again = commit(&path, &generation("1", FIRST)).unwrap();
    assert_eq!(
        again,
        Changes {
            unchanged: all,
            ..Changes::default()
        }
    );
    assert_eq!(identities(&path), before);

    let second = [
        ("Kconfig", "two"),
        ("sub/Kconfig.m5", "m5"),
        ("new/a/b", "b"),
    ];
    let changes = commit(&path, &generation("2", &second)).unwrap();
    assert_eq!(
        changes,
        Changes {
            written: list(&["Kconfig", "new/a/b"]),
            unchanged: list(&["sub/Kconfig.m5"]),
            removed: list(&["sub/Kconfig.c5"]),
            kept: Vec::new(),
        }
    );
    assert_eq!(
        identities(&path)["sub/Kconfig.m5"],
        before["sub/Kconfig.m5"]
    );
    let mut files = content(&path);
    assert!(
        files
            .remove(".cloudhost-aws.json")
            .unwrap()
            .contains("\"key\": \"2\"")
    );
    let expected = [
        ("Kconfig", "two"),
        ("new/", ""),
        ("new/a/", ""),
        ("new/a/b", "b"),
        ("sub/", ""),
        ("sub/Kconfig.m5", "m5"),
    ];
    assert!(
        files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .eq(expected)
    );
}

#[test]
fn only_what_we_wrote_and_nobody_changed_is_removed() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    fs::write(path.join("theirs"), "theirs").unwrap();
    commit(
        path,
        &generation(
            "1",
            &[("a", "a"), ("b", "b"), ("c", "c"), ("d", "d"), ("e", "e")],
        ),
    )
    .unwrap();
    fs::write(path.join("b"), "edited").unwrap();
    fs::remove_file(path.join("c")).unwrap();
    fs::remove_file(path.join("d")).unwrap();
    symlink("a", path.join("d")).unwrap();

    let changes = commit(path, &generation("2", &[("a", "a")])).unwrap();
    let expected = Changes {
        unchanged: list(&["a"]),
        removed: list(&["e"]),
        kept: list(&["b", "d"]),
        written: vec![],
    };
    assert_eq!(changes, expected);
    assert_eq!(fs::read_to_string(path.join("b")).unwrap(), "edited");
    assert_eq!(fs::read_to_string(path.join("theirs")).unwrap(), "theirs");
    // From now on they are not ours, even if they look like it again.
    fs::write(path.join("b"), "b").unwrap();
    assert_eq!(
        commit(path, &generation("3", &[])).unwrap().removed,
        list(&["a"])
    );
    assert!(path.join("b").exists());
}

#[test]
fn a_file_that_was_there_before_us_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Kconfig"), "of kdevops").unwrap();
    let changes = commit(root.path(), &generation("1", &[("Kconfig", "ours")])).unwrap();
    assert_eq!(changes.written, list(&["Kconfig"]));
    assert_eq!(
        fs::read_to_string(root.path().join("Kconfig")).unwrap(),
        "ours"
    );
}

#[rstest]
#[case("")]
#[case("{")]
#[case(r#"{"version":2,"owner":"aws","key":"1","files":[]}"#)]
#[case(r#"{"version":1,"owner":"aws","key":"1","files":[{"path":"../x","size":1,"blake3":""}]}"#)]
fn a_damaged_manifest_removes_nothing(#[case] manifest: &str) {
    let root = tempfile::tempdir().unwrap();
    commit(root.path(), &generation("1", &[("a", "a"), ("b", "b")])).unwrap();
    fs::write(root.path().join(".cloudhost-aws.json"), manifest).unwrap();
    assert_eq!(unchanged(root.path(), "aws", "1"), None);
    let changes = commit(root.path(), &generation("1", &[("a", "a")])).unwrap();
    assert_eq!(
        changes,
        Changes {
            unchanged: list(&["a"]),
            ..Changes::default()
        }
    );
    assert!(root.path().join("b").exists());
    assert!(unchanged(root.path(), "aws", "1").is_some());
}

#[test]
fn owners_do_not_touch_each_others_files() {
    let root = tempfile::tempdir().unwrap();
    commit(root.path(), &generation("1", &[("a", "a")])).unwrap();
    let other = Generation {
        owner: "gcp".into(),
        ..generation("1", &[("g", "g")])
    };
    assert_eq!(commit(root.path(), &other).unwrap().removed, list(&[]));
    assert!(
        unchanged(root.path(), "aws", "1").is_some()
            && unchanged(root.path(), "gcp", "1").is_some()
    );
}

#[test]
fn unchanged_sees_every_difference() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    assert_eq!(unchanged(&path.join("nowhere"), "aws", "1"), None);
    assert_eq!(unchanged(path, "aws", "1"), None);
    commit(path, &generation("1", FIRST)).unwrap();
    let all = list(&["Kconfig", "sub/Kconfig.c5", "sub/Kconfig.m5"]);
    let good = Some(Changes {
        unchanged: all,
        ..Changes::default()
    });
    assert_eq!(unchanged(path, "aws", "1"), good);
    assert_eq!(unchanged(path, "aws", "2"), None);
    assert_eq!(unchanged(path, "gcp", "1"), None);
    assert_eq!(unchanged(path, "../x", "1"), None);

    let file = path.join("sub/Kconfig.m5");
    fs::write(&file, "m6").unwrap();
    assert_eq!(unchanged(path, "aws", "1"), None);
    fs::remove_file(&file).unwrap();
    assert_eq!(unchanged(path, "aws", "1"), None);
    fs::write(path.join("same"), "m5").unwrap();
    symlink("../same", &file).unwrap();
    assert_eq!(unchanged(path, "aws", "1"), None);
    assert_eq!(
        commit(path, &generation("1", FIRST)).unwrap().written,
        list(&["sub/Kconfig.m5"])
    );
    assert_eq!(unchanged(path, "aws", "1"), good);
    fs::create_dir(path.join(".cloudhost-aws.stage")).unwrap();
    assert_eq!(unchanged(path, "aws", "1"), None);
    OutputDir::open(path).unwrap();
    assert_eq!(unchanged(path, "aws", "1"), good);
}

#[test]
fn unchanged_creates_nothing() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(unchanged(&root.path().join("a/b"), "aws", "1"), None);
    assert_eq!(unchanged(root.path(), "aws", "1"), None);
    assert!(content(root.path()).is_empty());
    assert!(!root.path().join(".cloudhost-aws.lock").exists());
}

#[test]
fn mode_of_files() {
    let root = tempfile::tempdir().unwrap();
    commit(root.path(), &generation("1", &[("a", "a")])).unwrap();
    let mode = |name: &str| {
        fs::metadata(root.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    // What the umask of this process leaves of 0644, seen on a file that the standard library made with 0666.
    fs::write(root.path().join("plain"), "").unwrap();
    assert_eq!(mode("a"), mode("plain") & 0o644);
    assert_eq!(mode(".cloudhost-aws.json"), mode("plain") & 0o644);
}

#[test]
fn links_in_the_folder() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("out");
    fs::create_dir_all(path.join("real")).unwrap();
    fs::write(path.join("target"), "target").unwrap();
    fs::write(root.path().join("outside"), "outside").unwrap();
    let files: &[(&str, &str)] = &[("a", "a"), ("link", "b"), ("sub/c", "c")];

    // Inside: the link itself is replaced, and a folder may be a link.
    symlink("target", path.join("link")).unwrap();
    symlink("real", path.join("sub")).unwrap();
    commit(&path, &generation("1", files)).unwrap();
    assert_eq!(fs::read_to_string(path.join("target")).unwrap(), "target");
    assert_eq!(fs::read_to_string(path.join("link")).unwrap(), "b");
    assert!(!path.join("link").is_symlink() && path.join("sub").is_symlink());
    assert_eq!(fs::read_to_string(path.join("real/c")).unwrap(), "c");
    assert!(unchanged(&path, "aws", "1").is_some());

    // A link to nothing inside is no danger either.
    fs::remove_file(path.join("link")).unwrap();
    symlink("nothing", path.join("link")).unwrap();
    assert_eq!(
        commit(&path, &generation("1", files)).unwrap().written,
        list(&["link"])
    );

    // Out of the folder: refused, and nothing changes.
    for target in ["../outside", "/etc/hostname"] {
        fs::remove_file(path.join("link")).unwrap();
        symlink(target, path.join("link")).unwrap();
        let before = content(&path);
        let error = commit(&path, &generation("2", &[("a", "new"), ("link", "b")])).unwrap_err();
        assert!(
            matches!(error, OutputError::Escapes { folder: false, .. }),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("out/link"));
        assert_eq!(content(&path), before);
    }
    fs::remove_file(path.join("link")).unwrap();
    fs::remove_file(path.join("sub")).unwrap();
    symlink("..", path.join("sub")).unwrap();
    let error = commit(&path, &generation("2", &[("a", "new"), ("sub/c", "c")])).unwrap_err();
    assert!(
        matches!(error, OutputError::Escapes { folder: false, .. }),
        "{error}"
    );
    assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "a");
    assert!(!root.path().join("c").exists());
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
        let _ = commit(&path, &generation("1", &[("a", "a")]));
        assert_eq!(
            fs::read_dir(root.path().join("there")).unwrap().count(),
            0,
            "{name}"
        );
    }
}

#[rstest]
#[case::folder("a")]
#[case::socket("s")]
#[case::file_for_folder("f/x")]
fn something_else_in_the_way(#[case] path: &str) {
    let root = tempfile::tempdir().unwrap();
    commit(root.path(), &generation("1", &[("z", "z")])).unwrap();
    fs::create_dir(root.path().join("a")).unwrap();
    fs::write(root.path().join("f"), "f").unwrap();
    let _socket = UnixListener::bind(root.path().join("s")).unwrap();
    let before = fs::read(root.path().join(".cloudhost-aws.json")).unwrap();
    let error = commit(root.path(), &generation("2", &[("z", "new"), (path, "x")])).unwrap_err();
    assert!(
        matches!(
            error,
            OutputError::NotAFile { .. } | OutputError::NotAFolder { .. }
        ),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("mv "));
    assert_eq!(
        fs::read(root.path().join(".cloudhost-aws.json")).unwrap(),
        before
    );
    assert_eq!(fs::read_to_string(root.path().join("z")).unwrap(), "z");
}

#[rstest]
#[case("../x")]
#[case("/x")]
#[case(".x")]
#[case("a/../b")]
#[case("")]
#[case("z")]
fn paths_that_are_no_use(#[case] path: &str) {
    let root = tempfile::tempdir().unwrap();
    let error = commit(root.path(), &generation("1", &[("z", "z"), (path, "x")])).unwrap_err();
    assert!(matches!(error, OutputError::Path { .. }), "{error}");
    assert!(content(root.path()).is_empty());
}

#[rstest]
#[case("")]
#[case("AWS")]
#[case("../aws")]
#[case("1")]
fn owners_that_are_no_use(#[case] owner: &str) {
    let root = tempfile::tempdir().unwrap();
    let generation = Generation {
        owner: owner.into(),
        ..generation("1", &[])
    };
    assert!(matches!(
        commit(root.path(), &generation),
        Err(OutputError::Owner { .. })
    ));
}

#[test]
fn the_folder_itself() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = OutputDir::open(&path).unwrap_err();
        assert!(matches!(error, OutputError::NotAFolder { .. }), "{error}");
    }
    // The user named an absolute path, so a link on the way is the user's.
    fs::create_dir(root.path().join("real")).unwrap();
    symlink("real", root.path().join("link")).unwrap();
    commit(
        &root.path().join("link/out"),
        &generation("1", &[("a", "a")]),
    )
    .unwrap();
    assert!(root.path().join("real/out/a").exists());
}

/// A process has one current folder, so these run in a process of their own each.
#[rstest]
#[case("", Ok("a"))]
#[case(".", Ok("a"))]
#[case("./new/deep/", Ok("new/deep/a"))]
#[case("inside/x", Ok("real/x/a"))]
#[case("../sibling", Ok("../sibling/a"))]
#[case("outside", Err("Escapes"))]
#[case("outside/x", Err("Escapes"))]
#[case("absolute", Err("Escapes"))]
#[case("real/../../sibling", Err("Escapes"))]
#[case("file", Err("NotAFolder"))]
#[case("file/x", Err("NotAFolder"))]
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
        "folder::child_commits",
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
    commit(Path::new(&path), &generation("1", &[("a", "a")])).unwrap();
}

#[test]
fn hints_can_be_pasted() {
    let io = |kind| OutputError::Io {
        action: "write",
        path: "/a b/c's".into(),
        source: std::io::Error::from(kind),
    };
    let hint = |kind| io(kind).hint().unwrap();
    assert!(hint(std::io::ErrorKind::PermissionDenied).starts_with(r"chmod u+rwX '/a b/c'\''s' "));
    assert!(hint(std::io::ErrorKind::StorageFull).contains("`df -h '/a b'`"));
    assert!(hint(std::io::ErrorKind::ReadOnlyFilesystem).contains("--output-dir"));
}
