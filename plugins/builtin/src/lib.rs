//! The providers of this repository as components, for a program that carries them.
//!
//! They are a crate of their own so that a change of a plugin does not compile the library again.
#![deny(missing_docs)]

use cloudhost::Builtin;

/// The providers, by name, as `HostConfig::builtin` takes them.
///
/// ```
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.builtin = cloudhost_builtin::PROVIDERS;
/// ```
pub static PROVIDERS: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// The provider of this name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    Builtin::find(PROVIDERS, name)
}
