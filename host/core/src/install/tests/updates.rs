//! Updates: changes with and without consent.

use super::*;
use rstest::rstest;

const OLD: &str = r#"
hosts = ["api.probe.test", "*.more.test"]
settings = ["region"]
[[credentials]]
name = "probe"
scheme = "bearer"
hosts = ["api.probe.test"]
[[credentials]]
name = "aws"
scheme = "sigv4"
services = ["ec2", "sts"]
[[rates]]
host = "api.probe.test"
requests = 1
seconds = 10
"#;

/// The old manifest with one text in place of another.
fn with(from: &str, to: &str) -> String {
    assert!(OLD.contains(from), "{from}");
    OLD.replace(from, to)
}

const HOSTS: &str = r#"["api.probe.test", "*.more.test"]"#;
const TOKEN_HOSTS: &str = "scheme = \"bearer\"\nhosts = [\"api.probe.test\"]";

#[rstest]
#[case::one_more_host(
    HOSTS,
    r#"["api.probe.test", "*.more.test", "new.test"]"#,
    "+ host new.test"
)]
#[case::another_host(HOSTS, r#"["api.probe.test", "new.test"]"#, "+ host new.test")]
#[case::a_broader_wildcard(
    HOSTS,
    r#"["api.probe.test", "*.more.test", "*.probe.test"]"#,
    "+ host *.probe.test"
)]
#[case::another_port(
    HOSTS,
    r#"["api.probe.test", "*.more.test", "api.probe.test:8443"]"#,
    "+ host api.probe.test:8443"
)]
#[case::one_more_credential(
    "name = \"probe\"",
    "name = \"other\"\nscheme = \"bearer\"\n[[credentials]]\nname = \"probe\"",
    "+ credential other (bearer)"
)]
#[case::one_more_service(
    r#"["ec2", "sts"]"#,
    r#"["ec2", "sts", "iam"]"#,
    "+ credential aws (sigv4 for ec2, sts, iam)"
)]
#[case::another_service(r#"["ec2", "sts"]"#, r#"["iam"]"#, "+ credential aws (sigv4 for iam)")]
#[case::another_scheme(
    "scheme = \"bearer\"\n",
    "scheme = \"sigv4\"\nservices = [\"ec2\"]\n",
    "+ credential probe (sigv4 for ec2)"
)]
#[case::a_credential_with_more_hosts(
    TOKEN_HOSTS,
    "scheme = \"bearer\"\nhosts = [\"*.probe.test\"]",
    "+ credential probe (bearer): your token of this name would be sent to *.probe.test"
)]
#[case::a_credential_with_all_hosts(
    TOKEN_HOSTS,
    "scheme = \"bearer\"",
    "+ credential probe (bearer): your token of this name would be sent to *.more.test, api.probe.test"
)]
#[case::a_faster_rate(
    "seconds = 10",
    "seconds = 9",
    "+ rate of 1 requests in 9 s to api.probe.test"
)]
#[case::no_rate(
    "[[rates]]\nhost = \"api.probe.test\"\nrequests = 1\nseconds = 10",
    "",
    "- rate of 1 requests in 10 s to api.probe.test"
)]
#[case::one_more_setting(
    "settings = [\"region\"]",
    "settings = [\"region\", \"tier\"]",
    "+ setting tier"
)]
#[case::settings_that_nobody_lists(
    "settings = [\"region\"]\n",
    "",
    "+ settings that its manifest does not list"
)]
fn more_is_not_taken_without_consent(#[case] from: &str, #[case] to: &str, #[case] line: &str) {
    let (_dir, plugins) = plugins();
    let old = plugins.install(&offer("0.1.0", OLD), &all()).unwrap();
    let new = offer("0.2.0", &with(from, to));
    let error = plugins
        .update("probe", &new, &Consent::default())
        .unwrap_err();
    let InstallError::Consent {
        changes, agreement, ..
    } = &error
    else {
        panic!("{error}");
    };
    let lines: Vec<String> = changes.lines.iter().map(ToString::to_string).collect();
    assert!(
        lines.iter().any(|found| found.starts_with(line)),
        "{lines:#?}"
    );
    // The old one is there, whole.
    assert_eq!(plugins.open("probe").unwrap().unwrap().0, old);
    assert_eq!(objects(&plugins), [object(&old.digest)]);

    // What the remedy says is what it takes.
    assert_eq!(agreement.update.as_deref(), Some("probe"));
    assert_eq!(agreement.source, "/x/probe.wasm");
    assert_eq!(agreement.digest, new.artifact.digest);
    assert_eq!(agreement.accept, changes.accept);
    for (accept, about) in [
        (AcceptedChange::Rates, "rate of"),
        (AcceptedChange::Settings, "setting"),
    ] {
        let asked = agreement.accept.contains(&accept);
        assert_eq!(asked, line.contains(about), "{agreement:?}");
    }
    let consent = consent_of(agreement);
    let now = plugins.update("probe", &new, &consent).unwrap();
    assert_eq!(now.refused(), Grant::default());
    assert_eq!(now.manifest, new.artifact.manifest);
    assert_eq!(objects(&plugins), [object(&now.digest)]);
}

#[rstest]
#[case::the_same(HOSTS, HOSTS)]
#[case::fewer_hosts(HOSTS, r#"["api.probe.test"]"#)]
#[case::a_narrower_wildcard(HOSTS, r#"["api.probe.test", "a.more.test"]"#)]
#[case::fewer_services(r#"["ec2", "sts"]"#, r#"["ec2"]"#)]
#[case::a_slower_rate("seconds = 10", "seconds = 11")]
#[case::fewer_settings("settings = [\"region\"]", "settings = []")]
fn no_more_is_taken_at_once(#[case] from: &str, #[case] to: &str) {
    let (_dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", OLD), &all()).unwrap();
    let new = offer("0.2.0", &with(from, to));
    let now = plugins.update("probe", &new, &Consent::default()).unwrap();
    assert_eq!(now.refused(), Grant::default());
    assert_eq!(now.manifest, new.artifact.manifest);
    assert_eq!(now.digest, new.artifact.digest);
}

/// A plugin that took any setting takes no more if its settings are listed, or still are not.
#[rstest]
#[case("settings = [\"region\"]", "+ setting region")]
#[case("", "+ version 0.2.0")]
fn settings_that_nobody_listed_can_be_listed(#[case] settings: &str, #[case] line: &str) {
    let (_dir, plugins) = plugins();
    let old = plugins.install(&offer("0.1.0", ""), &all()).unwrap();
    let new = offer("0.2.0", settings);
    let lines = plugins.changes(Some(&old), &new).unwrap().lines;
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    assert!(
        lines.iter().any(|found| found.starts_with(line)),
        "{lines:#?}"
    );
    assert_eq!(
        lines.contains(&"- settings that its manifest does not list".to_owned()),
        !settings.is_empty(),
        "{lines:#?}"
    );
    plugins.update("probe", &new, &Consent::default()).unwrap();
}

#[rstest]
#[case::a_lower_version("0.0.9", AcceptedChange::Downgrade)]
#[case::the_same_version("0.1.0", AcceptedChange::SameVersion)]
fn other_things_need_consent_too(#[case] version: &str, #[case] accept: AcceptedChange) {
    let (_dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", OLD), &all()).unwrap();
    let new = offer(version, &with("requests = 1", "requests = 1 "));
    let error = plugins.update("probe", &new, &all()).unwrap_err();
    let InstallError::Consent { agreement, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(agreement.accept, [accept]);
    let consent = Consent {
        given: None,
        ..consent_of(agreement)
    };
    plugins.update("probe", &new, &consent).unwrap();
}

/// The consent that a remedy asks for.
fn consent_of(agreement: &Agreement) -> Consent {
    Consent {
        given: agreement.given.clone(),
        accept: agreement.accept.clone(),
        limits: agreement.limits.clone(),
    }
}

/// The remedy agrees to what was typed, and to no more.
#[test]
fn the_remedy_repeats_what_was_typed() {
    let (_dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", OLD), &all()).unwrap();
    let hosts = r#"["api.probe.test", "*.more.test", "a.test", "b.test"]"#;
    let new = offer("0.0.9", &with(HOSTS, hosts));
    let typed = Consent {
        limits: vec![(Limit::find("memory").unwrap(), 300 << 20)],
        ..some(&["b.test"], &["aws"])
    };
    let error = plugins.update("probe", &new, &typed).unwrap_err();
    let InstallError::Consent { agreement, .. } = &error else {
        panic!("{error}");
    };
    let agreed = Consent {
        accept: vec![AcceptedChange::Downgrade],
        ..typed
    };
    assert_eq!(consent_of(agreement), agreed);
}

#[rstest]
#[case("0.9.0", "0.10.0", false)]
#[case("0.10.0", "0.9.0", true)]
#[case("1.0.0", "0.99.99", true)]
#[case("0.1.9", "0.1.10", false)]
fn versions_are_numbers(#[case] old: &str, #[case] new: &str, #[case] lower: bool) {
    let (_dir, plugins) = plugins();
    plugins.install(&offer(old, OLD), &all()).unwrap();
    let refused = plugins
        .update("probe", &offer(new, OLD), &Consent::default())
        .is_err();
    assert_eq!(refused, lower);
}

/// A grant that the user narrowed stays narrowed in every update.
#[test]
fn refused_stays_refused() {
    let (_dir, plugins) = plugins();
    plugins
        .install(&offer("0.1.0", OLD), &some(&["a.more.test"], &["probe"]))
        .unwrap();
    let now = plugins
        .update("probe", &offer("0.2.0", OLD), &Consent::default())
        .unwrap();
    assert_eq!(now.granted, these(&["a.more.test"], &["probe"]));
    // A refused credential that grows is still refused, and nobody is asked.
    let new = offer(
        "0.3.0",
        &with(r#"["ec2", "sts"]"#, r#"["ec2", "sts", "iam"]"#),
    );
    let now = plugins.update("probe", &new, &Consent::default()).unwrap();
    assert_eq!(now.granted, these(&["a.more.test"], &["probe"]));
    // "All" is all that is new.
    let new = offer(
        "0.4.0",
        &with(HOSTS, r#"["api.probe.test", "*.more.test", "new.test"]"#),
    );
    let now = plugins.update("probe", &new, &all()).unwrap();
    assert_eq!(now.granted, these(&["a.more.test", "new.test"], &["probe"]));
    // Of what is new, too, a part can be refused; a credential that asks for more and is not named is lost.
    let new = offer(
        "0.5.0",
        &with(TOKEN_HOSTS, "scheme = \"bearer\"")
            .replace(HOSTS, r#"["*.more.test", "b.test", "c.test"]"#)
            .replace("api.probe.test", "b.test"),
    );
    let now = plugins
        .update("probe", &new, &some(&["b.test"], &[]))
        .unwrap();
    assert_eq!(now.granted, these(&["a.more.test", "b.test"], &[]));
}

/// A wider pattern was given than the new one asks for: what is asked for was given.
#[test]
fn what_was_given_narrows_with_what_is_asked() {
    let (_dir, plugins) = plugins();
    plugins
        .install(&offer("0.1.0", OLD), &some(&["*.more.test"], &[]))
        .unwrap();
    let new = offer(
        "0.2.0",
        &with(HOSTS, r#"["api.probe.test", "a.more.test"]"#),
    );
    let now = plugins.update("probe", &new, &Consent::default()).unwrap();
    assert_eq!(now.granted, these(&["a.more.test"], &[]));
}

#[test]
fn an_update_is_of_the_same_plugin() {
    let (_dir, plugins) = plugins();
    plugins.install(&offer("0.1.0", OLD), &all()).unwrap();
    let manifest = "name = \"other\"\nversion = \"0.2.0\"\ncontract = \"0.2.0\"\n";
    let other = FetchedPlugin::check(fetched(wrapped(manifest)), "x", None, None).unwrap();
    let error = plugins.update("probe", &other, &all()).unwrap_err();
    assert!(matches!(error, InstallError::OtherName { .. }), "{error}");
}

/// Two runs at once: the one that looked at an older state does not win.
#[test]
fn what_another_run_changed_meanwhile_is_not_lost() {
    let (_dir, plugins) = plugins();
    let seen = plugins.install(&offer("0.1.0", OLD), &all()).unwrap();
    plugins.revoke("probe", &Grant::default()).unwrap();
    let error = plugins
        .put(
            Some(&seen),
            &offer("0.2.0", OLD),
            seen.granted.clone(),
            &all(),
        )
        .unwrap_err();
    assert!(
        matches!(error, InstallError::ChangedMeanwhile { .. }),
        "{error}"
    );
    assert_eq!(plugins.get("probe").unwrap().granted, Grant::default());
}
