//! Plugins: from untrusted bytes to calls.
//!
//! Steps: parse ([`Artifact`]: component, contract version and manifest) -> compile, or load compiled code from the
//! cache ([`Runtime::prepare`]) -> create a fresh instance for every call ([`Plugin`]), so that no state survives
//! from one call to the next.
//!
//! A plugin cannot:
//! - reach anything that the linker does not provide: it provides the contract, and of WASI the clocks, random numbers
//!   and the empty standard streams that a language's runtime expects. No sockets, no files, no environment;
//! - use more memory than [`Limits::memory`], over all of its memories and tables;
//! - compute longer than [`Limits::cpu`] or take longer than [`Limits::wall`], host calls included;
//! - exceed any other of the [`Limits`], such as the time to compile it;
//! - stay alive after a limit or a trap: its store is dropped, which closes its sockets.

mod artifact;
mod cache;
mod call;
mod changes;
mod compile;
mod error;
mod exports;
mod guest;
mod meters;
mod older;
#[cfg(feature = "authoring")]
mod pack;
mod pool;
mod runtime;
mod sections;
mod stderr;
mod synchronous;

pub use crate::contract::{Digest, DigestError};
pub use crate::limits::Limits;
pub use artifact::Artifact;
pub use cache::{CompiledDir, Removed};
#[cfg(feature = "source")]
pub use call::{Calling, Plugin};
pub use compile::{Compiler, compile_as_child};
pub use error::PluginError;
#[cfg(feature = "authoring")]
pub use pack::{PackError, pack};
pub use pool::Pool;
pub use runtime::{LoadedPlugin, Runtime};
