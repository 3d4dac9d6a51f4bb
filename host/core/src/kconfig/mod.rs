//! Typed Kconfig entries from a plugin -> checked -> text.
//!
//! What a plugin or a cloud's API returns ends up in files that a build system reads as a program. This module
//! promises that no name, prompt, help text or value, whatever it holds, can change the structure of a file, read
//! another file, or start a macro; that a value arrives in every reader exactly as it was given, and from there in a
//! makefile that includes `.config` and a shell that sources it, which run nothing of it; and that no file is one that
//! another program than Kconfig looks for. The readers
//! meant are the Linux kernel's (and kdevops', which is a fork of it), Debian's kconfig-frontends 4.11 and
//! kconfiglib 14.1; [`text`] says what differs between them.
//!
//! What cannot be shown the same everywhere is replaced by something visible in prompts, help and comments, and
//! is an error in a value. The same entries and options give the same bytes.

mod blocks;
mod check;
mod error;
mod limits;
mod name;
mod render;
mod text;

#[cfg(test)]
mod tests;

pub use error::{KconfigError, Place};
pub use limits::{
    MAX_BLOCKS, MAX_ENTRIES, MAX_FILE_BYTES, MAX_FILES, MAX_STRING_BYTES, MAX_TERMS,
    MAX_TOTAL_BYTES,
};
pub(crate) use name::source_prefix;
pub use text::value_fault;

pub use cloudhost_files::output::Rendered;

use crate::contract::exports::cloudhost::provider::kconfig::{Dialect, File};

/// Code of an `internal` error of `emit-kconfig`: two names of the catalog would be one symbol. Reserved until the
/// contract has a case for it; plugins and their SDKs set it.
pub const SYMBOL_COLLISION: &str = "symbol-collision";

/// How to write the files.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Who reads them.
    pub dialect: Dialect,
    /// What `source` lines put before a path, without the last `/`: the output folder as readers see it from the
    /// folder that they start in. Empty: nothing.
    pub source_prefix: String,
    /// Lines for the head of every file, each written as a comment.
    pub header: Vec<String>,
}

impl Options {
    /// For this reader, with nothing before a path and nothing at the head of a file.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            source_prefix: String::new(),
            header: Vec::new(),
        }
    }
}

/// Checks all entries and writes them as text, in the order given.
///
/// ```
/// use cloudhost::contract::exports::cloudhost::provider::kconfig::{Dialect, Entry, File};
/// use cloudhost::kconfig::{Options, render};
///
/// let files = [File {
///     path: "Kconfig.regions".to_owned(),
///     entries: vec![Entry::Comment("Regions".to_owned())],
/// }];
/// let mut options = Options::new(Dialect::Plain);
/// options.header.push("Generated".to_owned());
/// assert_eq!(render(&files, &options)?[0].text, "# Generated\n\n# Regions\n");
/// # Ok::<(), cloudhost::kconfig::KconfigError>(())
/// ```
///
/// # Errors
/// Anything that a reader would reject, warn about or understand differently, and answers beyond the limits of
/// this module. Nothing is rendered in part.
pub fn render(files: &[File], options: &Options) -> Result<Vec<Rendered>, KconfigError> {
    let prefix = name::source_prefix(&options.source_prefix)?;
    check::check(files)?;
    render::render(files, options, &prefix)
}
