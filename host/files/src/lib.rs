//! Files of a user: folders that only this user may write, files that are replaced whole or not at all, locks, and the
//! output folder, where many files change together or not at all.
#![deny(missing_docs)]

pub mod failpoint;
mod fix;
mod folder;
pub mod output;
mod paths;

pub use fix::Fix;
pub use folder::{Folder, FolderError, unfinished};
