//! The answer of `plugin verify`.

use crate::{print, remedy};
use cloudhost::install::Verified;
use comfy_table::Table;
use serde::Serialize;

/// What was found out of installed plugins.
#[derive(Debug, Serialize)]
pub struct VerifiedView {
    plugins: Vec<VerifiedPlugin>,
    #[serde(skip)]
    hints: Vec<String>,
}

/// The same of one.
#[derive(Debug, Serialize)]
struct VerifiedPlugin {
    name: String,
    version: String,
    digest: String,
    signer: Option<String>,
    /// What is wrong; nothing, and it runs as granted.
    problems: Vec<String>,
}

impl VerifiedView {
    pub fn new(all: Vec<Verified>) -> Self {
        let problems = all.iter().flat_map(|one| &one.problems);
        Self {
            hints: problems
                .filter_map(|problem| remedy::hint(problem.remedy.as_ref()?))
                .collect(),
            plugins: all
                .into_iter()
                .map(|one| VerifiedPlugin {
                    name: one.installed.name().to_owned(),
                    version: one.installed.asked.version.clone(),
                    digest: one.installed.digest.to_string(),
                    signer: one
                        .installed
                        .signed
                        .as_ref()
                        .map(|signed| signed.key.to_string()),
                    problems: one
                        .problems
                        .into_iter()
                        .map(|problem| problem.text)
                        .collect(),
                })
                .collect(),
        }
    }

    /// How many have a problem.
    pub fn wrong(&self) -> usize {
        let wrong = self.plugins.iter().filter(|one| !one.problems.is_empty());
        wrong.count()
    }

    /// What to do about them.
    pub fn hints(&self) -> impl Iterator<Item = &str> {
        self.hints.iter().map(String::as_str)
    }

    pub fn table(&self) -> Table {
        let rows = self.plugins.iter().map(|one| {
            let signer = one.signer.clone().unwrap_or_else(|| "-".to_owned());
            let problems = match one.problems.join("\n") {
                none if none.is_empty() => "none".to_owned(),
                problems => problems,
            };
            vec![
                one.name.clone(),
                one.version.clone(),
                one.digest.clone(),
                signer,
                problems,
            ]
        });
        print::table(
            &["PROVIDER", "VERSION", "DIGEST", "SIGNER", "PROBLEMS"],
            rows,
        )
    }
}
