//! Snapshots of a directory, for comparison.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

/// Files of a directory at one moment, by relative path. Equal trees have the same bytes and modification times:
/// nothing was written in between.
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
    /// Reads a directory. A missing one is empty.
    ///
    /// # Errors
    ///
    /// An entry cannot be read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut entries = BTreeMap::new();
        if fs::symlink_metadata(folder).is_ok() {
            collect(folder, Path::new(""), &mut entries)?;
        }
        Ok(Self(entries))
    }

    /// Sorted paths of its files, with `/`.
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

    /// Total size of all files in bytes.
    pub fn size(&self) -> usize {
        let sizes = self.0.values().map(|entry| match entry {
            Entry::File { bytes, .. } => bytes.len(),
            Entry::Link(_) | Entry::Folder => 0,
        });
        sizes.sum()
    }

    /// Drops modification times, so that trees with equal bytes are equal.
    #[must_use]
    pub fn timeless(mut self) -> Self {
        for entry in self.0.values_mut() {
            if let Entry::File { modified, .. } = entry {
                *modified = SystemTime::UNIX_EPOCH;
            }
        }
        self
    }

    /// Copies a directory with its modification times.
    ///
    /// # Errors
    ///
    /// An entry cannot be read or written.
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
