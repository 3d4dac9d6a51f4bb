//! Plugins that travel inside a program.

use crate::plugin::{Artifact, Digest, PluginError};

/// A plugin that was built with the program, which gives it to its host as [`HostConfig::builtin`]. It is granted all
/// that its manifest asks for.
///
/// [`HostConfig::builtin`]: crate::host::HostConfig::builtin
pub struct Builtin {
    /// Name of the provider.
    pub name: &'static str,
    /// Its identity.
    pub digest: Digest,
    bytes: &'static [u8],
}

impl Builtin {
    /// A component, and the SHA-256 digest that its bytes have. Compiled code is found by the digest: with the digest of
    /// another component, that one would run.
    pub const fn new(name: &'static str, bytes: &'static [u8], sha256: [u8; 32]) -> Self {
        Self {
            name,
            digest: Digest::known(sha256),
            bytes,
        }
    }

    /// The plugin of this name among these.
    pub fn find<'a>(among: &'a [Self], name: &str) -> Option<&'a Self> {
        among.iter().find(|builtin| builtin.name == name)
    }

    /// Reads the component.
    ///
    /// # Errors
    /// When it was built against another contract than this host's.
    pub fn artifact(&self) -> Result<Artifact, PluginError> {
        Artifact::builtin(self.bytes, self.digest)
    }
}

/// Without the bytes.
impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builtin")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
