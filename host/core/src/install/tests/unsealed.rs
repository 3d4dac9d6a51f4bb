//! A lock file that this user has not sealed grants nothing, and the way out is an install, which asks.

use super::*;
use crate::limits::Limit;
use crate::{HasRemedy as _, Remedy};
use rstest::rstest;
use std::os::unix::fs::PermissionsExt as _;
use std::slice::from_ref;

const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// Plugins with a part of their requests granted and a limit, and the same directory as another user sees it.
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

/// The install to which the error of a plugin leads.
fn again(plugins: &Plugins) -> Agreement {
    let error = plugins.open("probe").unwrap_err();
    assert!(error.is_refusal());
    assert_eq!(error.refusal().unwrap().reason, "grant.needed");
    let text = error.to_string();
    for part in ["grant.needed: probe does not run: ", "plugins.lock"] {
        assert!(text.contains(part), "{text}");
    }
    match error.remedy() {
        Some(Remedy::Agree(again)) => *again,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_another_user_granted_is_not_granted() {
    let (_dir, plugins, installed) = foreign();
    let expected = Agreement {
        dir: Some(plugins.dir().to_owned()),
        update: None,
        source: installed.source.clone(),
        digest: installed.digest,
        signer: None,
        given: None,
        limits: Vec::new(),
        accept: Vec::new(),
    };
    assert_eq!(again(&plugins), expected);
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

/// An install starts over, with the question of any install: nothing of the record is taken over.
#[test]
fn an_install_asks_and_takes_nothing_over() {
    for version in ["0.1.0", "0.2.0"] {
        let (_dir, plugins, _) = foreign();
        let offer = offer(version, LINES);
        let error = plugins.install(&offer, &Consent::default()).unwrap_err();
        let InstallError::Consent {
            changes,
            update: false,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        let last = changes.lines.last().unwrap().to_string();
        assert!(
            last.contains("your token of this name would be sent to"),
            "{last}"
        );
        let now = plugins.install(&offer, &some(&[], &[])).unwrap();
        assert_eq!(
            (now.granted.clone(), now.limits().count()),
            (Grant::default(), 0)
        );
        assert_eq!(plugins.open("probe").unwrap().unwrap().0, now);
        assert_eq!(plugins.unsealed().unwrap(), []);
        assert_eq!(objects(&plugins), [object(&now.digest)]);
    }
}

/// The stored component serves an install of the record's source and digest alone, as long as it is unchanged.
#[test]
fn the_stored_component_need_not_be_fetched() {
    let (dir, plugins, installed) = foreign();
    let Installed { source, digest, .. } = &installed;
    let stored = plugins.stored(source, digest).unwrap();
    assert_eq!(
        (stored.digest, stored.signature.is_some()),
        (*digest, false)
    );
    assert!(plugins.stored("/x/other.wasm", digest).is_none());
    assert!(plugins.stored(source, &Digest::of(b"other")).is_none());
    // A record that the user has agreed to can be repaired from its source alone.
    let sealed = plugins
        .clone()
        .sealed_by(SealKey::own(dir.path().join("secret")));
    assert!(sealed.stored(source, digest).is_none());
    let path = plugins.dir().join("objects").join(object(digest));
    fs::write(path, b"other").unwrap();
    assert!(plugins.stored(source, digest).is_none());
}

/// A record claims its signer. The claim is named, and verified as that of any component.
#[test]
fn a_wrong_signature_is_refused() {
    let (_dir, plugins) = plugins();
    let installed = plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let signature = format!(
        "untrusted comment: x\n{}\ntrusted comment: y\n{}\n",
        "RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=",
        "y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg=="
    );
    let key: crate::source::SignerKey = KEY.parse().unwrap();
    let claimed = Installed {
        signed: Some(Signed {
            key: key.clone(),
            signature,
        }),
        ..installed.clone()
    };
    plugins
        .change(|file, _| file.replace("probe", Some(&installed), Some(claimed)))
        .unwrap();
    let plugins = plugins
        .clone()
        .sealed_by(SealKey::own(plugins.dir().join("other")));
    let again = again(&plugins);
    assert_eq!(again.signer, Some(Signer::Known(key.to_string())));
    let stored = plugins.stored(&again.source, &again.digest).unwrap();
    let error = plugins.offer(stored, &again.source, Some(&again.digest), Some(&key));
    let error = error.unwrap_err();
    assert!(matches!(error, InstallError::Signature { .. }), "{error}");
    // Without the key nothing of the claim is kept.
    let stored = plugins.stored(&again.source, &again.digest).unwrap();
    let offer = plugins.offer(stored, &again.source, Some(&again.digest), None);
    let now = plugins.install(&offer.unwrap(), &all()).unwrap();
    assert_eq!(now.signed, None);
}

/// One record after the other: what the user has not agreed to stays so, in a file that is sealed by now.
#[test]
fn other_records_stay_as_they_are() {
    let (_dir, plugins, installed) = foreign();
    let manifest = "name = \"second\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\n";
    let second = FetchedPlugin::check(fetched(wrapped(manifest)), "/x/second.wasm", None, None);
    let second = plugins.install(&second.unwrap(), &all()).unwrap();
    assert_eq!(plugins.list().unwrap(), from_ref(&second));
    assert_eq!(plugins.unsealed().unwrap(), from_ref(&installed));
    // The component of a record that was not agreed to is kept for it.
    assert_eq!(objects(&plugins).len(), 2);
    let third = plugins
        .clone()
        .sealed_by(SealKey::own(plugins.dir().join("third")));
    assert_eq!(third.unsealed().unwrap().len(), 2);
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    assert_eq!(plugins.list().unwrap().len(), 2);
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
    let now = plugins.install(&offer("0.1.0", LINES), &all());
    assert_eq!(now.unwrap(), installed);
}

/// The same user and the same file, in a copied directory. With a given secret it is the same directory: an image or a
/// volume has other inodes at each start.
#[rstest]
#[case::own(|dir: &Path| SealKey::own(dir.join("secret")), 0)]
#[case::given(given, 1)]
fn a_copied_directory(#[case] secret: fn(&Path) -> SealKey, #[case] granted: usize) {
    let (dir, plugins) = plugins();
    let plugins = plugins.sealed_by(secret(dir.path()));
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
        (granted, 1 - granted)
    );
    assert_eq!(plugins.list().unwrap().len(), 1);
}

fn given(dir: &Path) -> SealKey {
    let file = dir.join("given");
    fs::write(&file, [7; 32]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    SealKey::given(file)
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
    let error = plugins.install(&offer("0.1.0", LINES), &all());
    let error = error.unwrap_err();
    assert!(error.to_string().starts_with("grant.secret: "), "{error}");
    assert_eq!(error.remedy(), Some(Remedy::GiveSecret));
    assert_eq!(plugins.unsealed().unwrap(), [installed]);
    plugins.remove("probe").unwrap();
    assert_eq!(plugins.unsealed().unwrap(), []);
}
