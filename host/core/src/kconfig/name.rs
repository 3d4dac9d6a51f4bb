//! Names: symbols, paths of files, and the prefix of `source` lines.

use super::KconfigError;
use super::text::push_escaped;
use crate::contract::is_invisible_or_control;

/// Longest prefix of a `source` line.
const MAX_PREFIX: usize = 1024;
/// Longest name of a symbol.
const MAX_NAME: usize = 128;

/// Returns the reason that `name` is not a valid symbol.
pub(super) fn symbol_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > MAX_NAME {
        Some("it is longer than 128 characters")
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        Some("it starts with a digit")
    } else if !name
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    {
        Some("only A-Z, 0-9 and _ are allowed")
    } else {
        None
    }
}

/// Quotes the user's prefix, with its `/`, for the inside of a string.
///
/// # Errors
/// When it has characters that some readers expand in the path of a `source`: variables (all but the kernel
/// even where `$` is escaped) and patterns (kconfiglib).
pub(crate) fn source_prefix(prefix: &str) -> Result<String, KconfigError> {
    let fault = |reason| {
        Err(KconfigError::Prefix {
            prefix: prefix.to_owned(),
            reason,
        })
    };
    if prefix.contains('$') {
        return fault("readers disagree about `$` in a path");
    }
    if prefix.contains(['*', '?', '[']) {
        return fault("some readers take `*`, `?` and `[` for patterns");
    }
    if prefix.contains(is_invisible_or_control) {
        return fault("it has invisible characters");
    }
    if prefix.len() > MAX_PREFIX {
        return fault("it is longer than 1024 bytes");
    }
    if prefix.is_empty() {
        return Ok(String::new());
    }
    let mut quoted = String::with_capacity(prefix.len() + 1);
    prefix
        .trim_end_matches('/')
        .chars()
        .for_each(|c| push_escaped(&mut quoted, c));
    quoted.push('/');
    Ok(quoted)
}
