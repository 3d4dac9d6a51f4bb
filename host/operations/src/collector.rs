//! The collector: finds what should have ended, and ends what two proofs say is ours.
//!
//! It looks at what the cloud shows, not at the journal alone: a sweeper that reads its own records is blind to what they
//! never saw. A part of a list that is missing says nothing about what is in it.

use crate::owner::{OPERATION_TAG, proofs};
use crate::record::key;
use crate::{
    Account, Decision, Environment, Error, Journal, JournalError, NewOperation, OnFailure,
    OperationId, Options, Owned, Plan, Proofs, ResourceId, Runner, State, Tag,
};
use cloudhost_contract::Label as _;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Age of a resource from which the cloud's "not found" is not a lagging list.
const SETTLED: SignedDuration = SignedDuration::from_hours(1);

/// A resource, as a list of the cloud shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its name.
    pub id: ResourceId,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Time of its creation.
    pub created: Option<Timestamp>,
    /// `true` if the cloud refuses to delete it.
    pub protected: Option<bool>,
}

/// All that a cloud shows of an account, without what is deleted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The resources.
    pub seen: Vec<Seen>,
    /// Parts that could not be read.
    pub missing: Vec<Error>,
}

/// The lists of a cloud, and the plans that end something.
pub trait Inventory: Send + Sync {
    /// Lists all resources of an account.
    ///
    /// # Errors
    /// The list could not be read at all.
    fn list<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Listing, Error>>;

    /// Reads one resource; `none`: the cloud says that it does not exist.
    ///
    /// # Errors
    /// It could not be read, which says nothing.
    fn get<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
    ) -> BoxFuture<'a, Result<Option<Seen>, Error>>;

    /// Plans the end of a resource.
    ///
    /// # Errors
    /// The plugin cannot.
    fn plan_end<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
    ) -> BoxFuture<'a, Result<Plan, Error>>;
}

/// The reason for which a resource is in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its time is over since then.
    Expired(Timestamp),
    /// The operation that made it failed or was cancelled, and did not keep it.
    Failed(OperationId),
    /// The operation that made it is not at its end: resume or cancel that.
    Unfinished(OperationId),
    /// It has our tag, but the journal does not know its operation.
    UnknownOperation,
}

/// Subject of a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A resource that the cloud shows.
    Seen(Seen),
    /// A resource that the journal knows and the cloud does not show, or could not be asked about. That does not mean
    /// that it is gone.
    NotSeen(Owned),
}

impl Subject {
    /// Its name.
    pub fn id(&self) -> &ResourceId {
        match self {
            Self::Seen(seen) => &seen.id,
            Self::NotSeen(owned) => &owned.id,
        }
    }
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The resource.
    pub subject: Subject,
    /// The reason.
    pub reason: Reason,
    /// The proofs that it is ours.
    pub proofs: Proofs,
    /// `true`: it is protected, by the cloud or by its operation.
    pub protected: bool,
}

impl Finding {
    /// True if the collector may end it: both proofs, a reason that is final, and no protection.
    pub fn can_end(&self) -> bool {
        matches!(self.subject, Subject::Seen(_))
            && self.proofs == Proofs::Ours
            && !self.protected
            && matches!(self.reason, Reason::Expired(_) | Reason::Failed(_))
    }
}

/// Findings of the collector in an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The account.
    pub account: Account,
    /// Resources that should have ended, or are left of something.
    pub findings: Vec<Finding>,
    /// Parts that could not be read.
    pub missing: Vec<Error>,
}

/// State of a resource after its end was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The cloud called it gone, and does not show it.
    Gone,
    /// The cloud still shows it.
    Remains,
    /// A part of the list is missing, or the order is not at its end.
    Unknown,
}

/// Finds and ends what is over.
pub struct Collector {
    journal: Arc<dyn Journal>,
    inventory: Arc<dyn Inventory>,
    environment: Arc<dyn Environment>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").finish_non_exhaustive()
    }
}

/// The collector could not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The cloud could not be listed.
    #[error("{}", .0.message)]
    Cloud(Error),
}

impl Collector {
    /// Makes a collector.
    pub fn new(
        journal: Arc<dyn Journal>,
        inventory: Arc<dyn Inventory>,
        environment: Arc<dyn Environment>,
    ) -> Self {
        Self {
            journal,
            inventory,
            environment,
        }
    }

    /// Lists what is past its end, or left of an operation. It changes nothing in the cloud.
    ///
    /// # Errors
    /// The list or the journal cannot be read.
    pub async fn report(&self, account: &Account) -> Result<Report, CollectError> {
        // The cloud first: what is made in between is then known to the journal.
        let listing = self
            .inventory
            .list(account)
            .await
            .map_err(CollectError::Cloud)?;
        let installation = self.journal.installation().await?;
        let owned = self.journal.owned(account).await?;
        let mut reasons = Reasons {
            journal: &self.journal,
            now: self.environment.now(),
            known: HashMap::new(),
        };
        let mut findings = Vec::new();
        let listed = listing.seen.iter().map(|seen| key(&seen.id));
        let listed: HashSet<_> = listed.collect();
        let mut seen = listing.seen.clone();
        for owned in owned
            .iter()
            .filter(|owned| !listed.contains(&key(&owned.id)))
        {
            let Some(reason) = reasons
                .of(Some(owned.operation.clone()), owned.ends_at)
                .await?
            else {
                continue;
            };
            // A list that does not show it says nothing. The cloud's own word about it does, once lists cannot lag.
            let settled = reasons.now.duration_since(owned.until) > SETTLED;
            match self.inventory.get(account, &owned.id).await {
                Ok(Some(shown)) => seen.push(shown),
                Ok(None) if settled => self.journal.gone(account, &owned.id).await?,
                Ok(None) | Err(_) => findings.push(Finding {
                    subject: Subject::NotSeen(owned.clone()),
                    reason,
                    proofs: Proofs::JournalOnly,
                    protected: owned.protected,
                }),
            }
        }
        let known: HashMap<_, _> = owned.iter().map(|owned| (key(&owned.id), owned)).collect();
        for seen in &seen {
            let record = known.get(&key(&seen.id)).copied();
            let proofs = proofs(&installation, record, &seen.id, &seen.tags, seen.created);
            if let (Proofs::Ours, Some(created)) = (proofs, seen.created)
                && record.is_some_and(|record| record.created.is_none())
            {
                self.journal.seen(account, &seen.id, created).await?;
            }
            if proofs == Proofs::Foreign {
                continue;
            }
            let tag = seen.tags.iter().find(|(key, _)| key == OPERATION_TAG);
            let tag = tag.map(|(_, operation)| OperationId(operation.clone()));
            let operation = record.map(|record| record.operation.clone()).or(tag);
            let ends_at = record.and_then(|record| record.ends_at);
            if let Some(reason) = reasons.of(operation, ends_at).await? {
                findings.push(Finding {
                    subject: Subject::Seen(seen.clone()),
                    reason,
                    proofs,
                    protected: record.is_some_and(|record| record.protected)
                        || seen.protected == Some(true),
                });
            }
        }
        Ok(Report {
            account: account.clone(),
            findings,
            missing: listing.missing,
        })
    }

    /// Orders the end of what the report lists and may be ended. The cloud is listed again: only what is still the same
    /// is ended. Returns the operations; the runner carries them out.
    ///
    /// # Errors
    /// The list or the journal cannot be used, or a plan cannot be made; what was ordered before stays ordered.
    pub async fn end(
        &self,
        runner: &Runner,
        report: &Report,
    ) -> Result<Vec<(ResourceId, OperationId)>, CollectError> {
        let fresh = self.report(&report.account).await?;
        let agreed = |finding: &&Finding| finding.can_end() && report.findings.contains(finding);
        let mut ordered = Vec::new();
        for finding in fresh.findings.iter().filter(agreed) {
            let id = finding.subject.id();
            let plan = self.inventory.plan_end(&report.account, id).await;
            let operation = NewOperation {
                account: report.account.clone(),
                title: format!("end {} {}", id.kind.as_str(), id.id),
                owner: "gc".to_owned(),
                options: Options {
                    on_failure: OnFailure::Keep,
                    ..Options::default()
                },
                plans: vec![plan.map_err(CollectError::Cloud)?],
            };
            ordered.push((id.clone(), runner.start(&operation).await?));
        }
        Ok(ordered)
    }

    /// Verifies that what was ordered to end is gone: its operation is done, and a whole list does not show it.
    ///
    /// # Errors
    /// The list or the journal cannot be read.
    pub async fn verify(
        &self,
        account: &Account,
        ordered: &[(ResourceId, OperationId)],
    ) -> Result<Vec<Outcome>, CollectError> {
        let listing = self
            .inventory
            .list(account)
            .await
            .map_err(CollectError::Cloud)?;
        let mut outcomes = Vec::new();
        for (id, operation) in ordered {
            let operation = self.journal.get(operation).await?;
            let done = operation.is_some_and(|operation| operation.state == State::Done);
            let shown = listing.seen.iter().any(|seen| key(&seen.id) == key(id));
            outcomes.push(match (shown, done && listing.missing.is_empty()) {
                (true, _) => Outcome::Remains,
                (false, true) => Outcome::Gone,
                (false, false) => Outcome::Unknown,
            });
        }
        Ok(outcomes)
    }
}

/// Reasons by operation, each read once.
struct Reasons<'a> {
    journal: &'a Arc<dyn Journal>,
    now: Timestamp,
    known: HashMap<OperationId, Option<Reason>>,
}

impl Reasons<'_> {
    async fn of(
        &mut self,
        operation: Option<OperationId>,
        ends_at: Option<Timestamp>,
    ) -> Result<Option<Reason>, JournalError> {
        if let Some(ends_at) = ends_at.filter(|ends_at| *ends_at <= self.now) {
            return Ok(Some(Reason::Expired(ends_at)));
        }
        let Some(id) = operation else {
            return Ok(Some(Reason::UnknownOperation));
        };
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let reason = self
            .journal
            .get(&id)
            .await?
            .map_or(Some(Reason::UnknownOperation), |known| {
                let keeps = known.decision == Some(Decision::Keep)
                    || known.options.on_failure == OnFailure::Keep;
                match known.state {
                    State::Done => None,
                    State::Failed | State::Cancelled if keeps => None,
                    State::Failed | State::Cancelled => Some(Reason::Failed(id.clone())),
                    _ => Some(Reason::Unfinished(id.clone())),
                }
            });
        self.known.insert(id, reason.clone());
        Ok(reason)
    }
}
