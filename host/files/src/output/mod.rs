//! A folder of generated files that is replaced all or none.
//!
//! A generation of files is either there completely, or the earlier one is: also when the disk is full, when a file
//! cannot be replaced, when two processes write at once, and when the process is killed at any moment. Then the
//! next [`OutputDir::open`] completes or undoes what was begun, and until then [`unchanged`] does not say that all
//! is well. A file whose content stays the same is not touched.
//!
//! Files are staged in a hidden folder beside them and written to disk; a plan of what is about to happen is
//! then put there in one step, which is the point of no return; only then are files renamed into their places.
//! See `journal` for the details. Each owner (a plugin) has its own three hidden names in the folder:
//!
//! - `.cloudhost-OWNER.lock`, locked while something is written, and never removed;
//! - `.cloudhost-OWNER.json`, the manifest: what was written last, with digests;
//! - `.cloudhost-OWNER.stage`, there only during a commit.
//!
//! Paths of files cannot lead out of the folder, neither by their names nor through symbolic links. Nothing that
//! someone else wrote is removed or replaced: what is there is ours where the manifest names it, where it begins with
//! the line that ours begin with, and where its name ends in `.generated` and it is no other plugin's.

mod commit;
mod commit_plan;
mod error;
mod folder;
mod lock;
mod manifest;
mod names;
mod path;

#[cfg(test)]
mod tests;

pub use error::OutputError;
pub use path::path_fault;

use std::path::{Path, PathBuf};

use folder::Folder;
use manifest::Manifest;
use names::Names;

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
///
/// ```
/// use cloudhost_files::output::Rendered;
/// use cloudhost_files::output::Generation;
///
/// fn of_aws(files: Vec<Rendered>, digest: &str) -> Generation {
///     Generation { owner: "aws".to_owned(), key: digest.to_owned(), files }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Generation {
    /// Whose files: the plugin's name, `[a-z][a-z0-9-]*`. Owners know nothing of each other.
    pub owner: String,
    /// What the files were made from, as a digest or the like. Compared by [`unchanged`], not interpreted.
    pub key: String,
    /// All files. A file of the owner's earlier generation that is not among them is removed.
    pub files: Vec<Rendered>,
}

/// What a commit did: paths below the folder, each list sorted.
///
/// ```
/// use cloudhost_files::output::Changes;
///
/// fn did_anything(changes: &Changes) -> bool {
///     !changes.written.is_empty() || !changes.removed.is_empty()
/// }
/// assert!(!did_anything(&Changes::default()));
/// ```
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
/// use cloudhost_files::output::Rendered;
/// use cloudhost_files::output::{Generation, OutputDir, unchanged};
///
/// # let folder = tempfile::tempdir()?;
/// let file = Rendered { path: "Kconfig".to_owned(), text: "# nothing\n".to_owned() };
/// let generation = Generation { owner: "aws".to_owned(), key: "1".to_owned(), files: vec![file] };
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
    /// [`OutputError::NotAFolder`], [`OutputError::Escapes`], or what the operating system answered.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let folder = Folder::create(path)?;
        for owner in names::interrupted(&folder)? {
            let names = Names::new(&owner)?;
            // Another process that holds the lock is at work, not interrupted.
            match lock::acquire(&folder, &names) {
                Err(OutputError::Busy { .. }) => {}
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

    /// Makes the folder hold exactly this generation of the owner's files, or changes nothing.
    ///
    /// # Errors
    /// What stood in the way; no file was changed, unless it is [`OutputError::Stuck`]. [`OutputError::Busy`]: try
    /// again, for a commit takes less than a second.
    pub fn commit(&self, generation: &Generation) -> Result<Changes, OutputError> {
        let names = Names::new(&generation.owner)?;
        commit::check_paths(generation)?;
        let _lock = lock::acquire(&self.folder, &names)?;
        commit_plan::recover(&self.folder, &names)?;
        commit::commit(&self.folder, &names, generation)
    }
}

/// Whether the folder holds a generation of this owner and key, complete and as it was written. Then all its files
/// are listed in `unchanged`. Reads every file and nothing else: takes no lock, and creates nothing.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// assert!(cloudhost_files::output::unchanged(folder.path(), "aws", "1").is_none(), "nothing was written yet");
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn unchanged(path: &Path, owner: &str, key: &str) -> Option<Changes> {
    let names = Names::new(owner).ok()?;
    let folder = Folder::existing(path).ok()?;
    if folder.exists(&names.stage).ok()? {
        return None;
    }
    let manifest = Manifest::load(&folder, &names).ok()??;
    if manifest.key != key {
        return None;
    }
    let mut buffer = Vec::new();
    for file in &manifest.files {
        if folder.digest(&file.path, &mut buffer).ok()?? != file.blake3 {
            return None;
        }
    }
    Some(Changes {
        unchanged: manifest.files.into_iter().map(|file| file.path).collect(),
        ..Changes::default()
    })
}

/// A path below `folder` as people see it.
fn shown(folder: &Path, path: &str) -> PathBuf {
    if path.is_empty() {
        folder.to_owned()
    } else {
        folder.join(path)
    }
}
