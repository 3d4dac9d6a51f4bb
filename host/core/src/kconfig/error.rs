//! Errors of writing entries as Kconfig.

use std::fmt;

use crate::{AuthorTask, Form, HasRemedy, Remedy};

/// Location in a plugin's response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuLocation {
    /// The response as a whole.
    Response,
    /// A file, by its path as the plugin gave it.
    File(String),
    /// An entry of a file, counted from 1.
    Entry(String, usize),
}

impl fmt::Display for MenuLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response => f.write_str("the plugin's response"),
            Self::File(path) => write!(f, "file {}", excerpt(path)),
            Self::Entry(path, number) => write!(f, "entry {number} of file {}", excerpt(path)),
        }
    }
}

/// Quotes text of a plugin for a terminal: escaped, and cut after 60 characters.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Formats a cycle: `A -> B -> A`. Of a long one, the first symbols.
fn chain(symbols: &[String]) -> String {
    let mut names: Vec<&str> = symbols.iter().map(String::as_str).take(10).collect();
    names.extend((symbols.len() > names.len()).then_some("..."));
    names.extend(symbols.first().map(String::as_str));
    names.join(" -> ")
}

/// Writing entries as Kconfig failed. All but [`KconfigError::Prefix`] are about a plugin's response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KconfigError {
    /// The path could leave the output directory, hide in it, or be read as a pattern.
    #[error("invalid path {} of a generated file: {reason}", excerpt(.path))]
    Path {
        /// The given path.
        path: String,
        /// Reason.
        reason: &'static str,
    },
    /// Two files cannot both exist, for example if their names differ only by case.
    #[error("files {} and {} cannot both be written", excerpt(.first), excerpt(.second))]
    PathConflict {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
    },
    /// The name is not valid for a symbol.
    #[error("{location}: invalid symbol name {}: {reason}", excerpt(.name))]
    Name {
        /// Location.
        location: MenuLocation,
        /// The given name.
        name: String,
        /// Reason.
        reason: &'static str,
    },
    /// The symbol is not the plugin's to define.
    #[error("{location}: the plugin cannot define {symbol}: {reason}")]
    Owner {
        /// Location.
        location: MenuLocation,
        /// The symbol.
        symbol: String,
        /// Reason.
        reason: String,
    },
    /// A symbol decides itself, by its own conditions and those of others.
    #[error("conditions form a cycle, which no Kconfig reader accepts: {}", chain(.symbols))]
    Cycle {
        /// The symbols, each of which depends on the next, and the last one on the first.
        symbols: Vec<String>,
    },
    /// A line of a menu would be empty.
    #[error("{location}: the prompt of {owner} is empty")]
    Prompt {
        /// Location.
        location: MenuLocation,
        /// The symbol, or `the choice`.
        owner: String,
    },
    /// The default has a different type than its symbol, or some reader would change it.
    #[error("{location}: the value {} of {symbol} {reason}", excerpt(.value))]
    Value {
        /// Location.
        location: MenuLocation,
        /// Symbol of the default.
        symbol: String,
        /// The given value.
        value: String,
        /// Reason.
        reason: &'static str,
    },
    /// The condition can never hold.
    #[error("{location}: a condition has an empty list of alternatives and could never hold")]
    Condition {
        /// Location.
        location: MenuLocation,
    },
    /// Blocks do not nest, or an entry is in a block that cannot hold it.
    #[error("{location}: {reason}")]
    Block {
        /// Location.
        location: MenuLocation,
        /// Reason.
        reason: &'static str,
    },
    /// The default of a choice is not one of its symbols.
    #[error("{location}: the choice has the default {}, which is not one of its symbols", excerpt(.symbol))]
    ChoiceDefault {
        /// Location.
        location: MenuLocation,
        /// The given symbol.
        symbol: String,
    },
    /// The file of a `source` is not part of the response, is sourced twice, or sources itself.
    #[error("{location}: cannot source {}: {reason}", excerpt(.path))]
    Source {
        /// Location.
        location: MenuLocation,
        /// The given path.
        path: String,
        /// Reason.
        reason: &'static str,
    },
    /// One name stands for two things, usually because two API names differ only in characters that a symbol cannot
    /// have.
    #[error("the symbol {symbol} has two definitions: {first} and {second}")]
    Collision {
        /// The name.
        symbol: String,
        /// The earlier definition: its prompt, type and location.
        first: String,
        /// The later one.
        second: String,
    },
    /// The response exceeds a limit.
    #[error("{location} has {found} {what}, more than the {limit} that are allowed")]
    Limit {
        /// Counted items.
        what: &'static str,
        /// Location.
        location: MenuLocation,
        /// Their number, or the number at which counting stopped.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The user's prefix of `source` lines would lead readers to different files.
    #[error("invalid prefix {} of `source` lines: {reason}", excerpt(.prefix))]
    Prefix {
        /// The given prefix.
        prefix: String,
        /// Reason.
        reason: &'static str,
    },
}

impl HasRemedy for KconfigError {
    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::Prefix { .. } => Remedy::WriteAs {
                form: Form::SourcePrefix,
            },
            Self::Limit { .. } => Remedy::NarrowFilters,
            _ => Remedy::AskAuthor(AuthorTask::FixDefect { log: false }),
        })
    }
}
