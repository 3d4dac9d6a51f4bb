//! Tests of the whole engine against a simulated cloud, with virtual time.

pub(crate) mod virtual_time;
