//! Requests that a plugin has no interface for.

use crate::exit::{Exit, Failure};

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
    /// The plugin has no interface for the account of a credential.
    pub fn identity(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            what: "identify the account of a credential",
            interface: "identity",
        }
    }

    /// The plugin has no interface for charges.
    pub fn billing(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            what: "fetch bills",
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
