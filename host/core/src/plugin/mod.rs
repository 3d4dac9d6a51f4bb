//! Bytes of a stranger become a plugin that can be called.
//!
//! The way is: read ([`Artifact`]: is it a component, of which contract, with which manifest?) -> compile, or
//! take compiled code of our own from the cache ([`Runtime::prepare`]) -> a fresh instance for every call
//! ([`Plugin`]), so that nothing survives from one call to the next.
//!
//! What a plugin cannot do here:
//! - reach anything that the linker does not offer: the contract, and of WASI the clocks, random numbers and
//!   the empty standard streams that a language's runtime expects. No sockets, no files, no environment.
//! - take more memory than [`Limits::memory`], over all of its memories and tables;
//! - compute longer than [`Limits::cpu`] or take longer than [`Limits::wall`], host calls included;
//! - hand over or hold more than the other [`Limits`] say, nor take longer to compile;
//! - stay alive after a limit or a trap: its store is dropped, which closes its sockets.

mod artifact;
mod cache;
mod call;
mod compile;
mod error;
mod guest;
mod meters;
mod outline;
#[cfg(feature = "authoring")]
mod pack;
mod pool;
mod runtime;
mod stderr;

pub use crate::contract::{Digest, DigestError};
pub use crate::limits::Limits;
pub use artifact::Artifact;
#[cfg(feature = "source")]
pub use call::Plugin;
pub use compile::{Compiler, compile_as_child};
pub use error::PluginError;
#[cfg(feature = "authoring")]
pub use pack::{PackError, pack};
pub use pool::Pool;
pub use runtime::{Prepared, Runtime};
