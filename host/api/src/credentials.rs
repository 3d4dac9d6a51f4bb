//! Records of `credentials`. None has a field that could hold a secret.

use cloudhost::contract::with_identity::exports::cloudhost::provider::identity::Account;
use cloudhost::credentials::{CredentialsError, Facts, Listed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Credential that was stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialStored {
    /// Name of the provider.
    pub provider: String,
    /// File it was written to; `null`: the system keyring.
    pub path: Option<PathBuf>,
    /// Source that is used before the stored one; `null`: none.
    pub shadowed_by: Option<String>,
}

/// State of a credential, found without contacting the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialCheck {
    /// Name of the provider.
    pub provider: String,
    /// A credential is configured, usable or not.
    pub configured: bool,
    /// The credential could be read.
    pub usable: bool,
    /// Source of the credential; `null`: not configured.
    pub source: Option<String>,
    /// Account that it belongs to; `null`: unknown.
    pub account: Option<String>,
    /// Region of the configuration; `null`: none.
    pub region: Option<String>,
    /// Error that makes it unusable; `null`: none.
    pub problem: Option<String>,
}

/// Account of a credential, as the cloud reports it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialTest {
    /// Name of the provider.
    pub provider: String,
    /// Source of the credential; `null`: unknown.
    pub source: Option<String>,
    /// The cloud's id of the account; `null`: unknown.
    pub account: Option<String>,
    /// User or role within the account; `null`: unknown.
    pub principal: Option<String>,
}

/// All known credentials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialList {
    /// One for each provider that needs one.
    pub credentials: Vec<Credential>,
    /// Reasons that credentials of installed plugins are left out, one for each plugin, or one for all.
    pub missing: Vec<String>,
}

/// One credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Its name, which is that of the provider.
    pub name: String,
    /// Source of the credential; `null`: not configured.
    pub source: Option<String>,
    /// Error that makes it unusable, as far as known without the network; `null`: none.
    pub problem: Option<String>,
}

/// File of a credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialPath {
    /// Name of the provider.
    pub provider: String,
    /// File that the credential is read from, or would be.
    pub path: PathBuf,
    /// The file exists.
    pub exists: bool,
    /// The credential is in the system keyring and not in the file.
    pub keyring: bool,
}

/// Credential that was removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialRemoved {
    /// Name of the provider.
    pub provider: String,
    /// File that it was searched in.
    pub path: PathBuf,
    /// It was removed from the file.
    pub removed: bool,
    /// It was removed from the system keyring.
    pub from_keyring: bool,
    /// Source that still has one; `null`: none.
    pub still: Option<String>,
}

impl CredentialCheck {
    /// Makes the record of a check. `source` is where the credential comes from.
    pub fn new(
        provider: &str,
        source: Option<String>,
        checked: &Result<Facts, CredentialsError>,
    ) -> Self {
        let facts = checked.as_ref().ok();
        let missing = matches!(checked, Err(CredentialsError::NotConfigured { .. }));
        Self {
            provider: provider.to_owned(),
            configured: !missing,
            usable: facts.is_some(),
            source: source.filter(|_| !missing),
            account: facts.and_then(|facts| facts.account.clone()),
            region: facts.and_then(|facts| facts.region.clone()),
            problem: checked.as_ref().err().map(ToString::to_string),
        }
    }
}

impl CredentialTest {
    /// Makes the record of an account. `source` is where the credential comes from.
    pub fn new(provider: &str, source: Option<String>, account: Account) -> Self {
        Self {
            provider: provider.to_owned(),
            source,
            account: account.id,
            principal: account.principal,
        }
    }
}

impl CredentialList {
    /// Makes the record of a list, with the reasons for what it lacks.
    pub fn new(all: Vec<Listed>, missing: Vec<String>) -> Self {
        let one = |listed: Listed| Credential {
            name: listed.name,
            source: listed.source,
            problem: listed.problem,
        };
        Self {
            credentials: all.into_iter().map(one).collect(),
            missing,
        }
    }
}
