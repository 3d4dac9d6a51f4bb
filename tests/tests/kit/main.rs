//! The kit against itself: a check that cannot fail checks nothing, so each must find a planted fault.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing
)] // Clippy does not see helpers of tests as tests.
mod codes;
mod ec2_cloud;
mod lambda;
mod layers;
mod paged;
mod proxy;
mod readers;
mod schemas;
mod signatures;
