//! Prices that are 0 or unknown: neither becomes a record.
//!
//! A price may have no record, such as that of a type that is not sold. One that has a record loses it: all prices at
//! once, and one row at a time, where another row's price must not stand in for it.

use crate::harness::{
    Amount, Amounts, Call, Cases, Mutation, Outcome, Records, Replayed, Scenario, Spec, Verdict,
    mutation, sample,
};
use std::sync::Arc;

const ZERO: Spec = ("prices.zero", "a price of 0 is never a record");
const UNKNOWN: Spec = ("prices.unknown", "an unknown price has no record");

/// Rows that are tried by themselves.
const TRIED: usize = 16;

/// The responses that have prices, with the requests for them.
type Priced = Arc<Vec<(Call, Amounts)>>;

/// One row of one response, or all of all.
type Row = Option<(usize, usize)>;

pub(super) async fn run(replayed: &Replayed<'_>, cases: &mut Cases) {
    let paths = replayed.fields().prices;
    let priced = Arc::new(Amounts::find(&replayed.replies, &paths));
    for (case, amount) in [(ZERO, Amount::Zero), (UNKNOWN, Amount::Unknown)] {
        let verdict = match paths.is_empty() {
            true => Verdict::unnamed("prices"),
            false => each(replayed, &priced, amount).await,
        };
        cases.add(case, verdict);
    }
}

/// Tries all prices, and then row by row.
async fn each(replayed: &Replayed<'_>, priced: &Priced, amount: Amount) -> Verdict {
    let whole = replayed.mutated(filled(priced, None)).await;
    let whole = whole.as_ref().map(Records::of).unwrap_or_default();
    let rows = priced.iter().enumerate();
    let rows = rows.flat_map(|(at, (_, amounts))| (0..amounts.rows()).map(move |row| (at, row)));
    let rows: Vec<(usize, usize)> = rows.collect();
    let tried = sample(rows.len(), TRIED).map(|at| rows.get(at).copied());
    for row in std::iter::once(None).chain(tried) {
        let mutation = filled(priced, Some((row, amount)));
        let outcome = replayed.outcome(Scenario::Mutated(mutation)).await;
        let still = match &outcome {
            Outcome::Listing(listing) => {
                let after = Records::of(listing);
                let changed = || whole.changed(&after).filter(|key| key.kind == "prices");
                if row.is_none() && changed().next().is_none() {
                    return Verdict::skipped("no price of the catalog comes from a named field");
                }
                let still = changed().find(|key| after.has(key));
                still.map(|key| format!(", with {key}"))
            }
            // The cloud documents a price there, and this is none.
            Outcome::Refused(_) => None,
            Outcome::Invalid(_) | Outcome::Crashed(_) => Some(String::new()),
        };
        let Some(still) = still else {
            continue;
        };
        let which = match row.and_then(|(at, _)| priced.get(at)) {
            Some((call, _)) => format!("one price in the response to {}", call.shown()),
            None => "every price".to_owned(),
        };
        return Verdict::failed(
            format!("the recorded responses with {which} {}", amount.label()),
            format!("{}{still}", outcome.text()),
            "no record of such a price, and the instance types without it",
        );
    }
    Verdict::Passed
}

/// Fills unknown prices in, and then gives those of a row this amount.
fn filled(priced: &Priced, change: Option<(Row, Amount)>) -> Mutation {
    let priced = priced.clone();
    Box::new(move |call, reply| {
        let mut all = priced.iter().enumerate();
        let Some((at, (_, amounts))) = all.find(|(_, (of, _))| of == call) else {
            return reply;
        };
        let body = match change {
            Some((None, amount)) => amounts.with(None, amount),
            Some((Some((of, row)), amount)) if of == at => amounts.with(Some(row), amount),
            _ => amounts.to_bytes(),
        };
        mutation::body(move |_| body.clone())(call, reply)
    })
}
