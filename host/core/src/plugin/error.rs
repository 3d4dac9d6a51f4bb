//! What can be wrong with a plugin, or with one call of it.

use crate::audit::Refusal;
use crate::capability::ManifestError;
use crate::contract::ContractError;
use crate::egress::FetchError;
use crate::limits::Exceeded;
use crate::{AuthorTask, HasRemedy, Remedy};
use std::path::PathBuf;

/// Why a plugin cannot be loaded, or why a call of it has no result.
///
/// A refusal by the cloud is not among these: it is a result of the call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are not a WebAssembly component.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// The component is too large, or takes too much to compile.
    #[error("the plugin cannot be loaded: {0}")]
    Load(Exceeded),
    /// There is no manifest section, or more than one.
    #[error("the component has {found} sections `cloudhost:manifest`, and one is needed")]
    ManifestCount {
        /// How many there are.
        found: usize,
    },
    /// The manifest is not one.
    #[error("the manifest of the plugin cannot be used")]
    Manifest(#[from] ManifestError),
    /// The component wants something that the host never offers.
    #[error("the plugin imports `{import}`, which this host does not offer")]
    Import {
        /// Name of the import.
        import: String,
    },
    /// The component was built against another contract.
    #[error("the plugin uses `{interface}`")]
    Contract {
        /// The interface that does not fit.
        interface: String,
        /// Why.
        source: ContractError,
    },
    /// An export of the contract is missing or has another type.
    #[error("the plugin does not fit the contract {spoken}: {0}", spoken = crate::contract::spoken())]
    Misfit(String),
    /// The compiler refused the component.
    #[error("the plugin cannot be compiled: {0}")]
    Compile(String),
    /// The engine could not be set up on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// The program ends.
    #[error(transparent)]
    Cancelled(#[from] crate::Cancelled),
    /// A limit ended the call.
    #[error("plugin {plugin}: {limit}")]
    Limit {
        /// The plugin.
        plugin: String,
        /// Which limit.
        limit: Exceeded,
    },
    /// A recording is replayed, and the plugin asked what is not in it.
    #[error(transparent)]
    NotRecorded(FetchError),
    /// The plugin crashed. This is its fault, not the cloud's.
    #[error("plugin {plugin} crashed in {export}: {reason}")]
    Trap {
        /// The plugin.
        plugin: String,
        /// The export that was called, as `fetch`; `start` where none was, but only an instance made.
        export: &'static str,
        /// The trap, and what the plugin wrote to its standard error stream, escaped.
        reason: String,
    },
}

impl PluginError {
    /// That a plugin was refused before any of it ran; `None` for everything else, which the audit has heard of where
    /// it happened.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::NotAComponent(_) => Refusal::of("plugin.component"),
            Self::Load(limit) => Refusal::limit(limit.label()),
            Self::ManifestCount { .. } | Self::Manifest(_) => Refusal::of("plugin.manifest"),
            Self::Import { .. } => Refusal::of("plugin.import"),
            Self::Contract { .. } | Self::Misfit(_) => Refusal::of("plugin.contract"),
            Self::Compile(_) => Refusal::of("plugin.compile"),
            Self::Read { .. }
            | Self::Engine(_)
            | Self::Cancelled(_)
            | Self::Limit { .. }
            | Self::NotRecorded(_)
            | Self::Trap { .. } => return None,
        })
    }
}

impl HasRemedy for PluginError {
    fn remedy(&self) -> Option<Remedy> {
        Some(Remedy::AskAuthor(match self {
            Self::NotAComponent(_) => AuthorTask::BuildComponent,
            Self::ManifestCount { .. } => AuthorTask::DeclareManifest,
            Self::Manifest(error) => return error.remedy(),
            Self::Import { import } if import.starts_with("wasi:") => AuthorTask::RemoveImports,
            Self::Contract { source, .. } => return source.remedy(),
            Self::Import { .. } | Self::Misfit(_) => {
                let rebuild = AuthorTask::Rebuild { contract: None };
                let all = [Remedy::AskAuthor(rebuild), Remedy::UpdateHost];
                return Some(Remedy::any_of(all));
            }
            Self::Limit { limit, .. } | Self::Load(limit) => return limit.remedy(),
            Self::NotRecorded(error) => return error.remedy(),
            Self::Trap { reason, .. } if reason.contains("cannot block a synchronous task") => {
                AuthorTask::ExportAsync
            }
            Self::Trap { .. } => AuthorTask::FixDefect { log: true },
            Self::Read { .. } | Self::Compile(_) | Self::Engine(_) | Self::Cancelled(_) => {
                return None;
            }
        }))
    }
}
