//! Prices that are 0 or not told: neither becomes a record.
//!
//! Which records come of which price is found out by giving it another amount. Then it is 0 or nothing: all prices at
//! once, and one row at a time, where another row's price must not stand in for it.

mod amounts;

use super::Replayed;
use super::case::{Cases, PRICE_NULL, PRICE_ZERO, Spec, Verdict};
use super::cloud::{Call, Way};
use super::parts::some;
use super::records::{Key, Records};
use super::subject::{Outcome, Subject};
use super::twist::{self, Twist};
pub(super) use amounts::{Amount, Amounts};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows that are tried by themselves.
const TRIED: usize = 16;

/// The answers that have prices, with the requests for them.
type Priced = Arc<Vec<(Call, Amounts)>>;

/// One row of one answer, or all of all.
type Row = Option<(usize, usize)>;

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let mut known = BTreeMap::new();
    let priced = replayed.replies.iter().filter_map(|(call, reply)| {
        let amounts = Amounts::of(&reply.as_ref().ok()?.body, &mut known)?;
        Some((call.clone(), amounts))
    });
    let priced: Priced = Arc::new(priced.collect());
    let whole = catalog(subject, replayed, changed(&priced, None, Amount::AsItIs)).await;
    let other = catalog(subject, replayed, changed(&priced, None, Amount::Other)).await;
    let of = |outcome: Outcome| match outcome {
        Outcome::Listing(listing) => Some(Records::of(&listing)),
        _ => None,
    };
    let (whole, other) = (of(whole), of(other));
    let prices = whole.as_ref().zip(other.as_ref());
    let prices = prices.map_or(0, |(whole, other)| affected(whole, other).len());
    let Some(whole) = whole.filter(|_| prices > 0) else {
        for case in [PRICE_ZERO, PRICE_NULL] {
            cases.skip(
                case,
                "no price of the catalog comes from a number in JSON or XML below a field named price, cost or rate",
            );
        }
        return;
    };
    for (case, amount) in [(PRICE_ZERO, Amount::Zero), (PRICE_NULL, Amount::Unknown)] {
        each(subject, replayed, &priced, &whole, case, amount, cases).await;
    }
}

/// Tries all prices, and then row by row.
async fn each(
    subject: &Subject<'_>,
    replayed: &Replayed<'_>,
    priced: &Priced,
    whole: &Records,
    case: Spec,
    amount: Amount,
    cases: &mut Cases,
) {
    let rows: Vec<Row> = priced
        .iter()
        .enumerate()
        .flat_map(|(at, (_, amounts))| (0..amounts.rows()).map(move |row| Some((at, row))))
        .collect();
    let tried = some(rows.len(), TRIED).filter_map(|at| rows.get(at).copied());
    for row in std::iter::once(None).chain(tried) {
        let other = catalog(subject, replayed, changed(priced, row, Amount::Other)).await;
        let of_it = match &other {
            Outcome::Listing(other) => affected(whole, &Records::of(other)),
            _ => Vec::new(),
        };
        if of_it.is_empty() {
            continue;
        }
        let outcome = catalog(subject, replayed, changed(priced, row, amount)).await;
        let still = match &outcome {
            Outcome::Listing(listing) => {
                let after = Records::of(listing);
                let Some(key) = of_it.into_iter().find(|key| after.has(key)) else {
                    continue;
                };
                format!(", with {key}")
            }
            // The cloud documents a price there, and this is none.
            Outcome::Refused(_) => continue,
            Outcome::Unbelievable(_) | Outcome::Broke(_) => String::new(),
        };
        let did = format!("{}{still}", outcome.told());
        let which = match row.and_then(|(at, _)| priced.get(at)) {
            Some((call, _)) => format!("one price in the answer to {}", call.shown()),
            None => "every price".to_owned(),
        };
        let given = format!("the recorded answers with {which} {}", amount.word());
        let expected = "no record of such a price, and the machines without it";
        cases.add(case, Verdict::failed(given, did, expected));
        return;
    }
    cases.add(case, Verdict::Passed);
}

async fn catalog(subject: &Subject<'_>, replayed: &Replayed<'_>, twist: Twist) -> Outcome {
    let asked = subject.ask_recorded(replayed.recording, Way::Twisted(twist), &replayed.wanted);
    asked.await.0
}

/// The prices that say something else, or are not there any more.
fn affected(whole: &Records, other: &Records) -> Vec<Key> {
    let changed = whole.changed(other);
    changed
        .filter(|key| key.kind == "prices")
        .cloned()
        .collect()
}

/// Answers in which the prices of a row have this amount, and what was not known before has one.
fn changed(priced: &Priced, row: Row, amount: Amount) -> Twist {
    let priced = priced.clone();
    Box::new(move |call, reply| {
        let mut all = priced.iter().enumerate();
        match all.find(|(_, (of, _))| of == call) {
            None => reply,
            Some((at, (_, amounts))) => {
                let rows = match row {
                    None => Some(None),
                    Some((of, row)) if of == at => Some(Some(row)),
                    Some(_) => None,
                };
                let body = match rows {
                    Some(rows) => amounts.with(rows, amount),
                    None => amounts.with(None, Amount::AsItIs),
                };
                twist::body(move |_| body.clone())(call, reply)
            }
        }
    })
}
