//! A cloud that fails every request: the error has the kind that a caller can act on, and no record is made of nothing.

use crate::harness::{Cases, MockCloud, Outcome, PluginUnderTest, ROWS, Scenario, refused};
use cloudhost::catalog::KINDS;
use std::sync::Arc;

pub(super) async fn run(plugin: &PluginUnderTest<'_>, cases: &mut Cases) {
    for (spec, given, mutation, kinds) in ROWS {
        let cloud = Arc::new(MockCloud::new(None, Scenario::Mutated(mutation())));
        let outcome = plugin.fetch(&cloud, &KINDS).await;
        if cloud.requests() == 0 && !matches!(outcome, Outcome::Crashed(_)) {
            cases.skip(*spec, format!("it makes no request: {}", outcome.text()));
            continue;
        }
        cases.add(*spec, refused(&outcome, given, kinds));
    }
}
