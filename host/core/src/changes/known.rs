//! Resources that the journal knows as ours.

use crate::contract::cloudhost::provider::resources::{ResourceId, Tag};
use cloudhost_operations::{Owned, Proofs, proofs};
use jiff::Timestamp;
use std::collections::HashMap;

/// Resources that operations have made, by provider. Empty without a journal.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) installation: String,
    pub(super) owned: HashMap<String, Vec<Owned>>,
}

impl Known {
    /// Compares a resource, as the cloud shows it, with the journal. `created` is in seconds since 1970.
    pub fn proofs(
        &self,
        provider: &str,
        id: &ResourceId,
        tags: &[Tag],
        created: Option<u64>,
    ) -> Proofs {
        let created = created.and_then(|seconds| i64::try_from(seconds).ok());
        let created = created.and_then(|seconds| Timestamp::from_second(seconds).ok());
        proofs(
            &self.installation,
            self.find(provider, id),
            id,
            tags,
            created,
        )
    }

    /// The journal has this resource.
    pub fn has(&self, provider: &str, id: &ResourceId) -> bool {
        self.find(provider, id).is_some()
    }

    /// Time at which the resource is collected, or ended by the cloud.
    pub fn ends_at(&self, provider: &str, id: &ResourceId) -> Option<Timestamp> {
        self.find(provider, id)?.ends_at
    }

    /// The user has protected the resource.
    pub fn is_protected(&self, provider: &str, id: &ResourceId) -> bool {
        self.find(provider, id).is_some_and(|owned| owned.protected)
    }

    fn find(&self, provider: &str, id: &ResourceId) -> Option<&Owned> {
        let same = |owned: &&Owned| {
            let of = &owned.id;
            of.kind == id.kind && of.id == id.id && of.place.region == id.place.region
        };
        self.owned.get(provider)?.iter().find(same)
    }
}
