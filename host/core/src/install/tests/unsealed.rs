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

/// The installs to which the error of a plugin leads.
fn again(plugins: &Plugins) -> Vec<Agreement> {
    let error = plugins.open("probe").unwrap_err();
    assert!(error.is_refusal());
    assert_eq!(error.refusal().unwrap().reason, "grant.needed");
    let text = error.to_string();
    for part in ["grant.needed: probe does not run: ", "plugins.lock"] {
        assert!(text.contains(part), "{text}");
    }
    let Some(Remedy::AnyOf(ways)) = error.remedy() else {
        panic!("{:?}", error.remedy());
    };
    let ways = ways.into_iter().map(|way| match way {
        Remedy::Agree(again) => *again,
        other => panic!("{other:?}"),
    });
    ways.collect()
}

/// The file of a stored component, as a source.
fn stored(plugins: &Plugins, digest: &Digest) -> String {
    let path = plugins.dir().join("objects").join(object(digest));
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_another_user_granted_is_not_granted() {
    let (_dir, plugins, installed) = foreign();
    let from = |source: String| Agreement {
        dir: Some(plugins.dir().to_owned()),
        update: None,
        source,
        digest: installed.digest,
        signer: None,
        given: None,
        limits: Vec::new(),
        accept: Vec::new(),
    };
    let stored = stored(&plugins, &installed.digest);
    let ways = [from(installed.source.clone()), from(stored)];
    assert_eq!(again(&plugins), ways);
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

/// The stored component is a file like any other, which is named as the source. One that was changed is none.
#[tokio::test]
async fn the_stored_component_need_not_be_fetched() {
    let (_dir, plugins, installed) = foreign();
    let source = stored(&plugins, &installed.digest);
    let file = source.parse::<Source>().unwrap();
    let fetched = plugins.fetch(&file, &FetchOptions::default()).await;
    let offer = plugins.offer(fetched.unwrap(), &source, Some(&installed.digest), None);
    let now = plugins.install(&offer.unwrap(), &all()).unwrap();
    assert_eq!((&now.source, now.signed.as_ref()), (&source, None));
    assert_eq!(plugins.open("probe").unwrap().unwrap().0, now);
    assert_eq!(objects(&plugins), [object(&now.digest)]);

    let (_dir, plugins, installed) = foreign();
    fs::write(stored(&plugins, &installed.digest), b"other").unwrap();
    let ways = again(&plugins).into_iter().map(|way| way.source);
    assert_eq!(ways.collect::<Vec<_>>(), [installed.source]);
}

/// A seal does not tell that the user has revoked since. The number of the newest file, beside the secret, does.
#[test]
fn an_earlier_lock_file_is_not_believed() {
    let (_dir, plugins) = plugins();
    let lock = plugins.dir().join("plugins.lock");
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let earlier = fs::read(&lock).unwrap();
    let revoked = plugins.revoke("probe", &Grant::default()).unwrap();
    assert_eq!(plugins.list().unwrap(), from_ref(&revoked));
    fs::write(&lock, &earlier).unwrap();
    assert_eq!(plugins.list().unwrap(), []);
    again(&plugins);
    // What is agreed to now is newer than all before, also after the directory was emptied.
    plugins
        .install(&offer("0.1.0", LINES), &some(&[], &[]))
        .unwrap();
    let newest = fs::read(&lock).unwrap();
    for before in [Some(&earlier), None] {
        match before {
            Some(before) => fs::write(&lock, before).unwrap(),
            None => fs::remove_file(&lock).unwrap(),
        }
        assert_eq!(plugins.list().unwrap(), []);
        let now = plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
        assert_eq!(plugins.list().unwrap(), [now]);
        fs::write(&lock, &newest).unwrap();
        assert_eq!(plugins.list().unwrap(), []);
    }
}

/// Numbers can be lost. What is agreed to then is newer than all before, whichever of the earlier files was there.
#[rstest]
#[case::damaged(|_: &Plugins, newest: &Path| fs::write(newest, "x").unwrap())]
#[case::removed(|_: &Plugins, newest: &Path| fs::remove_file(newest).unwrap())]
#[case::dropped(|plugins: &Plugins, _: &Path| {
    let away = plugins.dir().with_extension("away");
    fs::rename(plugins.dir(), &away).unwrap();
    let other = Plugins::at(plugins.dir().with_extension("other")).sealed_by(plugins.seal.clone());
    other.install(&offer("0.1.0", LINES), &all()).unwrap();
    fs::rename(away, plugins.dir()).unwrap();
})]
fn an_earlier_lock_file_is_not_believed_when_its_number_was_lost(
    #[case] lose: fn(&Plugins, &Path),
) {
    let (dir, plugins) = plugins();
    let secret = dir.path().join("secret");
    let plugins = plugins.sealed_by(SealKey::own(&secret));
    let lock = plugins.dir().join("plugins.lock");
    let host = some(&["api.probe.test"], &[]);
    plugins.install(&offer("0.1.0", LINES), &host).unwrap();
    let first = fs::read(&lock).unwrap();
    plugins.grant("probe", &GrantChoice::All).unwrap();
    plugins.revoke("probe", &Grant::default()).unwrap();
    plugins.grant("probe", &GrantChoice::All).unwrap();
    let granted = fs::read(&lock).unwrap();
    plugins.revoke("probe", &Grant::default()).unwrap();

    lose(&plugins, &secret.join("newest.json"));
    for before in [&granted, &first] {
        fs::write(&lock, before).unwrap();
        assert_eq!(plugins.list().unwrap(), []);
    }
    let now = plugins.install(&offer("0.1.0", LINES), &host).unwrap();
    assert_eq!(plugins.list().unwrap(), [now]);
    for before in [&granted, &first] {
        fs::write(&lock, before).unwrap();
        assert_eq!(plugins.list().unwrap(), []);
    }
}

/// A process can be killed after it replaced the file and before it noted the number: a run that reads the file does.
#[test]
fn a_number_that_was_not_noted_is_noted_by_the_next_run() {
    let (dir, plugins) = plugins();
    let (lock, newest) = (
        plugins.dir().join("plugins.lock"),
        dir.path().join("secret/newest.json"),
    );
    let plugins = plugins.sealed_by(SealKey::own(dir.path().join("secret")));
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let (earlier, noted) = (fs::read(&lock).unwrap(), fs::read(&newest).unwrap());
    let revoked = plugins.revoke("probe", &Grant::default()).unwrap();
    fs::write(&newest, noted).unwrap();
    assert_eq!(plugins.list().unwrap(), [revoked]);
    fs::write(&lock, earlier).unwrap();
    assert_eq!(plugins.list().unwrap(), []);
}

/// A directory of another file system can have the same inode, for which the seal holds. Its path differs.
#[test]
fn a_directory_of_the_same_inode_at_another_path_is_not_believed() {
    let (dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let moved = dir.path().join("moved");
    fs::rename(plugins.dir(), &moved).unwrap();
    let moved = Plugins::at(moved).sealed_by(plugins.seal.clone());
    assert_eq!(moved.list().unwrap(), []);
    // What is agreed to there does not make the file of before right, also if a process is killed on the way.
    let lock = moved.dir().join("plugins.lock");
    let earlier = fs::read(&lock).unwrap();
    let now = moved.install(&offer("0.1.0", LINES), &some(&[], &[]));
    assert_eq!(moved.list().unwrap(), [now.unwrap()]);
    fs::write(&lock, earlier).unwrap();
    assert_eq!(moved.list().unwrap(), []);
}

/// Text of a record reaches the terminal, and must not act on it nor look like another line.
#[rstest]
#[case::escape("source = \"/x/probe.wasm\"", "source = \"/x/\\u001b[2Jprobe.wasm\"")]
#[case::line("source = \"/x/probe.wasm\"", "source = \"/x\\nfalse  row\"")]
#[case::bidi("source = \"/x/probe.wasm\"", "source = \"/x/\\u202eprobe.wasm\"")]
#[case::empty("source = \"/x/probe.wasm\"", "source = \"\"")]
#[case::pinned(
    "source = \"/x/probe.wasm\"",
    "source = \"/x\"\npinned = \"sha256:\\u001b[2J\""
)]
#[case::limit(
    "[plugins.probe.manifest]",
    "[plugins.probe.limits]\n\"cpu\\u001b[2J\" = 1\n\n[plugins.probe.manifest]"
)]
#[case::name("plugins.probe", "plugins.\"\\u001b[2J\"")]
fn a_record_with_text_that_acts_is_refused(#[case] from: &str, #[case] to: &str) {
    let (_dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let path = plugins.dir().join("plugins.lock");
    let text = fs::read_to_string(&path).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let changed = body.replace(from, to);
    assert_ne!(changed, body);
    let comment = head.lines().next().unwrap();
    let digest = Digest::of(changed.as_bytes());
    fs::write(
        &path,
        format!("{comment}\nseal = \"{digest}\"\n\n{changed}"),
    )
    .unwrap();
    let error = plugins.unsealed().unwrap_err();
    assert!(matches!(error, InstallError::LockFile { .. }), "{error}");
    let text = error.to_string();
    assert!(
        !text.contains(crate::contract::is_invisible_or_control),
        "{text:?}"
    );
    plugins.find("probe").unwrap_err();
}

/// A source that a record could not have later is refused before anything is installed.
#[test]
fn a_source_with_control_characters_is_refused() {
    let bytes = fetched(component("0.1.0", LINES));
    let error = FetchedPlugin::check(bytes, "/a\nb/probe.wasm", None, None).unwrap_err();
    assert!(matches!(error, InstallError::Source(_)), "{error}");
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
            signature: signature.clone(),
        }),
        ..installed.clone()
    };
    plugins
        .change(|file, _| file.replace("probe", Some(&installed), Some(claimed)))
        .unwrap();
    let plugins = plugins
        .clone()
        .sealed_by(SealKey::own(plugins.dir().join("other")));
    let [named, stored] = again(&plugins).try_into().unwrap();
    assert_eq!(named.signer, Some(Signer::Known(key.to_string())));
    let found = Fetched {
        signature: Some(signature.parse().unwrap()),
        ..fetched(component("0.1.0", LINES))
    };
    let error = plugins.offer(found, &named.source, Some(&named.digest), Some(&key));
    let error = error.unwrap_err();
    assert!(matches!(error, InstallError::Signature { .. }), "{error}");
    // The stored file has none, and nothing of the claim is kept.
    assert_eq!(stored.signer, None);
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
