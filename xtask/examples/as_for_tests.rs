//! Nothing: an example to be selected where no test is. Cargo then looks at what tests need, for all packages; otherwise the
//! large dependencies would have other features than for tests, and be compiled again.

fn main() {}
