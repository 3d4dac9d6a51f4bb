//! Remedies of errors about files, as data.

use std::path::PathBuf;

/// Remedy of an error about a file or directory. Callers put it into their own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Use a different directory.
    Elsewhere,
    /// Name the directory by its real path, without symbolic links.
    RealPath,
    /// Use a directory with a shorter path.
    ShorterPath,
    /// Remove the existing file, or use a different directory.
    Remove(PathBuf),
    /// Move the existing file away, or use a different directory.
    MoveAway(PathBuf),
    /// Allow this user to write there, or use a different directory.
    MakeWritable(PathBuf),
    /// Deny write access to other users.
    DenyOthers(PathBuf),
    /// Deny read access to other users.
    MakePrivate(PathBuf),
    /// Have it mounted so that only this user, or a group of this user alone, can read it.
    MountPrivate(PathBuf),
    /// Make room on the file system of this path, or use a different directory.
    MakeRoom(PathBuf),
    /// Inspect this path, or use a different directory.
    Inspect(PathBuf),
    /// Wait for the process that holds this lock.
    Wait(PathBuf),
    /// Raise the process's limit of file sizes.
    AllowLargerFiles,
    /// Remove this directory after a look at its files.
    Discard(PathBuf),
    /// Run again after the first remedy: the run restores the earlier files.
    RunAgain {
        /// Directory with the earlier files.
        stage: PathBuf,
        /// Remedy of the cause.
        first: Option<Box<Fix>>,
    },
}
