//! The plugin that is tried.

use super::cloud::{Call, Cloud, Reply, Way};
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
use cloudhost::recording::{Recording, Replay};
use std::sync::Arc;

/// More requests than any question about a catalog needs, so that one without end is noticed soon.
pub(super) const MOST_REQUESTS: u32 = 2_000;

/// A plugin, and what a call of it needs.
pub(super) struct Subject<'a> {
    pub plugin: Plugin<'a>,
    artifact: &'a Artifact,
    policy: Arc<Policy>,
    settings: &'a [(String, String)],
}

/// What a fetch came to.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// A listing that the host accepts, checked and sorted.
    Listing(Box<Listing>),
    /// An error of the contract.
    Refused(CloudError),
    /// A listing that the host does not accept.
    Unbelievable(String),
    /// A crash, or a limit.
    Broke(String),
}

impl<'a> Subject<'a> {
    pub(super) fn new(
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

    /// The identity of its code, as a recording has it.
    pub(super) fn digest(&self) -> String {
        self.artifact.digest.to_string()
    }

    /// The settings that its manifest lists, if it lists them.
    pub(super) fn listed(&self) -> Option<&'a [String]> {
        self.artifact.manifest.settings.as_deref()
    }

    /// A way out that ends at this cloud.
    pub(super) fn session(&self, cloud: &Arc<Cloud>) -> Result<Session, PluginError> {
        let mut config = EgressConfig::default();
        config.interceptor = Some(cloud.clone());
        let nobody = Environment::new([("", ""); 0], None);
        let egress = Egress::new(config, Arc::new(Credentials::new(nobody)))
            .map_err(|error| PluginError::Engine(error.to_string()))?;
        let mut limits = CallLimits::default();
        limits.requests = MOST_REQUESTS;
        let manifest = &self.artifact.manifest;
        let trail = Trail::new(manifest.name.clone(), self.artifact.digest, None);
        Ok(egress.session(trail, self.policy.clone(), limits))
    }

    /// Asks for these kinds in this cloud.
    pub(super) async fn ask(&self, cloud: &Arc<Cloud>, wanted: &[DataKind]) -> Outcome {
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
                Err(error) => Outcome::Unbelievable(error.to_string()),
            },
            Ok(Err(error)) => Outcome::Refused(error),
            Err(error) => Outcome::Broke(error.to_string()),
        }
    }

    /// Asks for these kinds where answers arrive this way, and gives what was asked too.
    pub(super) async fn ask_recorded(
        &self,
        recording: &Recording,
        way: Way,
        wanted: &[DataKind],
    ) -> (Outcome, Vec<(Call, Reply)>) {
        let cloud = Arc::new(Cloud::new(Some(Replay::new(recording.clone(), "")), way));
        let outcome = self.ask(&cloud, wanted).await;
        (outcome, cloud.calls())
    }
}

impl Outcome {
    /// What the plugin did, for a failure's text.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Listing(listing) => format!("it answered with {}", contents(listing)),
            Self::Refused(error) => {
                format!(
                    "it answered with the error {}: {}",
                    error.kind.as_str(),
                    describe(error)
                )
            }
            Self::Unbelievable(why) => format!("its catalog is refused: {why}"),
            Self::Broke(why) => why.clone(),
        }
    }
}

/// What a listing holds, in a line.
pub(super) fn contents(listing: &Listing) -> String {
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

/// How many records there are of a kind; `None`: it was not fetched.
pub(super) fn rows(listing: &Listing, kind: DataKind) -> Option<usize> {
    match kind {
        DataKind::Regions => listing.regions.as_ref().map(Vec::len),
        DataKind::InstanceTypes => listing.instance_types.as_ref().map(Vec::len),
        DataKind::Offers => listing.offers.as_ref().map(Vec::len),
        DataKind::Images => listing.images.as_ref().map(Vec::len),
        DataKind::Prices => listing.prices.as_ref().map(Vec::len),
        DataKind::Capacity => listing.capacity.as_ref().map(Vec::len),
    }
}

/// How many records there are that a cloud must have told of. Regions can be known without asking.
pub(super) fn told_of(listing: &Listing) -> usize {
    let all = KINDS.into_iter().filter(|kind| *kind != DataKind::Regions);
    all.filter_map(|kind| rows(listing, kind)).sum()
}
