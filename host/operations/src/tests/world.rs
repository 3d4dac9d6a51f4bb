//! A world of one cloud, one journal, and workers that come and go.

use super::cloud::{Manners, Only, Simulated};
use super::virtual_time::Virtual;
use crate::journal::memory::Memory;
use crate::{
    Account, Action, Ending, Guarantee, Journal, NewOperation, OnFailure, Operation, OperationId,
    Options, Place, Plan, PlannedStep, Repetition, ResourceId, ResourceKind, Runner, Settings,
    State, Step,
};
use cloudhost_files::failpoint::{Injected, set};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

pub(crate) const MANNERS: Manners = Manners {
    repetition: Repetition::SameToken(86_400),
    settles: Duration::from_secs(20),
    delay: Duration::from_secs(25),
    takes: None,
    keeps_tags: true,
    cancellable: false,
};

pub(crate) struct World {
    pub(crate) clock: Arc<Virtual>,
    pub(crate) cloud: Arc<Simulated>,
    pub(crate) journal: Arc<dyn Journal>,
    /// Workers that ended.
    pub(crate) crashes: std::sync::atomic::AtomicUsize,
}

pub(crate) fn account() -> Account {
    Account {
        provider: "cloud".to_owned(),
        identity: "1".to_owned(),
    }
}

/// A step that makes an instance.
pub(crate) fn create(
    manners: &Manners,
    name: &str,
    region: &str,
    zone: &str,
    after: &[u32],
) -> PlannedStep {
    PlannedStep {
        step: Step {
            action: Action::Create,
            kind: ResourceKind::Instance,
            id: None,
            name: name.to_owned(),
            place: Place {
                region: region.to_owned(),
                zone: Some(zone.to_owned()),
            },
            parent: None,
            summary: String::new(),
            priced: Vec::new(),
            after: after.to_vec(),
            data: String::new(),
        },
        guarantee: Guarantee {
            repetition: manners.repetition,
            settles_in_ms: u32::try_from(manners.settles.as_millis()).unwrap(),
            ending: Ending::Movable,
            keeps_tags: manners.keeps_tags,
            cancellable: manners.cancellable,
        },
    }
}

/// A plan that ends a resource.
pub(crate) fn end_plan(id: &ResourceId) -> Plan {
    let mut planned = create(&MANNERS, &id.name, &id.place.region, "", &[]);
    planned.step.place = id.place.clone();
    planned.step.action = Action::Delete;
    planned.step.id = Some(id.id.clone());
    planned.guarantee.repetition = Repetition::SameOutcome;
    Plan::new(vec![planned]).unwrap()
}

pub(crate) fn operation(plans: Vec<Plan>) -> NewOperation {
    NewOperation {
        account: account(),
        title: "create".to_owned(),
        owner: "user".to_owned(),
        options: Options {
            on_failure: OnFailure::TakeBack,
            ..Options::default()
        },
        plans,
    }
}

impl World {
    pub(crate) fn new(seed: u64, manners: Manners) -> Self {
        let clock = Arc::new(Virtual::new(seed));
        Self {
            cloud: Arc::new(Simulated::new(clock.clone(), manners)),
            journal: Arc::new(Memory::new(clock.clone())),
            clock,
            crashes: Default::default(),
        }
    }

    pub(crate) fn runner(&self) -> Runner {
        let clouds = Arc::new(Only(self.cloud.clone()));
        let settings = Settings::default();
        Runner::new(self.journal.clone(), clouds, self.clock.clone(), settings).unwrap()
    }

    /// A step in the first region.
    pub(crate) fn step(&self, name: &str, zone: &str, after: &[u32]) -> PlannedStep {
        create(&self.cloud.manners, name, "r", zone, after)
    }

    /// Lets time pass until the next thing is due, at least a little.
    pub(crate) async fn pass(&self) {
        let due = self.journal.next_due().await.unwrap().unwrap_or_default();
        self.clock.pass(due.max(Duration::from_millis(500)));
    }

    /// Works until the operation is at its end or needs the user. A worker whose journal dies is replaced by another.
    pub(crate) async fn drive(&self, id: &OperationId) -> Operation {
        let mut runner = self.runner();
        for _ in 0..5000 {
            match runner.tick(None).await {
                Ok(0) => self.pass().await,
                Ok(_) => {}
                Err(_) => {
                    set(Injected::None);
                    self.crashes.fetch_add(1, Relaxed);
                    *self.cloud.crash_at.lock().unwrap() = None;
                    runner = self.runner();
                }
            }
            let operation = self.journal.get(id).await.unwrap().unwrap();
            if operation.due.is_none() {
                return operation;
            }
        }
        let operation = self.journal.get(id).await.unwrap();
        panic!("the operation does not end: {operation:#?}");
    }

    /// Verifies that what exists is what the journal says: nothing twice, nothing left, nothing of others touched.
    pub(crate) async fn verify(&self, operation: &Operation) {
        // Whatever is still on its way arrives.
        self.clock.pass(Duration::from_secs(600));
        let of_this: Vec<_> = self
            .cloud
            .live()
            .into_iter()
            .filter(|resource| resource.operation() == Some(&operation.id.0))
            .collect();
        let mut expected: Vec<String> = match operation.state {
            State::Done => {
                let rows = operation.rows.iter();
                let current =
                    rows.filter(|row| row.attempt == operation.attempt && row.undo.is_none());
                current
                    .filter_map(|row| Some(row.result.as_ref()?.id.clone()))
                    .collect()
            }
            _ => Vec::new(),
        };
        let mut found: Vec<String> = of_this
            .iter()
            .map(|resource| resource.id.id.clone())
            .collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{operation:#?}");
        assert_eq!(self.cloud.violations(), Vec::<String>::new());
        assert!(operation.rows.iter().all(|row| row.state.is_final()));
        let owned = self.journal.owned(&operation.account).await.unwrap();
        let mut owned: Vec<String> = owned
            .into_iter()
            .filter(|owned| owned.operation == operation.id)
            .map(|owned| owned.id.id)
            .collect();
        owned.sort();
        assert_eq!(
            owned, expected,
            "what the journal calls ours: {operation:#?}"
        );
    }
}
