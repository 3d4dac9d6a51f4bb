//! Files in the directory are not believed because they are there: plans and manifests of another user, machine or
//! directory, and files of another spelling.

use super::super::commit_plan::{Gone, New, Plan};
use super::super::{digest_of, unchanged as unchanged_by};
use super::killed::{commit_new, half_done, old};
use super::*;
use crate::Folder;

/// The secret of another user.
fn other() -> SealKey {
    SealKey::own(secret().join("other"))
}

fn stage(root: &Path) -> PathBuf {
    root.join(".cloudhost-aws.stage")
}

/// Puts a plan into a directory, with a new file for each of its own.
fn plant(root: &Path, name: &str, plan: &Plan, seal: &SealKey) {
    let names = Names::new("aws").unwrap();
    let folder = Folder::shared(root).unwrap();
    fs::create_dir_all(stage(root)).unwrap();
    for number in 0..plan.files.len() {
        fs::write(root.join(names.new_file(number)), "planted").unwrap();
    }
    let text = plan.to_text(&folder, &names, seal);
    fs::write(stage(root).join(name), text).unwrap();
}

/// A plan for these new files and these removals.
fn plan(files: &[&str], gone: &[&str]) -> Plan {
    let new = |path: &&str| New {
        path: (*path).to_owned(),
        blake3: digest_of(b"planted"),
        before: None,
    };
    let remove = |path: &&str| Gone {
        path: (*path).to_owned(),
        blake3: digest_of(b"theirs"),
    };
    let gone = gone.iter().map(remove).collect();
    Plan::new(Vec::new(), files.iter().map(new).collect(), gone)
}

/// A commit fails with this error, which names what to remove, and changes nothing. Then it works.
fn refused(root: &Path, before: &BTreeMap<String, String>, is: fn(&OutputError) -> bool) {
    let error = commit_new(root).unwrap_err();
    assert!(is(&error), "{error}");
    assert_eq!(error.fix(), Some(Fix::Discard(stage(root))));
    fs::remove_dir_all(stage(root)).unwrap();
    assert_eq!(&content(root), before);
    commit_new(root).unwrap();
}

/// Sealed by another user, on another machine or for another directory.
fn sealed_elsewhere(error: &OutputError) -> bool {
    matches!(error, OutputError::Unsealed { sealed: true, .. })
}

fn without_seal(error: &OutputError) -> bool {
    matches!(error, OutputError::Unsealed { sealed: false, .. })
}

fn damaged(error: &OutputError) -> bool {
    matches!(error, OutputError::Damaged { .. })
}

#[test]
fn a_plan_of_another_user_is_not_carried_out() {
    for name in ["plan", "undo"] {
        let (root, before) = old();
        let plan = plan(&["Kconfig.new"], &["Kconfig.gone"]);
        plant(root.path(), name, &plan, &other());
        refused(root.path(), &before, sealed_elsewhere);
    }
}

#[test]
fn a_plan_without_a_seal_is_not_carried_out() {
    let (root, before) = old();
    plant(
        root.path(),
        "plan",
        &plan(&["Kconfig.new"], &[]),
        &SealKey::none(),
    );
    refused(root.path(), &before, without_seal);
}

/// The user's own plan, in a directory for which it was not made.
#[test]
fn a_plan_of_another_directory_is_not_carried_out() {
    let (from, _) = half_done();
    let (root, before) = old();
    fs::rename(stage(from.path()), stage(root.path())).unwrap();
    refused(root.path(), &before, sealed_elsewhere);
}

/// A seal is no permission for other paths than those of menus.
#[test]
fn a_plan_names_menus_alone() {
    for path in [
        ".git/hooks/pre-commit",
        "Makefile",
        ".envrc",
        "../Kconfig",
        "/tmp/Kconfig",
        ".cloudhost-gcp.json",
        "sub/.cloudhost-aws.json",
    ] {
        for plan in [plan(&[path], &[]), plan(&[], &[path])] {
            let (root, before) = old();
            plant(root.path(), "plan", &plan, &seal());
            refused(root.path(), &before, damaged);
        }
    }
    let (root, before) = old();
    let mut folders = plan(&["sub/Kconfig.new"], &[]);
    folders.folders = vec!["sub".to_owned(), ".git".to_owned()];
    plant(root.path(), "plan", &folders, &seal());
    refused(root.path(), &before, damaged);
}

/// A commit looks at nothing of other owners: their leftovers stop no one else.
#[test]
fn a_stage_of_another_owner_is_left_alone() {
    let (root, _) = old();
    let foreign = root.path().join(".cloudhost-evil.stage");
    fs::create_dir(&foreign).unwrap();
    for name in ["plan", "undo", "new-0"] {
        fs::write(foreign.join(name), "{").unwrap();
    }
    commit_new(root.path()).unwrap();
    assert_eq!(fs::read_dir(foreign).unwrap().count(), 3);
}

/// Writes a file that is kept by hand, and a manifest that names it.
fn claimed(seal: &SealKey) -> tempfile::TempDir {
    let (by, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = [("Kconfig.kept", "theirs\n"), ("Kconfig.gone", "theirs\n")];
    for (name, text) in files {
        fs::write(root.path().join(name), text).unwrap();
    }
    let writer = OutputDir::open(by.path(), seal).unwrap();
    writer.commit(&generation("1", &files)).unwrap();
    let name = ".cloudhost-aws.json";
    fs::copy(by.path().join(name), root.path().join(name)).unwrap();
    root
}

/// A manifest of another user or of another directory makes no file ours.
#[test]
fn a_manifest_from_elsewhere_is_not_believed() {
    for seal in [other(), SealKey::none(), seal()] {
        let root = claimed(&seal);
        assert_eq!(unchanged(root.path(), "aws", "1"), None);
        let new = generation("2", &[("Kconfig.kept", "new\n")]);
        let error = commit(root.path(), &new).unwrap_err();
        assert!(matches!(error, OutputError::NotOurs { .. }), "{error}");
        let changes = commit(root.path(), &generation("2", &[("Kconfig.new", "")])).unwrap();
        assert_eq!((changes.removed, changes.kept), (list(&[]), list(&[])));
        for name in ["Kconfig.kept", "Kconfig.gone"] {
            assert_eq!(
                fs::read_to_string(root.path().join(name)).unwrap(),
                "theirs\n"
            );
        }
        // From now on the manifest is of this directory.
        assert!(unchanged(root.path(), "aws", "2").is_some());
    }
}

/// Work goes on without a secret: files are written, and none that was there is believed or removed.
#[test]
fn without_a_secret_nothing_is_believed() {
    let root = tempfile::tempdir().unwrap();
    let none = SealKey::none();
    let folder = OutputDir::open(root.path(), &none).unwrap();
    let first = generation("1", &[("Kconfig", "a"), ("Kconfig.old", "old")]);
    assert_eq!(folder.commit(&first).unwrap().written.len(), 2);
    assert_eq!(unchanged_by(root.path(), "aws", "1", &none), None);
    let before = identities(root.path());
    assert_eq!(folder.commit(&first).unwrap().unchanged.len(), 2);
    assert_eq!(identities(root.path()), before);
    let second = folder
        .commit(&generation("2", &[("Kconfig", "a")]))
        .unwrap();
    assert_eq!(second.removed, list(&[]));
    assert!(root.path().join("Kconfig.old").exists());
    // Its own interrupted commit is no exception.
    let (root, _) = half_done();
    let folder = OutputDir::open(root.path(), &none).unwrap();
    assert!(sealed_elsewhere(&folder.commit(&first).unwrap_err()));
}

/// A name in another case is another file, unless the file system has one file for both.
#[test]
fn another_spelling_is_another_file() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    commit(
        root.path(),
        &generation("1", &[("Kconfig.LOCATION", "one\n")]),
    )
    .unwrap();
    fs::write(at("Kconfig.location"), "by hand\n").unwrap();
    let lower = generation("2", &[("Kconfig.location", "two\n")]);
    let error = commit(root.path(), &lower).unwrap_err();
    assert!(matches!(error, OutputError::NotOurs { .. }), "{error}");
    assert_eq!(
        fs::read_to_string(at("Kconfig.location")).unwrap(),
        "by hand\n"
    );

    // Without a file of the other spelling, the new file takes the place of the old one.
    fs::remove_file(at("Kconfig.location")).unwrap();
    let changes = commit(root.path(), &lower).unwrap();
    assert_eq!(changes.removed, list(&["Kconfig.LOCATION"]));
    assert!(at("Kconfig.location").exists());

    // One file with two names, as on a file system that ignores case.
    fs::hard_link(at("Kconfig.location"), at("Kconfig.Location")).unwrap();
    let mixed = generation("3", &[("Kconfig.Location", "three\n")]);
    let changes = commit(root.path(), &mixed).unwrap();
    assert_eq!(changes.written, list(&["Kconfig.Location"]));
    assert_eq!(changes.removed, list(&[]));
}

/// Of several spellings in one generation, each is compared with a file of the earlier one.
#[test]
fn all_spellings_are_compared() {
    let root = tempfile::tempdir().unwrap();
    commit(
        root.path(),
        &generation("1", &[("Kconfig.LOCATION", "one\n")]),
    )
    .unwrap();
    let at = |name: &str| root.path().join(name);
    fs::write(at("Kconfig.Location"), "one\n").unwrap();
    fs::hard_link(at("Kconfig.LOCATION"), at("Kconfig.location")).unwrap();
    let both = [("Kconfig.location", "one\n"), ("Kconfig.Location", "one\n")];
    let changes = commit(root.path(), &generation("2", &both)).unwrap();
    assert_eq!(changes.removed, list(&[]));
    assert!(at("Kconfig.location").exists());
}
