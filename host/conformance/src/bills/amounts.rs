//! The amounts of a bill: each counts, and one that is not told is an error.

use super::{Asking, Billed, TRIED};
use crate::case::{BILLS_SUMS, BILLS_UNKNOWN, Cases, Verdict};
use crate::cloud::{Call, Reply};
use crate::parts::some;
use crate::prices::{Amount, Amounts};
use crate::twist;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) async fn run(
    asking: &Asking<'_>,
    whole: &Billed,
    replies: &[(Call, Reply)],
    cases: &mut Cases,
) {
    let mut known = BTreeMap::new();
    let mut all = Vec::new();
    for (call, reply) in replies {
        let body = reply.as_ref().map_or([].as_slice(), |answer| &answer.body);
        if let Some(amounts) = Amounts::of(body, &mut known) {
            let rows = 0..amounts.rows();
            let amounts = Arc::new(amounts);
            all.extend(rows.map(|row| (call.clone(), amounts.clone(), row)));
        }
    }
    // An amount that changes no sum is none of a charge, unless others of its form are.
    let (mut counting, mut idle) = (Vec::new(), Vec::new());
    for at in some(all.len(), TRIED) {
        let Some((call, amounts, row)) = all.get(at) else {
            continue;
        };
        let billed = with(asking, call, amounts, *row, Amount::Other).await;
        match billed.sums() == whole.sums() {
            true => idle.push((call, amounts.shape(*row))),
            false => counting.push((call, amounts, *row)),
        }
    }
    if counting.is_empty() {
        for case in [BILLS_SUMS, BILLS_UNKNOWN] {
            cases.skip(
                case,
                "no charge comes from a number in JSON or XML below a field named price, cost or rate",
            );
        }
        return;
    }
    let shapes: BTreeSet<String> = counting
        .iter()
        .map(|(_, amounts, row)| amounts.shape(*row))
        .collect();
    let lost = idle.iter().find(|(_, shape)| shapes.contains(shape));
    cases.add(
        BILLS_SUMS,
        match lost {
            None => Verdict::Passed,
            Some((call, _)) => Verdict::failed(
                format!("another amount in the answer to {}", call.shown()),
                "it gave the same sums",
                "sums of all amounts",
            ),
        },
    );
    let mut verdict = Verdict::Passed;
    for (call, amounts, row) in counting {
        let billed = with(asking, call, amounts, row, Amount::Unknown).await;
        if !matches!(billed, Billed::Refused(_)) {
            let given = format!(
                "one amount that is not told, in the answer to {}",
                call.shown()
            );
            let expected = "an error: a bill that lacks a charge, or has it as 0, is no bill";
            verdict = Verdict::failed(given, billed.told(), expected);
            break;
        }
    }
    cases.add(BILLS_UNKNOWN, verdict);
}

async fn with(
    asking: &Asking<'_>,
    call: &Call,
    amounts: &Amounts,
    row: usize,
    amount: Amount,
) -> Billed {
    let body = amounts.with(Some(row), amount);
    let other = twist::body(move |_| body.clone());
    asking.twisted(twist::only(call.clone(), other)).await
}
