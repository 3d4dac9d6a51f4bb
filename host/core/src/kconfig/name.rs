//! Names: symbols, paths of files, and the prefix of `source` lines.

use super::KconfigError;
use super::text::push_escaped;
use crate::text::acts;

/// Longest name of a symbol.
const MAX_NAME: usize = 128;

/// What keeps `name` from being a symbol.
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

/// Longest path, and longest component, of a generated file. Linux allows 4,096 and 255; the rest is room for the
/// output folder.
const MAX_PATH: usize = 1024;
const MAX_COMPONENT: usize = 200;

/// What keeps `path` from being the path of a generated file below an output folder.
pub(crate) fn path_fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.len() > MAX_PATH {
        return Some("it is longer than 1024 bytes");
    }
    if path.starts_with('/') {
        return Some("it is absolute");
    }
    path.split('/').find_map(|component| {
        if component.is_empty() {
            Some("a component is empty")
        } else if component.starts_with('.') {
            Some("a component begins with a dot")
        } else if component.len() > MAX_COMPONENT {
            Some("a component is longer than 200 bytes")
        } else if !component
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        {
            Some("only A-Z, a-z, 0-9, dot, underscore and hyphen are allowed in a component")
        } else {
            None
        }
    })
}

/// The user's prefix with its `/`, quoted for the inside of a string.
///
/// # Errors
/// Characters that readers expand in the path of a `source`, and only some of them: variables (all but the kernel
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
    if prefix.contains(acts) {
        return fault("it has characters that cannot be seen");
    }
    if prefix.len() > MAX_PATH {
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
