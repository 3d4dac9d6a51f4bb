//! Remedies of errors about files, as data.

use crate::paths::last_seen;
use std::path::{Path, PathBuf};

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
    /// Look for the right name of a missing file in this directory.
    Search(PathBuf),
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

impl Fix {
    /// Remedy of a missing file: its directory, or the last one of its path that exists, has the right name.
    pub fn search(missing: &Path) -> Self {
        let seen = last_seen(missing);
        let parent = seen.parent().filter(|_| !seen.is_dir());
        Self::Search(parent.map(Path::to_path_buf).unwrap_or(seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_searched_in_the_last_directory() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("file"), "").unwrap();
        for path in ["x", "x/y", "file/x"] {
            let fix = Fix::search(&root.path().join(path));
            assert_eq!(fix, Fix::Search(root.path().to_path_buf()), "{path}");
        }
        let here = Fix::search(Path::new("no-such-file"));
        assert_eq!(here, Fix::Search(".".into()));
    }
}
