//! Files of a user: directories opened by descriptor, private files, atomic replacement, locks, seals of the files that
//! are believed, and the output directory, where many files change atomically.
#![deny(missing_docs)]

mod error;
pub mod failpoint;
mod file;
mod fix;
mod folder;
mod home;
mod lock;
mod newest;
pub mod output;
mod paths;
mod seal;
mod shared_rate;

pub use error::FolderError;
pub use file::{
    Draft, FileError, append_private, is_private, open_nonblocking, open_private, open_regular,
    read_private, read_regular, read_within, regular, write_private,
};
pub use fix::Fix;
pub use folder::{Folder, unfinished};
pub use home::{cache_dir, data_dir, home_dir, state_dir};
pub use lock::{Lock, PATIENCE, wait, wait_async};
pub use seal::{SealError, SealKey};
pub use shared_rate::SharedRate;
