//! The journal of this user, and the engine that carries out what stands in it.

use super::cloud::Accounts;
use super::known::Known;
use super::ssh::{HostKey, host_key};
use super::{ChangeError, SshKeyError};
use crate::contract::cloudhost::provider::resources::{Action, ResourceId, ResourceKind, Step};
use crate::egress::EgressConfig;
use crate::host::{Host, HostError, Provider};
use crate::remedy::FilePurpose;
use crate::{HasRemedy, Remedy};
use cloudhost_operations::{
    Account, CollectError, Collector, Ending, Filter, Guarantee, Journal as _, JournalError,
    JournalFix, NewOperation, Operation, OperationId, Outcome, Plan, PlannedStep, Report, Request,
    RowState, Runner, Settings, Sqlite, State, Stopped, Summary, System,
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// File of the journal.
const JOURNAL: &str = "operations.db";
/// Directory of SSH keys.
const SSH: &str = "ssh";
/// Pause between two looks for what the cloud has accepted.
const LOOK: Duration = Duration::from_millis(100);
/// Operations that are searched by the beginning of an identifier, and that a resume takes up.
const SEARCHED: u32 = 100_000;

/// Point at which waiting for an operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The cloud has accepted the first changes that take their time.
    Accepted,
    /// The operation is at its end.
    Done,
}

/// The journal of a user, with the clouds of a host. Errors of the journal change nothing in a cloud.
pub struct Changes {
    dir: PathBuf,
    journal: Arc<Sqlite>,
    accounts: Arc<Accounts>,
    runner: Runner,
    collector: Collector,
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changes")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Changes {
    /// Opens the journal in a private directory, and makes it if there is none.
    ///
    /// # Errors
    /// When the directory or the journal cannot be used, or a newer version made it.
    pub async fn open(dir: &Path, host: &Host) -> Result<Self, ChangeError> {
        let environment = Arc::new(System::default());
        let journal = Arc::new(Sqlite::open(dir, environment.clone()).await?);
        let accounts = Arc::new(Accounts::new(host.clone()));
        let settings = Settings {
            in_flight: EgressConfig::default().attempt_timeout,
            ..Settings::default()
        };
        let collector = Collector::new(journal.clone(), accounts.clone(), environment.clone());
        let runner = Runner::new(journal.clone(), accounts.clone(), environment, settings);
        Ok(Self {
            dir: dir.to_owned(),
            journal,
            accounts,
            collector,
            runner: runner.map_err(|error| {
                ChangeError::Journal(JournalError::Io {
                    path: dir.join(JOURNAL),
                    reason: error.to_string(),
                })
            })?,
        })
    }

    /// Opens the journal, if there is one.
    ///
    /// # Errors
    /// As [`Changes::open`].
    pub async fn existing(dir: &Path, host: &Host) -> Result<Option<Self>, ChangeError> {
        match dir.join(JOURNAL).symlink_metadata().is_ok() {
            true => Self::open(dir, host).await.map(Some),
            false => Ok(None),
        }
    }

    /// File of the journal.
    pub fn path(&self) -> PathBuf {
        self.dir.join(JOURNAL)
    }

    /// Returns the SSH key of this installation, and makes it if there is none.
    ///
    /// # Errors
    /// When the directory cannot be used, or the key is damaged.
    pub fn host_key(&self) -> Result<HostKey, SshKeyError> {
        host_key(&self.dir.join(SSH))
    }

    /// The account that a provider changes.
    ///
    /// # Errors
    /// When the cloud rejects the credential or is unreachable, or the plugin does not run.
    pub async fn account(&self, provider: &Provider) -> Result<Account, ChangeError> {
        Ok(self.accounts.of(provider).await?)
    }

    /// Reads what the journal knows of the resources of these providers. One that has no accounts is left out.
    ///
    /// # Errors
    /// When the journal cannot be read, or an account cannot be found out: nothing is taken for another's then.
    pub async fn known<'p>(
        &self,
        providers: impl IntoIterator<Item = &'p Provider>,
    ) -> Result<Known, ChangeError> {
        let accounts = providers.into_iter().map(|one| self.accounts.of(one));
        let accounts = futures::future::join_all(accounts).await;
        let mut owned = HashMap::new();
        for account in accounts {
            let account = match account {
                Err(error) if error.is_unsupported() => continue,
                account => account?,
            };
            let all = self.journal.owned(&account).await?;
            owned.insert(account.provider, all);
        }
        Ok(Known {
            installation: self.journal.installation().await?,
            owned,
        })
    }

    /// Checks plans, and adds the cloud's promises for each of their steps.
    ///
    /// # Errors
    /// When a plan violates the rules of plans, or the plugin has no operations or does not run.
    pub async fn check(
        &self,
        provider: &Provider,
        plans: &[Vec<Step>],
    ) -> Result<Vec<Plan>, ChangeError> {
        Ok(checked(provider, plans).await?)
    }

    /// Writes an operation into the journal. From here on it survives everything.
    ///
    /// # Errors
    /// When the plugin may not change anything, or the journal cannot be written: nothing was begun then.
    pub async fn begin(
        &self,
        provider: &Provider,
        operation: NewOperation,
    ) -> Result<OperationId, ChangeError> {
        provider.allow_change()?;
        Ok(self.runner.start(&operation).await?)
    }

    /// Carries out an operation until this point, it needs the user, the time is over, or `stop` is ready. Work that is
    /// under way is finished first.
    ///
    /// # Errors
    /// When the journal cannot be used.
    pub async fn work(
        &self,
        id: &OperationId,
        until: Until,
        timeout: Option<Duration>,
        stop: impl Future<Output = ()>,
    ) -> Result<Operation, ChangeError> {
        let accepted = async {
            if until == Until::Done {
                return std::future::pending().await;
            }
            loop {
                tokio::time::sleep(LOOK).await;
                if let Ok(Some(operation)) = self.journal.get(id).await
                    && is_accepted(&operation)
                {
                    return;
                }
            }
        };
        let stop = async {
            tokio::select! {
                () = stop => {}
                () = accepted => {}
            }
        };
        match self.runner.wait(id, timeout, stop).await? {
            Stopped::Ended(operation)
            | Stopped::Undecided(operation)
            | Stopped::Stalled(operation)
            | Stopped::TimedOut(operation)
            | Stopped::Detached(operation) => {
                // As the journal has it now: the work that was under way is in it.
                Ok(self.journal.get(id).await?.unwrap_or(operation))
            }
            Stopped::Unknown => Err(ChangeError::UnknownOperation { id: id.to_string() }),
        }
    }

    /// Lists what of a provider's account is past its end, or left of an operation. It changes nothing.
    ///
    /// # Errors
    /// When the account cannot be listed, or the journal cannot be read.
    pub async fn collect(&self, provider: &Provider) -> Result<Report, ChangeError> {
        let account = self.account(provider).await?;
        self.collector
            .report(&account)
            .await
            .map_err(|error| collected(provider, error))
    }

    /// Orders the end of what a report lists and may be ended, and returns the operations. Nothing is sent before they are
    /// carried out.
    ///
    /// # Errors
    /// When the plugin may not change anything, the account cannot be listed, or the journal cannot be written.
    pub async fn end(
        &self,
        provider: &Provider,
        report: &Report,
    ) -> Result<Vec<(ResourceId, OperationId)>, ChangeError> {
        provider.allow_change()?;
        let ended = self.collector.end(&self.runner, report).await;
        ended.map_err(|error| collected(provider, error))
    }

    /// Verifies that what was ordered to end is gone.
    ///
    /// # Errors
    /// When the account cannot be listed, or the journal cannot be read.
    pub async fn verify(
        &self,
        provider: &Provider,
        ordered: &[(ResourceId, OperationId)],
    ) -> Result<Vec<Outcome>, ChangeError> {
        let account = self.account(provider).await?;
        let verified = self.collector.verify(&account, ordered).await;
        verified.map_err(|error| collected(provider, error))
    }

    /// Records a user's request about an operation. Returns `false` if it is at its end.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn request(&self, id: &OperationId, request: Request) -> Result<bool, ChangeError> {
        Ok(self.journal.request(id, request).await?)
    }

    /// Reads an operation.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn get(&self, id: &OperationId) -> Result<Option<Operation>, ChangeError> {
        Ok(self.journal.get(id).await?)
    }

    /// Reads the plans of an operation.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn plans(&self, id: &OperationId) -> Result<Vec<Plan>, ChangeError> {
        Ok(self.journal.plans(id).await?)
    }

    /// Lists the newest operations, newest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn list(&self, newest: u32) -> Result<Vec<Summary>, ChangeError> {
        Ok(self.journal.list(newest, Filter::default()).await?)
    }

    /// Lists the operations that are not at their end.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn unfinished(&self) -> Result<Vec<Summary>, ChangeError> {
        let filter = Filter { unfinished: true };
        Ok(self.journal.list(SEARCHED, filter).await?)
    }

    /// Finds the operation of this identifier, or of the only one that begins so.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub async fn find(&self, id: &str) -> Result<Operation, ChangeError> {
        let whole = OperationId(id.to_owned());
        if let Some(operation) = self.journal.get(&whole).await? {
            return Ok(operation);
        }
        let unknown = || ChangeError::UnknownOperation { id: id.to_owned() };
        if id.is_empty() {
            return Err(unknown());
        }
        let all = self.list(SEARCHED).await?;
        let mut found = all.into_iter().filter(|one| one.id.0.starts_with(id));
        let first = found.next().ok_or_else(unknown)?;
        let others: Vec<String> = found.map(|one| one.id.0).collect();
        if !others.is_empty() {
            let first = std::iter::once(first.id.0);
            return Err(ChangeError::AmbiguousOperation {
                id: id.to_owned(),
                all: first.chain(others).collect(),
            });
        }
        self.journal.get(&first.id).await?.ok_or_else(unknown)
    }
}

/// Checks plans, and adds the cloud's promises for each of their steps.
pub(super) async fn checked(
    provider: &Provider,
    plans: &[Vec<Step>],
) -> Result<Vec<Plan>, HostError> {
    let mut promises: HashMap<(u8, u8), Guarantee> = HashMap::new();
    let mut checked = Vec::new();
    for steps in plans {
        let mut planned = Vec::new();
        for step in steps {
            let key = (step.kind as u8, step.action as u8);
            let guarantee = match promises.get(&key) {
                Some(known) => *known,
                None => {
                    let mut known = provider.guarantee(step.kind, step.action).await?;
                    // The contract's record of an SSH key has no tags: they cannot prove anything.
                    known.keeps_tags &= step.kind != ResourceKind::SshKey;
                    promises.insert(key, known);
                    known
                }
            };
            planned.push(PlannedStep {
                step: step.clone(),
                guarantee,
            });
        }
        checked.push(Plan::new(planned).map_err(|error| HostError::Plan {
            provider: provider.name().to_owned(),
            error,
        })?);
    }
    Ok(checked)
}

fn collected(provider: &Provider, error: CollectError) -> ChangeError {
    match error {
        CollectError::Journal(error) => error.into(),
        CollectError::Cloud(error) => provider.refused(error).into(),
        other => ChangeError::Collector(other.to_string()),
    }
}

/// All that was sent has been accepted, and something takes its time.
fn is_accepted(operation: &Operation) -> bool {
    let open = |state: RowState| {
        matches!(
            state,
            RowState::Intent | RowState::Sent | RowState::Recovering
        )
    };
    let rows = &operation.rows;
    operation.state == State::Running
        && rows.iter().any(|row| row.state == RowState::Accepted)
        && !rows.iter().any(|row| open(row.state))
}

/// The cloud itself ends what the steps make, at its time.
pub fn ends_by_cloud(plan: &Plan) -> bool {
    let makes =
        |planned: &&PlannedStep| matches!(planned.step.action, Action::Create | Action::Copy);
    let mut made = plan.steps().iter().filter(makes);
    made.all(|planned| planned.guarantee.ending != Ending::Never)
}

/// Remedy of an error of the journal.
pub(super) fn remedy(error: &JournalError) -> Option<Remedy> {
    Some(match error.fix() {
        JournalFix::Update => Remedy::UpdateHost,
        JournalFix::Files(fix) => Remedy::Files {
            fix,
            purpose: FilePurpose::State,
        },
        JournalFix::Restore(path) => Remedy::RestoreJournal { path },
    })
}

impl HasRemedy for JournalError {
    fn remedy(&self) -> Option<Remedy> {
        remedy(self)
    }
}
