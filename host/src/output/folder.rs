//! The output folder as a capability: no path and no symbolic link below it leads out.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, FileType, Metadata, OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;

use super::step::step;
use super::{OutputError, shown};

/// Mode of new files, less what the umask takes away.
const MODE: u32 = 0o644;

/// An open folder. All paths are relative to it; an empty one is the folder itself.
#[derive(Debug)]
pub(super) struct Folder {
    dir: Dir,
    path: PathBuf,
}

/// What is at a path, a symbolic link not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Missing,
    File(u64),
    Link,
    Folder,
    Other,
}

/// The digest of some content, in hexadecimal.
pub(super) fn digest_of(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}

/// Opening.
impl Folder {
    /// Opens a folder that exists.
    pub(super) fn existing(path: &Path) -> Result<Self, OutputError> {
        Self::at(path, false)
    }

    /// Opens a folder, and creates it and those above it where missing.
    pub(super) fn create(path: &Path) -> Result<Self, OutputError> {
        Self::at(path, true)
    }

    fn at(path: &Path, create: bool) -> Result<Self, OutputError> {
        let mut components = path
            .components()
            .filter(|component| !matches!(component, Component::CurDir));
        let opened =
            match components.next() {
                None => Dir::open_ambient_dir(".", ambient_authority()),
                Some(Component::Normal(_)) => Dir::open_ambient_dir(".", ambient_authority())
                    .and_then(|current| match current.open_dir(path) {
                        Err(error) if create && error.kind() == ErrorKind::NotFound => {
                            current.create_dir_all(path)?;
                            current.open_dir(path)
                        }
                        opened => opened,
                    }),
                // The user named a place elsewhere, so links on the way there are the user's too.
                Some(_) => (if create {
                    fs::create_dir_all(path)
                } else {
                    Ok(())
                })
                .and_then(|()| Dir::open_ambient_dir(path, ambient_authority())),
            };
        let path = path.to_owned();
        match opened {
            Ok(dir) => Ok(Self { dir, path }),
            Err(error) if escapes(&error) => Err(OutputError::Escapes { path, folder: true }),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotADirectory | ErrorKind::AlreadyExists
                ) =>
            {
                Err(OutputError::NotAFolder { path })
            }
            Err(source) => Err(OutputError::Io {
                action: "open",
                path,
                source,
            }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The error for what the operating system answered about `path`.
    pub(super) fn failed(
        &self,
        action: &'static str,
        path: &str,
        source: io::Error,
    ) -> OutputError {
        let path = shown(&self.path, path);
        if escapes(&source) {
            return OutputError::Escapes {
                path,
                folder: false,
            };
        }
        OutputError::Io {
            action,
            path,
            source,
        }
    }
}

/// cap-std's own refusal: the operating system's carry a number.
fn escapes(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

/// Reading.
impl Folder {
    /// Names in the folder itself; those that are not text left out.
    pub(super) fn list(&self) -> Result<Vec<String>, OutputError> {
        let names = self.dir.entries().and_then(|entries| {
            let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
            names.collect::<io::Result<Vec<_>>>()
        });
        Ok(names
            .map_err(|error| self.failed("list", "", error))?
            .into_iter()
            .flatten()
            .collect())
    }

    pub(super) fn kind(&self, path: &str) -> Result<Kind, OutputError> {
        match self.dir.symlink_metadata(path) {
            Ok(metadata) => Ok(kind(&metadata)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kind::Missing),
            Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(Kind::Missing),
            Err(error) => Err(self.failed("look at", path, error)),
        }
    }

    pub(super) fn exists(&self, path: &str) -> Result<bool, OutputError> {
        Ok(self.kind(path)? != Kind::Missing)
    }

    /// An error if following the link at `path` would lead out of the folder.
    pub(super) fn check_link(&self, path: &str) -> Result<(), OutputError> {
        match self.dir.metadata(path) {
            Err(error) if escapes(&error) => Err(self.failed("follow", path, error)),
            _ => Ok(()),
        }
    }

    /// The content of a regular file; `None` if there is nothing or something else.
    pub(super) fn read(&self, path: &str) -> Result<Option<Vec<u8>>, OutputError> {
        let mut content = Vec::new();
        Ok(self.read_into(path, &mut content)?.then_some(content))
    }

    /// The digest of a regular file; `None` if there is nothing or something else. `buffer` is scratch space.
    pub(super) fn digest(
        &self,
        path: &str,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<String>, OutputError> {
        buffer.clear();
        Ok(self.read_into(path, buffer)?.then(|| digest_of(buffer)))
    }

    fn read_into(&self, path: &str, content: &mut Vec<u8>) -> Result<bool, OutputError> {
        let mut options = OpenOptions::new();
        // Neither follow a link nor wait for the other end of a pipe.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.read(true).custom_flags(flags.bits().cast_signed());
        let mut read = || {
            let mut file = self.dir.open_with(path, &options)?;
            let metadata = file.metadata()?;
            if let Kind::File(size) = kind(&metadata) {
                content.reserve(usize::try_from(size).unwrap_or_default().saturating_add(1));
                file.read_to_end(content)?;
                return Ok(true);
            }
            Ok(false)
        };
        match read() {
            Err(error) if missing(&error) || is_link(&error) => Ok(false),
            other => other.map_err(|error| self.failed("read", path, error)),
        }
    }
}

fn kind(metadata: &Metadata) -> Kind {
    let kind: FileType = metadata.file_type();
    match () {
        () if kind.is_symlink() => Kind::Link,
        () if kind.is_dir() => Kind::Folder,
        () if kind.is_file() => Kind::File(metadata.len()),
        () => Kind::Other,
    }
}

fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// A link, or a socket, which cannot be opened either.
fn is_link(error: &io::Error) -> bool {
    let code = error
        .raw_os_error()
        .map(rustix::io::Errno::from_raw_os_error);
    matches!(
        code,
        Some(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO)
    )
}

/// Changing. Each change is one [`step`].
impl Folder {
    /// The lock file, created where missing.
    pub(super) fn open_lock(&self, path: &str) -> Result<fs::File, OutputError> {
        let mut options = OpenOptions::new();
        options
            .create(true)
            .write(true)
            .mode(MODE)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let opened = step().and_then(|()| self.dir.open_with(path, &options));
        opened
            .map(cap_std::fs::File::into_std)
            .map_err(|error| self.failed("open", path, error))
    }

    /// A new file, still to be [`Folder::flush`]ed.
    pub(super) fn write(&self, path: &str, content: &[u8]) -> Result<fs::File, OutputError> {
        let mut options = OpenOptions::new();
        options.create_new(true).write(true).mode(MODE);
        let write = || {
            step()?;
            let mut file = self.dir.open_with(path, &options)?.into_std();
            step()?;
            file.write_all(content)?;
            Ok(file)
        };
        write().map_err(|error| self.failed("write", path, error))
    }

    /// Brings the content of a file to the disk.
    pub(super) fn flush(&self, path: &str, file: &fs::File) -> Result<(), OutputError> {
        step()
            .and_then(|()| file.sync_all())
            .map_err(|error| self.failed("write", path, error))
    }

    /// Brings the names in a folder to the disk. Some file systems cannot, and some need not.
    pub(super) fn flush_names(&self, path: &str) -> Result<(), OutputError> {
        let folder = if path.is_empty() { "." } else { path };
        let flushed = step().and_then(|()| self.dir.open(folder)?.into_std().sync_all());
        match flushed {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            other => other.map_err(|error| self.failed("write", path, error)),
        }
    }

    /// Replaces whatever file is at `to`. Nothing happens if both are the same file.
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), OutputError> {
        step()
            .and_then(|()| self.dir.rename(from, &self.dir, to))
            .map_err(|error| self.failed("replace", to, error))
    }

    /// A second name `to` for the file (or link) `from`; a copy of the same age where the file system has no
    /// second names or does not let this user make one.
    pub(super) fn keep(&self, from: &str, to: &str) -> Result<(), OutputError> {
        step()
            .and_then(|()| {
                self.dir
                    .hard_link(from, &self.dir, to)
                    .or_else(|_| self.copy(from, to))
            })
            .map_err(|error| self.failed("keep a copy of", from, error))
    }

    fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        if self.dir.symlink_metadata(from)?.is_symlink() {
            return self.dir.symlink(self.dir.read_link_contents(from)?, to);
        }
        let changed = self.dir.metadata(from)?.modified()?.into_std();
        self.dir.copy(from, &self.dir, to)?;
        let copy = self
            .dir
            .open_with(to, OpenOptions::new().write(true))?
            .into_std();
        copy.set_modified(changed)?;
        copy.sync_all()
    }

    /// Removes a file; nothing happens if there is none.
    pub(super) fn remove(&self, path: &str) -> Result<(), OutputError> {
        match step().and_then(|()| self.dir.remove_file(path)) {
            Err(error) if missing(&error) => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }

    /// Creates a folder; nothing happens if there is one.
    pub(super) fn create_folder(&self, path: &str) -> Result<(), OutputError> {
        match step().and_then(|()| self.dir.create_dir(path)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && self.dir.is_dir(path) => {
                Ok(())
            }
            other => other.map_err(|error| self.failed("create", path, error)),
        }
    }

    /// Removes a folder if it is there and empty.
    pub(super) fn remove_empty_folder(&self, path: &str) -> Result<(), OutputError> {
        match step().and_then(|()| self.dir.remove_dir(path)) {
            Err(error) if missing(&error) || error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }

    /// Removes a folder with all that it holds; nothing happens if there is none.
    pub(super) fn remove_tree(&self, path: &str) -> Result<(), OutputError> {
        match step().and_then(|()| self.dir.remove_dir_all(path)) {
            Err(error) if missing(&error) => Ok(()),
            other => other.map_err(|error| self.failed("remove", path, error)),
        }
    }
}
