//! The plugin directory on disk: reads, and atomic changes.

use super::lock_file::{LOCK_FILE, LockFile};
use super::{InstallError, Installed, ObjectFault, Plugins, object};
use crate::clock::timestamp;
use crate::plugin::{Artifact, Digest};
use cloudhost_files::{Folder, PATIENCE};
use std::path::PathBuf;

/// Directory of components.
const OBJECTS: &str = "objects";
/// Lock file that prevents concurrent changes.
const LOCK: &str = "lock";

impl Plugins {
    /// Reads the lock file. Creates nothing.
    pub(super) fn read(&self) -> Result<LockFile, InstallError> {
        let read = match self.folder() {
            Ok(Some(folder)) => LockFile::read(&folder, &self.seal),
            Ok(None) => Ok(LockFile::default()),
            Err(error) => Err(error),
        };
        read.map_err(|error| self.report(error, None))
    }

    fn folder(&self) -> Result<Option<Folder>, InstallError> {
        Ok(Folder::find_private(&self.dir)?)
    }

    /// Absolute path of a component.
    pub(super) fn object_path(&self, digest: &Digest) -> PathBuf {
        let path = self.dir.join(OBJECTS).join(object(digest));
        std::path::absolute(&path).unwrap_or(path)
    }

    /// Reads the bytes of a component and checks their digest.
    pub(super) fn bytes(&self, installed: &Installed) -> Result<Vec<u8>, InstallError> {
        let name = object(&installed.digest);
        let objects = match self.folder()? {
            Some(folder) => folder.sub(OBJECTS)?,
            None => None,
        };
        // At most its recorded size is read: a file that has grown must not fill the memory.
        let expected = installed.size;
        let read = match &objects {
            Some(objects) => objects.read(&name, expected),
            None => Ok(None),
        };
        let size = objects.and_then(|objects| objects.size(&name).ok().flatten());
        let fault = match read {
            Ok(Some(bytes)) => match Digest::of(&bytes) {
                found if found == installed.digest => return Ok(bytes),
                found => ObjectFault::Changed(found),
            },
            Ok(None) => ObjectFault::Missing,
            Err(error) => match size {
                Some(found) if found > expected => ObjectFault::Grown { expected, found },
                _ => ObjectFault::Unreadable(error.cause()),
            },
        };
        Err(InstallError::Object {
            name: installed.name().to_owned(),
            digest: installed.digest,
            fault: Box::new(fault),
            repair: Box::new(self.repair(installed)),
        })
    }

    /// Reads the component of a record. Its bytes are checked before anything parses them.
    pub(super) fn artifact(&self, installed: &Installed) -> Result<Artifact, InstallError> {
        let bytes = self.bytes(installed)?;
        let artifact = Artifact::read_known(bytes, installed.digest)?;
        if artifact.manifest != installed.manifest {
            return Err(InstallError::LockFile {
                path: self.dir.join(LOCK_FILE),
                why: format!(
                    "{}: the stored manifest does not match the component",
                    installed.name()
                ),
            });
        }
        Ok(artifact)
    }

    /// Changes the lock file atomically. Objects that `work` adds are on disk before the lock file references them.
    /// Unreferenced objects are removed before and after.
    pub(super) fn change<T>(
        &self,
        work: impl FnOnce(&mut LockFile, &Folder) -> Result<T, InstallError>,
    ) -> Result<T, InstallError> {
        let folder = Folder::private(&self.dir)?;
        let _lock = folder.lock(LOCK, PATIENCE)?;
        let before = LockFile::read(&folder, &self.seal);
        let before = before.map_err(|error| self.report(error, None))?;
        let objects = folder.make(OBJECTS)?;
        sweep(&objects, &before)?;
        let mut after = before.clone();
        let outcome = work(&mut after, &objects)?;
        if after != before {
            // The clock: numbers of before can be lost, and no earlier file may have a higher one than this.
            let now = u64::try_from(timestamp().as_microsecond()).unwrap_or(0);
            after.number = self.seal.next_number(before.number.max(now))?;
            if self.seal.newest(&folder)?.is_none() {
                // Before the file: one in a directory of which no number is noted is not believed.
                self.seal.note_newest(&folder, after.number)?;
            }
            let text = after.to_text(&folder, &self.seal)?;
            folder.write(LOCK_FILE, text.as_bytes())?;
            folder.sync("")?;
            self.seal.note_newest(&folder, after.number)?;
            // The change is done; objects that cannot be removed now are left for the next change.
            let _ = sweep(&objects, &after);
        }
        Ok(outcome)
    }
}

/// Writes a component and its directory entry to disk. A complete existing one stays.
pub(super) fn write_object(
    objects: &Folder,
    digest: &Digest,
    bytes: &[u8],
) -> Result<(), InstallError> {
    let name = object(digest);
    let there = objects.read(&name, bytes.len() as u64);
    if !there.is_ok_and(|there| there.as_deref() == Some(bytes)) {
        objects.write(&name, bytes)?;
    }
    objects.sync("")?;
    Ok(())
}

/// Removes unreferenced objects.
fn sweep(objects: &Folder, file: &LockFile) -> Result<(), InstallError> {
    for name in objects.names(false)? {
        if !file.names(&name) {
            objects.remove(&name)?;
        }
    }
    Ok(())
}
