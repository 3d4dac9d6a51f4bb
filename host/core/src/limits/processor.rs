//! Processor time of a call, over all tasks that work for it.

use futures::task::AtomicWaker;
use rustix::time::{ClockId, clock_gettime};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Processor time after which the call is woken to compare it with its limit.
const TICK: u64 = 10_000_000;

/// Processor time that a call has used: by its guest, its requests and their connections.
///
/// Each part of the work adds the time of its thread. One that uses much wakes the call, which may be waiting for just
/// that work.
#[derive(Debug, Default)]
pub(crate) struct CpuTime {
    nanoseconds: AtomicU64,
    call: AtomicWaker,
}

impl CpuTime {
    /// Does a part of the work.
    pub(crate) fn measure<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = thread_time();
        let done = work();
        let took = thread_time().saturating_sub(before).as_nanos() as u64;
        let used = self.nanoseconds.fetch_add(took, Ordering::Relaxed);
        if used / TICK != used.saturating_add(took) / TICK {
            self.call.wake();
        }
        done
    }

    /// Time used so far.
    pub(crate) fn used(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// Registers the call that compares it with its limit.
    pub(crate) fn watch(&self, call: &Waker) {
        self.call.register(call);
    }

    /// Counts the work of another task.
    pub(crate) fn of_task<F: Future>(self: Arc<Self>, work: F) -> Measured<F> {
        Measured {
            cpu: self,
            work: Box::pin(work),
        }
    }
}

/// Work for a call, in a task of its own.
pub(crate) struct Measured<F> {
    cpu: Arc<CpuTime>,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Measured<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { cpu, work } = &mut *self;
        cpu.measure(|| work.as_mut().poll(cx))
    }
}

fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        now.tv_sec.try_into().unwrap_or(0),
        now.tv_nsec.try_into().unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::task::{ArcWake, waker};
    use std::hint::black_box;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl ArcWake for Woken {
        fn wake_by_ref(woken: &Arc<Self>) {
            woken.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn compute(least: Duration) {
        let before = thread_time();
        while thread_time() - before < least {
            black_box((0..1000_u64).fold(0, u64::wrapping_add));
        }
    }

    #[test]
    fn the_call_is_woken_for_much_time_only() {
        let (cpu, woken) = (CpuTime::default(), Arc::new(Woken::default()));
        cpu.watch(&waker(woken.clone()));
        cpu.measure(|| compute(Duration::from_micros(100)));
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        cpu.measure(|| compute(Duration::from_millis(20)));
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert!(cpu.used() >= Duration::from_millis(20));
    }

    #[tokio::test]
    async fn tasks_count_together_and_waiting_does_not() {
        let cpu = Arc::new(CpuTime::default());
        let work = || async {
            compute(Duration::from_millis(5));
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let tasks = (0..4).map(|_| tokio::spawn(cpu.clone().of_task(work())));
        futures::future::join_all(tasks).await;
        let used = cpu.used();
        assert!(used >= Duration::from_millis(20), "{used:?}");
        assert!(used < Duration::from_millis(200), "{used:?}");
    }
}
