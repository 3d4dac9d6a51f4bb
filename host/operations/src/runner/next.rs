//! The next thing to do for an operation: a function of what the journal has, so that every worker comes to the same.

use crate::journal::has_come;
use crate::record::{key, makes};
use crate::{OnFailure, Operation, Plan, PlannedStep, Repetition, Row, RowState, State};
use jiff::Timestamp;

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Give a step of the current plan its token.
    Open(u32),
    /// Give the end of what a row made its token.
    Undo(u32),
    /// Send a row.
    Send(u32),
    /// Look for what a row has made.
    Look(u32),
    /// Ask for the state of a running change.
    Poll(u32),
    /// Cancel a running change.
    Cancel(u32),
    /// Give up a row that was never sent.
    Drop(u32),
    /// Draw the consequence of a failed row.
    Fail(u32),
    /// Begin to take back.
    TakeBack,
    /// Go to the end of the way that the operation is on.
    End,
    /// Wait until then; `none`: for the user.
    Wait(Option<Timestamp>),
}

/// Step of a row.
pub(crate) fn planned<'p>(plans: &'p [Plan], row: &Row) -> Option<&'p PlannedStep> {
    plans
        .get(usize::try_from(row.attempt).ok()?)?
        .step(row.step)
}

/// Row of the current plan that made something which is not taken back yet, the latest first.
pub(crate) fn to_take_back<'o>(operation: &'o Operation, plans: &[Plan]) -> Option<&'o Row> {
    let rows = &operation.rows;
    rows.iter().rev().find(|row| {
        let made = planned(plans, row).is_some_and(|planned| makes(planned.step.action));
        let Some(resource) = row.resource().filter(|_| made && row.undo.is_none()) else {
            return false;
        };
        let of_this = |undo: &&Row| {
            let target = undo.undo.as_ref().map(key);
            (undo.attempt, undo.step) == (row.attempt, row.step) && target == Some(key(resource))
        };
        row.attempt == operation.attempt && !rows.iter().any(|other| of_this(&other))
    })
}

/// True if the operation keeps what it made, whatever happens.
fn keeps(operation: &Operation) -> bool {
    let decided = operation.decision == Some(crate::Decision::Keep);
    decided || (operation.decision.is_none() && operation.options.on_failure == OnFailure::Keep)
}

/// Finds the next thing to do.
pub(crate) fn next(operation: &Operation, plans: &[Plan], now: Timestamp) -> Next {
    let back = match operation.state {
        State::Done | State::Failed | State::Cancelled => return Next::Wait(None),
        State::Running | State::Undecided if operation.cancel => return Next::TakeBack,
        State::Reverting if operation.cancel && operation.next.is_some() => return Next::TakeBack,
        state => state == State::Reverting,
    };
    let pending = || operation.rows.iter().filter(|row| !row.state.is_final());
    // What is not needed any more ends at once, not when it is due.
    let unneeded = |row: &&Row| {
        row.undo.is_none()
            && match row.state {
                RowState::Intent => true,
                RowState::Accepted => row.failures == 0 && can_cancel(row, plans),
                _ => false,
            }
    };
    match pending().find(|row| back && unneeded(row)) {
        Some(row) if row.state == RowState::Intent => return Next::Drop(row.seq),
        Some(row) => return Next::Cancel(row.seq),
        None => {}
    }
    if let Some(row) = pending().find(|row| has_come(row.due, now)) {
        return due(row, plans, back);
    }
    let later = pending().map(|row| row.due).min();
    match operation.state {
        State::Undecided => match operation.decision {
            Some(crate::Decision::TakeBack) => Next::TakeBack,
            Some(crate::Decision::Keep) => Next::End,
            None => Next::Wait(None),
        },
        State::Reverting => match (later, to_take_back(operation, plans)) {
            (Some(later), _) => Next::Wait(Some(later)),
            (None, Some(row)) if operation.next.is_some() || !keeps(operation) => {
                Next::Undo(row.seq)
            }
            (None, _) => Next::End,
        },
        _ => forward(operation, plans, later),
    }
}

/// True if a running change can be cancelled, and was not yet.
fn can_cancel(row: &Row, plans: &[Plan]) -> bool {
    !row.cancelled && planned(plans, row).is_some_and(|planned| planned.guarantee.cancellable)
}

/// The next thing to do about a row that is due.
fn due(row: &Row, plans: &[Plan], back: bool) -> Next {
    let guarantee = planned(plans, row).map(|planned| &planned.guarantee);
    let step = row.undo.is_none();
    match row.state {
        RowState::Intent => Next::Send(row.seq),
        // The outcome of a second request is that of the first.
        RowState::Sent | RowState::Recovering
            if !step
                || (!back
                    && !row.refused
                    && guarantee.is_some_and(|g| g.repetition == Repetition::SameOutcome)) =>
        {
            Next::Send(row.seq)
        }
        RowState::Sent | RowState::Recovering | RowState::Settling => Next::Look(row.seq),
        RowState::Accepted if back && step && can_cancel(row, plans) => Next::Cancel(row.seq),
        RowState::Accepted => Next::Poll(row.seq),
        RowState::Done | RowState::Failed => Next::Wait(None),
    }
}

fn forward(operation: &Operation, plans: &[Plan], later: Option<Timestamp>) -> Next {
    let steps = || {
        let current = |row: &&Row| row.attempt == operation.attempt && row.undo.is_none();
        operation.rows.iter().filter(current)
    };
    if let Some(failed) = steps().find(|row| row.state == RowState::Failed) {
        return match later {
            Some(later) => Next::Wait(Some(later)),
            None => Next::Fail(failed.seq),
        };
    }
    let done = |step: &u32| steps().any(|row| row.step == *step && row.state == RowState::Done);
    let plan = usize::try_from(operation.attempt)
        .ok()
        .and_then(|attempt| plans.get(attempt));
    for (index, planned) in (0..).zip(plan.map(Plan::steps).unwrap_or_default()) {
        let begun = steps().any(|row| row.step == index);
        if !begun && planned.step.after.iter().all(done) {
            return Next::Open(index);
        }
    }
    match later {
        Some(later) => Next::Wait(Some(later)),
        None => Next::End,
    }
}
