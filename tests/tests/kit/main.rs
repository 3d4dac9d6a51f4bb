//! The kit against itself: a check that cannot fail checks nothing, so each is shown a fault that it must find.

mod proxy;
mod readers;
mod signatures;
