//! The plan of a commit, written before its first change, so that the owner's next run can complete or undo it.
//!
//! The stage holds `new-N` (complete, on disk), `old-N` and `gone-N` (hard links of the files to replace and remove)
//! and then, renamed into place, `plan`. Before `plan` exists nothing has changed; from then on the next process
//! completes the commit, in which each action can be repeated. If an action fails, `plan` is renamed to `undo`, and
//! from then on the commit is undone, in the same way. Once neither exists, the stage is garbage.
//!
//! What was edited or put in place of a file between the two runs is neither replaced nor removed: the commit waits until it
//! is moved away.
//!
//! A plan that comes with a directory from elsewhere is refused: it is carried out only with this user's seal for this
//! directory. Even then it can touch only what a commit can: files with the names of menus, the owner's own manifest, and
//! directories above them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::names::Names;
use super::sealed::{self, Fault};
use super::there::There;
use super::{OutputError, digest, path_fault};
use crate::{Folder, SealKey};

const VERSION: u32 = 1;

/// Content of `plan` and `undo`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    version: u32,
    /// Directories to create, parents first.
    pub(super) folders: Vec<String>,
    /// Files to rename into place; the index in this list is `N`.
    pub(super) files: Vec<New>,
    /// Files to remove.
    pub(super) gone: Vec<Gone>,
}

/// A file to write.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct New {
    pub(super) path: String,
    pub(super) blake3: String,
    /// Digest of the file or link that it replaces, which is `old-N`; `None`: there is none.
    pub(super) before: Option<String>,
}

/// A file to remove, if this is still its content.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Gone {
    pub(super) path: String,
    pub(super) blake3: String,
}

impl Plan {
    pub(super) fn new(folders: Vec<String>, files: Vec<New>, gone: Vec<Gone>) -> Self {
        Self {
            version: VERSION,
            folders,
            files,
            gone,
        }
    }

    /// Encodes the file, with its seal. The name of the seal stays when the file becomes `undo`.
    pub(super) fn to_text(&self, folder: &Folder, names: &Names, seal: &SealKey) -> String {
        sealed::encode(seal, folder, &names.plan, self)
    }

    /// Loads the plan at a path, and checks all that it names before anything is done.
    fn load(
        folder: &Folder,
        names: &Names,
        seal: &SealKey,
        path: &str,
    ) -> Result<Self, OutputError> {
        let found = sealed::read::<Self>(seal, folder, path, &names.plan)?;
        let at = || folder.at(path);
        let unsealed = |sealed| OutputError::Unsealed { path: at(), sealed };
        let plan = match found.unwrap_or(Err(Fault::Damaged)) {
            Ok(plan) => plan,
            Err(Fault::NoSeal(_)) => return Err(unsealed(false)),
            Err(Fault::OtherSeal(_)) => return Err(unsealed(true)),
            Err(Fault::Damaged) => return Err(OutputError::Damaged { path: at() }),
        };
        match plan.version == VERSION && plan.is_of_menus(names) && plan.is_whole(folder, names)? {
            true => plan.check_unedited(folder)?,
            false => return Err(OutputError::Damaged { path: at() }),
        }
        Ok(plan)
    }

    /// Rejects a plan one of whose files was edited or exchanged since it was written: neither way through it may replace
    /// that. An editor can have written to the file itself, and so to its hard link in the stage too.
    fn check_unedited(&self, folder: &Folder) -> Result<(), OutputError> {
        for file in &self.files {
            let now = There::to_replace(folder, &file.path)?;
            let now = now.as_ref().map(There::digest);
            if now.is_some() && now != file.before && now.as_ref() != Some(&file.blake3) {
                let path = folder.at(&file.path);
                return Err(OutputError::NotOurs { path });
            }
        }
        Ok(())
    }

    /// Returns true if it names only what a commit of this owner can.
    fn is_of_menus(&self, names: &Names) -> bool {
        let mut files = self.files.iter();
        let mut gone = self.gone.iter();
        let above = |folder: &String| {
            let below = format!("{folder}/");
            self.files.iter().any(|file| file.path.starts_with(&below))
        };
        files.all(|file| file.path == names.manifest || path_fault(&file.path).is_none())
            && gone.all(|file| path_fault(&file.path).is_none())
            && self.folders.iter().all(above)
    }

    /// Returns true if each new file that is still in the stage has its planned content.
    fn is_whole(&self, folder: &Folder, names: &Names) -> Result<bool, OutputError> {
        for (number, file) in self.files.iter().enumerate() {
            let staged = names.new_file(number);
            if folder.exists(&staged)? && !still(folder, &staged, &file.blake3)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn forward(&self, folder: &Folder, names: &Names) -> Result<(), OutputError> {
        for path in &self.folders {
            folder.make_folder(path)?;
        }
        for (number, file) in self.files.iter().enumerate() {
            let staged = names.new_file(number);
            if folder.exists(&staged)? {
                folder.rename(&staged, &file.path)?;
            }
        }
        for file in &self.gone {
            if still(folder, &file.path, &file.blake3)? {
                folder.remove(&file.path)?;
            }
        }
        self.flush(folder)
    }

    fn back(&self, folder: &Folder, names: &Names) -> Result<(), OutputError> {
        for (number, file) in self.gone.iter().enumerate() {
            if !folder.exists(&file.path)? && folder.exists(&names.gone_file(number))? {
                folder.rename(&names.gone_file(number), &file.path)?;
            }
        }
        for (number, file) in self.files.iter().enumerate().rev() {
            let (new, old) = (names.new_file(number), names.old_file(number));
            // One that was edited in place, and then moved away, is where its owner wants it.
            let is_old = || {
                let there = There::read(folder, &old)?;
                Ok::<_, OutputError>(there.map(|there| there.digest()) == file.before)
            };
            if file.before.is_some() && is_old()? {
                folder.rename(&old, &file.path)?;
            } else if file.before.is_none()
                && !folder.exists(&new)?
                && still(folder, &file.path, &file.blake3)?
            {
                folder.remove(&file.path)?;
            }
        }
        for path in self.folders.iter().rev() {
            folder.remove_empty(path)?;
        }
        self.flush(folder)
    }

    /// Syncs the names in all changed directories.
    fn flush(&self, folder: &Folder) -> Result<(), OutputError> {
        let files = self
            .files
            .iter()
            .map(|file| &file.path)
            .chain(self.gone.iter().map(|file| &file.path));
        let changed: BTreeSet<&str> = files
            .chain(&self.folders)
            .map(|path| parent(path))
            .collect();
        for path in changed {
            if path.is_empty() || folder.exists(path)? {
                folder.sync(path)?;
            }
        }
        Ok(())
    }
}

/// Directory that contains `path`.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn still(folder: &Folder, path: &str, blake3: &str) -> Result<bool, OutputError> {
    Ok(digest(folder, path, &mut Vec::new())?.is_some_and(|digest| digest == blake3))
}

/// Carries out the plan in the stage, or undoes it and returns the error.
pub(super) fn carry_out(folder: &Folder, names: &Names, plan: &Plan) -> Result<(), OutputError> {
    match plan.forward(folder, names) {
        Ok(()) => {
            // All is done; leftovers that cannot be removed now are no error, and the next run removes them.
            let _ = clear(folder, names);
            Ok(())
        }
        Err(cause) => match turn_back(folder, names, plan) {
            Ok(()) => Err(cause),
            Err(error) => Err(OutputError::Stuck {
                stage: folder.at(&names.stage),
                cause: Box::new(cause),
                source: Box::new(error),
            }),
        },
    }
}

fn turn_back(folder: &Folder, names: &Names, plan: &Plan) -> Result<(), OutputError> {
    // A rename takes no room, so this succeeds on a full disk.
    folder.rename(&names.plan, &names.undo)?;
    folder.sync(&names.stage)?;
    plan.back(folder, names)?;
    let _ = clear(folder, names);
    Ok(())
}

/// Cleans up after a commit, whether done, undone or never begun. The plan is removed first.
pub(super) fn clear(folder: &Folder, names: &Names) -> Result<(), OutputError> {
    folder.remove(&names.plan)?;
    folder.remove(&names.undo)?;
    folder.sync(&names.stage)?;
    Ok(folder.remove_tree(&names.stage)?)
}

/// Completes or undoes the owner's interrupted commit. The lock must be held.
pub(super) fn recover(folder: &Folder, names: &Names, seal: &SealKey) -> Result<(), OutputError> {
    if !folder.exists(&names.stage)? {
        return Ok(());
    }
    if folder.exists(&names.undo)? {
        Plan::load(folder, names, seal, &names.undo)?.back(folder, names)?;
        return clear(folder, names);
    }
    if folder.exists(&names.plan)? {
        let plan = Plan::load(folder, names, seal, &names.plan)?;
        return match carry_out(folder, names, &plan) {
            Err(stuck @ OutputError::Stuck { .. }) => Err(stuck),
            // Undone: the files are as before the interrupted run, and this run will find the cause itself.
            Ok(()) | Err(_) => Ok(()),
        };
    }
    Ok(folder.remove_tree(&names.stage)?)
}
