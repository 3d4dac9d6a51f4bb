//! Typed Kconfig entries from a plugin: validation, then text.
//!
//! The response of a plugin or a cloud's API ends up in files that a build system reads as a program. Guarantees:
//! - No name, prompt, help text or value can change the structure of a file, read another file, or start a macro.
//! - A value arrives in every reader exactly as given. From there it reaches makefiles, shells, Ansible and Terraform,
//!   which execute none of it: [`value_fault`].
//! - A plugin defines only symbols of its own, and none of the tree around the files.
//! - Conditions form no cycle, with which no reader accepts the tree.
//! - No file has a name that a program other than Kconfig looks for.
//!
//! The readers are the Linux kernel's (and kdevops', which is a fork of it), Debian's kconfig-frontends 4.11 and
//! kconfiglib 14.1; [`text`] lists the differences between them.
//!
//! Characters that readers treat differently are replaced by something visible in prompts, help and comments, and
//! are an error in a value. The same entries and options give the same bytes.

mod blocks;
mod check;
mod error;
mod kdevops;
mod limits;
mod name;
mod render;
mod text;

#[cfg(test)]
mod tests;

pub use error::{KconfigError, MenuLocation};
pub use limits::{
    MAX_BLOCKS, MAX_ENTRIES, MAX_FILE_BYTES, MAX_FILES, MAX_STRING_BYTES, MAX_TERMS,
    MAX_TOTAL_BYTES,
};
pub(crate) use name::source_prefix;

pub use crate::contract::value_fault;

pub use cloudhost_files::output::Rendered;

use crate::contract::exports::cloudhost::provider::kconfig::{Dialect, File};

/// Options of the written files.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Dialect of the reader.
    pub dialect: Dialect,
    /// Name of the plugin, which the names of its symbols begin with: `TERRAFORM_MY_CLOUD_` for `my-cloud`.
    pub plugin: String,
    /// Names of the other plugins, whose symbols are not this one's to define.
    pub others: Vec<String>,
    /// Prefix of paths in `source` lines, without the last `/`: the output directory, relative to the readers' start
    /// directory. Empty: none.
    pub source_prefix: String,
    /// Lines for the header of every file, each written as a comment.
    pub header: Vec<String>,
}

impl Options {
    /// Uses this dialect for the files of a plugin of this name, without a prefix or a header.
    pub fn new(dialect: Dialect, plugin: impl Into<String>) -> Self {
        Self {
            dialect,
            plugin: plugin.into(),
            others: Vec::new(),
            source_prefix: String::new(),
            header: Vec::new(),
        }
    }
}

/// Validates all entries and writes them as text, in the given order.
///
/// ```
/// use cloudhost::contract::exports::cloudhost::provider::kconfig::{Dialect, Entry, File};
/// use cloudhost::kconfig::{Options, render};
///
/// let files = [File {
///     path: "Kconfig.regions".to_owned(),
///     entries: vec![Entry::Comment("Regions".to_owned())],
/// }];
/// let mut options = Options::new(Dialect::Plain, "my-cloud");
/// options.header.push("Generated".to_owned());
/// assert_eq!(render(&files, &options)?[0].text, "# Generated\n\n# Regions\n");
/// # Ok::<(), cloudhost::kconfig::KconfigError>(())
/// ```
///
/// # Errors
/// When a reader would reject, warn about or interpret an entry differently, or the response exceeds the limits of
/// this module. Nothing is rendered in part.
pub fn render(files: &[File], options: &Options) -> Result<Vec<Rendered>, KconfigError> {
    let prefix = name::source_prefix(&options.source_prefix)?;
    check::check(files)?;
    check::check_owner(files, options)?;
    render::render(files, options, &prefix)
}
