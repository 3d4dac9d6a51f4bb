//! Plans, operations, the collector and the doctor, for people.

use super::{known, or_dash};
use crate::print;
use crate::text::age;
use cloudhost_api::{
    Check, Collected, Collection, Doctor, EndedBy, Operation, OperationSummary, Operations, Plan,
    PlannedPrice, Pruned, Resource, money,
};
use comfy_table::Table;

/// A plan as lines: steps, and notes.
pub fn plan(plan: &Plan) -> Vec<String> {
    let account = plan.account.as_ref();
    let account = account.map_or(String::new(), |account| format!(" in account {account}"));
    let mut lines = vec![format!("{}: {}{account}", plan.provider, plan.title)];
    for (number, step) in plan.steps.iter().enumerate() {
        let place = step.zone.as_ref().unwrap_or(&step.region);
        let place = match step.summary.contains(&step.region) {
            true => String::new(),
            false => format!(" in {place}"),
        };
        let id = step.id.as_ref().filter(|id| !step.summary.contains(*id));
        let id = id.map_or(String::new(), |id| format!(" ({id})"));
        lines.push(format!(
            "  {}. {}: {}{id}{place}",
            number + 1,
            step.action,
            step.summary
        ));
    }
    lines.extend(plan_notes(plan));
    lines
}

/// Notes on a plan: other places, cost, end, and what exists.
pub fn plan_notes(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if let [_, others @ ..] = plan.places.as_slice()
        && !others.is_empty()
    {
        let others = others.iter().map(|one| {
            let place = one.zone.as_ref().unwrap_or(&one.region);
            match &one.instance_type {
                Some(name) => format!("{name} in {place}"),
                None => place.clone(),
            }
        });
        let others: Vec<String> = others.collect();
        lines.push(format!(
            "  without capacity there, in this order: {}",
            others.join(", ")
        ));
    }
    lines.extend(price(&plan.price).map(|text| format!("  {text}")));
    if let Some(end) = &plan.end {
        let by = match end.by {
            EndedBy::Cloud => "by the cloud itself",
            EndedBy::Collector => {
                "by `cloudhost gc`, which has to run after that: the cloud cannot end it by itself"
            }
        };
        lines.push(format!("  ends at {} {by}", end.at));
    }
    for one in &plan.exists {
        lines.push(format!(
            "  exists already: {} {} ({}) in {}",
            one.kind,
            one.name,
            one.id,
            one.zone.as_ref().unwrap_or(&one.region)
        ));
    }
    for gap in &plan.missing {
        lines.push(format!("  what exists is unknown in part: {}", gap.message));
    }
    lines
}

/// Cost of a plan; nothing where it has no instances.
fn price(price: &PlannedPrice) -> Option<String> {
    if let Some(why) = &price.unknown {
        return Some(format!("price unknown: {why}"));
    }
    let (hour, month) = (price.hour.as_ref()?, price.month.as_ref()?);
    let less = if price.saved { " less" } else { "" };
    Some(format!(
        "{}{less} an hour, {} a month, without disks and traffic",
        money(hour.nanos, &hour.currency),
        money(month.nanos, &month.currency)
    ))
}

/// Table of a plan's steps, for `--dry-run`.
pub fn planned(record: &Plan) -> Table {
    let mut number = 0;
    let rows = record.steps.iter().map(|step| {
        number += 1;
        vec![
            number.to_string(),
            step.action.clone(),
            step.kind.clone(),
            step.name.clone(),
            step.zone.clone().unwrap_or_else(|| step.region.clone()),
            step.summary.clone(),
        ]
    });
    print::table(
        &["STEP", "ACTION", "KIND", "NAME", "PLACE", "SUMMARY"],
        rows,
    )
}

pub fn operations(record: &Operations) -> Table {
    let row = |one: &OperationSummary| {
        vec![
            one.id.clone(),
            one.provider.clone(),
            one.title.clone(),
            one.state.clone(),
            age(one.created),
            or_dash(&one.error),
        ]
    };
    let header = ["ID", "PROVIDER", "CHANGE", "STATE", "AGE", "ERROR"];
    print::table(&header, record.operations.iter().map(row))
}

pub fn operation(record: &Operation) -> Table {
    let mut number = 0;
    let rows = record.steps.iter().map(|step| {
        number += 1;
        vec![
            number.to_string(),
            step.action.clone(),
            step.kind.clone(),
            step.state.clone(),
            step.resource
                .as_ref()
                .map_or_else(|| "-".to_owned(), |one| one.id.clone()),
            step.attempts.to_string(),
            step.error.clone().unwrap_or_else(|| step.summary.clone()),
        ]
    });
    print::table(
        &[
            "STEP", "ACTION", "KIND", "STATE", "ID", "ATTEMPTS", "DETAILS",
        ],
        rows,
    )
}

pub fn collection(record: &Collection) -> Table {
    let row = |one: &Collected| {
        vec![
            one.provider.clone(),
            one.resource.kind.clone(),
            one.resource.name.clone(),
            one.resource.id.clone(),
            one.why.clone(),
            one.ownership.as_str().to_owned(),
            match (one.ended, &one.error) {
                (_, Some(error)) => error.clone(),
                (Some(true), None) => "ended".to_owned(),
                (Some(false), None) => "not yet".to_owned(),
                (None, None) => "-".to_owned(),
            },
        ]
    };
    let header = ["PROVIDER", "KIND", "NAME", "ID", "WHY", "OWNER", "RESULT"];
    print::table(&header, record.found.iter().map(row))
}

pub fn doctor(record: &Doctor) -> Table {
    let row = |one: &Check| {
        vec![
            one.provider.clone().unwrap_or_else(|| "here".to_owned()),
            one.subject.clone(),
            one.result.as_str().to_owned(),
            one.message.clone(),
        ]
    };
    // Some clouds have hundreds of limits, and report the use of none.
    let used = record.quotas.iter().filter(|one| one.used.is_some());
    let quotas = used.map(|one| {
        let part = format!("{} of {} used", known(one.used), known(one.limit));
        let region = one.region.as_ref();
        let region = region.map_or(String::new(), |region| format!(" in {region}"));
        vec![
            one.provider.clone(),
            format!("quota {}{region}", one.name),
            match (one.used, one.limit) {
                (Some(used), Some(limit)) if used >= limit => "bad",
                (Some(_), Some(_)) => "good",
                _ => "unknown",
            }
            .to_owned(),
            part,
        ]
    });
    let reads = record.reads.iter().flat_map(|one| {
        let row = |request: &String| {
            let subject = "allow for reading".to_owned();
            vec![
                one.provider.clone(),
                subject,
                "-".to_owned(),
                request.clone(),
            ]
        };
        one.requests.iter().map(row).collect::<Vec<_>>()
    });
    print::table(
        &["PROVIDER", "SUBJECT", "RESULT", "DETAILS"],
        record.checks.iter().map(row).chain(quotas).chain(reads),
    )
}

pub fn pruned(record: &Pruned) -> Table {
    let row = |one: &Resource, what: &str| {
        vec![
            one.name.clone(),
            one.id.clone(),
            or_dash(&Some(one.region.clone())),
            what.to_owned(),
        ]
    };
    let deleted = record.deleted.iter().map(|one| row(one, "delete"));
    let left = record.left.iter().map(|one| row(one, "left"));
    print::table(&["NAME", "ID", "REGION", "RULE"], deleted.chain(left))
}
