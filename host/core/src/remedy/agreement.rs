//! Agreement to an install or an update.

use crate::capability::Grant;
use crate::contract::Digest;
use crate::limits::Limit;
use std::path::PathBuf;
use std::str::FromStr;

/// Consent to install or update to exactly these bytes, and to nothing more.
///
/// ```
/// use cloudhost::install::{Agreement, GrantChoice};
///
/// fn question(of: &Agreement) -> String {
///     let verb = if of.update.is_some() { "Update to" } else { "Install" };
///     let all = if of.given == Some(GrantChoice::All) { ", with all that it requests" } else { "" };
///     format!("{verb} {} ({}){all}?", of.source, of.digest)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Absolute plugin directory; `None`: the default one.
    pub dir: Option<PathBuf>,
    /// Installed plugin to update; `None`: a new install.
    pub update: Option<String>,
    /// Source of the component.
    pub source: String,
    /// Digest of the component.
    pub digest: Digest,
    /// Signer, where the consent has to name one.
    pub signer: Option<Signer>,
    /// Consent to the new hosts, credentials and changes.
    pub given: Option<GrantChoice>,
    /// Limits that differ from the default.
    pub limits: Vec<(Limit, u64)>,
    /// Consent to other changes of an update.
    pub accept: Vec<AcceptedChange>,
}

/// Signer of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The holder of this key.
    Known(String),
    /// The holder of a different key than before. The user has to get that key from the author.
    Unknown,
}

/// Part of the requested hosts, credentials and changes that is granted.
///
/// ```
/// use cloudhost::capability::Grant;
/// use cloudhost::install::{GrantChoice, InstallError, Plugins};
///
/// /// One more host for a plugin that runs already.
/// fn allow(plugins: &Plugins) -> Result<(), InstallError> {
///     let mut grant = Grant::default();
///     grant.hosts.extend("prices.example.com".parse());
///     plugins.grant("example", &GrantChoice::These(grant))?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantChoice {
    /// All that are requested.
    All,
    /// These hosts, credentials and changes; can be empty.
    These(Grant),
}

/// A change of an update, other than hosts and credentials, that needs consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AcceptedChange {
    /// It takes new settings.
    Settings,
    /// It may send requests to a host at a higher rate.
    Rates,
    /// It calls more POST requests reads.
    Reads,
    /// It is unsigned, or has a different signer.
    Signer,
    /// Its version is lower.
    Downgrade,
    /// It has the same version but different bytes.
    SameVersion,
}

/// The text is not an [`AcceptedChange`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected settings, rates, reads, signer, downgrade or same-version")]
pub struct AcceptError;

impl AcceptedChange {
    const ALL: [Self; 6] = [
        Self::Settings,
        Self::Rates,
        Self::Reads,
        Self::Signer,
        Self::Downgrade,
        Self::SameVersion,
    ];
}

impl std::fmt::Display for AcceptedChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Rates => "rates",
            Self::Reads => "reads",
            Self::Signer => "signer",
            Self::Downgrade => "downgrade",
            Self::SameVersion => "same-version",
        })
    }
}

impl FromStr for AcceptedChange {
    type Err = AcceptError;

    fn from_str(text: &str) -> Result<Self, AcceptError> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.to_string() == text).ok_or(AcceptError)
    }
}
