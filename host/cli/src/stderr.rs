//! Lines on stderr, none of which can act on the terminal or pass for another.

use cloudhost::contract::is_invisible_or_control;
use std::fmt::Display;
use std::io::Write as _;

/// The last guard: an error can quote a plugin, a cloud or a file. Characters that would act on the terminal are shown
/// as escapes; further lines stand under the first one, so that none of them looks like a message of its own.
pub fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' => "\n        ".chars().collect(),
        c if is_invisible_or_control(c) => c.escape_default().collect(),
        c => vec![c],
    };
    text.chars().flat_map(shown).collect()
}

/// Prints a line. A stderr that takes nothing, such as a full disk, does not change the result.
pub fn line(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints the closing line of a run, which is one line whatever its parts quote.
pub fn closing(parts: &[String]) {
    line(one_line(&parts.join("; ")));
}

/// Prints lines, each of which stays one whatever it quotes.
pub fn lines(lines: &[String]) {
    for text in lines {
        line(one_line(text));
    }
}

/// Prints a hint.
pub fn advice(hint: &str) {
    let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
    line(format_args!("  {cyan}hint{cyan:#}: {}", printable(hint)));
}

fn one_line(text: &str) -> String {
    printable(&text.replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::{one_line, printable};

    #[rstest::rstest]
    #[case("a\u{1b}[2J\u{9b}31m", r"a\u{1b}[2J\u{9b}31m")]
    #[case("a\r\nerror: forged", "a\\r\n        error: forged")]
    #[case("a\u{202e}b\u{2066}\u{2028}", r"a\u{202e}b\u{2066}\u{2028}")]
    #[case("région 漢", "région 漢")]
    fn nothing_acts_on_the_terminal(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(printable(text), expected);
        assert!(!one_line(text).contains('\n'));
    }
}
