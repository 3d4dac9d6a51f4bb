//! A component or record that was modified on disk does not run, and is named.

use super::*;
use crate::{FilePurpose, HasRemedy as _, Remedy};
use cloudhost_files::Folder;
use rstest::rstest;
use std::os::unix::fs::{PermissionsExt as _, symlink};

const LINES: &str = "hosts = [\"api.probe.test\"]";

fn installed() -> (tempfile::TempDir, Plugins, Installed) {
    let (dir, plugins) = plugins();
    let installed = plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    (dir, plugins, installed)
}

/// Everything that would use the lock file says what is wrong with it, and what to do.
fn all_refuse(plugins: &Plugins) -> String {
    let errors = [
        plugins.list().unwrap_err(),
        plugins.find("other").unwrap_err(),
        plugins.open("probe").unwrap_err(),
        plugins.install(&offer("0.1.0", LINES), &all()).unwrap_err(),
        plugins.grant("probe", &GrantChoice::All).unwrap_err(),
        plugins.remove("probe").unwrap_err(),
    ];
    for error in &errors {
        assert!(
            error.to_string().starts_with("plugin.lock-file: "),
            "{error}"
        );
        assert!(error.is_refusal() && error.remedy().is_some());
    }
    errors[0].to_string()
}

#[rstest]
#[case::a_wider_grant(
    "granted]\nhosts = [\"api.probe.test\"]",
    "granted]\nhosts = [\"evil.test\"]"
)]
#[case::another_digest("digest = \"sha256:", "digest = \"sha256:0")]
#[case::a_space("\n\n", "\n\n\n")]
#[case::no_seal("seal = ", "sale = ")]
#[case::half("[plugins.probe.manifest]", "")]
fn an_edited_lock_file_is_refused(#[case] from: &str, #[case] to: &str) {
    let (_dir, plugins, _) = installed();
    let path = plugins.dir().join("plugins.lock");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let said = all_refuse(&plugins);
    assert!(said.contains("edited or damaged"), "{said}");
    // It is neither mended nor lost.
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        text.replacen(from, to, 1)
    );
    fs::write(&path, text).unwrap();
    assert!(plugins.open("probe").unwrap().is_some());
}

/// With a right seal it still has to make sense.
#[rstest]
#[case(
    "granted]\nhosts = [\"api.probe.test\"]",
    "granted]\nhosts = [\"evil.test\"]",
    "does not request"
)]
#[case("name = \"probe\"", "name = \"other\"", "another name")]
#[case(
    "name = \"probe\"",
    "name = \"../x\"",
    "invalid `name` in the manifest"
)]
#[case("format = 1", "format = 2", "a newer cloudhost wrote")]
#[case("granted]", "grated]", "unknown field")]
fn a_lock_file_that_makes_no_sense_is_refused(
    #[case] from: &str,
    #[case] to: &str,
    #[case] why: &str,
) {
    let (_dir, plugins, _) = installed();
    let path = plugins.dir().join("plugins.lock");
    let text = fs::read_to_string(&path).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    assert!(body.contains(from), "{body}");
    let body = body.replacen(from, to, 1);
    let comment = head.lines().next().unwrap();
    let digest = Digest::of(body.as_bytes());
    let folder = Folder::private(plugins.dir()).unwrap();
    let code = plugins.seal.seal(&folder, "plugins.lock", body.as_bytes());
    let seal = format!("seal = \"{digest} {}\"", code.unwrap());
    fs::write(&path, format!("{comment}\n{seal}\n\n{body}")).unwrap();
    let said = all_refuse(&plugins);
    assert!(said.contains(why), "{said}");
}

#[rstest]
#[case::empty(b"".as_slice())]
#[case::noise(b"\xff\xfe\0".as_slice())]
fn a_lost_lock_file_is_refused(#[case] bytes: &[u8]) {
    let (_dir, plugins, _) = installed();
    fs::write(plugins.dir().join("plugins.lock"), bytes).unwrap();
    all_refuse(&plugins);
}

#[test]
fn a_lock_file_that_others_can_write_is_refused() {
    let (_dir, plugins, _) = installed();
    let path = plugins.dir().join("plugins.lock");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    all_refuse(&plugins);
    // It can hold what others wrote: `chmod` alone would make that look good.
    let purpose = FilePurpose::Plugins;
    let remedy = Remedy::ReplaceUntrusted { path, purpose };
    assert_eq!(plugins.list().unwrap_err().remedy(), Some(remedy));
    fs::set_permissions(plugins.dir(), fs::Permissions::from_mode(0o777)).unwrap();
    let error = plugins.list().unwrap_err();
    assert!(
        matches!(error, InstallError::Folder(_)) && error.remedy().is_some(),
        "{error}"
    );
}

#[test]
fn other_bytes_do_not_run() {
    let (_dir, plugins, installed) = installed();
    let object = plugins
        .dir()
        .join("objects")
        .join(object(&installed.digest));
    let good = fs::read(&object).unwrap();
    let other = component("0.1.0", "hosts = [\"evil.test\"]");
    for bytes in [other.as_slice(), &good[..good.len() - 1], b""] {
        fs::write(&object, bytes).unwrap();
        let error = plugins.open("probe").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("plugin.digest: probe does not run"),
            "{error}"
        );
        let Some(Remedy::Agree(repair)) = error.remedy() else {
            panic!("{error:?}");
        };
        assert_eq!((repair.update, repair.digest), (None, installed.digest));
        let [problem] = plugins.verify(&installed).problems.try_into().unwrap();
        assert!(problem.text.contains("does not run"), "{problem:?}");
        // The same component again repairs it, and gives nothing that was not given.
        let now = plugins
            .install(&offer("0.1.0", LINES), &Consent::default())
            .unwrap();
        assert_eq!(now, installed);
        assert_eq!(fs::read(&object).unwrap(), good);
    }
    fs::remove_file(&object).unwrap();
    let elsewhere = plugins.dir().join("elsewhere");
    fs::write(&elsewhere, &good).unwrap();
    symlink(&elsewhere, &object).unwrap();
    assert!(plugins.open("probe").is_err());
    fs::remove_file(&object).unwrap();
    let error = plugins.open("probe").unwrap_err();
    assert!(error.to_string().contains("is missing"), "{error}");
}

/// The component has the manifest of a grant; a record with a different one is rejected.
#[test]
fn a_record_with_another_manifest_is_refused() {
    let (_dir, plugins, installed) = installed();
    let mut asked = installed.manifest.clone();
    asked.version = "9.9.9".to_owned();
    let other = Installed {
        manifest: asked,
        ..installed.clone()
    };
    plugins
        .change(|file, _| file.replace("probe", Some(&installed), Some(other)))
        .unwrap();
    let error = plugins.open("probe").unwrap_err();
    assert!(
        error.to_string().contains("does not match the component"),
        "{error}"
    );
}
