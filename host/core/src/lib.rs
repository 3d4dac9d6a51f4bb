//! A host for cloud provider plugins: untrusted WebAssembly components that know one cloud each.
//!
//! [`host::Host`] calls a [`host::Provider`], whose [`plugin`] runs in a sandbox. The plugin reaches its cloud only
//! through [`egress`], which applies [`capability`] checks and signs requests with [`credentials`] that the plugin
//! never sees. The typed response is checked and stored in the [`catalog`]. From there it becomes a list, a selection
//! by [`select`], or [`kconfig`] menus in an [`output`] directory.
#![deny(missing_docs)]

pub mod audit;
pub mod billing;
mod blocking;
mod builtin;
pub mod capability;
pub mod catalog;
#[cfg(feature = "changes")]
pub mod changes;
pub mod clock;
pub mod credentials;
pub mod egress;
pub mod host;
#[cfg(feature = "source")]
pub mod install;
pub mod kconfig;
pub mod limits;
pub mod plugin;
pub mod recording;
mod remedy;
pub mod select;
#[cfg(feature = "source")]
pub mod source;
pub mod telemetry;

pub use blocking::Cancelled;
pub use builtin::Builtin;
pub use cloudhost_contract as contract;
pub use cloudhost_files::{Fix, FolderError, SealError, SealKey, output};
pub use remedy::{AuthorTask, CredentialStep, FilePurpose, Form, HasRemedy, Remedy};

#[cfg(test)]
mod cloud_names_tests;

/// Compiles the code of the pages about embedding the library.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
#[doc = include_str!("../../../docs/recordings.md")]
struct Pages;
