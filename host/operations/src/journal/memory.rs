//! A journal in memory, for simulations: with faults at each write.

use super::{
    Change, Claimed, FURTHEST, Filter, Journal, JournalError, Lease, Reply, Summary, WorkerId,
    has_come,
};
use crate::record::key;
use crate::{
    Account, Environment, NewOperation, Operation, OperationId, Owned, Plan, Request, ResourceId,
    State,
};
use cloudhost_files::failpoint::failpoint;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

struct Stored {
    number: u64,
    operation: Operation,
    plans: Arc<Vec<Plan>>,
    fence: u64,
    leased_until: Option<Timestamp>,
}

#[derive(Default)]
struct State_ {
    operations: HashMap<OperationId, Stored>,
    order: BTreeMap<u64, OperationId>,
    due: BTreeSet<(Timestamp, u64)>,
    owned: Vec<Owned>,
}

/// The journal.
pub(crate) struct Memory {
    environment: Arc<dyn Environment>,
    state: Mutex<State_>,
    tokens: Mutex<HashMap<String, (OperationId, u32)>>,
}

impl Memory {
    pub(crate) fn new(environment: Arc<dyn Environment>) -> Self {
        Self {
            environment,
            state: Mutex::default(),
            tokens: Mutex::default(),
        }
    }

    fn read(&self) -> MutexGuard<'_, State_> {
        self.state.lock().unwrap()
    }

    fn write(&self) -> Result<MutexGuard<'_, State_>, JournalError> {
        failpoint().map_err(|_| JournalError::Full {
            path: "memory".into(),
        })?;
        Ok(self.read())
    }
}

impl State_ {
    fn set_due(&mut self, id: &OperationId, due: Option<Timestamp>) {
        let stored = self.operations.get_mut(id).unwrap();
        if let Some(old) = stored.operation.due {
            self.due.remove(&(old, stored.number));
        }
        stored.operation.due = due;
        if let Some(due) = due {
            self.due.insert((due, stored.number));
        }
    }
}

fn ready<'a, T: Send + 'a>(result: Result<T, JournalError>) -> Reply<'a, T> {
    Box::pin(std::future::ready(result))
}

impl Journal for Memory {
    fn installation(&self) -> Reply<'_, String> {
        ready(Ok("installation".to_owned()))
    }

    fn add<'a>(&'a self, id: &'a OperationId, new: &'a NewOperation) -> Reply<'a, ()> {
        let now = self.environment.now();
        ready(self.write().map(|mut state| {
            if state.operations.contains_key(id) {
                return;
            }
            let number = state.operations.len() as u64;
            let operation = Operation {
                id: id.clone(),
                account: new.account.clone(),
                title: new.title.clone(),
                owner: new.owner.clone(),
                created: now,
                options: new.options.clone(),
                state: State::Running,
                attempt: 0,
                next: None,
                error: None,
                notes: Vec::new(),
                cancel: false,
                decision: None,
                requests: 0,
                due: None,
                rows: Vec::new(),
            };
            let stored = Stored {
                number,
                operation,
                plans: Arc::new(new.plans.clone()),
                fence: 0,
                leased_until: None,
            };
            state.operations.insert(id.clone(), stored);
            state.order.insert(number, id.clone());
            state.set_due(id, Some(now));
        }))
    }

    fn claim<'a>(
        &'a self,
        _worker: &'a WorkerId,
        lease: Duration,
        limit: u32,
        only: Option<&'a OperationId>,
    ) -> Reply<'a, Vec<Claimed>> {
        let now = self.environment.now();
        ready(self.write().map(|mut state| {
            let ids: Vec<OperationId> = match only {
                Some(id) => vec![id.clone()],
                None => {
                    let far = now + FURTHEST;
                    let early = state.due.iter().take_while(|(due, _)| *due <= now);
                    let late = state.due.iter().rev().take_while(|(due, _)| *due > far);
                    early
                        .chain(late)
                        .map(|(_, number)| state.order[number].clone())
                        .collect()
                }
            };
            let mut claimed = Vec::new();
            for id in ids {
                let Some(stored) = state.operations.get_mut(&id) else {
                    continue;
                };
                let free = stored.leased_until.is_none_or(|until| has_come(until, now));
                if !free || stored.operation.state.is_final() || claimed.len() >= limit as usize {
                    continue;
                }
                stored.fence += 1;
                stored.leased_until = Some(now + lease.min(FURTHEST));
                claimed.push(Claimed {
                    operation: stored.operation.clone(),
                    lease: Lease {
                        operation: id,
                        fence: stored.fence,
                    },
                    now,
                });
            }
            claimed
        }))
    }

    fn renew<'a>(&'a self, leases: &'a [Lease], lease: Duration) -> Reply<'a, ()> {
        let now = self.environment.now();
        ready(self.write().map(|mut state| {
            for held in leases {
                let stored = state.operations.get_mut(&held.operation).unwrap();
                if stored.fence == held.fence && stored.leased_until.is_some() {
                    stored.leased_until = Some(now + lease);
                }
            }
        }))
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> Reply<'a, Vec<bool>> {
        let now = self.environment.now();
        ready(self.write().map(|mut state| {
            let mut apply = |change: &Change| {
                let Some(stored) = state.operations.get_mut(&change.lease.operation) else {
                    return false;
                };
                if stored.fence != change.lease.fence {
                    return false;
                }
                let operation = &mut stored.operation;
                operation.state = change.state;
                operation.attempt = change.attempt;
                operation.next = change.next;
                operation.error = change.error.clone();
                operation.notes = change.notes.clone();
                for row in &change.rows {
                    let mut tokens = self.tokens.lock().unwrap();
                    let owner = (change.lease.operation.clone(), row.seq);
                    assert_eq!(
                        *tokens
                            .entry(row.token.clone())
                            .or_insert_with(|| owner.clone()),
                        owner
                    );
                    match operation.rows.iter_mut().find(|old| old.seq == row.seq) {
                        Some(old) => *old = row.clone(),
                        None => operation.rows.push(row.clone()),
                    }
                }
                let unseen = operation.requests != change.requests && !change.state.is_final();
                if change.release {
                    stored.leased_until = None;
                }
                let due = if unseen { Some(now) } else { change.due };
                state.set_due(&change.lease.operation, due);
                for owned in &change.made {
                    state.owned.retain(|old| {
                        key(&old.id) != key(&owned.id) || old.account != owned.account
                    });
                    state.owned.push(owned.clone());
                }
                let account = state.operations[&change.lease.operation]
                    .operation
                    .account
                    .clone();
                for gone in &change.gone {
                    state
                        .owned
                        .retain(|old| key(&old.id) != key(gone) || old.account != account);
                }
                true
            };
            changes.iter().map(&mut apply).collect()
        }))
    }

    fn request<'a>(&'a self, id: &'a OperationId, request: Request) -> Reply<'a, bool> {
        let now = self.environment.now();
        ready(self.write().map(|mut state| {
            let Some(stored) = state.operations.get_mut(id) else {
                return false;
            };
            let operation = &mut stored.operation;
            if operation.state.is_final() {
                return false;
            }
            operation.requests += 1;
            match request {
                Request::Cancel => operation.cancel = true,
                Request::Decide(decision) => operation.decision = Some(decision),
                Request::Resume => {
                    for row in &mut operation.rows {
                        row.due = row.due.min(now);
                    }
                }
            }
            state.set_due(id, Some(now));
            true
        }))
    }

    fn get<'a>(&'a self, id: &'a OperationId) -> Reply<'a, Option<Operation>> {
        let found = self
            .read()
            .operations
            .get(id)
            .map(|stored| stored.operation.clone());
        ready(Ok(found))
    }

    fn plans<'a>(&'a self, id: &'a OperationId) -> Reply<'a, Vec<Plan>> {
        let found = self
            .read()
            .operations
            .get(id)
            .map(|stored| stored.plans.to_vec());
        ready(Ok(found.unwrap_or_default()))
    }

    fn list(&self, newest: u32, filter: Filter) -> Reply<'_, Vec<Summary>> {
        let state = self.read();
        let operations = state
            .order
            .values()
            .rev()
            .map(|id| &state.operations[id].operation);
        let wanted =
            operations.filter(|operation| !(filter.unfinished && operation.state.is_final()));
        let list = wanted.take(newest as usize).map(|operation| Summary {
            id: operation.id.clone(),
            account: operation.account.clone(),
            title: operation.title.clone(),
            owner: operation.owner.clone(),
            created: operation.created,
            state: operation.state,
            due: operation.due,
            error: operation.error.clone(),
        });
        ready(Ok(list.collect()))
    }

    fn owned<'a>(&'a self, account: &'a Account) -> Reply<'a, Vec<Owned>> {
        let state = self.read();
        let owned = state.owned.iter().filter(|owned| owned.account == *account);
        ready(Ok(owned.cloned().collect()))
    }

    fn seen<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
        created: Timestamp,
    ) -> Reply<'a, ()> {
        ready(self.write().map(|mut state| {
            for owned in &mut state.owned {
                if owned.account == *account && key(&owned.id) == key(id) {
                    owned.created = owned.created.or(Some(created));
                }
            }
        }))
    }

    fn set_end<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
        ends_at: Option<Timestamp>,
    ) -> Reply<'a, ()> {
        ready(self.write().map(|mut state| {
            for owned in &mut state.owned {
                if owned.account == *account && key(&owned.id) == key(id) {
                    owned.ends_at = ends_at;
                }
            }
        }))
    }

    fn gone<'a>(&'a self, account: &'a Account, id: &'a ResourceId) -> Reply<'a, ()> {
        ready(self.write().map(|mut state| {
            let other = |old: &Owned| key(&old.id) != key(id) || old.account != *account;
            state.owned.retain(other);
        }))
    }

    fn next_due(&self) -> Reply<'_, Option<Duration>> {
        let now = self.environment.now();
        let first = self.read().due.first().map(|(due, _)| *due);
        ready(Ok(first.map(|due| match has_come(due, now) {
            true => Duration::ZERO,
            false => Duration::try_from(due.duration_since(now)).unwrap_or_default(),
        })))
    }

    fn wait(&self, at_most: Duration) -> BoxFuture<'_, ()> {
        self.environment.sleep(at_most)
    }
}
