//! What a folder holds, so that two moments can be compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

/// A folder's files at one moment, by path below it. Equal trees hold the same bytes with the same
/// modification times: nothing was written between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(BTreeMap<PathBuf, Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    File {
        bytes: Vec<u8>,
        modified: SystemTime,
    },
    Link(PathBuf),
    Folder,
}

impl Tree {
    /// Reads a folder. One that does not exist is empty.
    ///
    /// # Errors
    ///
    /// Something in it cannot be read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut entries = BTreeMap::new();
        if fs::symlink_metadata(folder).is_ok() {
            collect(folder, Path::new(""), &mut entries)?;
        }
        Ok(Self(entries))
    }

    /// Paths of its files, in order, with `/`.
    pub fn files(&self) -> Vec<String> {
        let files = self
            .0
            .iter()
            .filter(|(_, entry)| matches!(entry, Entry::File { .. }));
        files
            .map(|(path, _)| path.to_string_lossy().into_owned())
            .collect()
    }

    /// Bytes of a file.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        match self.0.get(Path::new(path)) {
            Some(Entry::File { bytes, .. }) => Some(bytes),
            _ => None,
        }
    }

    /// Bytes of all files together.
    pub fn size(&self) -> usize {
        let sizes = self.0.values().map(|entry| match entry {
            Entry::File { bytes, .. } => bytes.len(),
            Entry::Link(_) | Entry::Folder => 0,
        });
        sizes.sum()
    }

    /// The same without modification times: trees are then equal where their bytes are.
    #[must_use]
    pub fn timeless(mut self) -> Self {
        for entry in self.0.values_mut() {
            if let Entry::File { modified, .. } = entry {
                *modified = SystemTime::UNIX_EPOCH;
            }
        }
        self
    }

    /// Copies a folder with its modification times.
    ///
    /// # Errors
    ///
    /// Something cannot be read or written.
    pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
        fs::create_dir_all(to)?;
        fs::set_permissions(to, fs::metadata(from)?.permissions())?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                Self::copy(&source, &target)?;
            } else {
                fs::copy(&source, &target)?;
                let modified = entry.metadata()?.modified()?;
                fs::File::options()
                    .write(true)
                    .open(&target)?
                    .set_modified(modified)?;
            }
        }
        Ok(())
    }
}

fn collect(folder: &Path, below: &Path, entries: &mut BTreeMap<PathBuf, Entry>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), below.join(entry.file_name()));
        let kind = entry.file_type()?;
        let value = if kind.is_dir() {
            collect(&path, &name, entries)?;
            Entry::Folder
        } else if kind.is_symlink() {
            Entry::Link(fs::read_link(&path)?)
        } else {
            Entry::File {
                bytes: fs::read(&path)?,
                modified: entry.metadata()?.modified()?,
            }
        };
        entries.insert(name, value);
    }
    Ok(())
}
