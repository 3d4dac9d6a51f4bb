//! Resource limits of plugins. Each has a name, a default, a setting and an error that tells how to raise it, all in
//! one table.
//!
//! A limit is not a denial: the same plugin would succeed with less work. Reaching one is an [`Exceeded`], with the
//! limit and its value, and the remedy to raise it.

mod allowance;
mod processor;
mod quantity;
mod table;

pub use allowance::{CallLimits, Limits};
pub(crate) use processor::CpuTime;
pub use table::{LimitError, help};

use std::fmt;
use table::row;

/// Limits by name.
///
/// ```
/// use cloudhost::host::HostConfig;
/// use cloudhost::limits::Limit;
///
/// let mut config = HostConfig::new("/var/cache/inventory");
/// let memory = Limit::find("memory")?;
/// config.overrides.push((memory, memory.read("512MiB")?));
/// assert_eq!(memory.label(), "limit.memory");
/// # Ok::<(), cloudhost::limits::LimitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of all memories and tables of an instance.
    Memory,
    /// Core instances, memories or tables of an instance, each.
    Instances,
    /// Processor time of one call, its requests included.
    Cpu,
    /// Wall-clock time of one call, host calls included.
    Wall,
    /// Requests of one call.
    Requests,
    /// Concurrent requests of one plugin. Further ones wait: this limit is never exceeded.
    InFlight,
    /// Bytes that one call receives: those on the network, in all, and those of decoded bodies.
    BytesIn,
    /// Bytes of all bodies that one call sends.
    BytesOut,
    /// Bytes of the body of one request.
    RequestBody,
    /// Bytes of the body of one response, decoded.
    ResponseBody,
    /// Headers of one request.
    Headers,
    /// Bytes of the names and values of the headers of one request.
    HeaderBytes,
    /// Lines that one call may write to the log; further ones are dropped.
    LogLines,
    /// Bytes that a plugin passes to the host at once: its result, or an argument.
    Result,
    /// Bytes of random numbers that a plugin gets at once.
    Random,
    /// Handles (of streams, pollables, pending requests) that one call holds at once.
    Handles,
    /// Bytes of a component.
    Component,
    /// Time to compile a component.
    Compile,
    /// Memory to compile a component.
    CompileMemory,
    /// Bytes of the compiled code of a component.
    CompiledCode,
}

impl Limit {
    /// Stable name in errors, events and metrics, such as `limit.memory` or `timeout.cpu`.
    pub fn label(self) -> &'static str {
        row(self).label
    }

    /// Name in settings, such as `memory`: the label without the part before the dot.
    pub fn name(self) -> &'static str {
        let label = self.label();
        label.split_once('.').map_or(label, |(_, name)| name)
    }
}

/// Limits of a plugin: a value for each [`Limit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Limits on its use of this machine.
    pub limits: Limits,
    /// Limits on the use of the network by one call.
    pub call_limits: CallLimits,
}

/// A limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit.
    pub limit: Limit,
    /// Its value: bytes, milliseconds or a number.
    pub most: u64,
}

impl Exceeded {
    /// Stable name, as [`Limit::label`].
    pub fn label(&self) -> &'static str {
        self.limit.label()
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = row(self.limit);
        let most = row.unit.show(self.most, " ");
        write!(f, "{}: {}", row.label, row.text.replace("{}", &most))
    }
}

impl std::error::Error for Exceeded {}

#[cfg(test)]
mod tests;
