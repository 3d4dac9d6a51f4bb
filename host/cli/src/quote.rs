//! Quoting for a shell.

use std::path::Path;

/// Quotes a path where a shell needs it.
pub fn quoted(path: &Path) -> String {
    word(&path.to_string_lossy())
}

/// One word, quoted where a shell needs it.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a/b-c.d", "a/b-c.d")]
    #[case("a b", "'a b'")]
    #[case("it's", r"'it'\''s'")]
    #[case(
        "http://127.0.0.1/;touch$IFS/tmp/x;",
        "'http://127.0.0.1/;touch$IFS/tmp/x;'"
    )]
    #[case("", "''")]
    fn quoting(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(quoted(Path::new(text)), expected);
    }
}
