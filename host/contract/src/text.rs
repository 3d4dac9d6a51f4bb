//! Untrusted text in messages: invisible and control characters, and its length.

/// Longest quoted name, in characters.
const NAME: usize = 64;
/// Longest quoted message of another program, in characters.
const MESSAGE: usize = 200;

/// Detects a character that is invisible or has an effect: controls, line ends, marks that reorder the text around
/// them, and all that Unicode lists as ignorable (`Default_Ignorable_Code_Point` in its DerivedCoreProperties), with
/// which text looks like other text or carries hidden text. The variation selectors 1 to 16 are not among them, because
/// emoji use them.
///
/// `sdk/src/text.rs` has the same table, because the SDK is standalone: a plugin leaves out what the host would reject.
pub fn is_invisible_or_control(c: char) -> bool {
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

/// Escapes an untrusted name for display: control characters and quotes escaped, at most 64 characters.
pub fn escape_untrusted(text: &str) -> String {
    cut(text.escape_debug(), NAME)
}

/// Shortens a message that quotes untrusted text, such as a parser's: one line of at most 200 characters.
pub fn excerpt(message: &str) -> String {
    let escaped = |c: char| match is_invisible_or_control(c) {
        true => c.escape_default().collect(),
        false => vec![c],
    };
    cut(message.trim_end().chars().flat_map(escaped), MESSAGE)
}

/// Shortens the message of a parser, as [`excerpt`], and puts the line in front where it found the fault: the byte `at` of
/// `text`. A parser's own display shows the whole line, of any length.
pub fn excerpt_at(text: &str, at: Option<usize>, message: &str) -> String {
    let before = at.and_then(|at| text.get(..at));
    match before.map(|before| before.matches('\n').count() + 1) {
        Some(line) => format!("line {line}: {}", excerpt(message)),
        None => excerpt(message),
    }
}

fn cut(mut text: impl Iterator<Item = char>, most: usize) -> String {
    let mut short: String = text.by_ref().take(most).collect();
    if text.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::{escape_untrusted, excerpt, excerpt_at, is_invisible_or_control};

    #[rstest::rstest]
    #[case::control('\u{9b}', true)]
    #[case::soft_hyphen('\u{ad}', true)]
    #[case::arabic_letter_mark('\u{61c}', true)]
    #[case::no_width('\u{200b}', true)]
    #[case::line('\u{2028}', true)]
    #[case::right_to_left('\u{202e}', true)]
    #[case::isolate('\u{2066}', true)]
    #[case::filler('\u{3164}', true)]
    #[case::byte_order('\u{feff}', true)]
    #[case::tag('\u{e0041}', true)]
    #[case::last_tag('\u{e007f}', true)]
    #[case::selector_17('\u{e0100}', true)]
    #[case::emoji('\u{fe0f}', false)]
    #[case::letter('é', false)]
    #[case::arabic('\u{61b}', false)]
    #[case::space(' ', false)]
    #[case::euro('€', false)]
    fn table(#[case] c: char, #[case] expected: bool) {
        assert_eq!(is_invisible_or_control(c), expected);
    }

    #[rstest::rstest]
    #[case::name("a-name", "a-name")]
    #[case::quotes("a\"b", "a\\\"b")]
    #[case::line("a\nb", "a\\nb")]
    #[case::longest(&"x".repeat(64), &"x".repeat(64))]
    #[case::long(&"x".repeat(65), &format!("{}…", "x".repeat(64)))]
    #[case::long_once_escaped(&"\n".repeat(33), &format!("{}…", "\\n".repeat(32)))]
    fn names_are_escaped_and_cut(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(escape_untrusted(text), expected);
    }

    #[rstest::rstest]
    #[case::plain("unknown field `x\"`", "unknown field `x\"`")]
    #[case::last_line("one\n", "one")]
    #[case::lines("one\ntwo\u{1b}[31m\u{202e}", "one\\ntwo\\u{1b}[31m\\u{202e}")]
    #[case::longest(&"é".repeat(200), &"é".repeat(200))]
    #[case::long(&"é".repeat(64 << 10), &format!("{}…", "é".repeat(200)))]
    fn messages_are_one_short_line(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(excerpt(text), expected);
    }

    #[rstest::rstest]
    #[case::first(Some(0), "line 1: wrong")]
    #[case::second(Some(4), "line 2: wrong")]
    #[case::within_a_character(Some(5), "wrong")]
    #[case::nowhere(None, "wrong")]
    fn faults_have_a_line(#[case] at: Option<usize>, #[case] expected: &str) {
        assert_eq!(excerpt_at("one\né\n", at, "wrong"), expected);
    }

    #[test]
    fn the_sdk_has_the_same_table() {
        for c in '\0'..=char::MAX {
            let shown = !is_invisible_or_control(c);
            assert_eq!(cloudhost_sdk::is_name(&format!("a{c}")), shown, "{c:?}");
        }
    }
}
