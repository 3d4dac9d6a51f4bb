//! Prices that are 0 or not told: neither becomes a record.

use super::Replayed;
use super::case::{Cases, PRICE_NULL, PRICE_ZERO, Spec, Verdict};
use super::cloud::Way;
use super::subject::{Outcome, Subject};
use super::twist;
use serde_json::{Value, json};

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    free(subject, replayed, cases, PRICE_ZERO, |old| match old {
        Value::String(_) => json!("0"),
        _ => json!(0),
    })
    .await;
    free(subject, replayed, cases, PRICE_NULL, |_| Value::Null).await;
}

/// Asks where every price in the answers is another value.
async fn free(
    subject: &Subject<'_>,
    replayed: &Replayed<'_>,
    cases: &mut Cases,
    spec: Spec,
    value: fn(&Value) -> Value,
) {
    let changed = move |body: &[u8]| {
        let json = serde_json::from_slice::<Value>(body).ok();
        let priced = json.and_then(|mut json| (priced(&mut json, value) > 0).then_some(json));
        priced.map_or_else(|| body.to_vec(), |json| json.to_string().into_bytes())
    };
    if replayed.bodies().all(|body| changed(body) == body) {
        cases.skip(
            spec,
            "no recorded answer is JSON with a field named price or cost",
        );
        return;
    }
    let way = Way::Twisted(twist::body(changed));
    let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
    let prices = |listing: &[_]| listing.len();
    let before = replayed.listing.prices.as_deref().map_or(0, prices);
    let (outcome, _) = asked.await;
    let kept = match &outcome {
        Outcome::Listing(listing) => {
            let after = listing.prices.as_deref().map_or(0, prices);
            before == 0 || after < before
        }
        // The cloud documents a price there, and this is none.
        Outcome::Refused(_) => true,
        Outcome::Unbelievable(_) | Outcome::Broke(_) => false,
    };
    let verdict = match kept {
        true => Verdict::Passed,
        false => Verdict::failed(
            format!("the recorded answers with every price {}", value(&json!(1))),
            outcome.told(),
            "no record of these prices, and the machines without them",
        ),
    };
    cases.add(spec, verdict);
}

/// Replaces every price; says how many there were.
fn priced(json: &mut Value, value: fn(&Value) -> Value) -> usize {
    match json {
        Value::Array(list) => list.iter_mut().map(|one| priced(one, value)).sum(),
        Value::Object(map) => {
            let fields = map.iter_mut().map(|(name, field)| {
                let name = name.to_ascii_lowercase();
                let scalar = field.is_number() || field.is_string();
                if scalar && (name.contains("price") || name.contains("cost")) {
                    *field = value(field);
                    return 1;
                }
                priced(field, value)
            });
            fields.sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_found_by_their_names() {
        let mut json =
            json!({"a": [{"hourly_price_cents": 5}, {"Cost": "1.5", "price": null}], "vcpus": 2});
        assert_eq!(priced(&mut json, |_| json!(0)), 2);
        let expected =
            json!({"a": [{"hourly_price_cents": 0}, {"Cost": 0, "price": null}], "vcpus": 2});
        assert_eq!(json, expected);
        assert_eq!(priced(&mut json!({"vcpus": 2}), |_| json!(0)), 0);
    }
}
