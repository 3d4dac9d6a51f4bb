//! Values of the limits, with their defaults.

use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// Budgets of one call of a plugin. Wall-clock time is the caller's, who drops what runs too long.
/// [`help`](crate::limits::help) lists the defaults.
///
/// ```
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.call_limits.requests = 500;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallLimits {
    /// Requests of the plugin that are on the network at once, those of its other calls included; more wait. Each holds
    /// a file descriptor. Of calls with different values the first one's holds.
    pub in_flight: usize,
    /// Requests that it may make, retries not counted.
    pub requests: u32,
    /// Bytes of all bodies that it may receive, retries included: as many as they come, and as many decoded.
    pub bytes_in: u64,
    /// Bytes of all bodies that it may send.
    pub bytes_out: u64,
    /// Bytes of the body of one request.
    pub request_body: u64,
    /// Bytes of the body of one answer, decoded.
    pub response_body: u64,
    /// Header fields of one request.
    pub headers: usize,
    /// Bytes of names and values of the header fields of one request.
    pub header_bytes: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            in_flight: 512,
            requests: 10_000,
            bytes_in: 512 * MIB,
            bytes_out: 64 * MIB,
            request_body: 8 * MIB,
            response_body: 32 * MIB,
            headers: 64,
            header_bytes: 16 << 10,
        }
    }
}

/// What a plugin may use of this machine: in one call, but for the last three. [`help`](crate::limits::help) lists the
/// defaults.
///
/// ```
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.limits.memory = 64 << 20;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of memory in all memories and tables together.
    pub memory: usize,
    /// Core instances, memories and tables, each.
    pub instances: usize,
    /// Time on a processor, instantiation included.
    pub cpu: Duration,
    /// Time on the clock, host calls included.
    pub wall: Duration,
    /// Lines for the log; more are dropped.
    pub log_lines: u32,
    /// Bytes that it hands to the host at once, as the host's memory counts them: its result, or an argument of a
    /// host call.
    pub result: usize,
    /// Bytes of random numbers at once.
    pub random: u64,
    /// Handles at once: of resources, and of host calls that it has not ended.
    pub handles: usize,
    /// Bytes of its component.
    pub component: usize,
    /// Time to compile it; not for built-in plugins.
    pub compile: Duration,
    /// Bytes of memory to compile it, where a [`Compiler`](crate::plugin::Compiler) bounds that.
    pub compile_memory: u64,
}

impl Default for Limits {
    /// Several times what the largest built-in provider needs on a slow machine; to load and to compile, what a
    /// provider in Python does: CPython is 22 MB, and compiled in 20 s and 350 MB on one processor.
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            instances: 64,
            cpu: Duration::from_secs(20),
            wall: Duration::from_secs(300),
            log_lines: 1_000,
            result: 128 << 20,
            random: 1 << 20,
            handles: 100_000,
            component: 64 << 20,
            compile: Duration::from_secs(120),
            compile_memory: 2 << 30,
        }
    }
}
