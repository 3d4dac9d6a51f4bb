//! A host for cloud provider plugins: WebAssembly components that know one cloud each and are trusted with
//! nothing.
#![deny(missing_docs)]

pub mod capability;
pub mod catalog;
pub mod contract;
pub mod credentials;
pub mod egress;
mod hint;
pub mod kconfig;
pub mod output;
pub mod plugin;

pub use hint::Hint;
