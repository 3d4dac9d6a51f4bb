//! Invisible and control characters in untrusted text.

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

/// Escapes text from a plugin for display: control characters escaped, at most 64 characters.
pub fn escape_untrusted(text: &str) -> String {
    let mut out: String = text.escape_debug().take(64).collect();
    if text.chars().nth(64).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::is_invisible_or_control;

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

    #[test]
    fn the_sdk_has_the_same_table() {
        for c in '\0'..=char::MAX {
            let shown = !is_invisible_or_control(c);
            assert_eq!(cloudhost_sdk::is_name(&format!("a{c}")), shown, "{c:?}");
        }
    }
}
