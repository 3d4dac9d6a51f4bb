//! Patterns of image names: the release and architecture in a name, and the glob that matches this image and its later
//! builds.
//!
//! A pattern is a name with slots. These stay in the glob: `{n}`, a number; `{v}`, a version such as `24.04`; `{w}`, a
//! word of lower case letters and digits; `{a}`, an architecture. These become `*`: `{d}`, a date or build; `{x}`,
//! anything. A character that no value of a menu may have, such as `(`, becomes `?`, which matches any one.

use cloudhost_sdk::is_value;

/// Match of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The texts of `{n}`, `{v}` and `{w}`, in order.
    pub captures: Vec<String>,
    /// The pattern with this name's text in its slots, `*` for `{d}` and `{x}`, and `?`.
    pub glob: String,
}

impl Found {
    /// Fills the template of a release: `{1}` is the first capture.
    pub fn release(&self, template: &str) -> String {
        let numbered = self.captures.iter().enumerate();
        numbered.fold(template.to_owned(), |text, (n, capture)| {
            text.replace(&format!("{{{}}}", n + 1), capture)
        })
    }
}

/// Converts the pattern to the cloud's own name filter.
pub(super) fn filter(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((literal, _, after)) = slot(rest) {
        out.push_str(literal);
        out.push('*');
        rest = after;
    }
    out + rest
}

/// Matches a whole name.
pub(super) fn find(pattern: &str, name: &str) -> Option<Found> {
    let found = matched(pattern, name)?;
    let words: Vec<String> = found.glob.split(' ').map(value).collect();
    Some(Found {
        glob: words.join(" "),
        ..found
    })
}

/// Replaces what a word of a value cannot have by `?`.
fn value(word: &str) -> String {
    word.chars().fold(String::new(), |mut out, c| {
        let fits = is_value(&format!("{out}{c}"));
        out.push(if fits { c } else { '?' });
        out
    })
}

fn matched(pattern: &str, name: &str) -> Option<Found> {
    let Some((literal, slot, pattern)) = slot(pattern) else {
        return (pattern == name).then(|| Found {
            captures: Vec::new(),
            glob: pattern.to_owned(),
        });
    };
    let name = name.strip_prefix(literal)?;
    let longest = name.find(|c| !fits(slot, c)).unwrap_or(name.len());
    (1..=longest).rev().find_map(|end| {
        let (text, after) = name.split_at_checked(end)?;
        if slot == 'a' && !matches!(text, "x86_64" | "amd64" | "arm64" | "aarch64") {
            return None;
        }
        let mut found = matched(pattern, after)?;
        let kept = !matches!(slot, 'd' | 'x');
        found.glob = format!("{literal}{}{}", if kept { text } else { "*" }, found.glob);
        if matches!(slot, 'n' | 'v' | 'w') {
            found.captures.insert(0, text.to_owned());
        }
        Some(found)
    })
}

/// Splits a pattern into the text before the first slot, the slot, and the rest.
fn slot(pattern: &str) -> Option<(&str, char, &str)> {
    let (literal, rest) = pattern.split_once('{')?;
    let (slot, rest) = rest.split_once('}')?;
    Some((literal, slot.chars().next()?, rest))
}

fn fits(slot: char, c: char) -> bool {
    match slot {
        'n' => c.is_ascii_digit(),
        'v' => c.is_ascii_digit() || c == '.',
        'w' => c.is_ascii_lowercase() || c.is_ascii_digit(),
        'a' => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_',
        'd' => c.is_ascii_digit() || matches!(c, '.' | '-' | '_'),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("debian-{n}-{a}-{d}", "debian-12-amd64-20240717-1811", Some(("12", "debian-12-amd64-*")))]
    #[case("debian-{n}-{a}-{d}", "debian-12-backports-amd64-20240717-1811", None)]
    #[case("debian-{n}-{a}-{d}", "debian-12-mips-20240717", None)]
    #[case("A {n}.{n}.{d} {a}", "A 9.4.20240805 x86_64", Some(("9,4", "A 9.4.* x86_64")))]
    #[case("A {n}.{n}.{d} {a}", "A 9.4.20240805.1 x86_64", Some(("9,4", "A 9.4.* x86_64")))]
    #[case("u-{w}-{v}-x", "u-noble-24.04-x", Some(("noble,24.04", "u-noble-24.04-x")))]
    #[case("plain", "plain", Some(("", "plain")))]
    #[case("plain", "plainer", None)]
    #[case("L (U {v}) - {d}", "L (U 22.04) - 2026", Some(("22.04", "L ?U 22.04? ? *")))]
    #[case("f-{n}-hvm-{x}-gp3-0", "f-40-hvm-us-east-1-gp3-0", Some(("40", "f-40-hvm-*-gp3-0")))]
    fn names(#[case] pattern: &str, #[case] name: &str, #[case] found: Option<(&str, &str)>) {
        let got = find(pattern, name).map(|f| (f.captures.join(","), f.glob));
        assert_eq!(got, found.map(|(c, g)| (c.to_owned(), g.to_owned())));
    }

    #[test]
    fn filter_and_release() {
        assert_eq!(filter("a-{n}.{d}-{a}"), "a-*.*-*");
        let found = find("s-{n}-{w}", "s-15-sp6").unwrap();
        assert_eq!(found.release("{1}-{2}"), "15-sp6");
    }
}
