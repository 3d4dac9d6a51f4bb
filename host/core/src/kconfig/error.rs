//! Why entries could not be written as Kconfig.

use std::fmt;

use crate::{AuthorTask, Form, HasRemedy, Remedy};

/// Where in a plugin's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The answer as a whole.
    Answer,
    /// A file, by its path as the plugin gave it.
    File(String),
    /// An entry of a file, counted from 1.
    Entry(String, usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer => f.write_str("the plugin's answer"),
            Self::File(path) => write!(f, "file {}", excerpt(path)),
            Self::Entry(path, number) => write!(f, "entry {number} of file {}", excerpt(path)),
        }
    }
}

/// Text of a plugin, safe to show on a terminal: quoted, escaped, and cut after 60 characters.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Why entries could not be written as Kconfig. All but [`KconfigError::Prefix`] are about what a plugin returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KconfigError {
    /// A path that could leave the output folder, hide in it, or that a reader would take for a pattern.
    #[error("{}: not a usable path for a generated file: {reason}", excerpt(.path))]
    Path {
        /// As given.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Two files that cannot both exist, also where names differ only by case.
    #[error("files {} and {} cannot both be written", excerpt(.first), excerpt(.second))]
    PathConflict {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
    },
    /// Not the name of a symbol.
    #[error("{place}: {} cannot be the name of a symbol: {reason}", excerpt(.name))]
    Name {
        /// Where.
        place: Place,
        /// As given.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A line in a menu that would be empty.
    #[error("{place}: the prompt of {owner} is empty")]
    Prompt {
        /// Where.
        place: Place,
        /// The symbol, or `the choice`.
        owner: String,
    },
    /// A default that could not arrive as it was given, or of another type than its symbol.
    #[error("{place}: the value {} of {symbol} {reason}", excerpt(.value))]
    Value {
        /// Where.
        place: Place,
        /// Whose default.
        symbol: String,
        /// As given.
        value: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A condition that can never hold.
    #[error("{place}: a condition has an empty list of alternatives and could never hold")]
    Condition {
        /// Where.
        place: Place,
    },
    /// Blocks that do not nest, or something in a block where it cannot be.
    #[error("{place}: {reason}")]
    Block {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: &'static str,
    },
    /// A default of a choice that is not one of its symbols.
    #[error("{place}: the choice has the default {}, which is not one of its symbols", excerpt(.symbol))]
    ChoiceDefault {
        /// Where.
        place: Place,
        /// As given.
        symbol: String,
    },
    /// A `source` of a file that is not part of the answer, or not for the first time, or in a circle.
    #[error("{place}: cannot source {}: {reason}", excerpt(.path))]
    Source {
        /// Where.
        place: Place,
        /// As given.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// One name for two things, mostly because two API names differ only in characters that a symbol cannot have.
    #[error("the symbol {symbol} stands for two things: {first} and {second}")]
    Collision {
        /// The name.
        symbol: String,
        /// The earlier definition: its prompt, its type and where it is.
        first: String,
        /// The later one.
        second: String,
    },
    /// More than this host writes.
    #[error("{place} has {found} {what}, more than the {limit} that are allowed")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// Where.
        place: Place,
        /// How many there are, or how many there were when counting stopped.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// The user's prefix of `source` lines cannot be written so that all readers open the same file.
    #[error("{}: not a usable prefix for `source` lines: {reason}", excerpt(.prefix))]
    Prefix {
        /// As given.
        prefix: String,
        /// What is wrong.
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
