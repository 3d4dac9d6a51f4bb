//! A host for cloud provider plugins: WebAssembly components that know one cloud each and are trusted with
//! nothing.
//!
//! Data walks one way: [`host::Host`] asks a [`host::Provider`], whose [`plugin`] runs in a sandbox and reaches
//! its cloud through [`egress`] only, which signs with [`credentials`] that the plugin never sees, as far as
//! [`capability`] allows. What comes back is typed: it is checked and kept in the [`catalog`], and becomes a
//! list, a choice of one machine by [`select`], or [`kconfig`] menus in an [`output`] folder.
#![deny(missing_docs)]

pub mod audit;
pub mod billing;
mod blocking;
mod builtin;
pub mod capability;
pub mod catalog;
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
pub use cloudhost_files::{Fix, FolderError, output};
pub use remedy::{AuthorTask, CredentialStep, FilePurpose, Form, HasRemedy, Remedy};

#[cfg(test)]
mod cloud_names_tests;

/// The code of the pages for who embeds the library.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
#[doc = include_str!("../../../docs/recordings.md")]
struct Pages;
