//! One writer of an owner's files at a time.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use super::OutputError;
use super::folder::Folder;
use super::names::Names;

/// How long the lock is tried: a child that this process started holds its locks until it runs its own program.
const BRIEFLY: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(5);

/// Held until dropped. The file stays: removing it would let two processes lock two files of the same name.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code)] File);

/// The lock, or [`OutputError::Busy`] where another process is at work.
pub(super) fn acquire(folder: &Folder, names: &Names) -> Result<Lock, OutputError> {
    let start = Instant::now();
    loop {
        let file = folder.open_lock(&names.lock)?;
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::Error(source)) => {
                return Err(folder.failed("lock", &names.lock, source));
            }
            Err(TryLockError::WouldBlock) if start.elapsed() < BRIEFLY => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(OutputError::Busy {
                    path: super::shown(folder.path(), &names.lock),
                });
            }
        }
    }
}
