//! Conformance suite: every promise of a provider, tested on one plugin.
//!
//! A [`Suite`] runs a plugin in its sandbox against recorded responses, and against mutated ones: rejected, truncated,
//! empty, reordered, endless, or never arriving. No case touches the network. Expectations follow from the contract.
//! The plugin's author lists in [`Fields`] which fields of a response are prices or name the next page. Each [`Case`]
//! has a stable name and a promise; a broken promise reports the plugin's input, its reaction and the expected one.
#![deny(missing_docs)]

mod cases;
mod harness;

pub use harness::{
    Advice, Case, Failure, FieldPath, Fields, FieldsError, PageFields, RecordedRun, Skipped,
    Verdict,
};

use cloudhost::host::{HostConfig, HostError};
use cloudhost::plugin::{Artifact, Plugin, Runtime};
use harness::PluginUnderTest;

/// The suite, for one plugin.
///
/// ```no_run
/// use cloudhost::{host::HostConfig, plugin::Artifact, recording::Recording};
/// use cloudhost_conformance::{Fields, RecordedRun, Suite, Verdict};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let suite = Suite {
///     artifact: Artifact::open("my-cloud.wasm".as_ref())?,
///     recordings: vec![RecordedRun {
///         name: "types".to_owned(),
///         recording: Recording::read("types.jsonl".as_ref())?,
///         fields: Some(Fields::parse("prices = ['/types/*/price']")?),
///     }],
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
    /// Recordings of its cloud.
    pub recordings: Vec<RecordedRun>,
    /// Settings of the provider at the time of the recording.
    pub settings: Vec<(String, String)>,
}

impl Suite {
    /// Runs every case. Compiler, compiled plugins and limits of the configuration are used: no catalog is cached, and
    /// no credential or endpoint of the user is read.
    ///
    /// # Errors
    /// When the plugin cannot be compiled, does not fit the contract, or has no such setting. A fault at run time is a
    /// failed case.
    pub async fn run(&self, config: &HostConfig) -> Result<Vec<Case>, HostError> {
        let runtime = Runtime::new(Some(config.compiled()), config.compiler.clone())?;
        let prepared = runtime.prepare(&self.artifact, &config.limits).await?;
        let plugin = Plugin {
            name: &self.artifact.manifest.name,
            runtime: &runtime,
            prepared: &prepared,
            limits: config.limits,
        };
        let plugin = PluginUnderTest::new(&self.artifact, plugin, &self.settings);
        let cases = cases::run(&plugin, &self.recordings).await?;
        Ok(cases.into_list())
    }
}
