//! Fault injection for tests: every change of the disk calls [`failpoint`], which a test can make fail or kill the
//! process.

#[cfg(feature = "failpoints")]
pub use injected::{Injected, failpoint, set, taken};

/// Called before each change of the disk.
#[cfg(not(feature = "failpoints"))]
#[allow(clippy::unnecessary_wraps, missing_docs)]
pub fn failpoint() -> std::io::Result<()> {
    Ok(())
}

/// Failpoints with injected faults, separate for each thread.
#[cfg(feature = "failpoints")]
mod injected {
    use std::cell::Cell;
    use std::io;

    /// Fault at a failpoint, counted from 0.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Injected {
        /// Nothing.
        None,
        /// The change fails, and later ones succeed.
        FailsAt(usize),
        /// The process ends: this and every later change never happens.
        DiesAt(usize),
        /// The change fails, and the process ends that many failpoints later.
        FailsThenDies(usize, usize),
        /// The operating system kills the process.
        KilledAt(usize),
    }

    thread_local! {
        static INJECTED: Cell<Injected> = const { Cell::new(Injected::None) };
        static TAKEN: Cell<usize> = const { Cell::new(0) };
    }

    /// Sets the fault from here on.
    pub fn set(injected: Injected) {
        INJECTED.set(injected);
        TAKEN.set(0);
    }

    /// Failpoints passed since [`set`].
    pub fn taken() -> usize {
        TAKEN.get()
    }

    /// Called before each change of the disk.
    ///
    /// # Errors
    /// The fault of [`set`].
    pub fn failpoint() -> io::Result<()> {
        let at = TAKEN.get();
        TAKEN.set(at + 1);
        let fails = match INJECTED.get() {
            Injected::None => false,
            Injected::FailsAt(n) => at == n,
            Injected::DiesAt(n) => at >= n,
            Injected::FailsThenDies(n, later) => at == n || at > n + later,
            Injected::KilledAt(n) => {
                if at == n {
                    let me = rustix::process::getpid();
                    rustix::process::kill_process(me, rustix::process::Signal::KILL)?;
                }
                false
            }
        };
        if fails {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        } else {
            Ok(())
        }
    }
}
