//! The rows of the lists in a body that is JSON, or XML as AWS writes it.

use serde_json::Value;

/// A body without the items of its lists; the same one where it is neither JSON nor XML.
pub(super) fn emptied(body: &[u8]) -> Vec<u8> {
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
pub(super) fn is_list(map: &serde_json::Map<String, Value>) -> bool {
    let mut fields = map.values().map(|value| {
        let fields = value.as_object()?.keys();
        Some(fields.collect::<Vec<_>>())
    });
    let Some(Some(first)) = fields.next() else {
        return false;
    };
    map.len() > 1 && !first.is_empty() && fields.all(|other| other.as_ref() == Some(&first))
}

/// A body with the items of another one's lists behind its own; `None` where that has no list of the same place.
pub(super) fn joined(body: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let json = serde_json::from_slice::<Value>(body).ok();
    if let Some((mut json, other)) = json.zip(serde_json::from_slice(other).ok()) {
        return join(&mut json, other).then(|| json.to_string().into_bytes());
    }
    let (text, other) = (
        std::str::from_utf8(body).ok()?,
        std::str::from_utf8(other).ok()?,
    );
    let from = other.find("<item>")?;
    let to = other.rfind("</item>")? + "</item>".len();
    let (before, rest) = text.split_at_checked(text.find("<item>")?)?;
    Some([before, other.get(from..to)?, rest].concat().into_bytes())
}

fn join(json: &mut Value, other: Value) -> bool {
    match (json, other) {
        (Value::Array(list), Value::Array(more)) => {
            list.extend(more);
            true
        }
        (Value::Object(map), Value::Object(more)) if is_list(map) => {
            map.extend(more);
            true
        }
        (Value::Object(map), Value::Object(more)) => {
            let mut any = false;
            for (name, more) in more {
                any |= map.get_mut(&name).is_some_and(|field| join(field, more));
            }
            any
        }
        _ => false,
    }
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

    #[rstest]
    #[case(
        r#"{"l":[1],"n":2}"#,
        r#"{"l":[2,3],"n":null}"#,
        Some(r#"{"l":[1,2,3],"n":2}"#)
    )]
    #[case(
        r#"{"l":{"x":{"a":1},"y":{"a":2}}}"#,
        r#"{"l":{"z":{"a":3}}}"#,
        Some(r#"{"l":{"x":{"a":1},"y":{"a":2},"z":{"a":3}}}"#)
    )]
    #[case(r#"{"l":[1]}"#, r#"{"m":[1]}"#, None)]
    #[case(
        "<r><item>1</item></r>",
        "<r><item>2</item><item>3</item></r>",
        Some("<r><item>2</item><item>3</item><item>1</item></r>")
    )]
    #[case("<r/>", "<r><item>2</item></r>", None)]
    fn rows_of_another_page(#[case] body: &str, #[case] other: &str, #[case] both: Option<&str>) {
        let found = joined(body.as_bytes(), other.as_bytes());
        let found = found.map(|body| String::from_utf8(body).unwrap());
        assert_eq!(found.as_deref(), both);
    }
}
