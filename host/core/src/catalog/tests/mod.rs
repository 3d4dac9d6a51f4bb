//! Tests of the module as a whole.

mod answers;
mod damage;
mod filters;
mod freshness;
mod killed;
mod mixing;
mod random;
mod runs;
mod samples;
mod speed;
mod strategies;
mod tools;
