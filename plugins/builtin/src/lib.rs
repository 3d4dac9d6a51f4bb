//! The providers of this repository as components, for a program that embeds them.
//!
//! They are in a separate crate, so that a change of a plugin does not recompile the library.
#![deny(missing_docs)]

use cloudhost::Builtin;

/// The providers, by name, for `HostConfig::builtin`.
///
/// ```
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.builtin = cloudhost_builtin::PROVIDERS;
/// ```
pub static PROVIDERS: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// Returns the provider with this name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    Builtin::find(PROVIDERS, name)
}
