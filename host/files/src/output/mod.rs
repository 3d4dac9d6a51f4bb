//! A directory of generated files that is replaced atomically.
//!
//! Either the new generation of files is complete, or the earlier one is: even if the disk is full, a file cannot be
//! replaced, two processes write at once, or the process is killed at any moment. In that case the owner's next
//! [`OutputDir::commit`] first completes or undoes it, and until then [`unchanged`] returns `None`. A file whose
//! content stays the same is not touched.
//!
//! Files are staged in a hidden directory beside them and written to disk. Then a plan of the changes is put there
//! atomically, which is the point of no return. Only then are files renamed into place. See `commit_plan` for the
//! details. Each owner (a plugin) has its own three hidden names in the directory:
//!
//! - `.cloudhost-OWNER.lock`, locked during a write, and never removed;
//! - `.cloudhost-OWNER.json`, the manifest of the latest generation, with digests;
//! - `.cloudhost-OWNER.stage`, which exists only during a commit.
//!
//! The directory can be part of a clone or an archive, and these names with it. So manifest and plan count only with a
//! seal of this user for this directory ([`SealKey`]): without one, nothing is removed, and a plan is refused.
//!
//! Paths of files cannot lead out of the directory, neither by their names nor through symbolic links. Other files are
//! never removed or replaced: a file is ours if the manifest lists it and nobody has changed it since, or if its name ends
//! in `.generated` and it has no other owner. A manifest without a seal, as a clone or a copy has it, lists only files with
//! the first line of our files.

mod commit;
mod commit_plan;
mod error;
mod manifest;
mod names;
mod path;
mod sealed;
mod there;

#[cfg(test)]
mod tests;

pub use error::OutputError;
pub use path::path_fault;

use crate::{Folder, FolderError, PATIENCE, SealKey, wait};
use manifest::Manifest;
use names::Names;
use std::path::{Path, PathBuf};

/// Content of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Path below the output directory, with `/`; components of `[A-Za-z0-9._-]` that do not begin with a dot. The last
    /// one begins with `Kconfig`.
    pub path: String,
    /// Content, ending in a line feed.
    pub text: String,
}

/// A complete set of files.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Owner of the files: the plugin's name, `[a-z][a-z0-9-]*`. Owners are independent of each other.
    pub owner: String,
    /// Key of the inputs, such as a digest. [`unchanged`] compares it.
    pub key: String,
    /// Prefix of the first line of files that this program writes, for any owner. Even if its name ends in `.generated`,
    /// a file with it is replaced only by one with the same first line.
    pub mark: String,
    /// All files. A file of the owner's earlier generation that is not among them is removed.
    pub files: Vec<Rendered>,
}

/// Result of a commit: paths below the directory, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Changes {
    /// New or replaced.
    pub written: Vec<String>,
    /// Not touched, because they already had this content.
    pub unchanged: Vec<String>,
    /// Removed: files of the owner's earlier generation that are no longer produced.
    pub removed: Vec<String>,
    /// Kept: files of the owner's earlier generation that are no longer produced, but were modified since. From now on
    /// they are not the owner's, and are not reported again.
    pub kept: Vec<String>,
}

/// A directory for generated files.
///
/// ```
/// use cloudhost_files::SealKey;
/// use cloudhost_files::output::{Generation, OutputDir, Rendered, unchanged};
///
/// # let folder = tempfile::tempdir()?;
/// # let data = tempfile::tempdir()?;
/// let seal = SealKey::own(data.path());
/// let file = Rendered { path: "Kconfig".to_owned(), text: "# By me\n".to_owned() };
/// let generation = Generation {
///     owner: "aws".to_owned(),
///     key: "1".to_owned(),
///     mark: "# By me".to_owned(),
///     files: vec![file],
/// };
/// let changes = OutputDir::open(folder.path(), &seal)?.commit(&generation)?;
/// assert_eq!(changes.written, ["Kconfig"]);
/// assert!(unchanged(folder.path(), "aws", "1", &seal).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OutputDir {
    folder: Folder,
    seal: SealKey,
}

impl OutputDir {
    /// Opens a directory, with the secret that seals its manifests and plans. It and its parents are created if they are
    /// missing.
    ///
    /// A relative path is resolved below the current directory and must not leave it through symbolic links. A path
    /// that is absolute or begins with `..` is used as given.
    ///
    /// # Errors
    /// As [`Folder::shared`].
    pub fn open(path: &Path, seal: &SealKey) -> Result<Self, OutputError> {
        Ok(Self {
            folder: Folder::shared(path)?,
            seal: seal.clone(),
        })
    }

    /// Path of the directory, as given.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the owner's files by this generation, or changes nothing. Waits for another process that writes them. An
    /// incomplete commit of a killed process is completed or undone first.
    ///
    /// # Errors
    /// The cause of the failure; no file was changed, unless it is [`OutputError::Stuck`]. [`OutputError::Unsealed`] if
    /// an incomplete commit is not this user's.
    pub fn commit(&self, generation: &Generation) -> Result<Changes, OutputError> {
        let lock = self.lock_of(&generation.owner)?;
        wait(&lock, PATIENCE, || self.try_commit(generation))
    }

    /// Commits as [`OutputDir::commit`] without waiting. Does nothing (`None`) while another process writes these
    /// files.
    ///
    /// # Errors
    /// As [`OutputDir::commit`].
    pub fn try_commit(&self, generation: &Generation) -> Result<Option<Changes>, OutputError> {
        let names = Names::new(&generation.owner)?;
        commit::check_paths(generation)?;
        let Some(_lock) = self.folder.try_lock(&names.lock)? else {
            return Ok(None);
        };
        commit_plan::recover(&self.folder, &names, &self.seal)?;
        commit::commit(&self.folder, &names, &self.seal, generation).map(Some)
    }

    /// Returns the lock file that prevents concurrent writes of an owner's files.
    ///
    /// # Errors
    /// [`OutputError::Owner`].
    pub fn lock_of(&self, owner: &str) -> Result<PathBuf, OutputError> {
        Ok(self.folder.at(&Names::new(owner)?.lock))
    }
}

/// Returns the files if the directory holds a complete, unmodified generation of this owner and key that this user
/// wrote; all are listed in `unchanged`. Reads every file and nothing else: takes no lock, and creates nothing.
#[must_use]
pub fn unchanged(path: &Path, owner: &str, key: &str, seal: &SealKey) -> Option<Changes> {
    let names = Names::new(owner).ok()?;
    let folder = Folder::existing_shared(path).ok()?;
    if folder.exists(&names.stage).ok()? {
        return None;
    }
    let manifest = Manifest::load(&folder, &names, seal).ok()??.ok()?;
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

/// Reads a regular file; `None` if it does not exist or is something else.
fn read(folder: &Folder, path: &str) -> Result<Option<Vec<u8>>, OutputError> {
    let mut content = Vec::new();
    Ok(read_into(folder, path, &mut content)?.then_some(content))
}

/// Digests a regular file; `None` if it does not exist or is something else. `buffer` is scratch space.
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

/// Digests some content, in hexadecimal.
fn digest_of(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}
