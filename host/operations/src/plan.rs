//! Plans: what a plugin wants to send, checked before anything of it is believed.

use crate::{Action, Error, ErrorKind, Guarantee, Repetition, Scope, Step};
use serde::{Deserialize, Serialize};

/// Most steps of a plan.
pub const MAX_STEPS: usize = 200;
/// Most plans of an operation.
pub const MAX_PLANS: usize = 200;
/// Longest text of a step in bytes, its data included: a user's data for the first start is up to 1 MiB, in base64.
pub const MAX_TEXT: usize = 2 << 20;

/// A step, and what the cloud promises about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The step.
    pub step: Step,
    /// The cloud's promises for it.
    pub guarantee: Guarantee,
}

/// The steps of a change in one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PlannedStep>", into = "Vec<PlannedStep>")]
pub struct Plan(Vec<PlannedStep>);

/// A plan that no plugin should make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There is nothing to do, or too much.
    #[error("the plan has {0} steps; it must have 1 to {MAX_STEPS}")]
    Steps(usize),
    /// There are no plans, or too many.
    #[error("there are {0} plans; there must be 1 to {MAX_PLANS}")]
    Plans(usize),
    /// A step follows one that is not earlier.
    #[error("step {step} of the plan follows step {after}, which is not an earlier one")]
    Order {
        /// The step.
        step: usize,
        /// The step that it names.
        after: u32,
    },
    /// A step is too large.
    #[error("step {0} of the plan is larger than {MAX_TEXT} bytes")]
    Size(usize),
    /// A step that changes a resource does not name it, or has no place.
    #[error("step {step} of the plan has no {field}")]
    Missing {
        /// The step.
        step: usize,
        /// The field.
        field: &'static str,
    },
}

impl Plan {
    /// Checks the steps of a plugin: their number and size, and that each follows earlier ones only, so that there is no
    /// cycle.
    ///
    /// # Errors
    /// The first fault.
    pub fn new(steps: Vec<PlannedStep>) -> Result<Self, PlanError> {
        if steps.is_empty() || steps.len() > MAX_STEPS {
            return Err(PlanError::Steps(steps.len()));
        }
        for (index, PlannedStep { step, .. }) in steps.iter().enumerate() {
            let later = |after: &&u32| usize::try_from(**after).map_or(true, |a| a >= index);
            if let Some(&after) = step.after.iter().find(later) {
                return Err(PlanError::Order { step: index, after });
            }
            let texts = [&step.name, &step.summary, &step.data, &step.place.region];
            let size: usize = texts.iter().map(|text| text.len()).sum();
            let optional = [&step.id, &step.parent, &step.place.zone];
            let optional: usize = optional
                .iter()
                .filter_map(|t| t.as_ref().map(String::len))
                .sum();
            let priced: usize = step.priced.iter().map(|p| p.instance_type.len() + 32).sum();
            if size + optional + priced + 4 * step.after.len() > MAX_TEXT {
                return Err(PlanError::Size(index));
            }
            if step.place.region.is_empty() {
                return Err(PlanError::Missing {
                    step: index,
                    field: "region",
                });
            }
            if step.action == Action::Delete && step.id.is_none() && step.after.is_empty() {
                return Err(PlanError::Missing {
                    step: index,
                    field: "id",
                });
            }
        }
        Ok(Self(steps))
    }

    /// The steps.
    pub fn steps(&self) -> &[PlannedStep] {
        &self.0
    }

    /// The step of an index.
    pub(crate) fn step(&self, index: u32) -> Option<&PlannedStep> {
        self.0.get(usize::try_from(index).ok()?)
    }

    /// The step that decides where the plan can work: the first that costs, else the last.
    fn main(&self) -> Option<&Step> {
        let costs = self
            .0
            .iter()
            .find(|planned| !planned.step.priced.is_empty());
        costs.or(self.0.last()).map(|planned| &planned.step)
    }
}

impl TryFrom<Vec<PlannedStep>> for Plan {
    type Error = PlanError;

    fn try_from(steps: Vec<PlannedStep>) -> Result<Self, PlanError> {
        Self::new(steps)
    }
}

impl From<Plan> for Vec<PlannedStep> {
    fn from(plan: Plan) -> Self {
        plan.0
    }
}

/// The next plan that can work after one failed with this error; `None` if elsewhere is no better.
pub(crate) fn next_place(plans: &[Plan], current: u32, error: &Error) -> Option<u32> {
    if !matches!(
        error.kind,
        ErrorKind::InsufficientCapacity | ErrorKind::QuotaExceeded
    ) {
        return None;
    }
    let failed = plans.get(usize::try_from(current).ok()?)?.main()?;
    let types = |step: &Step| -> Vec<String> {
        step.priced
            .iter()
            .map(|p| p.instance_type.clone())
            .collect()
    };
    let hopeless = |step: &Step| {
        let here = match &error.scope {
            Scope::Provider => true,
            Scope::Region(region) => step.place.region == *region,
            Scope::Zone(zone) => step.place.zone.as_ref() == Some(zone),
            Scope::Request => step.place == failed.place,
        };
        here && types(step) == types(failed)
    };
    let later = plans
        .iter()
        .enumerate()
        .skip(usize::try_from(current).ok()? + 1);
    let mut better = later.filter(|(_, plan)| plan.main().is_some_and(|step| !hopeless(step)));
    better
        .next()
        .and_then(|(index, _)| u32::try_from(index).ok())
}

/// Returns true if a request can be sent again although the outcome of the first is unknown.
pub(crate) fn harmless_again(repetition: &Repetition) -> bool {
    matches!(
        repetition,
        Repetition::SameOutcome | Repetition::RefusedByName
    )
}
