//! Table of `plugin verify`.

use super::or_dash;
use crate::print;
use cloudhost_api::PluginVerification;
use comfy_table::Table;

pub fn plugin_verification(record: &PluginVerification) -> Table {
    let rows = record.plugins.iter().map(|one| {
        let problems = match one.problems.join("\n") {
            none if none.is_empty() => "none".to_owned(),
            problems => problems,
        };
        vec![
            one.name.clone(),
            one.version.clone(),
            one.digest.clone(),
            or_dash(&one.signer),
            problems,
        ]
    });
    let header = ["PROVIDER", "VERSION", "DIGEST", "SIGNER", "PROBLEMS"];
    print::table(&header, rows)
}

/// Number of plugins with a problem.
pub fn not_as_granted(record: &PluginVerification) -> usize {
    let wrong = record.plugins.iter().filter(|one| !one.problems.is_empty());
    wrong.count()
}
