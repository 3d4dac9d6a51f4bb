//! Values of the limits, with their defaults.

use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// Limits on one call's use of the network. The caller limits wall-clock time by dropping the call.
/// [`help`](crate::limits::help) lists the defaults.
///
/// ```
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.call_limits.requests = 500;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallLimits {
    /// Concurrent requests of the plugin, over all of its calls; further ones wait. Each uses a file descriptor. If
    /// calls have different values, the first one's applies.
    pub in_flight: usize,
    /// Requests, retries not counted.
    pub requests: u32,
    /// Bytes received, retries included: on the network, with all that surrounds the bodies, and separately those of
    /// decoded bodies. A chunk of a body counts as at least 64.
    pub bytes_in: u64,
    /// Bytes of all sent bodies.
    pub bytes_out: u64,
    /// Bytes of the body of one request.
    pub request_body: u64,
    /// Bytes of the body of one response, decoded.
    pub response_body: u64,
    /// Headers of one request.
    pub headers: usize,
    /// Bytes of names and values of the headers of one request.
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

/// Limits on a plugin's use of this machine, per call except for the last four. [`help`](crate::limits::help) lists
/// the defaults.
///
/// ```
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.limits.memory = 64 << 20;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of all memories and tables together.
    pub memory: usize,
    /// Core instances, memories and tables, each.
    pub instances: usize,
    /// Processor time, instantiation and the work of the host for its requests included.
    pub cpu: Duration,
    /// Wall-clock time, host calls included.
    pub wall: Duration,
    /// Lines in the log; further ones are dropped.
    pub log_lines: u32,
    /// Bytes passed to the host at once, as the host's memory counts them: a result, or an argument of a host call.
    pub result: usize,
    /// Bytes of random numbers at once.
    pub random: u64,
    /// Open handles: of resources, and of host calls in progress.
    pub handles: usize,
    /// Size of the component in bytes.
    pub component: usize,
    /// Time to compile it; not for built-in plugins.
    pub compile: Duration,
    /// Memory to compile it in bytes, if the [`Compiler`](crate::plugin::Compiler) limits it.
    pub compile_memory: u64,
    /// Size of its compiled code in bytes; not for built-in plugins.
    pub compiled_code: usize,
}

impl Default for Limits {
    /// Returns several times what the largest built-in provider needs on a slow machine. Limits on loading and
    /// compiling are those of a provider in Python: CPython is 22 MB, and compiles in 20 s and 350 MB on one processor to
    /// 36 MB of code.
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
            compiled_code: 64 << 20,
        }
    }
}
