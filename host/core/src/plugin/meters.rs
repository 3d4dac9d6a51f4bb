//! Meters of a call: its memory and its time on a processor.

use crate::limits::{Exceeded, Limit, Limits};
use rustix::time::{ClockId, clock_gettime};
use std::pin::Pin;
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

/// Runs a future until its processor time is used up.
///
/// The guest computes only while the future is polled, and the engine's epoch makes it yield at every tick, so
/// the processor time of the polls is the guest's time, however often it waits in between.
pub(super) struct CpuMeter<F> {
    work: Pin<Box<F>>,
    used: Duration,
    limit: Duration,
}

impl<F> CpuMeter<F> {
    pub(super) fn new(limit: Duration, work: F) -> Self {
        Self {
            work: Box::pin(work),
            used: Duration::ZERO,
            limit,
        }
    }
}

impl<F: Future> Future for CpuMeter<F> {
    type Output = Result<F::Output, Exceeded>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let before = thread_time();
        let polled = self.work.as_mut().poll(cx);
        self.used += thread_time().saturating_sub(before);
        match polled {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if self.used > self.limit => Poll::Ready(Err(Exceeded {
                limit: Limit::Cpu,
                most: millis(self.limit),
            })),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Converts a duration to milliseconds, for errors.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
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

    #[tokio::test]
    async fn waiting_is_not_computing() {
        let wait = tokio::time::sleep(Duration::from_millis(50));
        let metered = CpuMeter::new(Duration::from_millis(20), wait).await;
        assert!(metered.is_ok());
    }

    #[tokio::test]
    async fn computing_ends() {
        let compute = async {
            loop {
                let mut sum = 0_u64;
                for i in 0..100_000_u64 {
                    sum = std::hint::black_box(sum.wrapping_add(i));
                }
                tokio::task::yield_now().await;
            }
        };
        let metered: Result<(), _> = CpuMeter::new(Duration::from_millis(20), compute).await;
        let expected = Exceeded {
            limit: Limit::Cpu,
            most: 20,
        };
        assert_eq!(metered, Err(expected));
    }
}
