//! Errors of a host.

use crate::capability::Denial;
use crate::catalog::{AnswerError, CatalogError, kind_name, nearest};
use crate::contract::cloudhost::provider::types::{
    DataKind, Error as CloudError, ErrorKind, Gap, Scope,
};
use crate::credentials::CredentialsError;
use crate::egress::{EgressError, FetchError};
#[cfg(feature = "source")]
use crate::install::InstallError;
use crate::kconfig::KconfigError;
use crate::plugin::PluginError;
use crate::select::SelectError;
use crate::{AuthorTask, HasRemedy, Remedy};
use cloudhost_files::output::OutputError;

/// A request to the host failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// No provider has this name.
    #[error("unknown provider `{name}`; {}", closest("providers", name, known))]
    UnknownProvider {
        /// The requested name.
        name: String,
        /// The existing names.
        known: Vec<String>,
    },
    /// No plugin requests a credential of this name.
    #[error(
        "no plugin requests a credential `{name}`; {}",
        closest("credentials", name, known)
    )]
    UnknownCredential {
        /// The given name.
        name: String,
        /// The requested names.
        known: Vec<String>,
    },
    /// The provider does not have this setting.
    #[error(
        "provider {provider} has no setting `{name}`; known settings: {}",
        list(known)
    )]
    UnknownSetting {
        /// The provider.
        provider: String,
        /// The given name.
        name: String,
        /// The existing names.
        known: Vec<String>,
    },
    /// A setting is given twice.
    #[error("the setting `{name}` is given more than once")]
    RepeatedSetting {
        /// Its name.
        name: String,
    },
    /// The plugin exceeds its manifest.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The cloud refused, or could not be reached.
    #[error("provider {provider} failed: {}", describe(error))]
    Cloud {
        /// The provider.
        provider: String,
        /// The error as the plugin reported it.
        error: Box<CloudError>,
        /// The last failed request.
        #[source]
        cause: Option<Box<FetchError>>,
        /// A request was made before it failed.
        asked: bool,
        /// The way to an older catalog, which can be used instead.
        fallback: Option<Box<Remedy>>,
        /// Advice from the manifest for an error of this code.
        advice: Option<String>,
    },
    /// No catalog is stored, and the plugin has no bundled one.
    #[error("no catalog of {provider} is stored on this machine")]
    NoCatalog {
        /// The provider.
        provider: String,
    },
    /// The response has no regions or no instance types, which every cloud has.
    #[error("{provider} returned no {}{}", kind_name(*kind), because(why.as_deref()))]
    Empty {
        /// The provider.
        provider: String,
        /// The kind that is empty.
        kind: DataKind,
        /// The provider's explanation, if any.
        why: Option<Box<CloudError>>,
    },
    /// The response is inconsistent, or violates the contract.
    #[error("invalid response of {provider}")]
    Answer {
        /// The provider.
        provider: String,
        /// The fault in it.
        #[source]
        error: AnswerError,
    },
    /// The response has gaps, and the request is strict.
    #[error(
        "the catalog of {provider} is incomplete, and all of it is required: {}",
        gaps(missing)
    )]
    Incomplete {
        /// The provider.
        provider: String,
        /// The gaps.
        missing: Vec<Gap>,
        /// The request forbids the network.
        offline: bool,
    },
    /// The filters match no instance type.
    #[error("no {provider} instance type matches the filters")]
    NothingLeft {
        /// The provider.
        provider: String,
    },
    /// The plugin could not generate menus from the catalog.
    #[error("{provider} failed to generate menus: {}", describe(error))]
    Menus {
        /// The provider.
        provider: String,
        /// The plugin's error.
        error: Box<CloudError>,
    },
    /// The plugin does not have this interface of the contract.
    #[error("the plugin of {provider} does not have the interface `{interface}`")]
    NoInterface {
        /// The provider.
        provider: String,
        /// The interface.
        interface: &'static str,
    },
    /// The plugin may only read.
    #[error("the plugin of {provider} may only read: {}", match requested {
        true => "changes were not granted to it",
        false => "its manifest requests no changes",
    })]
    ReadOnly {
        /// The provider.
        provider: String,
        /// The manifest requests changes.
        requested: bool,
    },
    /// The plugin made a plan that violates the rules of plans.
    #[cfg(feature = "changes")]
    #[error("invalid plan of {provider}: {error}")]
    Plan {
        /// The provider.
        provider: String,
        /// The fault in it.
        error: cloudhost_operations::PlanError,
    },
    /// The program is shutting down.
    #[error(transparent)]
    Cancelled(#[from] crate::Cancelled),
    /// The plugin cannot be used, or failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// Credentials are missing or unavailable.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// An endpoint override is invalid.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// The settings of a request are invalid.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The catalog is unusable, or a filter does not fit it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The plugin's menus are not valid Kconfig.
    #[error(transparent)]
    Kconfig(#[from] KconfigError),
    /// No instance type can be selected.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The files could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// An installed plugin cannot be used.
    #[cfg(feature = "source")]
    #[error(transparent)]
    Install(#[from] InstallError),
}

impl HasRemedy for HostError {
    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::UnknownProvider { .. } | Self::UnknownCredential { .. } => Remedy::ListPlugins,
            Self::UnknownSetting { provider, .. } => Remedy::InspectPlugin {
                name: provider.clone(),
            },
            Self::RepeatedSetting { name } => Remedy::GiveOnce {
                setting: name.clone(),
            },
            Self::Cloud {
                provider,
                error,
                fallback,
                cause,
                advice,
                ..
            } => {
                let caused = cause.as_ref().and_then(|cause| cause.remedy());
                if let Some(remedy) = caused {
                    return Some(remedy.about(provider));
                }
                let own = of_cloud(provider, error, advice.as_deref());
                match (own, fallback.as_deref().cloned()) {
                    (Some(remedy), Some(fallback)) => Remedy::any_of([remedy, fallback]),
                    (remedy, fallback) => return remedy.or(fallback),
                }
            }
            Self::Empty { provider, .. } => Remedy::any_of([
                Remedy::RunAgain,
                Remedy::FetchCatalog {
                    provider: provider.clone(),
                    verbose: true,
                },
            ]),
            Self::Answer { .. } => Remedy::any_of([
                Remedy::RunAgain,
                Remedy::AskAuthor(AuthorTask::FixDefect { log: false }),
            ]),
            Self::NoCatalog { provider } => Remedy::FetchCatalog {
                provider: provider.clone(),
                verbose: false,
            },
            Self::Incomplete {
                provider,
                missing,
                offline,
            } => {
                let unauthenticated =
                    |gap: &Gap| matches!(gap.error.kind, ErrorKind::Unauthenticated);
                let unsupported = |gap: &Gap| matches!(gap.error.kind, ErrorKind::Unsupported);
                let first = if missing.iter().all(unsupported) {
                    return Some(Remedy::AllowIncomplete);
                } else if *offline {
                    Remedy::AllowNetwork
                } else if missing.iter().any(unauthenticated) {
                    let provider = provider.clone();
                    Remedy::CheckCredentials { provider }
                } else {
                    Remedy::RunAgain
                };
                Remedy::any_of([first, Remedy::AllowIncomplete])
            }
            Self::NothingLeft { .. } => Remedy::RelaxFilters { given: Vec::new() },
            Self::Menus { error, .. } => return of_menus(error),
            Self::NoInterface { interface, .. } => {
                Remedy::AskAuthor(AuthorTask::AddInterface(interface))
            }
            Self::ReadOnly {
                provider,
                requested: true,
            } => Remedy::GrantChange {
                plugin: Some(provider.clone()),
            },
            Self::ReadOnly { .. } => Remedy::AskAuthor(AuthorTask::AddInterface("operations")),
            #[cfg(feature = "changes")]
            Self::Plan { .. } => Remedy::AskAuthor(AuthorTask::FixDefect { log: false }),
            Self::Cancelled(_) => return None,
            Self::Denied(error) => return error.remedy(),
            Self::Plugin(error) => return error.remedy(),
            Self::Credentials(error) => return error.remedy(),
            Self::Egress(error) => return error.remedy(),
            Self::Fetch(error) => return error.remedy(),
            Self::Catalog(error) => return error.remedy(),
            Self::Kconfig(error) => return error.remedy(),
            Self::Select(error) => return error.remedy(),
            Self::Output(error) => return error.remedy(),
            #[cfg(feature = "source")]
            Self::Install(error) => return error.remedy(),
        })
    }
}

impl HostError {
    /// Returns true if the plugin or the cloud cannot do what was requested at all.
    pub fn is_unsupported(&self) -> bool {
        match self {
            Self::NoInterface { .. } => true,
            Self::Cloud { error, .. } => error.kind == ErrorKind::Unsupported,
            _ => false,
        }
    }
}

/// Remedy of a cloud's error: the manifest's advice for the code, else one for the kind of the error.
pub(crate) fn of_cloud(provider: &str, error: &CloudError, advice: Option<&str>) -> Option<Remedy> {
    let by_code = advice.map(|text| Remedy::Advice {
        provider: provider.to_owned(),
        text: text.to_owned(),
    });
    by_code.or_else(|| match error.kind {
        ErrorKind::Unauthenticated => Some(Remedy::CheckCredentials {
            provider: provider.to_owned(),
        }),
        ErrorKind::PermissionDenied => Some(Remedy::AskForPermission),
        ErrorKind::RateLimited => Some(Remedy::Wait {
            seconds: Some(error.retry_after_ms.unwrap_or(0).div_ceil(1_000)),
        }),
        ErrorKind::Unavailable => Some(Remedy::CheckNetwork),
        ErrorKind::QuotaExceeded => {
            Some(Remedy::any_of([Remedy::RaiseQuota, Remedy::TryElsewhere]))
        }
        ErrorKind::InsufficientCapacity => {
            Some(Remedy::any_of([Remedy::TryElsewhere, Remedy::RunAgain]))
        }
        ErrorKind::Busy => Some(Remedy::Wait { seconds: None }),
        _ => None,
    })
}

/// Remedy for a plugin that failed to generate menus.
fn of_menus(error: &CloudError) -> Option<Remedy> {
    match error.kind {
        ErrorKind::NameCollision => Some(Remedy::any_of([
            Remedy::NarrowFilters,
            Remedy::AskAuthor(AuthorTask::RenameSymbol),
        ])),
        ErrorKind::Internal => Some(Remedy::AskAuthor(AuthorTask::FixDefect { log: false })),
        _ => None,
    }
}

fn because(error: Option<&CloudError>) -> String {
    error.map_or_else(String::new, |error| format!(": {}", describe(error)))
}

/// Formats a cloud's error on one line: `message (code, in region x, request id)`.
pub fn describe(error: &CloudError) -> String {
    let place = match &error.scope {
        Scope::Zone(zone) => Some(format!("zone {zone}")),
        Scope::Region(region) => Some(format!("region {region}")),
        Scope::Request | Scope::Provider => None,
    };
    let details: Vec<String> = [
        error.code.clone(),
        place,
        error.request_id.as_ref().map(|id| format!("request {id}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if details.is_empty() {
        return error.message.clone();
    }
    format!("{} ({})", error.message, details.join(", "))
}

fn gaps(missing: &[Gap]) -> String {
    let line = |gap: &Gap| format!("{}: {}", kind_name(gap.kind), describe(&gap.error));
    let lines: Vec<String> = missing.iter().map(line).collect();
    lines.join("; ")
}

/// Lists the known names most similar to a name, the most similar first.
fn closest(what: &str, name: &str, known: &[String]) -> String {
    let close = nearest(name, known.iter().map(String::as_str));
    match close.len() == known.len() {
        true => format!("known {what}: {}", list(&close)),
        false => format!(
            "the closest of {} known ones: {}",
            known.len(),
            list(&close)
        ),
    }
}

fn list<T: AsRef<str>>(names: &[T]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::collision(
        ErrorKind::NameCollision,
        Some(Remedy::any_of([Remedy::NarrowFilters, Remedy::AskAuthor(AuthorTask::RenameSymbol)]))
    )]
    #[case::other(
        ErrorKind::Internal,
        Some(Remedy::AskAuthor(AuthorTask::FixDefect { log: false }))
    )]
    #[case::unsupported(ErrorKind::Unsupported, None)]
    fn what_to_do_without_menus(#[case] kind: ErrorKind, #[case] remedy: Option<Remedy>) {
        let error = HostError::Menus {
            provider: "acme".to_owned(),
            error: Box::new(CloudError {
                advice: None,
                kind,
                scope: Scope::Provider,
                code: None,
                message: "a and b".to_owned(),
                request_id: None,
                retry_after_ms: None,
            }),
        };
        assert_eq!(error.remedy(), remedy);
    }
}
