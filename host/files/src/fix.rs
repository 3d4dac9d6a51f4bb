//! Remedies of errors about files, as data.

use std::path::PathBuf;

/// Remedy of an error about a file or folder. Callers put it into their own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Use another folder.
    Elsewhere,
    /// Name the folder by its real path, without symbolic links.
    RealPath,
    /// Use a folder with a shorter path.
    ShorterPath,
    /// Remove what is there, or use another folder.
    Remove(PathBuf),
    /// Move what is there, or use another folder.
    MoveAway(PathBuf),
    /// Allow this user to write there, or use another folder.
    MakeWritable(PathBuf),
    /// Deny other users to write there.
    DenyOthers(PathBuf),
    /// Deny other users to read it.
    MakePrivate(PathBuf),
    /// Make room on the file system of this path, or use another folder.
    MakeRoom(PathBuf),
    /// Inspect this path, or use another folder.
    Inspect(PathBuf),
    /// Wait for the process that holds this lock.
    Wait(PathBuf),
    /// Raise the process's limit of file sizes.
    AllowLargerFiles,
    /// Remove this folder after a look at its files.
    Discard(PathBuf),
    /// Run again after the first remedy: the run puts the earlier files back.
    RunAgain {
        /// Where the earlier files are.
        stage: PathBuf,
        /// Remedy of the cause.
        first: Option<Box<Fix>>,
    },
}
