//! The clock: the only place that reads the time of day. `clippy.toml` rejects any other.

use jiff::Timestamp;
use std::time::SystemTime;

/// Current time.
#[allow(clippy::disallowed_methods)]
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// Current time, as a timestamp.
#[allow(clippy::disallowed_methods)]
pub fn timestamp() -> Timestamp {
    Timestamp::now()
}
