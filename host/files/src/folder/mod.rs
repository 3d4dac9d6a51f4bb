//! Files in one folder, reached only through its descriptor.
//!
//! Nothing here follows a symlink or leaves the folder: names have no `/`, and each open says so to the
//! system. A folder is made with mode 0700 and a file with 0600, since what is kept is its user's own. A file
//! gets its name only when it is complete and on the disk. Each change of the disk is one [`step`].

mod error;

pub use error::FolderError;

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use crate::failpoint::failpoint;
use crate::paths::in_the_way;

/// Ending of a name that is not complete yet.
const UNFINISHED: &str = ".tmp";
/// Bytes that are written at a time: a file of any size is written in more than one step.
const CHUNK: usize = 64 * 1024;

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder at a path, and makes it with those above it where they are missing. A symlink on the
    /// way is followed here, for this path is the user's own choice.
    pub fn root(path: &Path) -> Result<Folder, FolderError> {
        use std::os::unix::fs::DirBuilderExt;
        let make = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        make.map_err(no_folder("make the folder", path))?;
        Self::existing(path)
    }

    /// Opens the folder at a path. A symlink on the way is followed, as by [`Folder::root`].
    pub fn existing(path: &Path) -> Result<Folder, FolderError> {
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
    pub fn sub(&self, name: &str) -> Result<Option<Folder>, FolderError> {
        let path = self.path.join(name);
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => Folder { fd, path }.ours().map(Some),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            // Linux says NOTDIR for a symlink too, other systems LOOP.
            Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                Err(FolderError::InTheWay {
                    link: self.links()?.iter().any(|link| link == name),
                    path,
                })
            }
            Err(error) => Err(FolderError::disk("open the folder", path)(error.into())),
        }
    }

    /// A folder inside, made where it is missing.
    pub fn make(&self, name: &str) -> Result<Folder, FolderError> {
        let path = self.path.join(name);
        let make = || -> io::Result<()> {
            failpoint()?;
            match rustix::fs::mkdirat(&self.fd, name, Mode::RWXU) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
                Err(error) => Err(error.into()),
            }
        };
        make().map_err(FolderError::disk("make the folder", &path))?;
        let gone = || FolderError::disk("open the folder", path)(io::ErrorKind::NotFound.into());
        self.sub(name)?.ok_or_else(gone)
    }

    fn ours(self) -> Result<Folder, FolderError> {
        let stat = rustix::fs::fstat(&self.fd).map_err(io::Error::from);
        let stat = stat.map_err(FolderError::disk("look at", &self.path))?;
        if stat.st_mode & 0o022 != 0 {
            return Err(FolderError::Writable { path: self.path });
        }
        let owner = stat.st_uid;
        let user = rustix::process::geteuid().as_raw();
        if owner == user {
            Ok(self)
        } else {
            Err(FolderError::NotOurs {
                path: self.path,
                owner,
                user,
            })
        }
    }

    /// The path of a file, for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a regular file for reading, if it is there.
    pub fn open(&self, name: &str) -> io::Result<Option<File>> {
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
    pub fn read(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
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

    /// The lock of a file that is used for nothing else, made where it is missing; `None` while another run has
    /// it. It is `flock`: it ends with the process that holds it, however that ends.
    pub fn try_lock(&self, name: &str) -> io::Result<Option<File>> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(fd) => File::from(fd),
            // Another run is removing this folder.
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Another run may have removed the file between open and lock, and this lock is then no one's.
        Ok(self.is(name, &file)?.then_some(file))
    }

    /// Whether the name still means this open file.
    fn is(&self, name: &str, file: &File) -> io::Result<bool> {
        let open = rustix::fs::fstat(file)?;
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(named) => Ok((named.st_dev, named.st_ino) == (open.st_dev, open.st_ino)),
            Err(rustix::io::Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a complete file to the disk, and then gives it its name. The caller holds the lock.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let unfinished = format!("{name}{UNFINISHED}");
        let write = || -> io::Result<()> {
            self.remove(&unfinished)?;
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            failpoint()?;
            let fd = rustix::fs::openat(
                &self.fd,
                unfinished.as_str(),
                flags,
                Mode::RUSR | Mode::WUSR,
            )?;
            let mut file = File::from(fd);
            for part in bytes.chunks(CHUNK) {
                failpoint()?;
                file.write_all(part)?;
            }
            failpoint()?;
            file.sync_all()?;
            self.rename(&unfinished, name)
        };
        write().map_err(|error| {
            let _ = self.remove(&unfinished);
            FolderError::disk("write", self.path(name))(error)
        })
    }

    /// Brings the folder's names to the disk.
    pub fn sync(&self) -> Result<(), FolderError> {
        let sync = failpoint().and_then(|()| Ok(rustix::fs::fsync(&self.fd)?));
        sync.map_err(FolderError::disk("write the folder", &self.path))
    }

    /// Renames a file; one that has the new name is replaced.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        failpoint()?;
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Removes a file and says its size; `None` where there is none.
    pub fn remove(&self, name: &str) -> io::Result<Option<u64>> {
        let size = self.size(name)?;
        if size.is_some() {
            failpoint()?;
        }
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => Ok(size),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a folder inside, if it is empty.
    pub fn remove_empty(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR);
    }

    /// The size of a file or symlink, if it is there.
    pub fn size(&self, name: &str) -> io::Result<Option<u64>> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(u64::try_from(stat.st_size).unwrap_or(0))),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names inside, sorted: of folders, or of everything else.
    pub fn names(&self, folders: bool) -> Result<Vec<String>, FolderError> {
        self.names_of(|kind| (kind == FileType::Directory) == folders)
    }

    /// The names of the symlinks inside, sorted.
    pub fn links(&self) -> Result<Vec<String>, FolderError> {
        self.names_of(|kind| kind == FileType::Symlink)
    }

    fn names_of(&self, wanted: impl Fn(FileType) -> bool) -> Result<Vec<String>, FolderError> {
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
        read().map_err(FolderError::disk("list the folder", &self.path))
    }
}

/// For `map_err`: the folder at a path cannot be had, mostly because something else is in its way.
fn no_folder(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    move |error| match in_the_way(path) {
        Some(path) => FolderError::InTheWay {
            link: path.is_symlink(),
            path,
        },
        None => FolderError::disk(action, path)(error),
    }
}

/// Whether the name is that of a file whose writing was interrupted.
pub fn unfinished(name: &str) -> Option<&str> {
    name.strip_suffix(UNFINISHED)
}
