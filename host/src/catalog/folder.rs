//! Files in one folder, reached only through its descriptor.
//!
//! Nothing here follows a symlink or leaves the folder: names have no `/`, and each open says so to the
//! system. A folder is made with mode 0700 and a file with 0600, since a catalog is its account's own. A file
//! gets its name only when it is complete and on the disk.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use super::error::CatalogError;
use crate::hint::in_the_way;

/// Ending of a name that is not complete yet.
const UNFINISHED: &str = ".tmp";

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder at a path, and makes it with those above it where they are missing. A symlink on the
    /// way is followed here, for this path is the user's own choice.
    pub(super) fn root(path: &Path) -> Result<Folder, CatalogError> {
        use std::os::unix::fs::DirBuilderExt;
        let make = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        make.map_err(no_folder("make the folder", path))?;
        Self::existing(path)
    }

    /// Opens the folder at a path. A symlink on the way is followed, as by [`Folder::root`].
    pub(super) fn existing(path: &Path) -> Result<Folder, CatalogError> {
        let fd = rustix::fs::open(path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let fd = fd
            .map_err(io::Error::from)
            .map_err(no_folder("open the folder", path))?;
        Folder {
            fd,
            path: path.to_owned(),
        }
        .ours()
    }

    /// A folder inside, if it is there.
    pub(super) fn sub(&self, name: &str) -> Result<Option<Folder>, CatalogError> {
        let path = self.path.join(name);
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => Folder { fd, path }.ours().map(Some),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            // Linux says NOTDIR for a symlink too, other systems LOOP.
            Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                Err(CatalogError::InTheWay {
                    link: self.links()?.iter().any(|link| link == name),
                    path,
                })
            }
            Err(error) => Err(CatalogError::disk("open the folder", path)(error.into())),
        }
    }

    /// A folder inside, made where it is missing.
    pub(super) fn make(&self, name: &str) -> Result<Folder, CatalogError> {
        let path = self.path.join(name);
        match rustix::fs::mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(CatalogError::disk("make the folder", path)(error.into())),
        }
        let gone = || CatalogError::disk("open the folder", path)(io::ErrorKind::NotFound.into());
        self.sub(name)?.ok_or_else(gone)
    }

    fn ours(self) -> Result<Folder, CatalogError> {
        let stat = rustix::fs::fstat(&self.fd).map_err(io::Error::from);
        let stat = stat.map_err(CatalogError::disk("look at", &self.path))?;
        if stat.st_mode & 0o022 != 0 {
            return Err(CatalogError::Writable { path: self.path });
        }
        let owner = stat.st_uid;
        let user = rustix::process::geteuid().as_raw();
        if owner == user {
            Ok(self)
        } else {
            Err(CatalogError::NotOurs {
                path: self.path,
                owner,
                user,
            })
        }
    }

    /// The path of a file, for messages.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a regular file for reading, if it is there.
    pub(super) fn open(&self, name: &str) -> io::Result<Option<File>> {
        // NONBLOCK: a pipe of that name must not stop the program.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() {
            Ok(Some(file))
        } else {
            Err(io::Error::other("it is not a regular file"))
        }
    }

    /// Reads a whole file of at most `limit` bytes, if it is there.
    pub(super) fn read(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.open(name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            Err(io::Error::other("it is too large"))
        } else {
            Ok(Some(bytes))
        }
    }

    /// Opens a file that only its lock is used of, and makes it where it is missing.
    pub(super) fn lock_file(&self, name: &str) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(
            &self.fd,
            name,
            flags,
            Mode::RUSR | Mode::WUSR,
        )?))
    }

    /// Whether the name still means this open file.
    pub(super) fn is(&self, name: &str, file: &File) -> io::Result<bool> {
        let open = rustix::fs::fstat(file)?;
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(named) => Ok((named.st_dev, named.st_ino) == (open.st_dev, open.st_ino)),
            Err(rustix::io::Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a complete file to the disk, and then gives it its name. The caller holds the lock.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CatalogError> {
        let unfinished = format!("{name}{UNFINISHED}");
        let write = || -> io::Result<()> {
            self.remove(&unfinished)?;
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = rustix::fs::openat(
                &self.fd,
                unfinished.as_str(),
                flags,
                Mode::RUSR | Mode::WUSR,
            )?;
            let mut file = File::from(fd);
            file.write_all(bytes)?;
            file.sync_all()?;
            self.rename(&unfinished, name)
        };
        write().map_err(|error| {
            let _ = self.remove(&unfinished);
            CatalogError::disk("write", self.path(name))(error)
        })
    }

    /// Brings the folder's names to the disk.
    pub(super) fn sync(&self) -> Result<(), CatalogError> {
        let sync = rustix::fs::fsync(&self.fd).map_err(io::Error::from);
        sync.map_err(CatalogError::disk("write the folder", &self.path))
    }

    /// Renames a file; one that has the new name is replaced.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Removes a file and says its size; `None` where there is none.
    pub(super) fn remove(&self, name: &str) -> io::Result<Option<u64>> {
        let size = self.size(name)?;
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => Ok(size),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a folder inside, if it is empty.
    pub(super) fn remove_empty(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR);
    }

    /// The size of a file or symlink, if it is there.
    pub(super) fn size(&self, name: &str) -> io::Result<Option<u64>> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(u64::try_from(stat.st_size).unwrap_or(0))),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names inside, sorted: of folders, or of everything else.
    pub(super) fn names(&self, folders: bool) -> Result<Vec<String>, CatalogError> {
        self.names_of(|kind| (kind == FileType::Directory) == folders)
    }

    /// The names of the symlinks inside, sorted.
    pub(super) fn links(&self) -> Result<Vec<String>, CatalogError> {
        self.names_of(|kind| kind == FileType::Symlink)
    }

    fn names_of(&self, wanted: impl Fn(FileType) -> bool) -> Result<Vec<String>, CatalogError> {
        let read = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in Dir::read_from(&self.fd)? {
                let entry = entry?;
                let Ok(name) = entry.file_name().to_str() else {
                    continue;
                };
                let mut kind = entry.file_type();
                if kind == FileType::Unknown {
                    let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
                    kind = FileType::from_raw_mode(stat.st_mode);
                }
                if wanted(kind) && name != "." && name != ".." {
                    names.push(name.to_owned());
                }
            }
            names.sort();
            Ok(names)
        };
        read().map_err(CatalogError::disk("list the folder", &self.path))
    }
}

/// For `map_err`: the folder at a path cannot be had, mostly because something else is in its way.
fn no_folder(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CatalogError {
    move |error| match in_the_way(path) {
        Some(path) => CatalogError::InTheWay {
            link: path.is_symlink(),
            path,
        },
        None => CatalogError::disk(action, path)(error),
    }
}

/// Whether the name is that of a file whose writing was interrupted.
pub(super) fn unfinished(name: &str) -> Option<&str> {
    name.strip_suffix(UNFINISHED)
}
