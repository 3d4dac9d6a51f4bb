//! Texts of a result: the rules for a field, and how an untrusted text is shown.

use super::AnswerError;
use crate::contract::is_invisible_or_control;

/// Longest name or other short text, in bytes. The longest real ones are AMI names, at most 128.
const NAME: usize = 256;
/// Longest message that is stored, in characters.
const MESSAGE: usize = 1_000;

/// Rejects an empty text, a long one, and one with invisible or control characters.
pub(super) fn name(
    owner: impl Fn() -> String,
    field: &'static str,
    value: &str,
) -> Result<(), AnswerError> {
    if value.trim().is_empty() {
        return Err(AnswerError::Empty {
            field,
            owner: owner(),
        });
    }
    if value.len() > NAME {
        return Err(AnswerError::TooLong {
            field,
            owner: owner(),
            length: value.len(),
            limit: NAME,
        });
    }
    // Nearly all texts are plain ASCII, and a catalog has 150,000.
    let plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !plain && value.chars().any(is_invisible_or_control) {
        return Err(AnswerError::Control {
            field,
            owner: owner(),
            value: quoted(value),
        });
    }
    Ok(())
}

/// Checks a text that may be absent.
pub(super) fn optional(
    owner: impl Fn() -> String,
    field: &'static str,
    value: &Option<String>,
) -> Result<(), AnswerError> {
    value
        .as_deref()
        .map_or(Ok(()), |value| name(owner, field, value))
}

/// Makes any text safe for one line of a terminal: an invisible or control character becomes a space, and a long text
/// ends with `…`.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| if is_invisible_or_control(c) { ' ' } else { c };
    let mut clean: String = text.trim().chars().take(MESSAGE).map(shown).collect();
    if text.trim().chars().nth(MESSAGE).is_some() {
        clean.push('…');
    }
    clean
}

/// Quotes, escapes and shortens a text for an error message.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    format!(
        "{short:?}{}",
        if short.len() < text.len() { "…" } else { "" }
    )
}
