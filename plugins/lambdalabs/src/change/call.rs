//! The request of a step, kept as the step's data.

use std::collections::BTreeMap;

use cloudhost_sdk::change::{decode, encode};
use cloudhost_sdk::resources::Step;
use cloudhost_sdk::{Error, ErrorKind, excerpt};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request that changes something, without what an intent adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "call")]
pub(super) enum Call {
    /// `POST /instance-operations/launch`.
    Launch {
        /// Fields of its body.
        body: BTreeMap<String, Value>,
    },
    /// `POST /instance-operations/terminate`.
    Terminate {
        /// The instance.
        id: String,
    },
    /// `POST /ssh-keys`.
    AddKey {
        /// Name.
        name: String,
        /// Public key in OpenSSH's form.
        public_key: String,
    },
    /// `DELETE /ssh-keys/ID`.
    DeleteKey {
        /// The key.
        id: String,
    },
    /// `POST /filesystems`.
    MakeFileSystem {
        /// Name.
        name: String,
        /// Region.
        region: String,
    },
    /// `DELETE /filesystems/ID`.
    DeleteFileSystem {
        /// The file system.
        id: String,
    },
}

impl Call {
    /// Makes it the data of a step.
    pub fn on(&self, step: Step) -> Result<Step, Error> {
        Ok(step.data(encode(self)?))
    }

    /// Reads the data of a step.
    pub fn of(step: &Step) -> Result<Call, Error> {
        decode(&step.data, "the data of the step")
    }

    /// Returns the request that reverts it, if it made something: the resource with this identifier.
    pub fn reverse(&self, made: &str) -> Option<Call> {
        let id = made.to_owned();
        match self {
            Call::Launch { .. } => Some(Call::Terminate { id }),
            Call::AddKey { .. } => Some(Call::DeleteKey { id }),
            Call::MakeFileSystem { .. } => Some(Call::DeleteFileSystem { id }),
            Call::Terminate { .. } | Call::DeleteKey { .. } | Call::DeleteFileSystem { .. } => None,
        }
    }
}

/// Checks an identifier that becomes a part of a path.
pub(super) fn check_id(id: &str) -> Result<&str, Error> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !id.is_empty() && id.len() <= 64 && id.chars().all(legal) {
        return Ok(id);
    }
    let shown = excerpt(id.as_bytes());
    let message = format!("\"{shown}\" is no identifier of Lambda Cloud");
    Err(Error::new(ErrorKind::InvalidArgument, message))
}
