//! Errors of loading and calling plugins.

use crate::audit::Refusal;
use crate::capability::ManifestError;
use crate::contract::ContractError;
use crate::egress::FetchError;
use crate::limits::Exceeded;
use crate::{AuthorTask, HasRemedy, Remedy};
use std::io::ErrorKind;
use std::path::PathBuf;

/// Loading or calling a plugin failed.
///
/// An error response of the cloud is not among these: it is a result of the call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The bytes are not a WebAssembly component.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// The component is too large, or takes too much to compile.
    #[error("the plugin cannot be loaded: {0}")]
    Load(Exceeded),
    /// The component has no manifest section, or more than one.
    #[error("expected one section `cloudhost:manifest`, found {found}")]
    ManifestCount {
        /// Number of sections.
        found: usize,
    },
    /// The manifest is invalid.
    #[error("the plugin has an invalid manifest")]
    Manifest(#[from] ManifestError),
    /// The component imports an interface that the host never provides.
    #[error("the plugin imports `{import}`, which this host does not provide")]
    Import {
        /// Name of the import.
        import: String,
    },
    /// The component was built against a different contract version.
    #[error("the plugin uses `{interface}`")]
    Contract {
        /// The incompatible interface.
        interface: String,
        /// Cause.
        source: ContractError,
    },
    /// The component uses another version of the contract than its manifest names.
    #[error("the plugin uses `{interface}`, and its manifest names contract {contract}")]
    MixedContract {
        /// The interface.
        interface: String,
        /// The manifest's version.
        contract: String,
    },
    /// An export of the contract is missing or has a different type.
    #[error("the plugin does not match the contract {spoken}: {0}", spoken = crate::contract::spoken())]
    ContractMismatch(String),
    /// The compiler rejected the component.
    #[error("the plugin cannot be compiled: {0}")]
    Compile(String),
    /// The engine cannot run on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// The program is shutting down.
    #[error(transparent)]
    Cancelled(#[from] crate::Cancelled),
    /// The call reached a limit.
    #[error("plugin {plugin}: {limit}")]
    Limit {
        /// The plugin.
        plugin: String,
        /// The limit.
        limit: Exceeded,
    },
    /// The plugin made a request during a replay that is not in the recording.
    #[error(transparent)]
    NotRecorded(FetchError),
    /// The plugin crashed. This is a defect of the plugin, not of the cloud.
    #[error("plugin {plugin} crashed in {export}: {reason}")]
    Trap {
        /// The plugin.
        plugin: String,
        /// The called export, such as `fetch`; `start` if the instantiation crashed.
        export: &'static str,
        /// The trap, and the plugin's standard error output, escaped.
        reason: String,
    },
}

impl PluginError {
    /// Audit record of a plugin that was rejected before any of it ran; `None` for all other errors, which the audit
    /// records where they occur.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::NotAComponent(_) => Refusal::of("plugin.component"),
            Self::Load(limit) => Refusal::limit(limit.label()),
            Self::ManifestCount { .. } | Self::Manifest(_) => Refusal::of("plugin.manifest"),
            Self::Import { .. } => Refusal::of("plugin.import"),
            Self::Contract { .. } | Self::MixedContract { .. } | Self::ContractMismatch(_) => {
                Refusal::of("plugin.contract")
            }
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
            Self::Read { path, source } if source.kind() == ErrorKind::NotFound => {
                return Some(Remedy::missing_component(path));
            }
            Self::NotAComponent(_) => AuthorTask::BuildComponent,
            Self::ManifestCount { .. } => AuthorTask::DeclareManifest,
            Self::Manifest(error) => return error.remedy(),
            Self::Import { import } if import.starts_with("wasi:") => AuthorTask::RemoveImports,
            Self::Contract { source, .. } => return source.remedy(),
            Self::MixedContract { .. } => AuthorTask::CorrectManifest,
            Self::Import { .. } | Self::ContractMismatch(_) => {
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
