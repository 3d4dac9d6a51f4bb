//! The number of the newest file that was sealed in each directory. A seal does not tell a file from an earlier one that
//! is put back in its place, nor a directory from one of the same inode on another file system; the number, which the
//! sealed text has too, does. Numbers grow over all directories, and with the clock, so that a directory whose number is not
//! known any more gets one above all that its files ever had.
//!
//! The numbers are in one file beside the secret of the user, outside of every directory that they are about. A directory
//! is its path and its inode. (A device number would not do: those of btrfs, NFS and overlayfs change when a machine
//! starts again.) A secret in a given file has no such place: images and volumes start again from what they were, and
//! their files with them.

use crate::{Folder, FolderError, PATIENCE, SealKey};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{canonicalize, metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;

/// Name of the file with the numbers.
const NAME: &str = "newest.json";
/// Name of the lock file that prevents concurrent changes.
const LOCK: &str = "newest.lock";
/// Limit on the bytes of the file: a directory has a few hundred.
const LIMIT: u64 = 16 << 20;

/// A directory.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// Its absolute path, without links.
    path: OsString,
    inode: u64,
}

/// The number of a directory.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    place: Place,
    number: u64,
}

impl SealKey {
    /// Returns the number of the newest file of this directory; `None`: none was noted. Creates nothing.
    ///
    /// # Errors
    /// When the directory of the secret cannot be used.
    pub fn newest(&self, folder: &Folder) -> Result<Option<u64>, FolderError> {
        let Some(own) = self.own_folder() else {
            return Ok(Some(0));
        };
        let Some(own) = Folder::find_private(own)? else {
            return Ok(None);
        };
        Ok(noted(&read(&own)?, &Place::of(folder)?))
    }

    /// Returns a number for the next file of a directory: above `least`, and above all that are noted, of any directory.
    /// Creates nothing.
    ///
    /// # Errors
    /// When the directory of the secret cannot be used.
    pub fn next_number(&self, least: u64) -> Result<u64, FolderError> {
        let own = self.own_folder().map(Folder::find_private).transpose()?;
        let all = own.flatten().map(|own| read(&own)).transpose()?;
        let noted = all.iter().flatten().map(|entry| entry.number);
        Ok(noted.fold(least, u64::max).saturating_add(1))
    }

    /// Notes the number of the newest file of this directory, unless a higher one is noted. Drops directories that are gone,
    /// but never the highest number.
    ///
    /// # Errors
    /// When the number cannot be written.
    pub fn note_newest(&self, folder: &Folder, number: u64) -> Result<(), FolderError> {
        let Some(own) = self.own_folder() else {
            return Ok(());
        };
        let (own, place) = (Folder::private(own)?, Place::of(folder)?);
        let _lock = own.lock(LOCK, PATIENCE)?;
        let mut all = read(&own)?;
        if noted(&all, &place).is_some_and(|noted| noted >= number) {
            return Ok(());
        }
        let needed = |entry: &Entry| entry.number > number || entry.place.exists();
        all.retain(|entry| entry.place != place && needed(entry));
        all.push(Entry { place, number });
        // Numbers and bytes only: cannot fail.
        let text = serde_json::to_vec(&all).unwrap_or_default();
        own.write(NAME, &text)?;
        own.sync("")
    }
}

/// Reads all numbers. Of a damaged file none is known.
fn read(own: &Folder) -> Result<Vec<Entry>, FolderError> {
    let bytes = own.read(NAME, LIMIT)?;
    let all = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(all.unwrap_or_default())
}

fn noted(all: &[Entry], place: &Place) -> Option<u64> {
    let entry = all.iter().find(|entry| entry.place == *place)?;
    Some(entry.number)
}

impl Place {
    fn of(folder: &Folder) -> Result<Self, FolderError> {
        let path = folder.path();
        let absolute = canonicalize(path).map_err(FolderError::disk("find", path))?;
        Ok(Self {
            path: absolute.into(),
            inode: folder.inode()?,
        })
    }

    /// Returns false if another directory, or none, has its path. One that cannot be examined now may be there.
    fn exists(&self) -> bool {
        match metadata(&self.path) {
            Ok(found) => found.ino() == self.inode,
            Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn each_directory_has_its_own_number() {
        let root = tempfile::tempdir().unwrap();
        let [one, other] =
            ["one", "other"].map(|name| Folder::private(&root.path().join(name)).unwrap());
        let key = SealKey::own(root.path().join("secret"));
        assert_eq!(key.newest(&one).unwrap(), None);
        assert!(!root.path().join("secret").exists());
        for number in [0, 1, 17, u64::MAX] {
            key.note_newest(&one, number).unwrap();
            assert_eq!(key.newest(&one).unwrap(), Some(number));
            assert_eq!(key.newest(&other).unwrap(), None);
        }
        // A lower one, of a run that read an earlier file, counts for nothing.
        key.note_newest(&one, 3).unwrap();
        assert_eq!(key.newest(&one).unwrap(), Some(u64::MAX));
    }

    /// The same inode at another path can be a directory of another file system.
    #[test]
    fn a_number_is_of_one_path_and_inode() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let key = SealKey::own(at("secret"));
        key.note_newest(&Folder::private(&at("one")).unwrap(), 7)
            .unwrap();
        std::os::unix::fs::symlink(at("one"), at("link")).unwrap();
        let same = Folder::private(&at("link")).unwrap();
        assert_eq!(key.newest(&same).unwrap(), Some(7));
        fs::rename(at("one"), at("moved")).unwrap();
        let moved = Folder::private(&at("moved")).unwrap();
        assert_eq!(key.newest(&moved).unwrap(), None);
        let new = Folder::private(&at("one")).unwrap();
        assert_eq!(key.newest(&new).unwrap(), None);
    }

    #[test]
    fn removed_directories_are_dropped() {
        let root = tempfile::tempdir().unwrap();
        let secret = root.path().join("secret");
        let key = SealKey::own(&secret);
        for number in 0..20 {
            let path = root.path().join(number.to_string());
            key.note_newest(&Folder::private(&path).unwrap(), 1)
                .unwrap();
            if number > 0 {
                fs::remove_dir(path).unwrap();
            }
        }
        let first = Folder::private(&root.path().join("0")).unwrap();
        key.note_newest(&first, 2).unwrap();
        let all = read(&Folder::private(&secret).unwrap()).unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
    }

    /// A directory can come back, such as one on a volume, with a file that was not the newest.
    #[test]
    fn the_next_number_is_above_that_of_a_removed_directory() {
        let root = tempfile::tempdir().unwrap();
        let [one, other] =
            ["one", "other"].map(|name| Folder::private(&root.path().join(name)).unwrap());
        let key = SealKey::own(root.path().join("secret"));
        assert_eq!(key.next_number(7).unwrap(), 8);
        assert!(!root.path().join("secret").exists());
        key.note_newest(&one, 17).unwrap();
        fs::remove_dir(one.path()).unwrap();
        for number in [3, 4] {
            key.note_newest(&other, number).unwrap();
            assert_eq!(key.next_number(7).unwrap(), 18);
        }
        key.note_newest(&other, 18).unwrap();
        assert_eq!(key.next_number(7).unwrap(), 19);
        assert_eq!(key.next_number(30).unwrap(), 31);
    }

    /// Nothing is kept for a secret that has no directory of the user.
    #[test]
    fn a_secret_without_a_place_has_no_number() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::private(root.path()).unwrap();
        for key in [SealKey::none(), SealKey::given(root.path().join("file"))] {
            key.note_newest(&folder, 1).unwrap();
            assert_eq!(key.newest(&folder).unwrap(), Some(0));
            assert_eq!(key.next_number(7).unwrap(), 8);
        }
    }
}
