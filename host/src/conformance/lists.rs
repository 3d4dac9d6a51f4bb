//! A cloud that has nothing: every list in its answers is empty.

use super::Replayed;
use super::case::{Cases, EMPTY, Verdict};
use super::cloud::Way;
use super::subject::{Outcome, Subject, told_of};
use super::twist;
use serde_json::Value;

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let bodies = || replayed.bodies();
    if bodies().all(|body| emptied(body) == body) {
        cases.skip(
            EMPTY,
            "the recording has no list that this suite knows: JSON, or XML with <item>",
        );
        return;
    }
    let way = Way::Twisted(twist::body(emptied));
    let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
    let (outcome, calls) = asked.await;
    let kept = match &outcome {
        // What is left is not of these answers, as a list that the plugin also has elsewhere.
        Outcome::Listing(listing) => {
            let left = told_of(listing);
            left == 0 || left < told_of(&replayed.listing)
        }
        // The first list says what everything else is asked about, as the regions of an account: a cloud can be
        // known never to have an empty one.
        Outcome::Refused(_) => calls.len() == 1 && replayed.replies.len() > 1,
        Outcome::Unbelievable(_) | Outcome::Broke(_) => false,
    };
    let verdict = match kept {
        true => Verdict::Passed,
        false => Verdict::failed(
            "the recorded answers with every list empty",
            outcome.told(),
            "a listing with empty lists",
        ),
    };
    cases.add(EMPTY, verdict);
}

/// A body without the items of its lists; the same one where it is neither JSON nor XML.
fn emptied(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut json) => {
            empty(&mut json);
            json.to_string().into_bytes()
        }
        Err(_) => match std::str::from_utf8(body) {
            Ok(text) if text.trim_start().starts_with('<') => without_items(text).into_bytes(),
            _ => body.to_vec(),
        },
    }
}

fn empty(json: &mut Value) {
    match json {
        Value::Array(list) => list.clear(),
        Value::Object(map) if is_list(map) => map.clear(),
        Value::Object(map) => map.values_mut().for_each(empty),
        _ => {}
    }
}

/// Whether an object is a list by names: several objects of the same fields.
fn is_list(map: &serde_json::Map<String, Value>) -> bool {
    let mut fields = map.values().map(|value| {
        let fields = value.as_object()?.keys();
        Some(fields.collect::<Vec<_>>())
    });
    let Some(Some(first)) = fields.next() else {
        return false;
    };
    map.len() > 1 && !first.is_empty() && fields.all(|other| other.as_ref() == Some(&first))
}

/// XML without its outermost elements `<item>`, which is how AWS writes lists.
fn without_items(text: &str) -> String {
    let mut left = String::new();
    let mut depth = 0_usize;
    for (at, piece) in text.split('<').enumerate() {
        let ends = piece.starts_with("/item>");
        if piece.starts_with("item>") {
            depth += 1;
        }
        if depth == 0 {
            if at > 0 {
                left.push('<');
            }
            left.push_str(piece);
        } else if ends {
            depth -= 1;
            // What stands between two elements.
            left.push_str(piece.strip_prefix("/item>").unwrap_or_default());
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"[{"a":1}]"#, "[]")]
    #[case(r#"{"data":[1],"next":null}"#, r#"{"data":[],"next":null}"#)]
    #[case(r#"{"data":{"x":{"a":1},"y":{"a":2}}}"#, r#"{"data":{}}"#)]
    #[case(r#"{"a":{"b":1},"c":{"d":2}}"#, r#"{"a":{"b":1},"c":{"d":2}}"#)]
    #[case(
        "<r><s><item><a/><item>x</item></item><item/></s><t/></r>",
        "<r><s><item/></s><t/></r>"
    )]
    #[case("plain", "plain")]
    fn what_is_left(#[case] body: &str, #[case] left: &str) {
        assert_eq!(String::from_utf8(emptied(body.as_bytes())).unwrap(), left);
    }
}
