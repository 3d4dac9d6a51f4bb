//! Tests of the whole engine against a simulated cloud, with virtual time.
// The contract's error, as a cloud returns it.
#![allow(clippy::result_large_err)]

mod cloud;
mod collector;
mod crash;
mod model;
mod rules;
mod simulation;
mod speed;
pub(crate) mod virtual_time;
mod world;
