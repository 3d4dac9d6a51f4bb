//! Files of a user: folders reached through a descriptor, private files, files that are replaced whole or not at all,
//! locks, and the output folder, where many files change together or not at all.
#![deny(missing_docs)]

pub mod failpoint;
mod file;
mod fix;
mod folder;
mod lock;
pub mod output;
mod paths;
mod shared_rate;

pub use file::{
    Draft, FileError, append_private, is_private, open_nonblocking, open_private, open_regular,
    read_private, read_regular, read_within, regular, write_private,
};
pub use fix::Fix;
pub use folder::{Folder, FolderError, unfinished};
pub use lock::{Lock, PATIENCE, wait, wait_async};
pub use shared_rate::SharedRate;
