//! Files that nobody but this user can have written.

use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Opens a plain file of this user that nobody else can write; a link is not followed, and a pipe not waited for.
pub(super) fn open_private(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    if !is_private(&metadata) {
        return Err(std::io::Error::other("others can write this file"));
    }
    Ok(file)
}

/// Reads such a file, which is small.
pub(super) fn read_private(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_private(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// It belongs to this user, and neither group nor others can write it.
pub(super) fn is_private(metadata: &std::fs::Metadata) -> bool {
    !metadata.is_symlink()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o022 == 0
}
