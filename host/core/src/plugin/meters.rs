//! Meters of a call: its memory and its time on a processor.

use crate::limits::{CpuTime, Exceeded, Limit, Limits};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use wasmtime::ResourceLimiter;

/// Size of one table entry in the host, in bytes.
const TABLE_ENTRY: usize = 16;

/// Counts the memory of a whole instance: wasmtime's limiter only sees one memory or table at a time.
#[derive(Debug)]
pub(super) struct MemoryMeter {
    used: usize,
    limit: usize,
    instances: usize,
    /// True once the limit was reached: it causes the trap that follows.
    pub(super) refused: bool,
}

impl MemoryMeter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            used: 0,
            limit: limits.memory,
            instances: limits.instances,
            refused: false,
        }
    }

    fn grow(&mut self, bytes: usize) -> bool {
        match self.used.checked_add(bytes) {
            Some(used) if used <= self.limit => {
                self.used = used;
                true
            }
            _ => {
                self.refused = true;
                false
            }
        }
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow(desired.saturating_sub(current)))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let entries = desired.saturating_sub(current);
        Ok(self.grow(entries.saturating_mul(TABLE_ENTRY)))
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.instances
    }
}

/// Runs a future until the call's processor time is used up.
///
/// The guest computes only while the future is polled, and the engine's epoch makes it yield at every tick, so
/// the processor time of the polls is the guest's time, however often it waits in between. Requests that are tasks of
/// their own add theirs.
pub(super) struct CpuMeter<F> {
    work: Pin<Box<F>>,
    cpu: Arc<CpuTime>,
    limit: Duration,
}

impl<F> CpuMeter<F> {
    pub(super) fn new(limit: Duration, cpu: Arc<CpuTime>, work: F) -> Self {
        Self {
            work: Box::pin(work),
            cpu,
            limit,
        }
    }
}

impl<F: Future> Future for CpuMeter<F> {
    type Output = Result<F::Output, Exceeded>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { work, cpu, limit } = &mut *self;
        cpu.watch(cx.waker());
        match cpu.measure(|| work.as_mut().poll(cx)) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if cpu.used() > *limit => Poll::Ready(Err(Exceeded {
                limit: Limit::Cpu,
                most: millis(*limit),
            })),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Converts a duration to milliseconds, for errors.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_over_all_memories_and_tables() {
        let mut meter = MemoryMeter::new(&Limits {
            memory: 100_000,
            ..Limits::default()
        });
        assert!(meter.memory_growing(0, 65_536, None).unwrap());
        assert!(meter.table_growing(0, 1_000, None).unwrap());
        assert!(!meter.refused);
        assert!(!meter.memory_growing(0, 65_536, None).unwrap());
        assert!(meter.refused);
        assert!(!meter.table_growing(0, usize::MAX, None).unwrap());
    }

    const LIMIT: Duration = Duration::from_millis(20);

    /// Computes until it is dropped, and yields like a guest.
    async fn compute() {
        loop {
            let mut sum = 0_u64;
            for i in 0..100_000_u64 {
                sum = std::hint::black_box(sum.wrapping_add(i));
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn waiting_is_not_computing() {
        let wait = tokio::time::sleep(Duration::from_millis(50));
        let metered = CpuMeter::new(LIMIT, Arc::default(), wait).await;
        assert!(metered.is_ok());
    }

    const USED_UP: Exceeded = Exceeded {
        limit: Limit::Cpu,
        most: 20,
    };

    #[tokio::test]
    async fn computing_ends() {
        let metered = CpuMeter::new(LIMIT, Arc::default(), compute()).await;
        assert_eq!(metered, Err(USED_UP));
    }

    /// A call that waits for a task ends when that task has used its time up.
    #[tokio::test]
    async fn a_task_of_the_call_counts() {
        let cpu = Arc::new(CpuTime::default());
        let task = tokio::spawn(cpu.clone().of_task(compute()));
        let waiting = CpuMeter::new(LIMIT, cpu, std::future::pending::<()>());
        let metered = tokio::time::timeout(Duration::from_secs(10), waiting).await;
        task.abort();
        assert_eq!(metered, Ok(Err(USED_UP)));
    }
}
