//! Quoting for a shell.

use cloudhost::contract::is_invisible_or_control;
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
    if text.contains(is_invisible_or_control) {
        return escaped(text);
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// One word, with each character that a terminal does not show as it is in the form that bash, zsh and POSIX of 2024 read.
fn escaped(text: &str) -> String {
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            c if is_invisible_or_control(c) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    word.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    word
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
    #[case("a\nhint: it's\\", r"$'a\012hint: it\'s\\'")]
    #[case("a\u{202e}b", r"$'a\342\200\256b'")]
    fn quoting(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(quoted(Path::new(text)), expected);
    }
}
