//! What a provider was asked for and its plugin does not export.

use crate::exit::Exit;
use crate::failure::Failure;

/// The plugin cannot do this.
#[derive(Debug, thiserror::Error)]
#[error("the plugin of {provider} cannot {what}")]
pub struct Unsupported {
    provider: String,
    what: &'static str,
    /// The interface of the contract that would.
    interface: &'static str,
}

impl Unsupported {
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

impl Failure for Unsupported {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "its author can add the interface `{}`: docs/writing-a-plugin.md",
            self.interface
        ))
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}
