//! Remedies of errors, as data. Each program that embeds the library presents them in its own form: an option, a
//! command, a button.

/// Gives each variant of an enum its label, and lists the labels. A variant after `@` has labels of its own.
macro_rules! labels {
    (
        $(@ $delegate:pat => $to:expr;)?
        $($(#[$attribute:meta])* $pattern:pat => $label:literal,)*
    ) => {
        /// All labels of this enum.
        pub const LABELS: &[&str] = &[$($(#[$attribute])* $label,)*];

        /// Stable name, for logs and for programs that act on some of them.
        pub fn label(&self) -> &'static str {
            match self {
                $($delegate => $to,)?
                $($(#[$attribute])* $pattern => $label,)*
            }
        }
    };
}

#[cfg(feature = "source")]
mod agreement;
mod author;
mod below;
mod forms;
mod rule;
#[cfg(test)]
mod tests;

#[cfg(feature = "source")]
pub use agreement::{AcceptError, AcceptedChange, Agreement, GrantChoice, Signer};
pub use author::AuthorTask;
pub use forms::{CredentialStep, FilePurpose, Form};
pub use rule::Rule;

use crate::capability::Scheme;
use crate::contract::Digest;
use crate::limits::Limit;
use cloudhost_files::Fix;
use std::path::{Path, PathBuf};

/// Access to the remedy of an error.
///
/// ```
/// use cloudhost::HasRemedy as _;
/// use cloudhost::host::{Host, HostConfig};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let host = Host::new(HostConfig::new(folder.path()))?;
/// let error = host.provider("no-such-cloud").await.unwrap_err();
/// println!("error: {error}");
/// assert_eq!(error.remedy().map(|remedy| remedy.label()), Some("list-plugins"));
/// # Ok(())
/// # }
/// ```
pub trait HasRemedy {
    /// Remedy of this error; `None` if the message needs none.
    fn remedy(&self) -> Option<Remedy>;
}

/// Remedy of an error: the step that a user, or the author of a plugin, can take.
///
/// ```
/// use cloudhost::{HasRemedy as _, Remedy};
/// use cloudhost::limits::{Exceeded, Limit};
///
/// let exceeded = Exceeded { limit: Limit::Memory, most: 256 << 20 };
/// match exceeded.remedy() {
///     Some(Remedy::RaiseLimit { limit, value }) => {
///         assert_eq!((limit.name(), limit.show(value)), ("memory", "512MiB".to_owned()));
///     }
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Any one of these, the one that is most likely to help first.
    AnyOf(Vec<Remedy>),
    /// Text of a plugin or a cloud, unverified.
    Advice {
        /// The provider whose text it is.
        provider: String,
        /// The text.
        text: String,
    },

    /// Run again.
    RunAgain,
    /// Wait, and run again.
    Wait {
        /// Seconds to wait, if known.
        seconds: Option<u64>,
    },
    /// Wait for the other run, or end it.
    WaitForOtherRun,
    /// Bypass the cache.
    Refresh,
    /// Fetch the catalog of this provider.
    FetchCatalog {
        /// The provider.
        provider: String,
        /// Show each request on the way.
        verbose: bool,
    },
    /// Use the catalog that was fetched earlier.
    UseStoredCatalog {
        /// The provider.
        provider: String,
    },
    /// Use the catalog inside the plugin.
    UseBundledCatalog {
        /// The provider.
        provider: String,
    },
    /// Allow the network.
    AllowNetwork,
    /// Allow missing data.
    AllowIncomplete,
    /// Allow offers whose capacity is unknown.
    AllowUnknownCapacity,
    /// Allow an unsigned component.
    AllowUnsigned,
    /// List what has capacity now.
    ListAvailable,

    /// Use one of these names.
    UseName {
        /// Names, the closest first.
        close: Vec<String>,
        /// Number of known names.
        known: usize,
    },
    /// Give this setting once.
    GiveOnce {
        /// Its name.
        setting: String,
    },
    /// Write the value in this form.
    WriteAs {
        /// The form.
        form: Form,
    },
    /// Relax one rule of a selection: then this offer matches.
    Relax {
        /// The rule.
        rule: Rule,
        /// The value for it.
        value: String,
        /// The instance type that then matches.
        instance_type: String,
        /// Its region.
        region: String,
    },
    /// Leave one of the filters out.
    RelaxFilters {
        /// The rules of those that exclude something; empty: not known.
        given: Vec<Rule>,
    },
    /// Filter for less, such as one region or family.
    NarrowFilters,
    /// Fetch less, by a setting of the provider.
    FetchLess,
    /// Give a location.
    GiveLocation {
        /// Cities that may be meant, the most likely first.
        close: Vec<String>,
    },

    /// List the plugins.
    ListPlugins,
    /// Inspect a plugin: its settings, its requested capabilities and its grants.
    InspectPlugin {
        /// Its name.
        name: String,
    },
    /// Inspect the component in a file.
    InspectComponent,
    /// Run this plugin instead.
    RunPlugin {
        /// Its name.
        name: String,
    },
    /// Grant a host to a plugin.
    GrantHost {
        /// The plugin, if the error knows it.
        plugin: Option<String>,
        /// The host.
        host: String,
    },
    /// Grant a credential to a plugin.
    GrantCredential {
        /// The plugin, if the error knows it.
        plugin: Option<String>,
        /// The credential.
        credential: String,
    },
    /// Let a plugin change its cloud.
    GrantChange {
        /// The plugin, if the error knows it.
        plugin: Option<String>,
    },
    /// Revoke a pattern that was granted as a whole, and grant less of it.
    RevokeHost {
        /// The plugin.
        plugin: String,
        /// The pattern.
        host: String,
    },
    /// Agree to an install or an update of exactly these bytes.
    #[cfg(feature = "source")]
    Agree(Box<Agreement>),
    /// Update an installed plugin.
    UpdatePlugin {
        /// Its name.
        name: String,
        /// Its source, if known.
        source: Option<String>,
    },
    /// Push a component to a registry.
    PushComponent,
    /// Name this source, if it is the right one.
    UseSource {
        /// The source.
        source: String,
    },
    /// Check the name of a source.
    CheckName,
    /// Find out who changed a source, or pin the bytes that it has now.
    PinDigest {
        /// Their digest.
        digest: Digest,
    },
    /// Do not use the component before its author confirmed its digest.
    ConfirmDigest,
    /// Do not use the component before its author confirmed the signer's key.
    ConfirmKey,
    /// Work for the author of a plugin.
    AskAuthor(AuthorTask),
    /// Update the host.
    UpdateHost,
    /// Raise a limit, for a plugin that is trusted with more.
    RaiseLimit {
        /// The limit.
        limit: Limit,
        /// Its new value: bytes, milliseconds or a number.
        value: u64,
    },
    /// List the limits and the forms of their values.
    ListLimits,

    /// Store a bearer token.
    SetCredential {
        /// Its name.
        name: String,
        /// Store it in the keyring instead of a file.
        keyring: bool,
    },
    /// Check the credentials of a provider.
    CheckCredentials {
        /// The provider.
        provider: String,
    },
    /// Take a step with the tool that keeps the credentials of a scheme.
    CredentialTool {
        /// The scheme.
        scheme: Scheme,
        /// The step.
        step: CredentialStep,
        /// The profile, unless it is the default one.
        profile: Option<String>,
    },
    /// Change a credential where the embedding program's resolver takes it from.
    ChangeResolver {
        /// The credential.
        credential: String,
    },
    /// Unlock the system's keyring.
    UnlockKeyring,
    /// Set variables of the environment.
    SetVariables {
        /// Their names, each with an example of a value.
        variables: Vec<(String, String)>,
    },
    /// Log in to a registry of components.
    LogIn {
        /// The registry, if the error knows it.
        registry: Option<String>,
    },
    /// Ask the cloud's administrator for the permission that the message names.
    AskForPermission,

    /// Check the network and the endpoint.
    CheckNetwork,
    /// Give an endpoint that stands in for the cloud's.
    SetEndpoint {
        /// The plugin, if the error knows it.
        plugin: Option<String>,
    },
    /// Install a package of the operating system.
    InstallPackage {
        /// Its name.
        package: &'static str,
    },

    /// Fix a file or directory.
    Files {
        /// The fix.
        fix: Fix,
        /// Purpose of the file.
        purpose: FilePurpose,
    },
    /// Give a secret of the user, in a file of its own.
    GiveSecret,
    /// Replace a file or directory that other users could have changed, or accept it after a review.
    ReplaceUntrusted {
        /// The path.
        path: PathBuf,
        /// Purpose of the file.
        purpose: FilePurpose,
    },
    /// Restore a damaged file, or start over without it.
    RestoreFile {
        /// The file.
        path: PathBuf,
    },
    /// Make a recording.
    Record {
        /// The file.
        path: PathBuf,
    },
    /// Make a recording again, as its owner describes.
    RecordAgain {
        /// Instructions: the text that [`Replay::new`](crate::recording::Replay::new) was given.
        how: String,
    },
    /// Mark a recording as edited.
    MarkEdited {
        /// The last line of an edited recording.
        line: &'static str,
        /// True: append the line; false: it replaces the last one.
        append: bool,
    },

    /// Give the file of a public key.
    GivePublicKey,
    /// Give a region, or configure a default one.
    GiveRegion {
        /// The provider.
        provider: String,
    },
    /// List the resources of this kind.
    ListResources {
        /// The provider.
        provider: String,
        /// Label of the kind, such as `instance`.
        kind: &'static str,
    },
    /// Show a resource.
    ShowResource {
        /// The provider.
        provider: String,
        /// Label of the kind, such as `instance`.
        kind: &'static str,
        /// Its identifier.
        id: String,
    },
    /// Search in one region only.
    SearchRegion,
    /// Give another name.
    OtherName,
    /// Allow changes of what this installation did not make.
    AllowForeign,
    /// Take the protection against deletion away.
    Unprotect,
    /// Raise the highest price, or leave it out.
    RaisePrice,
    /// Have the cloud raise the account's quota.
    RaiseQuota,
    /// Try another zone, region or instance type.
    TryElsewhere,
    /// List the operations.
    ListOperations,
    /// Show an operation.
    ShowOperation {
        /// Its identifier.
        id: String,
    },
    /// Carry on with an operation.
    ResumeOperation {
        /// Its identifier.
        id: String,
    },
    /// Restore the journal of operations. Without it, nothing is known to be made here.
    RestoreJournal {
        /// The file.
        path: PathBuf,
    },
    /// Do these, one after the other.
    InOrder(Vec<Remedy>),
}

impl Remedy {
    labels! {
        @ Self::AskAuthor(task) => task.label();
        Self::AnyOf(_) => "any-of",
        Self::Advice { .. } => "advice",
        Self::RunAgain => "run-again",
        Self::Wait { .. } => "wait",
        Self::WaitForOtherRun => "wait-for-other-run",
        Self::Refresh => "refresh",
        Self::FetchCatalog { .. } => "fetch-catalog",
        Self::UseStoredCatalog { .. } => "use-stored-catalog",
        Self::UseBundledCatalog { .. } => "use-bundled-catalog",
        Self::AllowNetwork => "allow-network",
        Self::AllowIncomplete => "allow-incomplete",
        Self::AllowUnknownCapacity => "allow-unknown-capacity",
        Self::AllowUnsigned => "allow-unsigned",
        Self::ListAvailable => "list-available",
        Self::UseName { .. } => "use-name",
        Self::GiveOnce { .. } => "give-once",
        Self::WriteAs { .. } => "write-as",
        Self::Relax { .. } => "relax",
        Self::RelaxFilters { .. } => "relax-filters",
        Self::NarrowFilters => "narrow-filters",
        Self::FetchLess => "fetch-less",
        Self::GiveLocation { .. } => "give-location",
        Self::ListPlugins => "list-plugins",
        Self::InspectPlugin { .. } => "inspect-plugin",
        Self::InspectComponent => "inspect-component",
        Self::RunPlugin { .. } => "run-plugin",
        Self::GrantHost { .. } => "grant-host",
        Self::GrantCredential { .. } => "grant-credential",
        Self::GrantChange { .. } => "grant-change",
        Self::RevokeHost { .. } => "revoke-host",
        #[cfg(feature = "source")]
        Self::Agree(_) => "agree",
        Self::UpdatePlugin { .. } => "update-plugin",
        Self::PushComponent => "push-component",
        Self::UseSource { .. } => "use-source",
        Self::CheckName => "check-name",
        Self::PinDigest { .. } => "pin-digest",
        Self::ConfirmDigest => "confirm-digest",
        Self::ConfirmKey => "confirm-key",
        Self::UpdateHost => "update-host",
        Self::RaiseLimit { .. } => "raise-limit",
        Self::ListLimits => "list-limits",
        Self::SetCredential { .. } => "set-credential",
        Self::CheckCredentials { .. } => "check-credentials",
        Self::CredentialTool { .. } => "credential-tool",
        Self::ChangeResolver { .. } => "change-resolver",
        Self::UnlockKeyring => "unlock-keyring",
        Self::SetVariables { .. } => "set-variables",
        Self::LogIn { .. } => "log-in",
        Self::AskForPermission => "ask-for-permission",
        Self::CheckNetwork => "check-network",
        Self::SetEndpoint { .. } => "set-endpoint",
        Self::InstallPackage { .. } => "install-package",
        Self::Files { .. } => "fix-files",
        Self::GiveSecret => "give-secret",
        Self::ReplaceUntrusted { .. } => "replace-untrusted",
        Self::RestoreFile { .. } => "restore-file",
        Self::Record { .. } => "record",
        Self::RecordAgain { .. } => "record-again",
        Self::MarkEdited { .. } => "mark-edited",
        Self::GivePublicKey => "give-public-key",
        Self::GiveRegion { .. } => "give-region",
        Self::ListResources { .. } => "list-resources",
        Self::ShowResource { .. } => "show-resource",
        Self::SearchRegion => "search-region",
        Self::OtherName => "other-name",
        Self::AllowForeign => "allow-foreign",
        Self::Unprotect => "unprotect",
        Self::RaisePrice => "raise-price",
        Self::RaiseQuota => "raise-quota",
        Self::TryElsewhere => "try-elsewhere",
        Self::ListOperations => "list-operations",
        Self::ShowOperation { .. } => "show-operation",
        Self::ResumeOperation { .. } => "resume-operation",
        Self::RestoreJournal { .. } => "restore-journal",
        Self::InOrder(_) => "in-order",
    }

    /// Remedy of a component's file that does not exist.
    pub(crate) fn missing_component(path: &Path) -> Self {
        Self::Files {
            fix: Fix::search(path),
            purpose: FilePurpose::Component,
        }
    }

    /// Combines remedies, any one of which helps.
    pub(crate) fn any_of(all: impl IntoIterator<Item = Remedy>) -> Self {
        Self::AnyOf(all.into_iter().collect())
    }

    /// Variables, each with an example of a value.
    pub(crate) fn variables<'v>(all: impl IntoIterator<Item = (&'v str, &'v str)>) -> Self {
        let owned = |(name, example): (&str, &str)| (name.to_owned(), example.to_owned());
        Self::SetVariables {
            variables: all.into_iter().map(owned).collect(),
        }
    }

    /// Names this plugin in a remedy that names none.
    pub(crate) fn about(mut self, name: &str) -> Self {
        if let Self::GrantHost { plugin, .. }
        | Self::GrantCredential { plugin, .. }
        | Self::GrantChange { plugin }
        | Self::SetEndpoint { plugin } = &mut self
        {
            plugin.get_or_insert_with(|| name.to_owned());
        }
        self
    }
}
