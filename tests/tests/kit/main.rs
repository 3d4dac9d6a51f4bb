//! The kit against itself: a check that cannot fail checks nothing, so each is shown a fault that it must find.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Helpers of tests are not seen as tests.
mod codes;
mod lambda;
mod layers;
mod paged;
mod proxy;
mod readers;
mod schemas;
mod signatures;
