//! Secrets of a request, taken out of its answer.
//!
//! An endpoint that echoes what it got (a debug page, an error that quotes the `Authorization` header) would
//! hand a plugin what signing kept from it. So the values that went into the request are looked for in
//! headers and body, as they are and as URLs and JSON write them, and replaced. A server that means to help
//! the plugin could encode them in a way that nobody looks for; a plugin reaches only servers that the
//! grant names.

use std::borrow::Cow;

/// What stands in a secret's place.
const MARK: &[u8] = b"[redacted]";
/// Shorter values are words that an answer can contain by itself.
const SHORTEST: usize = 12;

/// Looks for a fixed set of values.
pub(super) struct Redactor {
    needles: Vec<Needle>,
}

impl Redactor {
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let mut needles: Vec<Vec<u8>> = Vec::new();
        for secret in secrets.filter(|secret| secret.len() >= SHORTEST) {
            let in_url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let in_json = secret.replace('/', "\\/");
            for form in [secret.to_owned(), in_url, in_json] {
                if !needles.iter().any(|known| known == form.as_bytes()) {
                    needles.push(form.into_bytes());
                }
            }
        }
        // The longest first: a whole header before the signature in it.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        Self {
            needles: needles.into_iter().map(Needle::new).collect(),
        }
    }

    /// The text without the values; borrowed where there is none.
    pub(super) fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(text);
        for needle in &self.needles {
            if let Some(replaced) = needle.replace(&text) {
                text = Cow::Owned(replaced);
            }
        }
        text
    }
}

/// A value and Horspool's table for it: how far to step when the last byte under the window is not its own.
struct Needle {
    bytes: Vec<u8>,
    steps: Box<[usize; 256]>,
}

impl Needle {
    fn new(bytes: Vec<u8>) -> Self {
        let length = bytes.len();
        let mut steps = Box::new([length; 256]);
        for (at, byte) in bytes.iter().enumerate().take(length.saturating_sub(1)) {
            if let Some(step) = steps.get_mut(usize::from(*byte)) {
                *step = length - 1 - at;
            }
        }
        Self { bytes, steps }
    }

    /// Where the value begins at or after `from`.
    fn find(&self, text: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let window = text.get(from..from + self.bytes.len())?;
            if window == self.bytes {
                return Some(from);
            }
            let last = usize::from(*window.last()?);
            from += self.steps.get(last)?;
        }
    }

    fn replace(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut next = self.find(text, 0)?;
        let mut out = Vec::with_capacity(text.len());
        let mut done = 0;
        loop {
            out.extend_from_slice(text.get(done..next).unwrap_or_default());
            out.extend_from_slice(MARK);
            done = next + self.bytes.len();
            match self.find(text, done) {
                Some(at) => next = at,
                None => {
                    out.extend_from_slice(text.get(done..).unwrap_or_default());
                    return Some(out);
                }
            }
        }
    }
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
