//! Files that are written, left and removed, and names that are rejected.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use rstest::rstest;

use super::*;

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
        ("new/a/Kconfig", "b"),
    ];
    let changes = commit(&path, &generation("2", &second)).unwrap();
    assert_eq!(
        changes,
        Changes {
            written: list(&["Kconfig", "new/a/Kconfig"]),
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
        ("new/a/Kconfig", "b"),
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
            &[
                ("Kconfig.a", "a"),
                ("Kconfig.b", "b"),
                ("Kconfig.c", "c"),
                ("Kconfig.d", "d"),
                ("Kconfig.e", "e"),
            ],
        ),
    )
    .unwrap();
    fs::write(path.join("Kconfig.b"), "edited").unwrap();
    fs::remove_file(path.join("Kconfig.c")).unwrap();
    fs::remove_file(path.join("Kconfig.d")).unwrap();
    symlink("Kconfig.a", path.join("Kconfig.d")).unwrap();

    let changes = commit(path, &generation("2", &[("Kconfig.a", "a")])).unwrap();
    let expected = Changes {
        unchanged: list(&["Kconfig.a"]),
        removed: list(&["Kconfig.e"]),
        kept: list(&["Kconfig.b", "Kconfig.d"]),
        written: vec![],
    };
    assert_eq!(changes, expected);
    assert_eq!(
        fs::read_to_string(path.join("Kconfig.b")).unwrap(),
        "edited"
    );
    assert_eq!(fs::read_to_string(path.join("theirs")).unwrap(), "theirs");
    // From now on they are not ours, even if they look like it again.
    fs::write(path.join("Kconfig.b"), "b").unwrap();
    assert_eq!(
        commit(path, &generation("3", &[])).unwrap().removed,
        list(&["Kconfig.a"])
    );
    assert!(path.join("Kconfig.b").exists());
}

/// Returns true if a file of this name and content, which the manifest does not list, is replaced.
#[rstest]
#[case::by_hand("Kconfig", "mainmenu\n", false)]
#[case::empty("Kconfig", "", false)]
#[case::manifest_lost("Kconfig", "# By a host for aws: old.\nconfig A\n", false)]
#[case::of_another("Kconfig", "# By a host for hetzner: old.\n", false)]
#[case::generated("Kconfig.types.generated", "# by a script\n", true)]
#[case::generated_and_manifest_lost("Kconfig.types.generated", "# By a host for aws: old.\n", true)]
#[case::generated_of_another("Kconfig.types.generated", "# By a host for hetzner: old.\n", false)]
fn what_someone_else_wrote_stays(#[case] name: &str, #[case] there: &str, #[case] ours: bool) {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(name), there).unwrap();
    let text = "# By a host for aws: old.\n# new\n";
    let outcome = commit(
        root.path(),
        &generation("1", &[("Kconfig.z", "z\n"), (name, text)]),
    );
    let kept = fs::read_to_string(root.path().join(name)).unwrap();
    if ours {
        assert_eq!((outcome.unwrap().written.len(), kept.as_str()), (2, text));
        return;
    }
    let error = outcome.unwrap_err();
    assert!(matches!(error, OutputError::NotOurs { .. }), "{error}");
    assert_eq!(error.fix(), Some(Fix::MoveAway(root.path().join(name))));
    assert_eq!(kept, there);
    // All or nothing.
    assert!(!root.path().join("Kconfig.z").exists());
}

/// A change of the user in a file stays, whether the list of written files is sealed or not.
#[rstest]
#[case::sealed(seal(), "Kconfig", false)]
#[case::without_a_secret(SealKey::none(), "Kconfig", false)]
#[case::generated(seal(), "Kconfig.generated", true)]
fn a_changed_file_stays(#[case] seal: SealKey, #[case] name: &str, #[case] replaced: bool) {
    let root = tempfile::tempdir().unwrap();
    let at = root.path().join(name);
    let write = |key: &str, text: &str| {
        let generation = generation(key, &[(name, text)]);
        OutputDir::open(root.path(), &seal)?.commit(&generation)
    };
    write("1", "# By a host for aws: x.\none\n").unwrap();
    write("2", "# By a host for aws: x.\ntwo\n").unwrap();
    let edited = "# By a host for aws: x.\nmine\n";
    fs::write(&at, edited).unwrap();
    let outcome = write("3", "# By a host for aws: x.\nthree\n");
    assert_eq!(fs::read_to_string(&at).unwrap() != edited, replaced);
    if replaced {
        outcome.unwrap();
        return;
    }
    assert_eq!(outcome.unwrap_err().fix(), Some(Fix::MoveAway(at.clone())));
    fs::rename(&at, root.path().join("mine")).unwrap();
    write("3", "# By a host for aws: x.\nthree\n").unwrap();
}

#[rstest]
#[case("")]
#[case("{")]
#[case(r#"{"version":2,"owner":"aws","key":"1","files":[]}"#)]
#[case(
    r#"{"version":1,"owner":"aws","key":"1","files":[{"path":"../Kconfig","size":1,"blake3":""}]}"#
)]
#[case::of_a_build_without_seals(
    r#"{"version":1,"owner":"aws","key":"1","files":[{"path":"Kconfig.b","size":1,"blake3":""}]}"#
)]
fn a_damaged_manifest_removes_nothing(#[case] manifest: &str) {
    let root = tempfile::tempdir().unwrap();
    commit(
        root.path(),
        &generation("1", &[("Kconfig.a", "a"), ("Kconfig.b", "b")]),
    )
    .unwrap();
    fs::write(root.path().join(".cloudhost-aws.json"), manifest).unwrap();
    assert_eq!(unchanged(root.path(), "aws", "1"), None);
    let changes = commit(root.path(), &generation("1", &[("Kconfig.a", "a")])).unwrap();
    assert_eq!(
        changes,
        Changes {
            unchanged: list(&["Kconfig.a"]),
            ..Changes::default()
        }
    );
    assert!(root.path().join("Kconfig.b").exists());
    assert!(unchanged(root.path(), "aws", "1").is_some());
}

#[test]
fn owners_do_not_touch_each_others_files() {
    let root = tempfile::tempdir().unwrap();
    commit(root.path(), &generation("1", &[("Kconfig.a", "a")])).unwrap();
    let other = Generation {
        owner: "gcp".into(),
        ..generation("1", &[("Kconfig.g", "g")])
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
    fs::remove_file(&file).unwrap();
    assert_eq!(
        commit(path, &generation("1", FIRST)).unwrap().written,
        list(&["sub/Kconfig.m5"])
    );
    assert_eq!(unchanged(path, "aws", "1"), good);
    fs::create_dir(path.join(".cloudhost-aws.stage")).unwrap();
    assert_eq!(unchanged(path, "aws", "1"), None);
    recover(path).unwrap();
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
    commit(root.path(), &generation("1", &[("Kconfig", "a")])).unwrap();
    let mode = |name: &str| {
        fs::metadata(root.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    // The mode of a file that the standard library made with 0666, less the umask of this process.
    fs::write(root.path().join("plain"), "").unwrap();
    assert_eq!(mode("Kconfig"), mode("plain") & 0o644);
    assert_eq!(mode(".cloudhost-aws.json"), mode("plain") & 0o644);
    // A user who can read a file can lock it.
    assert_eq!(mode(".cloudhost-aws.lock"), 0o600);
}

#[rstest]
#[case::folder("Kconfig.a")]
#[case::socket("Kconfig.s")]
#[case::file_for_folder("f/Kconfig")]
fn something_else_in_the_way(#[case] path: &str) {
    let root = tempfile::tempdir().unwrap();
    commit(root.path(), &generation("1", &[("Kconfig.z", "z")])).unwrap();
    fs::create_dir(root.path().join("Kconfig.a")).unwrap();
    fs::write(root.path().join("f"), "f").unwrap();
    let _socket = UnixListener::bind(root.path().join("Kconfig.s")).unwrap();
    let before = fs::read(root.path().join(".cloudhost-aws.json")).unwrap();
    let error = commit(
        root.path(),
        &generation("2", &[("Kconfig.z", "new"), (path, "x")]),
    )
    .unwrap_err();
    assert!(
        matches!(
            error,
            OutputError::Folder(FolderError::NotAFile { .. } | FolderError::InTheWay { .. })
        ),
        "{error}"
    );
    assert!(matches!(error.fix(), Some(Fix::MoveAway(_))), "{error}");
    assert_eq!(
        fs::read(root.path().join(".cloudhost-aws.json")).unwrap(),
        before
    );
    assert_eq!(
        fs::read_to_string(root.path().join("Kconfig.z")).unwrap(),
        "z"
    );
}

#[rstest]
#[case("../Kconfig")]
#[case("/Kconfig")]
#[case(".Kconfig")]
#[case("a/../Kconfig")]
#[case("")]
#[case("Makefile")]
#[case::twice("Kconfig.z")]
fn paths_that_are_no_use(#[case] path: &str) {
    let root = tempfile::tempdir().unwrap();
    let error = commit(
        root.path(),
        &generation("1", &[("Kconfig.z", "z"), (path, "x")]),
    )
    .unwrap_err();
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

/// The path of a remedy exists: a missing file has no permissions to change.
#[rstest]
#[case("create the directory", "it's/new", "it's")]
#[case("remove", "it's/file", "it's")]
#[case("replace", "it's/file", "it's")]
#[case("read", "it's/file", "it's/file")]
#[case("write", "it's/new", "it's")]
#[case("open", "it's/a/b/c", "it's")]
fn remedies_name_what_is_there(
    #[case] action: &'static str,
    #[case] path: &str,
    #[case] named: &str,
) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("it's")).unwrap();
    fs::write(root.path().join("it's/file"), "").unwrap();
    let at = |name: &str| root.path().join(name);
    let fix = |kind| {
        let error = FolderError::disk(action, at(path))(std::io::Error::from(kind));
        OutputError::from(error).fix().unwrap()
    };
    let denied = fix(std::io::ErrorKind::PermissionDenied);
    assert_eq!(denied, Fix::MakeWritable(at(named)));
    let full = fix(std::io::ErrorKind::StorageFull);
    assert_eq!(full, Fix::MakeRoom(at("it's")));
    let read_only = fix(std::io::ErrorKind::ReadOnlyFilesystem);
    assert_eq!(read_only, Fix::Elsewhere);
}
