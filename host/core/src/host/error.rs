//! Why a question has no answer.

use crate::Hint;
use crate::capability::{Denial, Missing};
use crate::catalog::{AnswerError, CatalogError, kind_name};
use crate::contract::cloudhost::provider::types::{
    DataKind, Error as CloudError, ErrorKind, Gap, Scope,
};
use crate::credentials::CredentialsError;
use crate::egress::{EgressError, FetchError};
use crate::hint::quoted;
#[cfg(feature = "source")]
use crate::install::InstallError;
use crate::kconfig::{KconfigError, SYMBOL_COLLISION};
use crate::plugin::PluginError;
use crate::select::SelectError;
use cloudhost_files::output::OutputError;
use std::path::Path;

/// Why the host could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// There is no such provider.
    #[error("there is no provider `{name}`; there are: {}", list(known))]
    UnknownProvider {
        /// What was asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The provider has no such setting.
    #[error("provider {provider} has no setting `{name}`; it has: {}", list(known))]
    UnknownSetting {
        /// The provider.
        provider: String,
        /// What was given.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A setting is given twice.
    #[error("the setting `{name}` is given more than once")]
    RepeatedSetting {
        /// Its name.
        name: String,
    },
    /// The plugin is more than its manifest says.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The cloud refused, or could not be reached.
    #[error("{provider} gave no answer: {}", describe(error))]
    Cloud {
        /// The provider.
        provider: String,
        /// What the plugin made of the answer.
        error: Box<CloudError>,
        /// The last request that failed on the way.
        #[source]
        cause: Option<Box<FetchError>>,
        /// A request was made before it failed.
        asked: bool,
        /// There is an older catalog that `--offline` would use.
        stored: bool,
        /// What the manifest advises for an error of this code.
        advice: Option<String>,
    },
    /// Nothing was ever fetched, and nothing came with the plugin.
    #[error("there is no catalog of {provider} on this machine")]
    NoCatalog {
        /// The provider.
        provider: String,
    },
    /// Every cloud has regions and machine types: an answer with none is no news of it.
    #[error("{provider} answered without {}{}", kind_name(*kind), because(why.as_deref()))]
    Empty {
        /// The provider.
        provider: String,
        /// What there is none of.
        kind: DataKind,
        /// What the provider said of it, if anything.
        why: Option<Box<CloudError>>,
    },
    /// The answer contradicts itself or the contract.
    #[error("the answer of {provider} cannot be used")]
    Answer {
        /// The provider.
        provider: String,
        /// What is wrong with it.
        #[source]
        error: AnswerError,
    },
    /// The answer has gaps, and the user wants none.
    #[error(
        "the catalog of {provider} is incomplete, and --strict asks for all of it: {}",
        gaps(missing)
    )]
    Incomplete {
        /// The provider.
        provider: String,
        /// What is missing.
        missing: Vec<Gap>,
    },
    /// The filters leave no machine type to choose.
    #[error("no machine type of {provider} is what all filters ask for")]
    NothingLeft {
        /// The provider.
        provider: String,
    },
    /// The plugin could not make menus of the catalog.
    #[error("{provider} made no menus: {}", describe(error))]
    Menus {
        /// The provider.
        provider: String,
        /// Why.
        error: Box<CloudError>,
    },
    /// The program ends.
    #[error(transparent)]
    Cancelled(#[from] crate::Cancelled),
    /// The plugin cannot be used, or failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// Credentials are missing, or are not to be had.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// An endpoint override is wrong.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// The settings of a request are wrong.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The catalog is not usable, or a filter does not fit it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The plugin's menus are not Kconfig.
    #[error(transparent)]
    Kconfig(#[from] KconfigError),
    /// No machine can be chosen.
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

impl Hint for HostError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownProvider { .. } => Some("cloudhost plugin list".to_owned()),
            Self::UnknownSetting { provider, .. } => Some(format!("cloudhost plugin inspect {provider}")),
            Self::RepeatedSetting { name } => Some(format!("give it once: --set {name}=VALUE")),
            Self::Cloud {
                provider,
                error,
                stored,
                cause,
                advice,
                ..
            } => cause.as_ref().and_then(|cause| grant_hint(provider, cause).or_else(|| cause.hint())).or_else(|| {
                let advice = cloud_hint(provider, error, advice.as_deref());
                match (advice, stored) {
                    (Some(advice), false) => Some(advice),
                    (advice, true) => Some(format!(
                        "{}add --offline to use the catalog that was fetched from {provider} before",
                        advice.map(|advice| format!("{advice}, or ")).unwrap_or_default(),
                    )),
                    (None, false) => None,
                }
            }),
            Self::Empty { provider, .. } => Some(format!(
                "nothing that is kept was replaced: run it again, or see what the cloud says: \
                 cloudhost -vv run {provider} regions list --refresh"
            )),
            Self::Answer { .. } => Some("run it again; if it stays, tell the plugin's author".to_owned()),
            Self::NoCatalog { provider } => Some(format!("cloudhost run {provider} regions list --refresh")),
            Self::Incomplete { .. } => Some("run it again, or without --strict".to_owned()),
            Self::NothingLeft { .. } => Some("leave one of --region, --family, --gpu, --min-vcpus and --arch out".to_owned()),
            Self::Cancelled(_) => None,
            Self::Denied(denial) => denial.hint(),
            Self::Plugin(error) => error.hint(),
            Self::Credentials(error) => error.hint(),
            Self::Egress(error) => error.hint(),
            Self::Fetch(error) => error.hint(),
            Self::Catalog(error) => error.hint(),
            Self::Kconfig(error) => error.hint(),
            Self::Select(error) => error.hint(),
            Self::Output(error) => error.hint(),
            #[cfg(feature = "source")]
            Self::Install(error) => error.hint(),
            Self::Menus { error, .. } => menus_hint(error),
        }
    }
}

/// The command that grants what was missing.
fn grant_hint(provider: &str, cause: &FetchError) -> Option<String> {
    match cause {
        FetchError::Denied(Denial::Host {
            host,
            missing: Missing::Grant,
        }) => Some(format!(
            "cloudhost plugin grant {provider} --host {}",
            quoted(Path::new(host))
        )),
        FetchError::Denied(Denial::Credential {
            name,
            missing: Some(Missing::Grant),
            ..
        }) => Some(format!(
            "cloudhost plugin grant {provider} --credential {}",
            quoted(Path::new(name))
        )),
        _ => None,
    }
}

/// What to do: the manifest's advice for the code, or else by the kind of the error.
fn cloud_hint(provider: &str, error: &CloudError, advice: Option<&str>) -> Option<String> {
    let by_code = advice.map(|text| format!("{provider} advises: {text}"));
    let by_kind = || match error.kind {
        ErrorKind::Unauthenticated => Some(format!(
            "see which credential that is, and where it comes from: cloudhost credentials check {provider}"
        )),
        ErrorKind::PermissionDenied => Some("ask for the permission that the message names".into()),
        ErrorKind::RateLimited => Some(match error.retry_after_ms.unwrap_or(0).div_ceil(60_000) {
            0 | 1 => "wait a minute and run it again".to_owned(),
            minutes => format!("wait {minutes} minutes and run it again"),
        }),
        ErrorKind::Unavailable => {
            Some("check the network and the endpoint, then run it again".into())
        }
        _ => None,
    };
    by_code.or_else(by_kind)
}

/// What to do where a plugin made no menus.
fn menus_hint(error: &CloudError) -> Option<String> {
    let advice = match error.kind {
        ErrorKind::Internal if error.code.as_deref() == Some(SYMBOL_COLLISION) => {
            "leave one of them out, with --region or --family\n\
             or ask the plugin's author for a symbol of its own: `Symbols::make` with another prefix"
        }
        ErrorKind::Internal => "report this message to the plugin's author; no file was changed",
        _ => return None,
    };
    Some(advice.to_owned())
}

fn because(error: Option<&CloudError>) -> String {
    error.map_or_else(String::new, |error| format!(": {}", describe(error)))
}

/// What a cloud's error says, in one line: `what (code, in region x, request id)`.
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
    let lines: Vec<String> = missing.iter().map(|gap| describe(&gap.error)).collect();
    lines.join("; ")
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
        ErrorKind::Internal,
        Some(SYMBOL_COLLISION),
        Some(["leave one of them out, with --region or --family", "`Symbols::make` with another prefix"].as_slice())
    )]
    #[case::other(ErrorKind::Internal, None, Some(["report this message to the plugin's author"].as_slice()))]
    #[case::unsupported(ErrorKind::Unsupported, None, None)]
    #[case::other_kind(ErrorKind::Unsupported, Some(SYMBOL_COLLISION), None)]
    fn what_to_do_without_menus(
        #[case] kind: ErrorKind,
        #[case] code: Option<&str>,
        #[case] advice: Option<&[&str]>,
    ) {
        let error = HostError::Menus {
            provider: "acme".to_owned(),
            error: Box::new(CloudError {
                kind,
                scope: Scope::Provider,
                code: code.map(str::to_owned),
                message: "a and b".to_owned(),
                request_id: None,
                retry_after_ms: None,
            }),
        };
        let hint = error.hint();
        assert_eq!(hint.is_some(), advice.is_some());
        let hint = hint.unwrap_or_default();
        for part in advice.into_iter().flatten() {
            assert!(hint.contains(part), "{hint}");
        }
    }
}
