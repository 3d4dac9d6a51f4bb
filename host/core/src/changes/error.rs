//! Errors of changes.

use super::ssh::SshKeyError;
use crate::contract::cloudhost::provider::types::Error as CloudError;
use crate::host::{HostError, describe};
use crate::{HasRemedy, Remedy};

/// A change cannot be planned or carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The provider, its cloud or its plugin failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// An SSH key cannot be used.
    #[error(transparent)]
    SshKey(#[from] SshKeyError),
    /// The journal cannot be used, or refuses the change.
    #[error(transparent)]
    Journal(#[from] cloudhost_operations::JournalError),
    /// No region is given, and the credential has none.
    #[error("no region of {provider} is given, and its credential has no default")]
    NoRegion {
        /// The provider.
        provider: String,
    },
    /// The region of a zone is unknown.
    #[error("the region of the zone `{zone}` of {provider} is unknown")]
    UnknownZone {
        /// The provider.
        provider: String,
        /// The zone.
        zone: String,
    },
    /// No resource has this name or identifier.
    #[error("{provider} has no {kind} `{name}`")]
    NotFound {
        /// The provider.
        provider: String,
        /// Kind of the resource.
        kind: &'static str,
        /// Its name or identifier.
        name: String,
    },
    /// A part of the account could not be read, so that it is unknown if it has the resource.
    #[error(
        "the {kind} `{name}` of {provider} was not found, and a part could not be read: {}",
        describe(error)
    )]
    PartlyRead {
        /// The provider.
        provider: String,
        /// Kind of the resource.
        kind: &'static str,
        /// Its name or identifier.
        name: String,
        /// The first part that could not be read.
        error: Box<CloudError>,
    },
    /// Several resources have this name.
    #[error("the name `{name}` fits {} resources of kind {kind}: {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// Kind of the resources.
        kind: &'static str,
        /// The name.
        name: String,
        /// Their identifiers.
        ids: Vec<String>,
    },
    /// The resource exists already.
    #[error("the {kind} `{name}` exists already: {id} in {place}")]
    Exists {
        /// Kind of the resource.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Its identifier.
        id: String,
        /// Its zone or region.
        place: String,
        /// The provider.
        provider: String,
    },
    /// The resource was not made by this installation.
    #[error("the {kind} `{id}` was not made here: {why}")]
    NotOurs {
        /// Kind of the resource.
        kind: &'static str,
        /// Its identifier.
        id: String,
        /// The missing proof.
        why: &'static str,
    },
    /// The cloud refuses to delete the resource.
    #[error("the {kind} `{id}` is protected")]
    Protected {
        /// Kind of the resource.
        kind: &'static str,
        /// Its identifier.
        id: String,
    },
    /// The plan costs more than it may.
    #[error("the plan costs {price} an hour, and {most} is the most")]
    TooExpensive {
        /// Its price.
        price: String,
        /// The highest price.
        most: String,
    },
    /// It is unknown if the plan costs more than it may.
    #[error("the price is unknown, and {most} an hour is the most: {why}")]
    PriceUnknown {
        /// The highest price.
        most: String,
        /// The reason.
        why: String,
    },
    /// No operation has this identifier.
    #[error("unknown operation `{id}`")]
    UnknownOperation {
        /// The given identifier.
        id: String,
    },
    /// More than one operation has an identifier that begins so.
    #[error("`{id}` fits more than one operation: {}", all.join(", "))]
    AmbiguousOperation {
        /// The given beginning.
        id: String,
        /// The identifiers.
        all: Vec<String>,
    },
    /// The collector could not work.
    #[error("{0}")]
    Collector(String),
    /// The operation waits for the user, such as for a credential.
    #[error("{title} waits: {}", describe(error))]
    Stalled {
        /// The operation.
        id: String,
        /// The change in words.
        title: String,
        /// The provider.
        provider: String,
        /// The cloud's error.
        error: Box<CloudError>,
    },
    /// The operation failed.
    #[error("{title} failed: {}", describe(error))]
    Failed {
        /// The operation.
        id: String,
        /// The change in words.
        title: String,
        /// The provider.
        provider: String,
        /// The cloud's error.
        error: Box<CloudError>,
        /// Resources that were made and are still there.
        left: Vec<String>,
    },
}

impl HasRemedy for ChangeError {
    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::Host(error) => return error.remedy(),
            Self::SshKey(error) => return error.remedy(),
            Self::Journal(error) => return super::journal::remedy(error),
            Self::NoRegion { provider } | Self::UnknownZone { provider, .. } => {
                Remedy::GiveRegion {
                    provider: provider.clone(),
                }
            }
            Self::NotFound { provider, kind, .. } => Remedy::ListResources {
                provider: provider.clone(),
                kind,
            },
            Self::PartlyRead { .. } => Remedy::any_of([Remedy::RunAgain, Remedy::SearchRegion]),
            Self::Ambiguous { ids, .. } => Remedy::UseName {
                close: ids.clone(),
                known: ids.len(),
            },
            Self::Exists {
                kind, id, provider, ..
            } => Remedy::any_of([
                Remedy::OtherName,
                Remedy::ShowResource {
                    provider: provider.clone(),
                    kind,
                    id: id.clone(),
                },
            ]),
            Self::NotOurs { .. } => Remedy::AllowForeign,
            Self::Protected { .. } => Remedy::Unprotect,
            Self::TooExpensive { .. } => Remedy::RaisePrice,
            Self::PriceUnknown { .. } => Remedy::any_of([Remedy::Refresh, Remedy::RaisePrice]),
            Self::UnknownOperation { .. } => Remedy::ListOperations,
            Self::AmbiguousOperation { all, .. } => Remedy::UseName {
                close: all.clone(),
                known: all.len(),
            },
            Self::Collector(_) => Remedy::RunAgain,
            Self::Stalled {
                id,
                provider,
                error,
                ..
            } => {
                let resume = Remedy::ResumeOperation { id: id.clone() };
                match crate::host::of_cloud(provider, error, None) {
                    Some(remedy) => Remedy::InOrder(vec![remedy, resume]),
                    None => resume,
                }
            }
            Self::Failed {
                id,
                provider,
                error,
                ..
            } => {
                let show = Remedy::ShowOperation { id: id.clone() };
                match crate::host::of_cloud(provider, error, None) {
                    Some(remedy) => Remedy::any_of([remedy, show]),
                    None => show,
                }
            }
        })
    }
}

impl ChangeError {
    /// Returns true if the plugin or the cloud cannot do what was requested at all.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Host(error) if error.is_unsupported())
    }
}
