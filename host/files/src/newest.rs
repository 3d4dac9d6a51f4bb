//! The number of the newest file that was sealed in a directory. A seal does not tell a file from an earlier one that is
//! put back in its place; the number, which the sealed text has too, does.
//!
//! It is kept beside the secret of the user, outside of every directory that it is about. A secret in a given file has no
//! such place: images and volumes start again from what they were, and their files with them.

use crate::{Folder, FolderError, SealKey};

/// Most digits of a number.
const DIGITS: u64 = 20;

impl SealKey {
    /// Returns the number of the newest file of this directory; 0: none is known. Creates nothing.
    ///
    /// # Errors
    /// When the directory of the secret cannot be used.
    pub fn newest(&self, folder: &Folder) -> Result<u64, FolderError> {
        let Some(own) = self.own_folder() else {
            return Ok(0);
        };
        let number = match Folder::find_private(own)? {
            Some(own) => own.read(&name(folder)?, DIGITS)?,
            None => None,
        };
        let number = number.and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        Ok(number.unwrap_or_default())
    }

    /// Notes the number of the newest file of this directory. Callers hold the lock of the directory.
    ///
    /// # Errors
    /// When the number cannot be written.
    pub fn note_newest(&self, folder: &Folder, number: u64) -> Result<(), FolderError> {
        match self.own_folder() {
            Some(own) => Folder::private(own)?.write(&name(folder)?, number.to_string().as_bytes()),
            None => Ok(()),
        }
    }
}

/// Name of the file with the number of this directory.
fn name(folder: &Folder) -> Result<String, FolderError> {
    Ok(format!("newest-{}", folder.inode()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_directory_has_its_own_number() {
        let root = tempfile::tempdir().unwrap();
        let [one, other] =
            ["one", "other"].map(|name| Folder::private(&root.path().join(name)).unwrap());
        let key = SealKey::own(root.path().join("secret"));
        assert_eq!(key.newest(&one).unwrap(), 0);
        assert!(!root.path().join("secret").exists());
        for number in [1, 17, u64::MAX] {
            key.note_newest(&one, number).unwrap();
            assert_eq!(
                (key.newest(&one).unwrap(), key.newest(&other).unwrap()),
                (number, 0)
            );
        }
    }

    /// Nothing is kept for a secret that has no directory of the user.
    #[test]
    fn a_secret_without_a_place_has_no_number() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::private(root.path()).unwrap();
        for key in [SealKey::none(), SealKey::given(root.path().join("file"))] {
            key.note_newest(&folder, 1).unwrap();
            assert_eq!(key.newest(&folder).unwrap(), 0);
        }
    }
}
