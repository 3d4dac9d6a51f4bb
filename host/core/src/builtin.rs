//! Plugins that are built into a program.

use crate::plugin::{Artifact, Digest, PluginError};

/// A plugin that is built into the program, which passes it to its host as [`HostConfig::builtin`]. It is granted
/// everything that its manifest requests.
///
/// [`HostConfig::builtin`]: crate::host::HostConfig::builtin
pub struct Builtin {
    /// Name of the provider.
    pub name: &'static str,
    /// Digest of its component.
    pub digest: Digest,
    bytes: &'static [u8],
}

impl Builtin {
    /// Pairs a component with the SHA-256 digest of its bytes. Compiled code is looked up by the digest: with the
    /// digest of another component, that one would run.
    pub const fn new(name: &'static str, bytes: &'static [u8], sha256: [u8; 32]) -> Self {
        Self {
            name,
            digest: Digest::known(sha256),
            bytes,
        }
    }

    /// Finds the plugin of this name.
    pub fn find<'a>(among: &'a [Self], name: &str) -> Option<&'a Self> {
        among.iter().find(|builtin| builtin.name == name)
    }

    /// Reads the component.
    ///
    /// # Errors
    /// When it was built against a different contract version than this host's.
    pub fn artifact(&self) -> Result<Artifact, PluginError> {
        Artifact::builtin(self.bytes, self.digest)
    }
}

/// Leaves out the bytes.
impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builtin")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
