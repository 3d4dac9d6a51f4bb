//! Grants, and the consent to them.

use super::*;
use crate::{HasRemedy as _, Remedy};
use rstest::rstest;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn nothing_is_installed_that_nobody_agreed_to() {
    let (_dir, plugins) = plugins();
    let error = plugins
        .install(&offer("0.1.0", LINES), &Consent::default())
        .unwrap_err();
    let digest = Digest::of(&component("0.1.0", LINES));
    let agreement = Agreement {
        dir: Some(plugins.dir().to_owned()),
        update: None,
        source: "/x/probe.wasm".to_owned(),
        digest,
        signer: None,
        given: Some(GrantChoice::All),
        limits: Vec::new(),
        accept: Vec::new(),
    };
    assert_eq!(error.remedy(), Some(Remedy::Agree(Box::new(agreement))));
    let InstallError::Consent {
        changes, update, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(!update && error.is_refusal());
    let lines: Vec<String> = changes.lines.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            format!("+ version 0.1.0 ({digest})").as_str(),
            "+ not signed by a key that you gave",
            "+ host api.probe.test",
            "+ settings that its manifest does not list",
            "+ host *.more.test: any server under more.test",
            "+ credential probe (bearer): your token of this name would be sent to api.probe.test, *.more.test",
        ]
    );
    // Looking made nothing.
    assert!(!plugins.dir().exists());
    assert_eq!(plugins.list().unwrap(), []);
}

#[test]
fn what_is_installed_is_what_was_granted() {
    let (_dir, plugins) = plugins();
    let offer = offer("0.1.0", LINES);
    let installed = plugins.install(&offer, &all()).unwrap();
    assert_eq!(
        installed.granted,
        these(&["api.probe.test", "*.more.test"], &["probe"])
    );
    assert_eq!(installed.refused(), Grant::default());
    let (found, artifact) = plugins.open("probe").unwrap().unwrap();
    assert_eq!(found, installed);
    assert_eq!(artifact.bytes, offer.artifact.bytes);
    assert_eq!(plugins.list().unwrap(), std::slice::from_ref(&installed));
    assert_eq!(plugins.verify(&installed).problems, []);

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let object = plugins
        .dir()
        .join("objects")
        .join(object(&installed.digest));
    assert_eq!(mode(plugins.dir()), 0o700);
    assert_eq!(mode(&plugins.dir().join("objects")), 0o700);
    assert_eq!(mode(&plugins.dir().join("plugins.lock")), 0o600);
    assert_eq!(mode(&object), 0o600);
}

#[rstest]
#[case::less(&["api.probe.test"], &[], &["*.more.test"], &["probe"])]
#[case::a_part_of_a_pattern(&["a.more.test"], &["probe"], &["api.probe.test", "*.more.test"], &[])]
fn a_part_is_given(
    #[case] hosts: &[&str],
    #[case] credentials: &[&str],
    #[case] refused_hosts: &[&str],
    #[case] refused_credentials: &[&str],
) {
    let (_dir, plugins) = plugins();
    let installed = plugins
        .install(&offer("0.1.0", LINES), &some(hosts, credentials))
        .unwrap();
    assert_eq!(installed.granted, these(hosts, credentials));
    assert_eq!(
        installed.refused(),
        these(refused_hosts, refused_credentials)
    );
}

#[rstest]
#[case(&["evil.test"], &[], "the host evil.test")]
#[case(&["*.probe.test"], &[], "the host *.probe.test")]
#[case(&["api.probe.test:8443"], &[], "the host api.probe.test:8443")]
#[case(&[], &["aws"], "the credential aws")]
fn what_is_not_asked_for_cannot_be_given(
    #[case] hosts: &[&str],
    #[case] credentials: &[&str],
    #[case] named: &str,
) {
    let (_dir, plugins) = plugins();
    let error = plugins
        .install(&offer("0.1.0", LINES), &some(hosts, credentials))
        .unwrap_err();
    assert!(matches!(error, InstallError::NotAsked { .. }), "{error}");
    assert!(error.to_string().contains(named), "{error}");
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let given = GrantChoice::These(these(hosts, credentials));
    assert!(matches!(
        plugins.grant("probe", &given),
        Err(InstallError::NotAsked { .. })
    ));
}

#[test]
fn grants_are_given_and_taken() {
    let (_dir, plugins) = plugins();
    plugins
        .install(&offer("0.1.0", LINES), &some(&[], &["probe"]))
        .unwrap();
    let given =
        |hosts: &[&str], credentials: &[&str]| GrantChoice::These(these(hosts, credentials));
    let now = plugins
        .grant("probe", &given(&["a.more.test"], &[]))
        .unwrap();
    assert_eq!(now.granted, these(&["a.more.test"], &["probe"]));
    // The whole takes the place of its part.
    let now = plugins.grant("probe", &GrantChoice::All).unwrap();
    assert_eq!(
        now.granted,
        these(&["api.probe.test", "*.more.test"], &["probe"])
    );

    let error = plugins
        .revoke("probe", &these(&["a.more.test"], &[]))
        .unwrap_err();
    let remedy = Remedy::RevokeHost {
        plugin: "probe".to_owned(),
        host: "*.more.test".to_owned(),
    };
    assert_eq!(error.remedy(), Some(remedy));
    assert!(
        plugins
            .revoke("probe", &these(&["other.test"], &[]))
            .is_err()
    );
    assert!(plugins.revoke("probe", &these(&[], &["aws"])).is_err());
    let now = plugins
        .revoke("probe", &these(&["*.more.test"], &["probe"]))
        .unwrap();
    assert_eq!(now.granted, these(&["api.probe.test"], &[]));
    let now = plugins.revoke("probe", &Grant::default()).unwrap();
    assert_eq!(now.granted, Grant::default());
    assert_eq!(plugins.find("probe").unwrap(), Some(now));
}

#[test]
fn removed_is_gone_with_its_bytes() {
    let (_dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    plugins.remove("probe").unwrap();
    assert_eq!(plugins.list().unwrap(), []);
    assert_eq!(objects(&plugins), [""; 0]);
    assert!(matches!(
        plugins.remove("probe"),
        Err(InstallError::NotInstalled { .. })
    ));
}

/// Name and version are no identity.
#[test]
fn same_name_and_version_with_other_bytes_is_another_plugin() {
    let (_dir, plugins) = plugins();
    let first = plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let other = offer("0.1.0", "hosts = [\"evil.test\"]");
    let error = plugins.install(&other, &all()).unwrap_err();
    assert!(
        matches!(error, InstallError::AlreadyInstalled { .. }),
        "{error}"
    );
    assert_eq!(plugins.find("probe").unwrap(), Some(first));
}

fn offer_named(name: &str) -> FetchedPlugin {
    let manifest = format!("name = \"{name}\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n");
    FetchedPlugin::check(fetched(wrapped(&manifest)), "x", None, None).unwrap()
}

#[test]
fn names_of_builtin_plugins_are_taken() {
    const BUILTIN: &[Builtin] = &[Builtin::new("aws", &[], [0; 32])];
    let builtin = &BUILTIN[0];
    let manifest = format!(
        "name = \"{}\"\nversion = \"9.0.0\"\ncontract = \"0.2.0\"\n",
        builtin.name
    );
    let (_dir, plugins) = plugins();
    let plugins = plugins.beside(BUILTIN);
    let error = plugins.offer(fetched(wrapped(&manifest)), "x", None, None);
    let error = error.unwrap_err();
    assert!(matches!(error, InstallError::BuiltinName { .. }), "{error}");
    let offer = FetchedPlugin::check(fetched(wrapped(&manifest)), "x", None, None).unwrap();
    let error = plugins.install(&offer, &all()).unwrap_err();
    assert!(matches!(error, InstallError::BuiltinName { .. }), "{error}");
    assert!(matches!(
        plugins.grant(builtin.name, &GrantChoice::All),
        Err(InstallError::Builtin { .. })
    ));
    let like = offer_named("asw");
    let error = plugins.install(&like, &all()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "plugin.name: asw looks like the built-in plugin aws"
    );
    plugins.install(&offer_named("acme"), &all()).unwrap();
    assert!(matches!(
        plugins.remove(builtin.name),
        Err(InstallError::Builtin { .. })
    ));
}

/// Lines of the risks that an install of this plugin shows.
fn risks(plugins: &Plugins, manifest: &str) -> Vec<String> {
    let offer = FetchedPlugin::check(fetched(wrapped(manifest)), "x", None, None).unwrap();
    let error = plugins.install(&offer, &Consent::default()).unwrap_err();
    let InstallError::Consent { changes, .. } = &error else {
        panic!("{error}");
    };
    let first = changes.lines.iter().position(|line| line.risk.is_some());
    let risks = &changes.lines[first.unwrap()..];
    assert!(risks.iter().all(|line| line.risk.is_some()), "{changes:#?}");
    risks.iter().map(ToString::to_string).collect()
}

/// Whose credential it is: another plugin's, which may have another name, or that of another program. The hosts of its
/// owner are not the first that are named.
#[test]
fn a_credential_of_another_is_said_to_be() {
    let (_dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", LINES), &all()).unwrap();
    let manifest = "name = \"other\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n\
        hosts = [\"api.probe.test\", \"a.test\", \"b.test\", \"c.test\", \"d.test\"]\n\
        [[credentials]]\nname = \"probe\"\nscheme = \"bearer\"\n\
        [[credentials]]\nname = \"other\"\nscheme = \"bearer\"\nhosts = []\n\
        [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"iam\"]\nhosts = [\"a.test\"]\n";
    assert_eq!(
        risks(&plugins, manifest),
        [
            "+ credential other (bearer): your token of this name would be sent to no host",
            "+ credential probe (bearer): the token of plugin probe (hosts api.probe.test, *.more.test) would be sent to a.test, b.test, c.test and 2 more",
            "+ credential aws (sigv4 for iam): the key in ~/.aws/credentials would sign requests to a.test",
        ]
    );
    // Also to a plugin that has its name.
    let again = manifest.replace("\"other\"\nversion", "\"aws\"\nversion");
    assert!(risks(&plugins, &again)[2].contains("the key in ~/.aws/credentials"));
}

/// Most services and hosts are counted.
#[test]
fn a_long_line_is_cut() {
    let (_dir, plugins) = plugins();
    let names = |one: &str| -> Vec<String> { (0..20).map(|n| format!("{one}{n}")).collect() };
    let mut hosts: Vec<String> = names("h")
        .iter()
        .map(|name| format!("{name}.test"))
        .collect();
    hosts[0] = format!("{}.evil.test", "x".repeat(60));
    let manifest = format!(
        "name = \"other\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\nhosts = {hosts:?}\n\
        [[credentials]]\nname = \"mine\"\nscheme = \"sigv4\"\nservices = {:?}\nhosts = {hosts:?}\n",
        names("s")
    );
    assert_eq!(
        risks(&plugins, &manifest),
        // The end of a name is its domain.
        [format!(
            "+ credential mine (sigv4 for s0, s1, s2, s3, s4, s5, s6, s7 and 12 more): \
            your key of this name would sign requests to …{}.evil.test, h1.test, h2.test and 17 more",
            "x".repeat(38)
        )]
    );
}

/// "All" is consent to what the user can know: a file, or bytes of a digest that was given. Installed first, or not.
#[rstest]
#[case::file("/x/probe.wasm", false, true)]
#[case::url("https://x.test/probe.wasm", false, false)]
#[case::registry("oci://x.test/probe:1", false, false)]
#[case::url_with_digest("https://x.test/probe.wasm", true, true)]
fn all_of_what_nobody_has_seen_is_a_question(
    #[case] source: &str,
    #[case] pinned: bool,
    #[case] taken: bool,
) {
    let (_dir, plugins) = plugins();
    let check = |component: &[u8], pinned: bool| {
        let digest = Digest::of(component);
        let expected = pinned.then_some(&digest);
        FetchedPlugin::check(fetched(component.to_vec()), source, expected, None).unwrap()
    };
    let assert_asked = |outcome: Result<Installed, InstallError>, component: &[u8]| {
        let error = outcome.unwrap_err();
        let InstallError::Consent { agreement, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(
            (agreement.digest, &agreement.given),
            (Digest::of(component), &Some(GrantChoice::All))
        );
    };
    let first = component("0.1.0", LINES);
    let outcome = plugins.install(&check(&first, pinned), &all());
    if !taken {
        assert_asked(outcome, &first);
        assert!(plugins.list().unwrap().is_empty());
        // What is named is known.
        plugins
            .install(&check(&first, false), &some(&["api.probe.test"], &[]))
            .unwrap();
    }
    // Once it is installed, its bytes are known.
    let installed = plugins.install(&check(&first, false), &all()).unwrap();
    assert_eq!(installed.refused(), Grant::default());

    // An update that requests more is as a first install.
    let more = format!(
        "{LINES}[[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"iam\"]\n"
    );
    let second = component("0.2.0", &more);
    let outcome = plugins.update("probe", &check(&second, pinned), &all());
    if !taken {
        assert_asked(outcome, &second);
        assert_eq!(plugins.get("probe").unwrap(), installed);
        plugins
            .update("probe", &check(&second, true), &all())
            .unwrap();
    }
    let updated = plugins.get("probe").unwrap();
    assert_eq!(updated.refused(), Grant::default());
    // One that requests no more needs no consent.
    let component = self::component("0.3.0", &more);
    let same = FetchedPlugin::check(fetched(component), source, None, None).unwrap();
    let updated = plugins.update("probe", &same, &all()).unwrap();
    assert_eq!(updated.refused(), Grant::default());
}

#[rstest]
#[case("../../evil")]
#[case("a/b")]
#[case("")]
#[case("CON")]
#[case("x\\u0000")]
fn a_name_is_no_path(#[case] name: &str) {
    let manifest = format!("name = \"{name}\"\nversion = \"9.0.0\"\ncontract = \"0.2.0\"\n");
    let error = FetchedPlugin::check(fetched(wrapped(&manifest)), "x", None, None).unwrap_err();
    assert!(matches!(error, InstallError::Plugin(_)), "{error}");
}

#[test]
fn other_bytes_than_those_that_were_asked_for_are_refused() {
    let digest = Digest::of(b"other");
    // Not even looked at: this is no component.
    let error =
        FetchedPlugin::check(fetched(b"nonsense".to_vec()), "x", Some(&digest), None).unwrap_err();
    assert!(matches!(error, InstallError::OtherBytes { .. }), "{error}");
    assert!(error.to_string().starts_with("plugin.digest: "), "{error}");
}

#[test]
fn limits_are_kept() {
    let (_dir, plugins) = plugins();
    let consent = Consent {
        limits: vec![(Limit::Memory, 1 << 20), (Limit::Cpu, 100)],
        ..all()
    };
    plugins.install(&offer("0.1.0", LINES), &consent).unwrap();
    let consent = Consent {
        limits: vec![(Limit::Cpu, 200)],
        ..Consent::default()
    };
    let now = plugins
        .update("probe", &offer("0.2.0", LINES), &consent)
        .unwrap();
    assert_eq!(
        now.limits().collect::<Vec<_>>(),
        [(Limit::Cpu, 200), (Limit::Memory, 1 << 20)]
    );
    plugins.limit("probe", &[(Limit::Memory, 7)]).unwrap();
    let kept = plugins.get("probe").unwrap();
    assert_eq!(
        kept.limits().collect::<Vec<_>>(),
        [(Limit::Cpu, 200), (Limit::Memory, 7)]
    );
}
