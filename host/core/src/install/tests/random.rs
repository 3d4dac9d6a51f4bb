//! Updates of any manifest to any other.

use super::*;
use crate::capability::{Policy, Scheme, Use};
use proptest::prelude::*;

/// Patterns and hosts of one small world, so that they meet.
fn pattern() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "*"]), 1..3)
        .prop_map(|labels| format!("{}.p.test", labels.join(".")))
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(pattern(), 0..4)
}

fn credential(name: &'static str) -> impl Strategy<Value = String> {
    let services = prop::sample::subsequence(vec!["s", "t"], 1..=2);
    let hosts = prop::option::of(patterns());
    (prop::bool::ANY, services, hosts).prop_map(move |(bearer, services, hosts)| {
        let hosts = hosts.map_or(String::new(), |hosts| format!("hosts = {hosts:?}\n"));
        let scheme = match bearer {
            true => "scheme = \"bearer\"\n".to_owned(),
            false => format!("scheme = \"sigv4\"\nservices = {services:?}\n"),
        };
        format!("[[credentials]]\nname = \"{name}\"\n{scheme}{hosts}")
    })
}

fn manifest() -> impl Strategy<Value = String> {
    let one = |name| prop::option::of(credential(name)).prop_map(Option::unwrap_or_default);
    let settings = prop::option::of(prop::sample::subsequence(vec!["s", "t"], 0..=2));
    let settings = settings.prop_map(|listed| {
        listed.map_or(String::new(), |listed| format!("settings = {listed:?}\n"))
    });
    (patterns(), settings, one("x"), one("y"))
        .prop_map(|(hosts, settings, x, y)| format!("hosts = {hosts:?}\n{settings}{x}{y}"))
}

/// All that could be done with a request, of this world.
fn everything(policy: &Policy) -> Vec<bool> {
    let settings = ["s", "t", "u"].into_iter();
    let mut can: Vec<bool> = settings
        .map(|name| policy.allow_setting(name).is_ok())
        .collect();
    for host in [
        "a", "b", "c", "a.a", "a.b", "b.a", "b.b", "c.a", "a.c", "a.b.a",
    ] {
        let url = format!("https://{host}.p.test/").parse().unwrap();
        let reach = policy.allow_url(&url).is_ok();
        can.push(reach);
        for credential in ["x", "y"] {
            let mut uses = vec![(Scheme::Bearer, None)];
            uses.extend(["s", "t"].map(|service| (Scheme::SigV4, Some(service))));
            for (scheme, service) in uses {
                let wanted = Use {
                    credential,
                    scheme,
                    place: service,
                };
                can.push(reach && policy.allow_credential(&url, wanted).is_ok());
            }
        }
    }
    can
}

proptest! {
    /// An update that nobody agreed to can do nothing that the old one could not, whatever both ask for and
    /// whatever was granted.
    #[test]
    fn it_can_do_no_more(
        old in manifest(),
        new in manifest(),
        narrow in prop::option::of((patterns(), prop::sample::subsequence(vec!["x", "y"], 0..=2))),
    ) {
        let (old, new) = (offer("0.1.0", &old), offer("0.2.0", &new));
        let asked = old.artifact.manifest.clone();
        let granted = match narrow {
            None => Grant::all_of(&asked),
            Some((hosts, credentials)) => {
                let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
                these(&hosts, &credentials)
            }
        };
        let installed = Installed {
            digest: old.artifact.digest,
            size: 0,
            source: old.source.clone(),
            pinned: None,
            signed: None,
            granted: granted.clone(),
            limits: Default::default(),
            manifest: asked.clone(),
        };
        let changes = Changes::of(Some(&installed), &new, |_| None);
        if let Some(now) = changes.grant(&installed, &new, &Consent::default()).unwrap() {
            let before = everything(&Policy::new(&asked, &granted));
            let after = everything(&Policy::new(&new.artifact.manifest, &now));
            for (before, after) in before.into_iter().zip(after) {
                prop_assert!(before || !after, "{changes:#?}\n{now:?}");
            }
        }
    }

    /// A manifest that stays the same changes no grant.
    #[test]
    fn the_same_manifest_keeps_its_grant(manifest in manifest()) {
        let (old, new) = (offer("0.1.0", &manifest), offer("0.2.0", &manifest));
        let (_dir, plugins) = plugins();
        let installed = plugins.install(&old, &all()).unwrap();
        let now = plugins.update("probe", &new, &Consent::default()).unwrap();
        prop_assert_eq!(
            everything(&Policy::new(&installed.manifest, &installed.granted)),
            everything(&Policy::new(&now.manifest, &now.granted))
        );
    }
}
