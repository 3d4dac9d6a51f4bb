//! A seam for tests: every change of the disk goes past it.

use std::io;

/// Called before each change of the disk.
#[cfg(not(test))]
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn step() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use simulated::step;

/// What tests make of it, each in its own thread.
#[cfg(test)]
pub(crate) mod simulated {
    use super::io;
    use std::cell::Cell;

    /// What happens at a step, counted from 0.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(crate) enum Fate {
        Lives,
        /// The change fails, and those after it do not.
        FailsAt(usize),
        /// The process ends: this and every later change never happens.
        DiesAt(usize),
        /// The change fails, and the process ends that many steps later.
        FailsThenDies(usize, usize),
        /// The operating system kills the process.
        KilledAt(usize),
    }

    thread_local! {
        static FATE: Cell<Fate> = const { Cell::new(Fate::Lives) };
        static TAKEN: Cell<usize> = const { Cell::new(0) };
    }

    /// Sets what happens from here on.
    pub(crate) fn set(fate: Fate) {
        FATE.set(fate);
        TAKEN.set(0);
    }

    /// Steps taken since [`set`].
    pub(crate) fn taken() -> usize {
        TAKEN.get()
    }

    pub(crate) fn step() -> io::Result<()> {
        let at = TAKEN.get();
        TAKEN.set(at + 1);
        let fails = match FATE.get() {
            Fate::Lives => false,
            Fate::FailsAt(n) => at == n,
            Fate::DiesAt(n) => at >= n,
            Fate::FailsThenDies(n, later) => at == n || at > n + later,
            Fate::KilledAt(n) => {
                if at == n {
                    let me = rustix::process::getpid();
                    rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
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
