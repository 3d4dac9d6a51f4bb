//! The cases, one file a group. They use the harness; a group knows no other one.

mod bills;
mod determinism;
mod empty;
mod errors;
mod fields;
mod menus;
mod pages;
mod partial_failure;
mod prices;
mod replays;
mod self_description;

use crate::harness::{Advice, Cases, PluginUnderTest, RecordedRun, Verdict};
use cloudhost::host::{HostError, check_settings};

/// Runs all cases.
pub(crate) async fn run(
    plugin: &PluginUnderTest<'_>,
    recordings: &[RecordedRun],
) -> Result<Cases, HostError> {
    let mut cases = Cases::default();
    if let Some(description) = self_description::describe(plugin, &mut cases).await {
        check_settings(plugin.name(), &description, plugin.settings)?;
    }
    let bundled = self_description::bundled(plugin, &mut cases).await;
    errors::run(plugin, &mut cases).await;
    let mut has_catalog = bundled.is_some();
    if let Some(listing) = &bundled {
        menus::run(plugin, listing, &mut cases).await;
    }
    if recordings.is_empty() {
        let verdict = Verdict::advised("there is no recording", Advice::RecordCatalog);
        cases.add(replays::REPLAY, verdict);
    }
    for run in recordings {
        cases.about(Some(&run.name));
        has_catalog |= recording(plugin, run, &mut cases).await;
    }
    cases.about(None);
    if !cases.have(bills::BILLS) && bills::are_supported(plugin).await {
        let verdict = Verdict::advised("no recording has a bill", Advice::RecordBill);
        cases.add(bills::BILLS, verdict);
    }
    if !has_catalog {
        cases.skip(menus::MENUS, "there is no catalog for the menus");
    }
    Ok(cases)
}

/// Runs the cases of one recording. Returns whether it has a catalog.
async fn recording(plugin: &PluginUnderTest<'_>, run: &RecordedRun, cases: &mut Cases) -> bool {
    if let Some(fields) = &run.fields {
        fields::run(&run.recording, fields, cases);
    }
    let replay = replays::first(plugin, &run.recording).await;
    let mut others = replays::whoami(plugin, &run.recording, cases).await;
    if replay.missed.is_some() {
        others.extend(bills::run(plugin, run, cases).await);
    }
    let Some(replayed) = replays::run(plugin, run, replay, &others, cases) else {
        return false;
    };
    determinism::run(&replayed, cases).await;
    empty::run(&replayed, cases).await;
    partial_failure::run(&replayed, cases).await;
    pages::run(&replayed, cases).await;
    prices::run(&replayed, cases).await;
    menus::run(plugin, &replayed.listing, cases).await;
    true
}
