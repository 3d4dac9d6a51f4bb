//! Text from a cloud, made safe to show.

/// Returns the start of a body for an error message: at most 80 characters, with control characters, quotes and invalid
/// UTF-8 escaped, so that a server cannot forge a line of a terminal or a log.
///
/// ```
/// assert_eq!(cloudhost_sdk::excerpt(b"<html>\x1b[31m"), r"<html>\u{1b}[31m");
/// ```
pub fn excerpt(body: &[u8]) -> String {
    const LIMIT: usize = 80;
    let start = body.get(..body.len().min(4 * LIMIT)).unwrap_or_default();
    let mut out = String::new();
    let mut taken = 0;
    'all: for chunk in start.utf8_chunks() {
        let bytes = chunk.invalid().iter().map(|b| format!("\\x{b:02x}"));
        for piece in chunk.valid().chars().map(shown).chain(bytes) {
            if taken + piece.chars().count() > LIMIT {
                break 'all;
            }
            taken += piece.chars().count();
            out.push_str(&piece);
        }
    }
    out
}

fn shown(c: char) -> String {
    match acts(c) && !c.is_control() {
        true => c.escape_unicode().to_string(),
        false => c.escape_debug().to_string(),
    }
}

/// Checks that the host accepts this text as a name or another short text of a record: not blank, at most 256 bytes, no
/// control or invisible characters. One invalid text makes the whole listing unusable: leave its record out, and
/// report a gap.
///
/// ```
/// assert!(cloudhost_sdk::is_name("California, USA"));
/// assert!(!cloudhost_sdk::is_name("gpu\u{1b}[2J"));
/// ```
pub fn is_name(text: &str) -> bool {
    const LIMIT: usize = 256;
    !text.trim().is_empty() && text.len() <= LIMIT && !text.chars().any(acts)
}

/// Checks that the host accepts this text as a value of a menu, and as the name of a region, zone, type or image, which
/// become values: at most 256 bytes of these characters, in words with one blank between them.
///
/// | allowed | names that have it |
/// |---|---|
/// | letters and digits of ASCII, `.`, `_`, `-` | `us-east-1`, `m5.large`, `gpu_1x_a10` |
/// | blank, one between words | `AlmaLinux OS 9.6 x86_64` |
/// | `/` | `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260801` |
/// | `:` | `Canonical:ubuntu-24_04-lts:server:latest` |
/// | `@` | `image@sha256:` |
/// | `+` | versions with a build: `1.31.4+k3s1` |
/// | `,` | places: `California, US` |
/// | `*`, `?` | patterns of names: `debian-13-amd64-*` |
///
/// A word begins with none of `-` `:` `@` `+` `,`, and no component of a path is `.` or `..`, or a pattern of
/// them such as `.?`. Makefiles, shells, Ansible and Terraform read values, and act on everything else. Leave such a
/// record out, and report a gap that names it: the host does the same.
///
/// ```
/// assert!(cloudhost_sdk::is_value("us-west-1"));
/// assert!(!cloudhost_sdk::is_value("$(shell id)"));
/// assert!(!cloudhost_sdk::is_value("here; id"));
/// ```
pub fn is_value(text: &str) -> bool {
    const LIMIT: usize = 256;
    let begins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '*' | '?');
    let allowed = |c: char| begins(c) || matches!(c, ' ' | '-' | ':' | '@' | '+' | ',');
    text.len() <= LIMIT
        && text.chars().all(allowed)
        && text.split(' ').all(|word| word.starts_with(begins))
        && !text
            .split([' ', '/'])
            .any(|part| part.starts_with('.') && part.chars().all(|c| matches!(c, '.' | '*' | '?')))
}

/// Detects control and invisible characters. This table and the rule of [`is_value`] are the host's: their source, and a
/// test that they are equal, are in `host/contract/src/text.rs`.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("gpu_1x_a10", true)]
    #[case("Île-de-France", true)]
    #[case(" ", false)]
    #[case("a\nb", false)]
    #[case("a\u{202e}b", false)]
    #[case("a\u{61c}b", false)]
    #[case("a\u{ad}b", false)]
    #[case("a\u{e0041}b", false)]
    #[case(&"x".repeat(256), true)]
    #[case(&"x".repeat(257), false)]
    fn names(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_name(text), expected);
    }

    use proptest::prelude::*;

    #[test]
    fn control_characters_and_bad_bytes_are_escaped() {
        assert_eq!(excerpt(b"<html>\n\x1b[31m\xff"), r"<html>\n\u{1b}[31m\xff");
    }

    proptest! {
        #[test]
        fn short_and_printable(body in proptest::collection::vec(any::<u8>(), 0..500)) {
            let text = excerpt(&body);
            prop_assert!(text.chars().count() <= 80);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
