//! A folder of generated files that is replaced all or none.
//!
//! A generation of files is either there completely, or the earlier one is: also when the disk is full, when a file
//! cannot be replaced, when two processes write at once, and when the process is killed at any moment. Then the
//! next [`OutputDir::open`] completes or undoes what was begun, and until then [`unchanged`] does not say that all
//! is well. A file whose content stays the same is not touched.
//!
//! Files are staged in a hidden folder beside them and written to disk; a plan of what is about to happen is
//! then put there in one step, which is the point of no return; only then are files renamed into their places.
//! See `commit_plan` for the details. Each owner (a plugin) has its own three hidden names in the folder:
//!
//! - `.cloudhost-OWNER.lock`, locked while something is written, and never removed;
//! - `.cloudhost-OWNER.json`, the manifest: what was written last, with digests;
//! - `.cloudhost-OWNER.stage`, there only during a commit.
//!
//! Paths of files cannot lead out of the folder, neither by their names nor through symbolic links. Nothing that
//! someone else wrote is removed or replaced: what is there is ours where the manifest names it, where it begins with
//! the line that ours begin with, and where its name ends in `.generated` and it is no other owner's.

mod commit;
mod commit_plan;
mod error;
mod manifest;
mod names;
mod path;

#[cfg(test)]
mod tests;

pub use error::OutputError;
pub use path::path_fault;

use crate::{Folder, FolderError, PATIENCE, wait};
use manifest::Manifest;
use names::Names;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Patience with a lock when a folder is opened: a child that this process starts holds its locks until it runs its own
/// program.
const BRIEFLY: Duration = Duration::from_millis(50);

/// The text of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Path below the output folder, with `/`; components of `[A-Za-z0-9._-]` that do not begin with a dot. The last one
    /// begins with `Kconfig`.
    pub path: String,
    /// What it holds, ending in a line feed.
    pub text: String,
}

/// Files that belong together.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Whose files: the plugin's name, `[a-z][a-z0-9-]*`. Owners know nothing of each other.
    pub owner: String,
    /// What the files were made from, as a digest or the like. Compared by [`unchanged`], not interpreted.
    pub key: String,
    /// Beginning of the first line of files that this program writes, for whichever owner. A file with it is replaced
    /// only by one with the same first line, even where its name ends in `.generated`.
    pub mark: String,
    /// All files. A file of the owner's earlier generation that is not among them is removed.
    pub files: Vec<Rendered>,
}

/// What a commit did: paths below the folder, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Changes {
    /// New or replaced.
    pub written: Vec<String>,
    /// Had this content already, and were not touched.
    pub unchanged: Vec<String>,
    /// Of the owner's earlier generation, no longer produced, and removed.
    pub removed: Vec<String>,
    /// Of the owner's earlier generation, no longer produced, but changed by someone else since: left alone, from
    /// now on theirs, and not reported again.
    pub kept: Vec<String>,
}

/// A folder to write generated files to.
///
/// ```
/// use cloudhost_files::output::{Generation, OutputDir, Rendered, unchanged};
///
/// # let folder = tempfile::tempdir()?;
/// let file = Rendered { path: "Kconfig".to_owned(), text: "# By me\n".to_owned() };
/// let generation = Generation {
///     owner: "aws".to_owned(),
///     key: "1".to_owned(),
///     mark: "# By me".to_owned(),
///     files: vec![file],
/// };
/// let changes = OutputDir::open(folder.path())?.commit(&generation)?;
/// assert_eq!(changes.written, ["Kconfig"]);
/// assert!(unchanged(folder.path(), "aws", "1").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OutputDir {
    folder: Folder,
}

impl OutputDir {
    /// Opens a folder, creates it and those above it where missing, and completes or undoes what a killed process
    /// left half done there.
    ///
    /// A relative path is taken below the current folder and may not leave it through symbolic links. A path that
    /// is absolute or begins with `..` is where the user says it is.
    ///
    /// # Errors
    /// As [`Folder::shared`].
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let folder = Folder::shared(path)?;
        for owner in names::interrupted(&folder)? {
            let names = Names::new(&owner)?;
            // Another process that holds the lock is at work, not interrupted.
            match folder.lock(&names.lock, BRIEFLY) {
                Err(FolderError::Busy { .. }) => {}
                lock => {
                    let _lock = lock?;
                    commit_plan::recover(&folder, &names)?;
                }
            }
        }
        Ok(Self { folder })
    }

    /// The folder as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes the folder hold exactly this generation of the owner's files, or changes nothing. Waits for another process
    /// that writes them.
    ///
    /// # Errors
    /// What stood in the way; no file was changed, unless it is [`OutputError::Stuck`].
    pub fn commit(&self, generation: &Generation) -> Result<Changes, OutputError> {
        let lock = self.lock_of(&generation.owner)?;
        wait(&lock, PATIENCE, || self.try_commit(generation))
    }

    /// Does the same as [`OutputDir::commit`] at once, and nothing (`None`) while another process writes these files.
    ///
    /// # Errors
    /// As [`OutputDir::commit`].
    pub fn try_commit(&self, generation: &Generation) -> Result<Option<Changes>, OutputError> {
        let names = Names::new(&generation.owner)?;
        commit::check_paths(generation)?;
        let Some(_lock) = self.folder.try_lock(&names.lock)? else {
            return Ok(None);
        };
        commit_plan::recover(&self.folder, &names)?;
        commit::commit(&self.folder, &names, generation).map(Some)
    }

    /// Returns the file whose lock keeps writers of an owner's files apart.
    ///
    /// # Errors
    /// [`OutputError::Owner`].
    pub fn lock_of(&self, owner: &str) -> Result<PathBuf, OutputError> {
        Ok(self.folder.at(&Names::new(owner)?.lock))
    }
}

/// Whether the folder holds a generation of this owner and key, complete and as it was written. Then all its files
/// are listed in `unchanged`. Reads every file and nothing else: takes no lock, and creates nothing.
#[must_use]
pub fn unchanged(path: &Path, owner: &str, key: &str) -> Option<Changes> {
    let names = Names::new(owner).ok()?;
    let folder = Folder::existing_shared(path).ok()?;
    if folder.exists(&names.stage).ok()? {
        return None;
    }
    let manifest = Manifest::load(&folder, &names).ok()??;
    if manifest.key != key {
        return None;
    }
    let mut buffer = Vec::new();
    for file in &manifest.files {
        if digest(&folder, &file.path, &mut buffer).ok()?? != file.blake3 {
            return None;
        }
    }
    Some(Changes {
        unchanged: manifest.files.into_iter().map(|file| file.path).collect(),
        ..Changes::default()
    })
}

/// Reads a regular file; `None` if there is nothing or something else.
fn read(folder: &Folder, path: &str) -> Result<Option<Vec<u8>>, OutputError> {
    let mut content = Vec::new();
    Ok(read_into(folder, path, &mut content)?.then_some(content))
}

/// Digests a regular file; `None` if there is nothing or something else. `buffer` is scratch space.
fn digest(
    folder: &Folder,
    path: &str,
    buffer: &mut Vec<u8>,
) -> Result<Option<String>, OutputError> {
    buffer.clear();
    Ok(read_into(folder, path, buffer)?.then(|| digest_of(buffer)))
}

fn read_into(folder: &Folder, path: &str, content: &mut Vec<u8>) -> Result<bool, OutputError> {
    match folder.read_into(path, u64::MAX, content) {
        Err(FolderError::NotAFile { .. }) => Ok(false),
        outcome => Ok(outcome?),
    }
}

/// The digest of some content, in hexadecimal.
fn digest_of(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}
