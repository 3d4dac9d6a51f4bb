//! Prices that are 0 or unknown: neither becomes a record.
//!
//! Giving a price another amount shows which records come from it. Then it is 0 or unknown: all prices at once, and one
//! row at a time, where another row's price must not stand in for it.

use crate::harness::amounts::{Amount, Amounts};
use crate::harness::case::{Cases, Spec, Verdict};
use crate::harness::fields::Field;
use crate::harness::mock_cloud::Scenario;
use crate::harness::mutation::{self, Call, Mutation};
use crate::harness::plugin_under_test::Outcome;
use crate::harness::records::{Key, Records};
use crate::harness::replayed::Replayed;
use crate::harness::sample;
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
    let whole = replayed.mutated(changed(&priced, None, Amount::AsItIs)).await;
    let whole = whole.as_ref().map(Records::of).unwrap_or_default();
    let verdict = match paths.is_empty() {
        true => Some(Verdict::unnamed(Field::Prices)),
        false if depending(replayed, &whole, &priced, None).await.is_empty() => Some(
            Verdict::skipped("no price of the catalog depends on a field that is named as one"),
        ),
        false => None,
    };
    for (case, amount) in [(ZERO, Amount::Zero), (UNKNOWN, Amount::Unknown)] {
        match &verdict {
            Some(skipped) => cases.add(case, skipped.clone()),
            None => cases.add(case, each(replayed, &priced, &whole, amount).await),
        }
    }
}

/// Tries all prices, and then row by row.
async fn each(
    replayed: &Replayed<'_>,
    priced: &Priced,
    whole: &Records,
    amount: Amount,
) -> Verdict {
    let rows = priced.iter().enumerate();
    let rows = rows.flat_map(|(at, (_, amounts))| (0..amounts.rows()).map(move |row| (at, row)));
    let rows: Vec<(usize, usize)> = rows.collect();
    let tried = sample(rows.len(), TRIED).map(|at| rows.get(at).copied());
    for row in std::iter::once(None).chain(tried) {
        let depending = depending(replayed, whole, priced, row).await;
        if depending.is_empty() {
            continue;
        }
        let scenario = Scenario::Mutated(changed(priced, row, amount));
        let outcome = replayed.outcome(scenario).await;
        let still = match &outcome {
            Outcome::Listing(listing) => {
                let after = Records::of(listing);
                let Some(key) = depending.into_iter().find(|key| after.has(key)) else {
                    continue;
                };
                format!(", with {key}")
            }
            // The cloud documents a price there, and this is none.
            Outcome::Refused(_) => continue,
            Outcome::Invalid(_) | Outcome::Crashed(_) => String::new(),
        };
        let which = match row.and_then(|(at, _)| priced.get(at)) {
            Some((call, _)) => format!("one price in the answer to {}", call.shown()),
            None => "every price".to_owned(),
        };
        return Verdict::failed(
            format!("the recorded answers with {which} {}", amount.label()),
            format!("{}{still}", outcome.text()),
            "no record of such a price, and the instance types without it",
        );
    }
    Verdict::Passed
}

/// The prices that come from these rows.
async fn depending(
    replayed: &Replayed<'_>,
    whole: &Records,
    priced: &Priced,
    row: Row,
) -> Vec<Key> {
    let other = replayed.mutated(changed(priced, row, Amount::Other)).await;
    let Some(other) = other.as_ref().map(Records::of) else {
        return Vec::new();
    };
    let changed = whole.changed(&other);
    changed
        .filter(|key| key.kind == "prices")
        .cloned()
        .collect()
}

/// Gives the prices of a row this amount. What was unknown has one.
fn changed(priced: &Priced, row: Row, amount: Amount) -> Mutation {
    let priced = priced.clone();
    Box::new(move |call, reply| {
        let mut all = priced.iter().enumerate();
        let Some((at, (_, amounts))) = all.find(|(_, (of, _))| of == call) else {
            return reply;
        };
        let body = match row {
            None => amounts.with(None, amount),
            Some((of, row)) if of == at => amounts.with(Some(row), amount),
            Some(_) => amounts.with(None, Amount::AsItIs),
        };
        mutation::body(move |_| body.clone())(call, reply)
    })
}
