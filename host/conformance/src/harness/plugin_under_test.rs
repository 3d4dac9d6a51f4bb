//! The plugin under test, and the outcome of its calls.

use super::mock_cloud::{MockCloud, Scenario};
use super::mutation::{Call, Reply};
use cloudhost::audit::Trail;
use cloudhost::capability::{Grant, Policy};
use cloudhost::catalog::{KINDS, checked, kind_name};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{DataKind, Error as CloudError};
use cloudhost::contract::exports::cloudhost::provider::catalog::{Listing, Query};
use cloudhost::credentials::{Credentials, Environment};
use cloudhost::egress::{CallLimits, Egress, EgressConfig, Session};
use cloudhost::host::describe;
use cloudhost::plugin::{Artifact, Plugin, PluginError};
use cloudhost::recording::Recording;
use std::sync::Arc;

/// Request limit of a call: more than any catalog needs, so that endless paging is noticed soon.
pub(crate) const REQUEST_LIMIT: u32 = 2_000;

/// A plugin with what a call of it needs.
pub(crate) struct PluginUnderTest<'a> {
    pub plugin: Plugin<'a>,
    artifact: &'a Artifact,
    policy: Arc<Policy>,
    pub settings: &'a [(String, String)],
}

/// Outcome of a fetch.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// A listing that the host accepts, checked and sorted.
    Listing(Box<Listing>),
    /// An error of the contract.
    Refused(CloudError),
    /// A listing that the host does not accept.
    Invalid(String),
    /// A crash, or a limit.
    Crashed(String),
}

impl<'a> PluginUnderTest<'a> {
    pub(crate) fn new(
        artifact: &'a Artifact,
        plugin: Plugin<'a>,
        settings: &'a [(String, String)],
    ) -> Self {
        let grant = Grant::all_of(&artifact.manifest);
        Self {
            plugin,
            artifact,
            policy: Arc::new(Policy::new(&artifact.manifest, &grant)),
            settings,
        }
    }

    pub(crate) fn name(&self) -> &'a str {
        &self.artifact.manifest.name
    }

    /// Digest of its code, as a recording has it.
    pub(crate) fn digest(&self) -> String {
        self.artifact.digest.to_string()
    }

    /// Settings of its manifest, if it lists them.
    pub(crate) fn manifest_settings(&self) -> Option<&'a [String]> {
        self.artifact.manifest.settings.as_deref()
    }

    /// Starts a session whose requests all end at this cloud.
    pub(crate) fn session(&self, cloud: &Arc<MockCloud>) -> Result<Session, PluginError> {
        let mut config = EgressConfig::default();
        config.interceptor = Some(cloud.clone());
        let nobody = Environment::new([("", ""); 0], None);
        let egress = Egress::new(config, Arc::new(Credentials::new(nobody)))
            .map_err(|error| PluginError::Engine(error.to_string()))?;
        let mut limits = CallLimits::default();
        limits.requests = REQUEST_LIMIT;
        let manifest = &self.artifact.manifest;
        let trail = Trail::new(manifest.name.clone(), self.artifact.digest, None);
        Ok(egress.session(trail, self.policy.clone(), limits))
    }

    /// Fetches these kinds from this cloud.
    pub(crate) async fn fetch(&self, cloud: &Arc<MockCloud>, wanted: &[DataKind]) -> Outcome {
        let query = Query {
            wanted: wanted.to_vec(),
            settings: self.settings.to_vec(),
        };
        let answer = match self.session(cloud) {
            Ok(session) => self.plugin.fetch(session, query).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(Ok(listing)) => match checked(listing) {
                Ok(listing) => Outcome::Listing(Box::new(listing)),
                Err(error) => Outcome::Invalid(error.to_string()),
            },
            Ok(Err(error)) => Outcome::Refused(error),
            Err(error) => Outcome::Crashed(error.to_string()),
        }
    }

    /// Fetches these kinds from a recording, and lists the requests.
    pub(crate) async fn replay(
        &self,
        recording: &Recording,
        scenario: Scenario,
        wanted: &[DataKind],
    ) -> (Outcome, Vec<(Call, Reply)>) {
        let cloud = Arc::new(MockCloud::new(Some(recording), scenario));
        let outcome = self.fetch(&cloud, wanted).await;
        (outcome, cloud.calls())
    }
}

impl Outcome {
    /// Text for the reaction of a [`Failure`](super::Failure).
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Listing(listing) => format!("it returned {}", contents(listing)),
            Self::Refused(error) => {
                format!(
                    "it returned the error {}: {}",
                    error.kind.as_str(),
                    describe(error)
                )
            }
            Self::Invalid(why) => format!("its catalog is invalid: {why}"),
            Self::Crashed(why) => why.clone(),
        }
    }
}

/// Summarises a listing in a line.
fn contents(listing: &Listing) -> String {
    let mut parts: Vec<String> = KINDS
        .into_iter()
        .filter_map(|kind| Some(format!("{} {}", rows(listing, kind)?, kind_name(kind))))
        .collect();
    parts.push(match listing.missing.len() {
        0 => "no gap".to_owned(),
        1 => "1 gap".to_owned(),
        more => format!("{more} gaps"),
    });
    parts.join(", ")
}

/// Number of records of a kind; `None`: it was not fetched.
pub(crate) fn rows(listing: &Listing, kind: DataKind) -> Option<usize> {
    match kind {
        DataKind::Regions => listing.regions.as_ref().map(Vec::len),
        DataKind::InstanceTypes => listing.instance_types.as_ref().map(Vec::len),
        DataKind::Offers => listing.offers.as_ref().map(Vec::len),
        DataKind::Images => listing.images.as_ref().map(Vec::len),
        DataKind::Prices => listing.prices.as_ref().map(Vec::len),
        DataKind::Capacity => listing.capacity.as_ref().map(Vec::len),
    }
}

/// Number of records that only the cloud can know. Regions can be known without asking.
pub(crate) fn fetched_rows(listing: &Listing) -> usize {
    let all = KINDS.into_iter().filter(|kind| *kind != DataKind::Regions);
    all.filter_map(|kind| rows(listing, kind)).sum()
}
