//! Secrets of a request, taken out of its answer.
//!
//! An endpoint that echoes what it got (a debug page, an error that quotes the `Authorization` header) would
//! hand a plugin what the host kept from it. So the values that went into the request are looked for in
//! headers and body, as they are and as URLs and JSON write them, and replaced. A server that means to help
//! the plugin could encode them in a way that nobody looks for; a plugin reaches only servers that the
//! grant names.

use secrecy::{ExposeSecret as _, SecretSlice};
use std::borrow::Cow;

/// What stands in a secret's place.
const MARK: &[u8] = b"[redacted]";
/// Shorter values are words that an answer can contain by itself, and no cloud gives such tokens out.
const SHORTEST: usize = 8;

/// Looks for a fixed set of values, the longest first: a whole header before the signature in it.
pub(super) struct Redactor {
    needles: Vec<SecretSlice<u8>>,
}

impl Redactor {
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let mut needles: Vec<SecretSlice<u8>> = Vec::new();
        for secret in secrets.filter(|secret| secret.len() >= SHORTEST) {
            let in_url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let in_json = secret.replace('/', "\\/");
            for form in [secret.to_owned(), in_url, in_json] {
                let known = |needle: &SecretSlice<u8>| needle.expose_secret() == form.as_bytes();
                if !needles.iter().any(known) {
                    needles.push(form.into_bytes().into());
                }
            }
        }
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.expose_secret().len()));
        Self { needles }
    }

    /// The text without the values; borrowed where there is none.
    pub(super) fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(text);
        for needle in &self.needles {
            if let Some(replaced) = replace(needle.expose_secret(), &text) {
                text = Cow::Owned(replaced);
            }
        }
        text
    }
}

/// The text with [`MARK`] for each `needle`; `None` where there is none.
///
/// Horspool's search: values are long, so most of a body of megabytes is stepped over.
fn replace(needle: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let length = needle.len();
    if text.len() < length {
        return None;
    }
    // How far to step when this byte lies under the window's end.
    let mut steps = [length; 256];
    for (at, byte) in needle.iter().enumerate().take(length.saturating_sub(1)) {
        if let Some(step) = steps.get_mut(usize::from(*byte)) {
            *step = length - 1 - at;
        }
    }
    let mut out = Vec::new();
    let (mut done, mut at) = (0, 0);
    while let Some(window) = text.get(at..at + length) {
        if window == needle {
            out.extend_from_slice(text.get(done..at).unwrap_or_default());
            out.extend_from_slice(MARK);
            at += length;
            done = at;
        } else {
            let last = window.last().copied().unwrap_or_default();
            at += steps.get(usize::from(last)).copied().unwrap_or(1);
        }
    }
    if done == 0 {
        return None;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn clean(secrets: &[&str], text: &str) -> String {
        let redactor = Redactor::new(secrets.iter().copied());
        String::from_utf8(redactor.clean(text.as_bytes()).into_owned()).unwrap()
    }

    #[rstest]
    #[case::none("nothing here", "nothing here")]
    #[case::alone("secret/value+1", "[redacted]")]
    #[case::twice("asecret/value+1secret/value+1b", "a[redacted][redacted]b")]
    #[case::in_url("t=secret%2Fvalue%2B1&x", "t=[redacted]&x")]
    #[case::in_json(r#"{"t":"secret\/value+1"}"#, r#"{"t":"[redacted]"}"#)]
    #[case::at_the_end("xsecret/value+1", "x[redacted]")]
    #[case::cut("secret/value+", "secret/value+")]
    #[case::other_case("SECRET/VALUE+1", "SECRET/VALUE+1")]
    fn found(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(clean(&["secret/value+1"], text), expected);
    }

    #[test]
    fn the_longer_value_goes_first() {
        let whole = "AWS4 Signature=0123456789abcdef";
        assert_eq!(clean(&["0123456789abcdef", whole], whole), "[redacted]");
    }

    #[test]
    fn short_values_are_words() {
        assert_eq!(clean(&["test"], "a test"), "a test");
    }

    proptest! {
        /// The same as replacing by the standard library.
        #[test]
        fn as_str_replace(text in "[ab]{0,80}", secret in "[ab]{12,16}", again in 0usize..3) {
            let text = format!("{text}{}{text}", secret.repeat(again));
            prop_assert_eq!(clean(&[&secret], &text), text.replace(&secret, "[redacted]"));
        }
    }
}
