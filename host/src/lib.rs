//! A host for cloud provider plugins: WebAssembly components that know one cloud each and are trusted with
//! nothing.
#![deny(missing_docs)]

pub mod catalog;
pub mod contract;
mod hint;
pub mod kconfig;
pub mod output;

pub use hint::Hint;
