//! Tests of the whole engine against a simulated cloud, with virtual time.

mod cloud;
mod collector;
mod crash;
mod model;
mod rules;
mod simulation;
pub(crate) mod virtual_time;
mod world;
