//! The plugins that travel inside the host.

use crate::plugin::{Artifact, Digest, PluginError};

/// A plugin that was built with the host. Its grant is its manifest.
pub struct Builtin {
    /// Name of the provider.
    pub name: &'static str,
    /// Its identity.
    pub digest: Digest,
    bytes: &'static [u8],
}

static BUILTIN: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

impl Builtin {
    /// All built-in plugins, by name.
    pub fn all() -> &'static [Builtin] {
        BUILTIN
    }

    /// The built-in plugin of this name.
    pub fn find(name: &str) -> Option<&'static Builtin> {
        BUILTIN.iter().find(|builtin| builtin.name == name)
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
