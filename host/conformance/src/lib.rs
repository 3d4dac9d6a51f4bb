//! What every provider must do, tried on one plugin.
//!
//! A [`Suite`] runs a plugin in its sandbox against recorded answers, and against the same answers as a cloud on a bad
//! day gives them: refused, cut, empty, in another order, without end, never. No case touches the network, and none
//! needs to know the cloud: what is expected follows from the contract. Each [`Case`] has a stable name and a promise;
//! one that is not kept says what the plugin was given, what it did, and what it should have done.

mod bills;
mod case;
mod cloud;
mod errors;
mod lists;
mod menus;
mod pages;
mod parts;
mod prices;
mod records;
mod replays;
mod rows;
mod spread;
mod subject;
mod twist;

pub use case::{Case, Failure, Verdict};

use case::Cases;
use cloud::{Call, Reply};
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use cloudhost::host::{HostConfig, HostError, check_settings};
use cloudhost::plugin::{Artifact, Plugin, Runtime};
use cloudhost::recording::Recording;
use subject::Subject;

/// The suite, for one plugin.
///
/// ```no_run
/// use cloudhost_conformance::{Suite, Verdict};
/// use cloudhost::{host::HostConfig, plugin::Artifact, recording::Recording};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let suite = Suite {
///     artifact: Artifact::open("my-cloud.wasm".as_ref())?,
///     recordings: vec![("types".to_owned(), Recording::read("types.jsonl".as_ref())?)],
///     settings: Vec::new(),
/// };
/// for case in suite.run(&HostConfig::new("cache")).await? {
///     assert!(!matches!(case.verdict, Verdict::Failed(_)), "{case:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Suite {
    /// The plugin.
    pub artifact: Artifact,
    /// What its cloud answered, each with the name of its file.
    pub recordings: Vec<(String, Recording)>,
    /// Settings of the provider, as they were when its cloud was recorded.
    pub settings: Vec<(String, String)>,
}

/// A recording that was replayed once: what the plugin made of it, and what it asked for on the way.
struct Replayed<'r> {
    recording: &'r Recording,
    wanted: Vec<DataKind>,
    listing: Listing,
    replies: Vec<(Call, Reply)>,
}

impl Replayed<'_> {
    /// The bodies of all answers.
    fn bodies(&self) -> impl Iterator<Item = &[u8]> {
        let answers = self
            .replies
            .iter()
            .filter_map(|(_, reply)| reply.as_ref().ok());
        answers.map(|answer| answer.body.as_slice())
    }
}

impl Suite {
    /// Runs every case. Of the configuration, compiler, compiled plugins and limits are used: no catalog is kept, and
    /// no credential or endpoint of the user is looked at.
    ///
    /// # Errors
    /// When the plugin cannot be compiled, does not fit the contract, or has no such setting. What it does wrong when
    /// it runs is a case.
    pub async fn run(&self, config: &HostConfig) -> Result<Vec<Case>, HostError> {
        let runtime = Runtime::new(Some(&config.compiled()), config.compiler.clone())?;
        let prepared = runtime.prepare(&self.artifact, &config.limits).await?;
        let plugin = Plugin {
            name: &self.artifact.manifest.name,
            runtime: &runtime,
            prepared: &prepared,
            limits: config.limits,
        };
        let subject = Subject::new(&self.artifact, plugin, &self.settings);
        let mut cases = Cases::default();
        if let Some(description) = replays::describe(&subject, &mut cases).await {
            check_settings(&self.artifact.manifest.name, &description, &self.settings)?;
        }
        let bundled = replays::bundled(&subject, &mut cases).await;
        errors::run(&subject, &mut cases).await;
        if let Some(listing) = &bundled {
            menus::run(&subject, listing, &mut cases).await;
        }
        let mut shown = bundled.is_some();
        if self.recordings.is_empty() {
            cases.skip(
                case::REPLAY,
                "there is no recording: make one with `cloudhost run NAME instance-types list --record FILE`",
            );
        }
        for (name, recording) in &self.recordings {
            cases.about(name);
            let Some(replayed) = replays::run(&subject, recording, &mut cases).await else {
                continue;
            };
            spread::run(&subject, &replayed, &mut cases).await;
            lists::run(&subject, &replayed, &mut cases).await;
            parts::run(&subject, &replayed, &mut cases).await;
            pages::run(&subject, &replayed, &mut cases).await;
            prices::run(&subject, &replayed, &mut cases).await;
            menus::run(&subject, &replayed.listing, &mut cases).await;
            shown = true;
        }
        cases.about_nothing();
        if !cases.have(case::BILLS) && bills::has(&subject).await {
            cases.skip(
                case::BILLS,
                "no recording has a bill: make one with `cloudhost run NAME bill --record FILE`",
            );
        }
        if !shown {
            cases.skip(case::MENUS, "there is no catalog to make them of");
        }
        Ok(cases.into_list())
    }
}
