//! Table of all limits: names, descriptions, and fields of their values.

use super::quantity::Unit;
use super::{Allowance, Limit};
use std::time::Duration;

/// One limit.
pub(super) struct Row {
    limit: Limit,
    pub(super) label: &'static str,
    pub(super) unit: Unit,
    /// Message about a plugin that reached it; `{}` is replaced by the value.
    pub(super) text: &'static str,
    /// Description of the limit.
    about: &'static str,
    get: fn(&Allowance) -> u64,
    set: fn(&mut Allowance, u64),
}

macro_rules! row {
    ($limit:ident, $label:literal, $text:literal, $about:literal, $($place:ident).+ : $kind:ident) => {
        Row {
            limit: Limit::$limit,
            label: $label,
            unit: row!(@unit $kind),
            text: $text,
            about: $about,
            get: |of| row!(@get $kind, of.$($place).+),
            set: |of, value| of.$($place).+ = row!(@set $kind, value),
        }
    };
    (@unit time) => { Unit::Time };
    (@unit count) => { Unit::Count };
    (@unit bytes) => { Unit::Bytes };
    (@get time, $place:expr) => { u64::try_from($place.as_millis()).unwrap_or(u64::MAX) };
    (@get $kind:ident, $place:expr) => { u64::try_from($place).unwrap_or(u64::MAX) };
    (@set time, $value:ident) => { Duration::from_millis($value) };
    (@set $kind:ident, $value:ident) => { $value.try_into().unwrap_or(!0) };
}

#[rustfmt::skip]
static TABLE: &[Row] = &[
    row!(Memory, "limit.memory", "memory limit {} reached",
        "all memories and tables of a plugin's instance", limits.memory: bytes),
    row!(Instances, "limit.instances", "limit of {} instances, memories or tables reached",
        "core instances, memories or tables in a plugin, each", limits.instances: count),
    row!(Cpu, "timeout.cpu", "CPU time limit {} reached",
        "time on a processor, of one call and its requests", limits.cpu: time),
    row!(Wall, "timeout.wall", "call timed out after {}",
        "time on the clock, of one call", limits.wall: time),
    row!(Requests, "limit.requests", "request limit {} reached",
        "requests of one call", call_limits.requests: count),
    row!(InFlight, "limit.in-flight", "concurrent request limit {} reached",
        "requests of a plugin on the network at once; more wait", call_limits.in_flight: count),
    row!(BytesIn, "limit.bytes-in", "download limit {} reached",
        "what one call receives, in all", call_limits.bytes_in: bytes),
    row!(BytesOut, "limit.bytes-out", "upload limit {} reached",
        "all bodies that one call sends", call_limits.bytes_out: bytes),
    row!(RequestBody, "limit.request-body", "the body of a request is larger than {}",
        "the body of one request", call_limits.request_body: bytes),
    row!(ResponseBody, "limit.response-body", "the body of a response is larger than {}",
        "the body of one response, decoded", call_limits.response_body: bytes),
    row!(Headers, "limit.headers", "a request has more than {} headers",
        "headers of one request", call_limits.headers: count),
    row!(HeaderBytes, "limit.header-bytes", "the headers of a request are larger than {}",
        "names and values of the headers of one request", call_limits.header_bytes: bytes),
    row!(LogLines, "limit.log-lines", "log line limit {} reached: the rest is dropped",
        "lines that one call writes to the log", limits.log_lines: count),
    row!(Result, "limit.result", "a value passed to the host is larger than {}",
        "a result, or an argument of a host call, in the host's memory", limits.result: bytes),
    row!(Random, "limit.random", "more than {} of random numbers requested at once",
        "random numbers that a plugin gets at once", limits.random: bytes),
    row!(Handles, "limit.handles", "handle limit {} reached",
        "handles (streams, pollables, pending requests) of one call", limits.handles: count),
    row!(Component, "limit.component", "the component is larger than {}",
        "the size of a component", limits.component: bytes),
    row!(Compile, "timeout.compile", "compilation timed out after {}",
        "time to compile a component", limits.compile: time),
    row!(CompileMemory, "limit.compile-memory", "compilation memory limit {} reached",
        "memory to compile a component", limits.compile_memory: bytes),
    row!(CompiledCode, "limit.compiled-code", "the compiled code is larger than {}",
        "the size of a component's compiled code", limits.compiled_code: bytes),
];

/// Returns the row of a limit.
pub(super) fn row(limit: Limit) -> &'static Row {
    static UNKNOWN: Row = row!(Memory, "limit", "limit reached", "", limits.memory: count);
    // A test checks that there is one for each.
    TABLE
        .iter()
        .find(|row| row.limit == limit)
        .unwrap_or(&UNKNOWN)
}

/// Setting a limit failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// No limit has this name.
    #[error("unknown limit `{name}`")]
    Unknown {
        /// The given name.
        name: String,
    },
    /// The value is invalid.
    #[error("invalid value `{value}` of limit {name}: {why}")]
    Value {
        /// The limit's name.
        name: &'static str,
        /// The given value.
        value: String,
        /// The fault in it.
        why: String,
    },
}

impl Limit {
    /// Returns all limits, in the order of the help.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.limit)
    }

    /// Finds the limit of this name: `memory`, or its label `limit.memory`.
    ///
    /// # Errors
    /// [`LimitError::Unknown`].
    pub fn find(name: &str) -> Result<Self, LimitError> {
        let named = |limit: &Self| limit.name() == name || limit.label() == name;
        Self::all().find(named).ok_or_else(|| LimitError::Unknown {
            name: crate::contract::escape_untrusted(name),
        })
    }

    /// Parses a value of this limit: `512MiB`, `30s` or `1000`.
    ///
    /// # Errors
    /// [`LimitError::Value`].
    pub fn read(self, text: &str) -> Result<u64, LimitError> {
        let value = row(self).unit.read(text);
        value.map_err(|why| LimitError::Value {
            name: self.name(),
            value: crate::contract::escape_untrusted(text),
            why,
        })
    }

    /// Formats a value of this limit for people.
    pub fn show(self, value: u64) -> String {
        row(self).unit.show(value, "")
    }

    /// Returns its value: bytes, milliseconds or a number.
    pub fn get(self, of: &Allowance) -> u64 {
        (row(self).get)(of)
    }

    /// Sets its value.
    pub fn set(self, of: &mut Allowance, value: u64) {
        (row(self).set)(of, value);
    }
}

/// Formats a line for each limit: name, default and description.
pub fn help() -> String {
    let allowance = Allowance::default();
    let lines = TABLE.iter().map(|row| {
        let default = row.unit.show((row.get)(&allowance), "");
        format!("  {:<15} {default:<7} {}\n", row.limit.name(), row.about)
    });
    lines.collect()
}
