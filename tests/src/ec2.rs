//! The part of EC2's query protocol that a proxy needs: region, action and page.

use crate::http::Message;

/// Returns the region of a request from the scope of its signature, as EC2's front end and moto do.
pub(crate) fn region(request: &Message) -> Option<String> {
    let (_, scope) = request.header("authorization")?.split_once("Credential=")?;
    scope.split('/').nth(2).map(str::to_owned)
}

/// Decodes the fields of a form.
pub(crate) fn fields(body: &[u8]) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(body);
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Returns one field of a form.
pub(crate) fn field(body: &[u8], name: &str) -> Option<String> {
    fields(body)
        .into_iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value)
}

fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let hex: Vec<u8> = bytes.by_ref().take(2).collect();
                let code = std::str::from_utf8(&hex)
                    .ok()
                    .and_then(|h| u8::from_str_radix(h, 16).ok());
                out.push(code.unwrap_or(b'?'));
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Removes the page fields of a request, so that the response has the whole list.
pub(crate) fn unpaged(request: &Message) -> Message {
    let body = String::from_utf8_lossy(&request.body);
    let kept = body
        .split('&')
        .filter(|pair| !pair.starts_with("NextToken=") && !pair.starts_with("MaxResults="));
    let kept: Vec<&str> = kept.collect();
    Message {
        body: kept.join("&").into_bytes(),
        ..request.clone()
    }
}

/// Replaces a value of a request.
pub(crate) fn renamed(request: &Message, from: &str, to: &str) -> Message {
    let encoded = |text: &str| {
        let encode = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        };
        text.bytes().map(encode).collect::<String>()
    };
    let body = String::from_utf8_lossy(&request.body);
    Message {
        body: body.replace(&encoded(from), &encoded(to)).into_bytes(),
        ..request.clone()
    }
}

/// Adds a token that announces another page to a response.
pub(crate) fn with_token(body: &str, token: &str) -> String {
    let end = body.rfind("</").unwrap_or(body.len());
    let (front, back) = body.split_at(end);
    format!("{front}<nextToken>{token}</nextToken>{back}")
}

/// Returns page `number` of a response's first list, with `size` items per page, and whether another follows.
pub(crate) fn page(body: &str, size: usize, number: usize) -> (String, bool) {
    let items = items(body);
    let (Some(&(start, _)), Some(&(_, end))) = (items.first(), items.last()) else {
        return (body.to_owned(), false);
    };
    let shown = items.iter().skip(number * size).take(size);
    let shown: String = shown.filter_map(|&(from, to)| body.get(from..to)).collect();
    let front = body.get(..start).unwrap_or_default();
    let back = body.get(end..).unwrap_or_default();
    (
        format!("{front}{shown}{back}"),
        (number + 1) * size < items.len(),
    )
}

/// Returns the byte ranges of the items of the first list. Nested items belong to the outer one.
fn items(body: &str) -> Vec<(usize, usize)> {
    let (mut found, mut depth, mut start, mut at) = (Vec::new(), 0_usize, 0, 0);
    while let Some(rest) = body.get(at..) {
        let Some(next) = rest.find('<') else { break };
        let tag = rest.get(next..).unwrap_or_default();
        if tag.starts_with("<item>") {
            if depth == 0 {
                start = at + next;
            }
            depth += 1;
        } else if tag.starts_with("</item>") {
            depth -= 1;
            if depth == 0 {
                found.push((start, at + next + "</item>".len()));
            }
        } else if tag.starts_with("</") && depth == 0 && !found.is_empty() {
            break;
        }
        at += next + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "<R><s><item><a/><t><item>x</item></t></item>\n<item>2</item><item>3</item></s><o><item>n</item></o></R>";

    #[test]
    fn pages_split_the_outer_list_only() {
        assert_eq!(
            page(LIST, 2, 0),
            ("<R><s><item><a/><t><item>x</item></t></item><item>2</item></s><o><item>n</item></o></R>".into(), true)
        );
        assert_eq!(
            page(LIST, 2, 1),
            (
                "<R><s><item>3</item></s><o><item>n</item></o></R>".into(),
                false
            )
        );
        assert_eq!(page("<R><s/></R>", 2, 0), ("<R><s/></R>".into(), false));
    }

    #[test]
    fn a_token_is_the_last_element() {
        assert_eq!(
            with_token("<R><s/></R>\n", "t"),
            "<R><s/><nextToken>t</nextToken></R>\n"
        );
    }

    #[test]
    fn form_fields_are_decoded() {
        let body = b"Action=DescribeImages&Filter.1.Value.1=debian-13%2A&Note=a+b";
        assert_eq!(field(body, "Action").as_deref(), Some("DescribeImages"));
        assert_eq!(
            field(body, "Filter.1.Value.1").as_deref(),
            Some("debian-13*")
        );
        assert_eq!(field(body, "Note").as_deref(), Some("a b"));
        assert_eq!(field(body, "Missing"), None);
    }
}
