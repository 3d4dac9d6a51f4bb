//! A lock file that this user has not sealed grants nothing, and the way out is to agree again.

use super::*;
use crate::limits::Limit;
use crate::{HasRemedy as _, Remedy};
use rstest::rstest;
use std::slice::from_ref;

const LINES: &str = r#"
hosts = ["api.probe.test", "*.more.test"]
[[credentials]]
name = "probe"
scheme = "bearer"
"#;

/// Plugins with a part of their requests granted and a limit, and the same directory as somebody else sees it.
fn foreign() -> (tempfile::TempDir, Plugins, Installed) {
    let (dir, plugins) = plugins();
    let consent = Consent {
        limits: vec![(Limit::Memory, 1 << 20)],
        ..some(&["api.probe.test"], &["probe"])
    };
    let installed = plugins.install(&offer("0.1.0", LINES), &consent).unwrap();
    let other = SealKey::own(dir.path().join("other"));
    let plugins = plugins.sealed_by(other);
    (dir, plugins, installed)
}

/// The consent that the error of a plugin asks for.
fn asked(plugins: &Plugins) -> Regrant {
    let error = plugins.open("probe").unwrap_err();
    assert!(error.is_refusal());
    assert_eq!(error.refusal().unwrap().reason, "grant.needed");
    let text = error.to_string();
    for part in [
        "grant.needed: ",
        "credential probe, host api.probe.test",
        "plugins.lock",
    ] {
        assert!(text.contains(part), "{text}");
    }
    match error.remedy() {
        Some(Remedy::GrantAgain(again)) => *again,
        other => panic!("{other:?}"),
    }
}

fn granted(of: &Grant) -> GrantChoice {
    GrantChoice::These(of.clone())
}

#[test]
fn what_somebody_else_granted_is_not_granted() {
    let (_dir, plugins, installed) = foreign();
    let again = asked(&plugins);
    let expected = Regrant {
        dir: Some(plugins.dir().to_owned()),
        plugin: "probe".to_owned(),
        digest: installed.digest,
        granted: installed.granted.clone(),
        limits: vec![(Limit::Memory, 1 << 20)],
    };
    assert_eq!(again, expected);
    assert_eq!(plugins.list().unwrap(), []);
    assert_eq!(plugins.unsealed().unwrap(), from_ref(&installed));
    let text = fs::read(plugins.dir().join("plugins.lock")).unwrap();
    for outcome in [
        plugins.grant("probe", &GrantChoice::All),
        plugins.revoke("probe", &Grant::default()),
        plugins.limit("probe", &[(Limit::Cpu, 1)]),
        plugins.update("probe", &offer("0.2.0", LINES), &all()),
    ] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, InstallError::Unsealed { .. }), "{error}");
    }
    let [problem] = plugins.verify(&installed).problems.try_into().unwrap();
    assert!(problem.text.contains("grant.needed"), "{problem:?}");
    assert_eq!(fs::read(plugins.dir().join("plugins.lock")).unwrap(), text);
}

#[test]
fn agreeing_again_grants_exactly_that() {
    let (_dir, plugins, installed) = foreign();
    let again = asked(&plugins);
    let now = plugins
        .grant_again("probe", &again.digest, &granted(&again.granted))
        .unwrap();
    // A limit that nobody here agreed to is dropped.
    assert_eq!(now.limits().count(), 0);
    let now = plugins.limit("probe", &again.limits).unwrap();
    assert_eq!(now, installed);
    assert_eq!(plugins.open("probe").unwrap().unwrap().0, installed);
    assert_eq!(plugins.unsealed().unwrap(), []);
    assert_eq!(plugins.verify(&now).problems, []);
    // From here on it is an ordinary grant.
    let more = plugins.grant_again("probe", &again.digest, &GrantChoice::All);
    assert_eq!(more.unwrap().refused(), Grant::default());
}

/// Less than somebody else granted, and nothing that the plugin does not request.
#[test]
fn another_grant_can_be_agreed_to() {
    let (_dir, plugins, installed) = foreign();
    let digest = &installed.digest;
    let error = plugins.grant_again("probe", digest, &granted(&these(&["evil.test"], &[])));
    assert!(
        matches!(error, Err(InstallError::NotAsked { .. })),
        "{error:?}"
    );
    let nothing = plugins.grant_again("probe", digest, &granted(&Grant::default()));
    assert_eq!(nothing.unwrap().granted, Grant::default());
}

/// The bytes, or the record, change between the question and the consent.
#[test]
fn consent_is_for_the_bytes_that_were_shown() {
    let (_dir, plugins, installed) = foreign();
    let again = asked(&plugins);
    let other = Digest::of(b"other");
    let given = granted(&again.granted);
    let error = plugins.grant_again("probe", &other, &given).unwrap_err();
    assert!(matches!(error, InstallError::OtherBytes { .. }), "{error}");
    let objects = plugins.dir().join("objects");
    fs::write(objects.join(object(&installed.digest)), b"other").unwrap();
    let error = plugins
        .grant_again("probe", &again.digest, &given)
        .unwrap_err();
    assert!(matches!(error, InstallError::Object { .. }), "{error}");
    assert_eq!(plugins.list().unwrap(), []);
}

/// The signature of a record is what its writer claims, until it is verified.
#[test]
fn a_signature_that_is_wrong_is_dropped() {
    let (_dir, plugins) = plugins();
    let installed = plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let signed = Some(Signed {
        key: "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
            .parse()
            .unwrap(),
        signature: "untrusted comment: x\nnone".to_owned(),
    });
    let claimed = Installed {
        signed,
        ..installed.clone()
    };
    plugins
        .change(|file, _| file.replace("probe", Some(&installed), Some(claimed)))
        .unwrap();
    let plugins = plugins
        .clone()
        .sealed_by(SealKey::own(plugins.dir().join("other")));
    let now = plugins.grant_again("probe", &installed.digest, &GrantChoice::All);
    assert_eq!(now.unwrap().signed, None);
}

/// One record after the other: what the user has not agreed to stays so, in a file that is sealed by now.
#[test]
fn other_records_stay_as_they_are() {
    let (_dir, plugins, installed) = foreign();
    let manifest = "name = \"second\"\nversion = \"0.1.0\"\ncontract = \"0.1.0\"\n";
    let second = FetchedPlugin::check(fetched(wrapped(manifest)), "/x/second.wasm", None, None);
    let second = plugins.install(&second.unwrap(), &all()).unwrap();
    assert_eq!(plugins.list().unwrap(), from_ref(&second));
    assert_eq!(plugins.unsealed().unwrap(), from_ref(&installed));
    let again = asked(&plugins);
    // The component of a record that was not agreed to is kept for it.
    assert_eq!(objects(&plugins).len(), 2);
    let third = plugins
        .clone()
        .sealed_by(SealKey::own(plugins.dir().join("third")));
    assert_eq!(third.unsealed().unwrap().len(), 2);
    plugins
        .grant_again("probe", &again.digest, &granted(&again.granted))
        .unwrap();
    assert_eq!(plugins.list().unwrap().len(), 2);
}

/// An install starts over: nothing of the record is taken over.
#[test]
fn an_install_takes_nothing_over() {
    for version in ["0.1.0", "0.2.0"] {
        let (_dir, plugins, _) = foreign();
        let offer = offer(version, LINES);
        let error = plugins.install(&offer, &Consent::default()).unwrap_err();
        assert!(
            matches!(error, InstallError::Consent { update: false, .. }),
            "{error}"
        );
        let now = plugins.install(&offer, &some(&[], &[])).unwrap();
        assert_eq!(
            (now.granted.clone(), now.limits().count()),
            (Grant::default(), 0)
        );
        assert_eq!(plugins.unsealed().unwrap(), []);
        assert_eq!(objects(&plugins), [object(&now.digest)]);
    }
}

#[test]
fn a_record_can_be_removed() {
    let (_dir, plugins, installed) = foreign();
    assert_eq!(plugins.remove("probe").unwrap(), installed);
    assert_eq!(plugins.unsealed().unwrap(), []);
    assert_eq!(objects(&plugins), [""; 0]);
}

/// As earlier versions wrote it: with a digest, and no code of a secret.
#[test]
fn a_lock_file_of_an_earlier_version_grants_nothing() {
    let (_dir, plugins) = plugins();
    let installed = plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let path = plugins.dir().join("plugins.lock");
    let text = fs::read_to_string(&path).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let comment = head.lines().next().unwrap();
    let digest = Digest::of(body.as_bytes());
    fs::write(&path, format!("{comment}\nseal = \"{digest}\"\n\n{body}")).unwrap();
    assert_eq!(plugins.list().unwrap(), []);
    plugins.open("probe").unwrap_err();
    let now = plugins.grant_again("probe", &installed.digest, &GrantChoice::All);
    assert_eq!(now.unwrap(), installed);
}

/// The same user and the same file, in a copied directory.
#[test]
fn a_copied_directory_grants_nothing() {
    let (dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let copy = dir.path().join("copy");
    std::fs::DirBuilder::new().create(&copy).unwrap();
    fs::copy(
        plugins.dir().join("plugins.lock"),
        copy.join("plugins.lock"),
    )
    .unwrap();
    let copied = Plugins::at(&copy).sealed_by(plugins.seal.clone());
    assert_eq!(
        (
            copied.list().unwrap().len(),
            copied.unsealed().unwrap().len()
        ),
        (0, 1)
    );
    assert_eq!(plugins.list().unwrap().len(), 1);
}

/// Without a secret no grant is believed, and none is given that no later run would believe.
#[rstest]
#[case::none(|_: &Path| SealKey::none())]
#[case::nowhere(|dir: &Path| SealKey::given(dir.join("nowhere")))]
fn without_a_secret_nothing_is_granted(#[case] secret: fn(&Path) -> SealKey) {
    let (dir, plugins, installed) = foreign();
    let plugins = plugins.sealed_by(secret(dir.path()));
    let error = plugins.open("probe").unwrap_err();
    assert_eq!(error.remedy(), Some(Remedy::GiveSecret));
    let given = granted(&installed.granted);
    for outcome in [
        plugins.grant_again("probe", &installed.digest, &given),
        plugins.install(&offer("0.1.0", LINES), &all()),
    ] {
        let error = outcome.unwrap_err();
        assert!(error.to_string().starts_with("grant.secret: "), "{error}");
        assert_eq!(error.remedy(), Some(Remedy::GiveSecret));
    }
    assert_eq!(plugins.unsealed().unwrap(), [installed]);
    plugins.remove("probe").unwrap();
    assert_eq!(plugins.unsealed().unwrap(), []);
}
