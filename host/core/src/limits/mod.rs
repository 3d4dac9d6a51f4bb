//! How much a plugin may use: each limit has a name, a default, a setting and an error that says how to raise it, all
//! in one table.
//!
//! A limit is not a denial: the same plugin with less to do would get through. Reaching one is an [`Exceeded`], which
//! names the limit and its value, and whose remedy is a higher one.

mod allowance;
mod quantity;
mod table;

pub use allowance::{CallLimits, Limits};
pub use table::{LimitError, help};

use crate::{HasRemedy, Remedy};
use std::fmt;
use table::row;

/// The limits, by name.
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
    /// Time on a processor of one call.
    Cpu,
    /// Time on the clock of one call, host calls included.
    Wall,
    /// Requests of one call.
    Requests,
    /// Requests of one plugin on the network at once. More wait: this one is never exceeded.
    InFlight,
    /// Bytes of all bodies that one call receives: as they come, and decoded, each.
    BytesIn,
    /// Bytes of all bodies that one call sends.
    BytesOut,
    /// Bytes of the body of one request.
    RequestBody,
    /// Bytes of the body of one answer, decoded.
    ResponseBody,
    /// Header fields of one request.
    Headers,
    /// Bytes of the names and values of the header fields of one request.
    HeaderBytes,
    /// Lines that one call may write to the log; more are dropped.
    LogLines,
    /// Bytes that a plugin hands to the host at once: its result, or an argument.
    Result,
    /// Bytes of random numbers that a plugin gets at once.
    Random,
    /// Handles (of streams, pollables, requests on their way) that one call holds at once.
    Handles,
    /// Bytes of a component.
    Component,
    /// Time to compile a component.
    Compile,
    /// Memory to compile a component.
    CompileMemory,
}

impl Limit {
    /// Its stable name in errors, events and metrics, as `limit.memory` or `timeout.cpu`.
    pub fn label(self) -> &'static str {
        row(self).label
    }

    /// Its name in settings, as `memory`: the label without what stands before the dot.
    pub fn name(self) -> &'static str {
        let label = self.label();
        label.split_once('.').map_or(label, |(_, name)| name)
    }
}

/// What a plugin may use: a value for each [`Limit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Of this machine.
    pub limits: Limits,
    /// Of the network, by one call.
    pub call_limits: CallLimits,
}

/// A limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Which.
    pub limit: Limit,
    /// Its value: bytes, milliseconds or a number.
    pub most: u64,
}

impl Exceeded {
    /// Its stable name, as [`Limit::label`].
    pub fn label(&self) -> &'static str {
        self.limit.label()
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = row(self.limit);
        let most = row.unit.show(self.most, " ");
        write!(f, "{}: {}", row.label, row.said.replace("{}", &most))
    }
}

impl std::error::Error for Exceeded {}

impl HasRemedy for Exceeded {
    fn remedy(&self) -> Option<Remedy> {
        Some(Remedy::RaiseLimit {
            limit: self.limit,
            value: self.most.saturating_mul(2),
        })
    }
}

#[cfg(test)]
mod tests;
