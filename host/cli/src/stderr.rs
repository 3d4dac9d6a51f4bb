//! Lines on stderr, none of which can act on the terminal or pass for another.

use anstream::eprintln;
use cloudhost::contract::is_invisible_or_control;

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

/// Prints the closing line of a run, which is one line whatever its parts quote.
#[allow(clippy::print_stderr)]
pub fn closing(parts: &[String]) {
    eprintln!("{}", one_line(&parts.join("; ")));
}

/// Prints lines, each of which stays one whatever it quotes.
#[allow(clippy::print_stderr)]
pub fn lines(lines: &[String]) {
    for line in lines {
        eprintln!("{}", one_line(line));
    }
}

/// Prints a hint.
#[allow(clippy::print_stderr)]
pub fn advice(hint: &str) {
    let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
    eprintln!("  {cyan}hint{cyan:#}: {}", printable(hint));
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
