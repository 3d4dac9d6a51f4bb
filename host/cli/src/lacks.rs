//! What a provider was asked for and its plugin does not export.

use cloudhost::Hint;

/// The plugin cannot do this.
#[derive(Debug, thiserror::Error)]
#[error("the plugin of {provider} cannot {what}")]
pub struct Lacks {
    provider: String,
    what: &'static str,
    /// The interface of the contract that would.
    interface: &'static str,
}

impl Lacks {
    /// It does not say whose a credential is.
    pub fn identity(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            what: "tell whose a credential is",
            interface: "identity",
        }
    }

    /// It has no charges.
    pub fn billing(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            what: "ask for bills",
            interface: "billing",
        }
    }
}

impl Hint for Lacks {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "its author can add the interface `{}`: docs/writing-a-plugin.md",
            self.interface
        ))
    }
}
