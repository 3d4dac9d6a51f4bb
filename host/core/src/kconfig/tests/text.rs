use rstest::rstest;

use super::super::text::{comment, help, prompt};

#[rstest]
#[case("  two\n\t words ", "two words")]
#[case("($0.75/hr)", "(\\$0.75/hr)")]
#[case("$HOME ${HOME} $(HOME)", "＄HOME ＄{HOME} \\$(HOME)")]
#[case("a\0b\u{1b}[31m\u{202e}c", "a\u{fffd}b\u{fffd}[31m\u{fffd}c")]
#[case("\"\\", "\\\"\\\\")]
#[case("\u{a0}\u{2028}x\u{85}", "x")]
fn prompts_are_one_visible_line(#[case] text: &str, #[case] shown: &str) {
    assert_eq!(prompt(text), shown);
}

#[rstest]
#[case("one", &["# one"])]
#[case("one\n\n two\r\n", &["# one", "#", "# two"])]
#[case("one\rconfig A", &["# one config A"])]
#[case("joined \\", &["# joined \\\u{fffd}"])]
#[case("\0", &["# \u{fffd}"])]
#[case("", &[])]
fn comments_stay_comments(#[case] text: &str, #[case] lines: &[&str]) {
    assert_eq!(comment(text).collect::<Vec<_>>(), lines);
}

#[rstest]
#[case("", &[])]
#[case(" \n\t\n\u{a0}\n", &[])]
#[case("one\ntwo", &["one", "two"])]
#[case("\n\n  one\n\n\n \ntwo\n\n", &["one", "", "two"])]
#[case("one\n  - two\n\tthree", &["one", "  - two", "        three"])]
#[case("one\n  \t \tfour", &["one", "                four"])]
#[case("one\r\ntwo\rthree", &["one", "two three"])]
#[case("endif\nconfig A\n\tbool", &["endif", "config A", "        bool"])]
#[case("$HOME \"\\\0", &["$HOME \"\\\u{fffd}"])]
fn help_lines(#[case] text: &str, #[case] lines: &[&str]) {
    assert_eq!(help(text), lines);
}

#[test]
fn help_is_wrapped_between_words() {
    let words = ["word"; 40].join(" ");
    let lines = help(&format!("head\n  {words}"));
    assert!(lines.len() > 3);
    assert!(lines.iter().all(|line| line.chars().count() <= 78));
    assert!(lines[1..].iter().all(|line| line.starts_with("  word")));
    assert_eq!(lines[1..].join(" ").split_whitespace().count(), 40);
    let long = "x".repeat(200);
    assert_eq!(help(&format!("a {long} b")), ["a", long.as_str(), "b"]);
}
