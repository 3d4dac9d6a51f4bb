//! Escapes of ordinary text: URLs, JSON and scripts, HTML and XML.
//!
//! Nested escapes, such as a URL inside a URL or JSON inside JSON, are decoded to the end.

use std::ops::Range;

/// Most levels of nesting of one kind of escape.
const DEEPEST: usize = 3;

/// Named entities of HTML and XML for characters that a secret can hold.
const NAMED: [(&[u8], u8); 5] = [
    (b"&amp;", b'&'),
    (b"&apos;", b'\''),
    (b"&gt;", b'>'),
    (b"&lt;", b'<'),
    (b"&quot;", b'"'),
];

/// Reports whether an escape can begin with this byte.
fn can_begin(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// The most bytes of one escape: seven backslashes and `u002f`.
const WIDEST: usize = (1 << DEEPEST) - 1 + 5;

/// The parts of a text that can hold an escaped value of at most this many characters.
pub(super) fn near(text: &[u8], longest: usize) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        if can_begin(*byte) {
            let (start, end) = (at.saturating_sub(longest), at + WIDEST + longest);
            match parts.last_mut() {
                Some(last) if start <= last.end => last.end = end,
                _ => parts.push(start..end),
            }
        }
    }
    if let Some(last) = parts.last_mut() {
        last.end = last.end.min(text.len());
    }
    parts
}

/// The first character of a text, and the number of bytes that stand for it; a byte that begins no escape is itself.
/// `None` at the end.
fn first(text: &[u8]) -> Option<(u8, usize)> {
    let byte = *text.first()?;
    let escape = match byte {
        b'%' => percent(text),
        b'\\' => backslash(text),
        b'&' => reference(text),
        _ => None,
    };
    Some(escape.unwrap_or((byte, 1)))
}

/// `%2F`, in either case, and `%252F`.
fn percent(text: &[u8]) -> Option<(u8, usize)> {
    let mut at = 1;
    for _ in 1..DEEPEST {
        let inner = text.get(at..at + 2) == Some(b"25".as_slice());
        if !inner || text.get(at + 2..at + 4).and_then(hex).is_none() {
            break;
        }
        at += 2;
    }
    Some((hex(text.get(at..at + 2)?)?, at + 2))
}

/// `\u002f`, `\x2f`, `\/`, `\"` and `\\`, behind any of the backslashes that JSON inside JSON has.
fn backslash(text: &[u8]) -> Option<(u8, usize)> {
    let most = (1 << DEEPEST) - 1;
    let run = text.iter().take(most).take_while(|byte| **byte == b'\\');
    let run = run.count();
    let digits = |from: usize, count: usize| {
        let value = hex(text.get(run + from..run + from + count)?)?;
        Some((value, run + from + count))
    };
    match text.get(run) {
        Some(b'u') => digits(1, 4),
        Some(b'x') => digits(1, 2),
        Some(byte @ (b'/' | b'"' | b'\'')) => Some((*byte, run + 1)),
        _ => None,
    }
    .or(Some((b'\\', run)))
}

/// `&#47;`, `&#x2F;`, and the named entities.
fn reference(text: &[u8]) -> Option<(u8, usize)> {
    if let Some((name, byte)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*byte, name.len()));
    }
    let digits = text.strip_prefix(b"&#")?.get(..8.min(text.len() - 2))?;
    let end = digits.iter().position(|byte| *byte == b';')?;
    let digits = digits.get(..end)?;
    let value = match digits {
        [b'x' | b'X', digits @ ..] => hex(digits)?,
        _ => std::str::from_utf8(digits).ok()?.parse().ok()?,
    };
    Some((value, 2 + end + 1))
}

/// The byte of these hexadecimal digits, if valid.
fn hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u8::from_str_radix(plain.then_some(digits)?, 16).ok()
}

/// The decoded text.
pub(super) fn read(text: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    loop {
        let plain = rest.iter().position(|byte| can_begin(*byte));
        let (plain, escape) = rest.split_at(plain.unwrap_or(rest.len()));
        out.extend_from_slice(plain);
        let Some((byte, width)) = first(escape) else {
            return out;
        };
        out.push(byte);
        rest = escape.get(width..).unwrap_or_default();
    }
}

/// Maps places in the decoded text to places in the text; they are in order and do not overlap.
pub(super) fn places(text: &[u8], read: Vec<Range<usize>>) -> impl Iterator<Item = Range<usize>> {
    let (mut at, mut characters) = (0, 0);
    let mut place = move |character: usize| {
        while characters < character {
            let width = text.get(at..).and_then(first).map_or(1, |(_, width)| width);
            at += width;
            characters += 1;
        }
        at
    };
    read.into_iter()
        .map(move |read| place(read.start)..place(read.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::none("a=b/c", "a=b/c")]
    #[case::url("%2F%2f%3d", "//=")]
    #[case::url_in_url("%252F%25252f", "//")]
    #[case::no_url("100% %2 %zz %", "100% %2 %zz %")]
    #[case::percent_itself("%25 %2525", "% %")]
    #[case::json(r#"\u003d\u002F\/\"\\"#, r#"=//"\"#)]
    #[case::json_in_json(r#"\\u003d\\\/\\\""#, r#"=/""#)]
    #[case::script(r"\x2f\x3D", "/=")]
    #[case::no_json(r"\n \u12 \u0123", r"\n \u12 \u0123")]
    #[case::xml("&#61;&#x2F;&#X2f;&amp;&quot;", "=//&\"")]
    #[case::no_xml("&#; &#x; &#999; &#61 &so; &", "&#; &#x; &#999; &#61 &so; &")]
    fn forms(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(String::from_utf8(read(text.as_bytes())).unwrap(), expected);
    }

    proptest! {
        /// Nothing is skipped and nothing is read twice.
        #[test]
        fn any_text(text in r"[%\\&#;ux/25aA\x00-\xff]{0,60}") {
            let text = text.as_bytes();
            let mut at = 0;
            while let Some((_, width)) = first(&text[at..]) {
                prop_assert!(width >= 1);
                at += width;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
