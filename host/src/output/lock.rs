//! One writer of an owner's files at a time.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use super::OutputError;
use super::folder::Folder;
use super::names::Names;

/// How long to wait for another process. A commit takes less than a second.
pub(super) const WAIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);
/// A child that this process started holds its locks until it runs its own program.
const BRIEFLY: Duration = Duration::from_millis(250);

/// Held until dropped. The file stays: removing it would let two processes lock two files of the same name.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code)] File);

/// The lock, unless another process is at work.
pub(super) fn if_idle(folder: &Folder, names: &Names) -> Result<Option<Lock>, OutputError> {
    match acquire(folder, names, BRIEFLY) {
        Err(OutputError::Busy { .. }) => Ok(None),
        outcome => outcome.map(Some),
    }
}

fn try_acquire(folder: &Folder, names: &Names) -> Result<Option<Lock>, OutputError> {
    let file = folder.open_lock(&names.lock)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(folder.failed("lock", &names.lock, source)),
    }
}

/// The lock, after at most `wait`.
pub(super) fn acquire(folder: &Folder, names: &Names, wait: Duration) -> Result<Lock, OutputError> {
    let start = Instant::now();
    loop {
        if let Some(lock) = try_acquire(folder, names)? {
            return Ok(lock);
        }
        if start.elapsed() >= wait {
            return Err(OutputError::Busy {
                path: super::shown(folder.path(), &names.lock),
                waited: wait,
            });
        }
        thread::sleep(PAUSE);
    }
}
