//! Data of the plugin without a cloud: its description, its settings, and its bundled catalog.

use crate::harness::{Cases, MockCloud, PluginUnderTest, Scenario, Spec, Verdict};
use cloudhost::catalog::checked;
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::contract::exports::cloudhost::provider::provider::Description;
use cloudhost::plugin::PluginError;
use std::collections::BTreeSet;
use std::sync::Arc;

const DESCRIBE: Spec = (
    "describe",
    "describe is the same at each call, and makes no request",
);
const SETTINGS: Spec = (
    "describe.settings",
    "the settings of describe are those that the manifest lists",
);
const BUNDLED: Spec = (
    "bundled",
    "the catalog inside is one that the host accepts, and needs no request",
);

/// Describes the plugin, if it can.
pub(super) async fn describe(
    plugin: &PluginUnderTest<'_>,
    cases: &mut Cases,
) -> Option<Description> {
    let cloud = Arc::new(MockCloud::new(None, Scenario::AsRecorded));
    let once = async || {
        let session = plugin.session(&cloud)?;
        let description = plugin.plugin.describe(session).await?;
        Ok::<_, PluginError>(description)
    };
    let (first, second) = (once().await, once().await);
    let given = "two calls of describe";
    let verdict = match (&first, &second) {
        (Ok(first), Ok(second)) if first != second => {
            let did = format!("it returned {first:?}, and then {second:?}");
            Verdict::failed(given, did, "the same")
        }
        (Err(error), _) | (_, Err(error)) => {
            Verdict::failed("a call of describe", error.to_string(), "a description")
        }
        _ => no_request(&cloud, given, "none"),
    };
    cases.add(DESCRIBE, verdict);
    let description = first.ok()?;
    cases.add(SETTINGS, settings(plugin, &description));
    Some(description)
}

/// Passes a call that made no request.
fn no_request(cloud: &MockCloud, given: &str, expected: &str) -> Verdict {
    match cloud.requests() {
        0 => Verdict::Passed,
        made => Verdict::failed(given, format!("it made {made} requests"), expected),
    }
}

/// Compares the settings of the manifest, shown before the plugin runs, with those that it takes.
fn settings(plugin: &PluginUnderTest<'_>, description: &Description) -> Verdict {
    let names = |names: &BTreeSet<&str>| format!("settings = {:?}", Vec::from_iter(names));
    let described = description.settings.iter().map(|one| one.name.as_str());
    let described: BTreeSet<&str> = described.collect();
    let Some(listed) = plugin.manifest_settings() else {
        let add = names(&described);
        return Verdict::skipped(format!(
            "the manifest does not list them: add {add} to manifest.toml"
        ));
    };
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    match listed == described {
        true => Verdict::Passed,
        false => Verdict::failed(
            format!("a manifest with {}", names(&listed)),
            format!("describe lists different ones: {}", names(&described)),
            format!("the same: {} in manifest.toml", names(&described)),
        ),
    }
}

/// Checks that the bundled catalog is valid, if there is one.
pub(super) async fn bundled(plugin: &PluginUnderTest<'_>, cases: &mut Cases) -> Option<Listing> {
    let cloud = Arc::new(MockCloud::new(None, Scenario::AsRecorded));
    let bundle = match plugin.session(&cloud) {
        Ok(session) => plugin.plugin.bundled(session).await,
        Err(error) => Err(error),
    };
    let given = "a call of bundled";
    let failed = |did: String, expected: &str| Verdict::failed(given, did, expected);
    let (verdict, listing) = match bundle {
        Ok(None) => (Verdict::skipped("it has no bundled catalog"), None),
        Err(error) => (failed(error.to_string(), "a catalog, or none"), None),
        Ok(Some(bundle)) => {
            let now = u64::try_from(cloudhost::clock::timestamp().as_second()).unwrap_or_default();
            match checked(bundle.listing) {
                Err(error) => {
                    let did = format!("its catalog is invalid: {error}");
                    (failed(did, "one that the host accepts"), None)
                }
                Ok(_) if bundle.fetched_at == 0 || bundle.fetched_at > now => {
                    let did = format!("it was fetched at {}", bundle.fetched_at);
                    (failed(did, "seconds since 1970, in the past"), None)
                }
                Ok(listing) => match no_request(&cloud, given, "no request") {
                    Verdict::Passed => (Verdict::Passed, Some(listing)),
                    failed => (failed, None),
                },
            }
        }
    };
    cases.add(BUNDLED, verdict);
    listing
}
