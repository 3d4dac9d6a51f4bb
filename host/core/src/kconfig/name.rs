//! Names: symbols, paths of files, and the prefix of `source` lines.

use super::KconfigError;
use super::Options;
use super::kdevops::{CLOUDS, SYMBOLS};
use super::text::push_escaped;
use crate::contract::exports::cloudhost::provider::kconfig::{Dialect, Symbol, SymbolKind};
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

/// Symbols that the plain dialect defines, because no tree around the files does.
const OF_PLAIN: [&str; 2] = ["TARGET_ARCH_X86_64", "TARGET_ARCH_ARM64"];

/// Returns the prefix of the symbols that a plugin of this name may define.
fn own_prefix(plugin: &str) -> String {
    let name = plugin.to_ascii_uppercase().replace('-', "_");
    format!("TERRAFORM_{name}_")
}

/// The symbols that a plugin may define. A symbol has one owner at most: the prefix of a name can be a part of another's
/// (`my`, `my-cloud`), so one that begins with two prefixes is of neither.
pub(super) struct Owner<'a> {
    plain: bool,
    prefix: String,
    /// Names of other plugins, and their prefixes.
    others: Vec<(&'a str, String)>,
}

impl<'a> Owner<'a> {
    pub(super) fn of(options: &'a Options) -> Self {
        let others = options.others.iter().map(String::as_str).chain(CLOUDS);
        let others = others.filter(|other| *other != options.plugin);
        Self {
            plain: options.dialect == Dialect::Plain,
            prefix: own_prefix(&options.plugin),
            others: others.map(|other| (other, own_prefix(other))).collect(),
        }
    }

    /// Returns the reason that the plugin may not define the symbol.
    pub(super) fn fault(&self, symbol: &Symbol) -> Option<String> {
        let (name, prefix) = (symbol.name.as_str(), self.prefix.as_str());
        if self.plain && symbol.kind == SymbolKind::Boolean && OF_PLAIN.contains(&name) {
            return None;
        }
        if !name.starts_with(prefix) || name == prefix {
            return Some(format!("its symbols begin with {prefix}"));
        }
        let rest = name.strip_prefix("TERRAFORM_").unwrap_or_default();
        if SYMBOLS.iter().any(|begin| rest.starts_with(begin)) {
            return Some("it is a symbol of kdevops itself".to_owned());
        }
        let mut others = self.others.iter();
        others
            .find(|(_, prefix)| name.starts_with(prefix))
            .map(|(other, _)| format!("it begins as those of `{other}` do"))
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
