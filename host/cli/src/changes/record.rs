//! Records of plans and operations, from the engine's types.

use cloudhost::changes::{
    HOURS_A_MONTH, Operation, Plan, PlanPrice, Row, RowState, State, Summary,
};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::resources::{Priced, Step};
use cloudhost::host::describe;
use cloudhost_api::{
    Money, OperationStep, OperationSummary, PlannedPlace, PlannedPrice, PlannedStep, Resource,
};

/// One step of a plan.
pub fn step(step: &Step) -> PlannedStep {
    PlannedStep {
        action: step.action.as_str().to_owned(),
        kind: step.kind.as_str().to_owned(),
        id: step.id.clone(),
        name: step.name.clone(),
        region: step.place.region.clone(),
        zone: step.place.zone.clone(),
        summary: step.summary.clone(),
    }
}

/// Place of a plan: that of the step that costs, else of the last one.
pub fn place(steps: &[Step]) -> Option<PlannedPlace> {
    let costs = steps.iter().find(|step| !step.priced.is_empty());
    let step = costs.or(steps.last())?;
    Some(PlannedPlace {
        region: step.place.region.clone(),
        zone: step.place.zone.clone(),
        instance_type: step
            .priced
            .first()
            .map(|priced: &Priced| priced.instance_type.clone()),
    })
}

/// Cost of a plan.
pub fn price(price: &PlanPrice) -> PlannedPrice {
    let amount = |nanos: i128, currency: &String| Money {
        nanos: u64::try_from(nanos.unsigned_abs()).unwrap_or(u64::MAX),
        currency: currency.clone(),
    };
    match price {
        PlanPrice::Known { nanos, currency } => PlannedPrice {
            hour: Some(amount(*nanos, currency)),
            month: Some(amount(nanos.saturating_mul(HOURS_A_MONTH), currency)),
            saved: *nanos < 0,
            unknown: None,
        },
        PlanPrice::Nothing => PlannedPrice {
            hour: None,
            month: None,
            saved: false,
            unknown: None,
        },
        PlanPrice::Unknown(why) => PlannedPrice {
            hour: None,
            month: None,
            saved: false,
            unknown: Some(why.clone()),
        },
    }
}

/// A line of the list of operations.
pub fn summary(of: Summary) -> OperationSummary {
    OperationSummary {
        id: of.id.to_string(),
        provider: of.account.provider,
        title: of.title,
        state: state(of.state).to_owned(),
        created: of.created,
        error: of.error.as_ref().map(describe),
    }
}

/// An operation with its steps: those of the plan that is carried out, and what is taken back.
pub fn operation(of: &Operation, plans: &[Plan]) -> cloudhost_api::Operation {
    let mut steps = Vec::new();
    for (attempt, plan) in plans.iter().enumerate() {
        let of_plan = |row: &&Row| usize::try_from(row.attempt).is_ok_and(|one| one == attempt);
        let current = usize::try_from(of.attempt).is_ok_and(|one| one == attempt);
        let rows: Vec<&Row> = of.rows.iter().filter(of_plan).collect();
        for (index, planned) in plan.steps().iter().enumerate() {
            let of_step = |row: &&&Row| usize::try_from(row.step).is_ok_and(|one| one == index);
            let mut own = rows.iter().filter(of_step).peekable();
            if own.peek().is_none() && current {
                steps.push(one(&planned.step, None));
            }
            steps.extend(own.map(|row| one(&planned.step, Some(row))));
        }
    }
    cloudhost_api::Operation {
        id: of.id.to_string(),
        provider: of.account.provider.clone(),
        account: Some(of.account.identity.clone()),
        title: of.title.clone(),
        state: state(of.state).to_owned(),
        created: of.created,
        ends_at: of.options.ends_at,
        steps,
        error: of.error.as_ref().map(describe),
        notes: of.notes.clone(),
    }
}

fn one(step: &Step, row: Option<&Row>) -> OperationStep {
    let undo = row.is_some_and(|row| row.undo.is_some());
    OperationStep {
        action: match undo {
            true => "take back".to_owned(),
            false => step.action.as_str().to_owned(),
        },
        kind: step.kind.as_str().to_owned(),
        summary: step.summary.clone(),
        state: row.map_or("ready", |row| row_state(row.state)).to_owned(),
        attempts: row.map_or(0, |row| row.sends),
        resource: row.and_then(Row::resource).map(Resource::from),
        error: row.and_then(|row| row.error.as_ref()).map(describe),
    }
}

/// Steps that have begun, one line each.
pub fn progress(of: &Operation, plans: &[Plan]) -> Vec<String> {
    let line = |step: &OperationStep, phase: Option<String>| {
        let id = step.resource.as_ref();
        let id = id.map_or(String::new(), |one| format!(" {}", one.id));
        let phase = phase.map_or(String::new(), |phase| format!(", {phase}"));
        format!(
            "{} {}: {}{id}{phase}",
            step.action, step.summary, step.state
        )
    };
    let rows = of.rows.iter().filter_map(|row| {
        let plan = plans.get(usize::try_from(row.attempt).ok()?)?;
        let planned = plan.steps().get(usize::try_from(row.step).ok()?)?;
        let phase = row.progress.as_ref().map(|progress| progress.phase.clone());
        let phase = phase.filter(|_| row.state == RowState::Accepted);
        Some(line(&one(&planned.step, Some(row)), phase))
    });
    rows.collect()
}

/// Label of a state.
pub fn state(state: State) -> &'static str {
    let found = State::LABELS.iter().find(|(one, _)| *one == state);
    found.map_or("unknown", |(_, label)| label)
}

fn row_state(state: RowState) -> &'static str {
    let found = RowState::LABELS.iter().find(|(one, _)| *one == state);
    found.map_or("unknown", |(_, label)| label)
}

/// A line of a list, from the whole operation.
pub fn line(of: &Operation) -> OperationSummary {
    OperationSummary {
        id: of.id.to_string(),
        provider: of.account.provider.clone(),
        title: of.title.clone(),
        state: state(of.state).to_owned(),
        created: of.created,
        error: of.error.as_ref().map(describe),
    }
}
