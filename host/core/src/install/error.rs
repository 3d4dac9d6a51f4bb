//! Errors of installing, changing and loading plugins.

use super::{Agreement, Changes, Installed};
use crate::audit::Refusal;
use crate::capability::HostPattern;
use crate::plugin::{Digest, PluginError};
use crate::source::SourceError;
use crate::{AuthorTask, FilePurpose, HasRemedy, Remedy};
use cloudhost_files::{FolderError, SealError};
use std::path::PathBuf;
use std::sync::Arc;

/// A stored component is unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectFault {
    /// Its file does not exist.
    #[error("its component is missing")]
    Missing,
    /// It is not a file.
    #[error("its component cannot be read: {0}")]
    Unreadable(String),
    /// The file has more bytes. It was not read: it must not fill the memory.
    #[error("its component does not match: it has {found} bytes instead of {expected}")]
    Grown {
        /// The recorded size.
        expected: u64,
        /// The size of the file.
        found: u64,
    },
    /// The file has different content.
    #[error("its component is now {0}")]
    Changed(Digest),
}

/// An operation on an installed plugin failed. After any of these errors nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The directory cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Other users can write the lock file.
    #[error("plugin.lock-file: {} is writable by other users", .path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// The lock file was modified or is corrupt.
    #[error("plugin.lock-file: {} was edited or damaged: {why}", .path.display())]
    LockFile {
        /// The file.
        path: PathBuf,
        /// Evidence of it.
        why: String,
    },
    /// A newer version wrote the lock file.
    #[error("plugin.lock-file: a newer cloudhost wrote {}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// Another run changed this plugin concurrently.
    #[error("plugin.busy: another run changed {name} concurrently")]
    ChangedMeanwhile {
        /// The plugin.
        name: String,
    },
    /// There is no installed plugin of this name.
    #[error("plugin.unknown: no plugin {name} is installed")]
    NotInstalled {
        /// The name.
        name: String,
    },
    /// A built-in plugin cannot be changed.
    #[error(
        "plugin.builtin: {name} is built in: it is part of cloudhost and has every permission that it requests"
    )]
    Builtin {
        /// The name.
        name: &'static str,
    },
    /// The new plugin has the name of a built-in one.
    #[error("plugin.builtin: {name} is the name of a built-in plugin")]
    BuiltinName {
        /// The name.
        name: &'static str,
    },
    /// The name looks like that of a built-in plugin.
    #[error("plugin.name: {name} looks like the built-in plugin {like}")]
    LookAlike {
        /// The name.
        name: String,
        /// Name of the built-in plugin.
        like: String,
    },
    /// Another component of this name is installed.
    #[error("plugin.installed: {name} {version} is already installed with a different digest")]
    AlreadyInstalled {
        /// The name.
        name: String,
        /// The version that is installed.
        version: String,
        /// Source of the new one.
        source_text: String,
    },
    /// The update is a different plugin.
    #[error("plugin.name: expected plugin {name}, found {offered}")]
    OtherName {
        /// Name of the installed plugin.
        name: String,
        /// Name of the new one.
        offered: String,
    },
    /// A stored component does not match its granted digest. It does not run.
    #[error("plugin.digest: {name} does not run: {digest} was granted, and {fault}")]
    Object {
        /// The plugin.
        name: String,
        /// The granted digest.
        digest: Digest,
        /// The fault.
        fault: Box<ObjectFault>,
        /// The install that restores it.
        repair: Box<Agreement>,
    },
    /// The source has a different digest than expected.
    #[error("plugin.digest: digest mismatch of {source_text}: expected {expected}, found {found}")]
    OtherBytes {
        /// The source.
        source_text: String,
        /// The expected digest.
        expected: Digest,
        /// The actual digest.
        found: Digest,
    },
    /// A key was given, but the component is unsigned.
    #[error("plugin.signature: {source_text} is not signed: expected a signature by {key}")]
    Unsigned {
        /// The source.
        source_text: String,
        /// The key.
        key: String,
    },
    /// Verification against the given key failed.
    #[error("plugin.signature: signature verification of {source_text} failed")]
    Signature {
        /// The source of the component.
        source_text: String,
        /// Cause.
        source: Box<SourceError>,
    },
    /// The fetch failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The component is not a valid plugin.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The plugin does not request what is to be granted.
    #[error("grant.not-asked: {name} does not request {what}")]
    NotAsked {
        /// The plugin.
        name: String,
        /// The host or credential.
        what: String,
    },
    /// The plugin was not granted what is to be revoked.
    #[error("grant.not-given: {name} was not granted {what}")]
    NotGranted {
        /// The plugin.
        name: String,
        /// The host or credential.
        what: String,
        /// The broader granted pattern.
        within: Option<HostPattern>,
    },
    /// The user has to consent first.
    #[error(
        "grant.needed: {name} {}",
        if *.update { "not updated: the changes were not accepted" }
        else { "not installed: the requested permissions were not granted" }
    )]
    Consent {
        /// The plugin.
        name: String,
        /// An older version is installed and stays active.
        update: bool,
        /// Digest of the new component.
        digest: Digest,
        /// Changes to show to the user.
        changes: Box<Changes>,
        /// Consent to exactly these changes.
        agreement: Box<Agreement>,
    },
    /// The lock file has no seal of this user on this machine, because another user agreed to what it grants or an earlier
    /// version wrote it; or it is an earlier one of this user that was put back.
    #[error(
        "grant.needed: {} does not run: its grant in {} is not sealed by this user on this machine, or was changed since",
        record.name(), path.display()
    )]
    Unsealed {
        /// The file.
        path: PathBuf,
        /// The plugin's record in it.
        record: Box<Installed>,
        /// The installs that ask for consent to these bytes: from the source of the record, and from the stored file.
        /// Empty: there is no secret to seal a grant with.
        again: Vec<Agreement>,
    },
    /// There is no secret to seal a grant with: no later run would believe it.
    #[error("grant.secret: the grant cannot be sealed: {0}")]
    Secret(Arc<SealError>),
    /// The lock file cannot be encoded as TOML.
    #[error("plugin.lock-file: encoding failed: {0}")]
    Encode(String),
}

impl InstallError {
    /// Distinguishes a rejected plugin from a failed operation.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotPrivate { .. }
            | Self::LockFile { .. }
            | Self::Newer { .. }
            | Self::BuiltinName { .. }
            | Self::LookAlike { .. }
            | Self::AlreadyInstalled { .. }
            | Self::OtherName { .. }
            | Self::Object { .. }
            | Self::OtherBytes { .. }
            | Self::Unsigned { .. }
            | Self::Signature { .. }
            | Self::NotAsked { .. }
            | Self::Consent { .. }
            | Self::Unsealed { .. } => true,
            Self::Folder(_)
            | Self::ChangedMeanwhile { .. }
            | Self::NotInstalled { .. }
            | Self::Builtin { .. }
            | Self::Source(_)
            | Self::Plugin(_)
            | Self::NotGranted { .. }
            | Self::Secret(_)
            | Self::Encode(_) => false,
        }
    }
}

impl InstallError {
    /// Audit record of a rejected plugin, as [`Plugins`](super::Plugins) reports it.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::Folder(FolderError::NotOurs { .. } | FolderError::Writable { .. }) => {
                Refusal::of("plugin.folder")
            }
            Self::NotPrivate { .. } | Self::LockFile { .. } | Self::Newer { .. } => {
                Refusal::of("plugin.lock-file")
            }
            Self::BuiltinName { name } => Refusal::of("plugin.builtin").about(name, None),
            Self::AlreadyInstalled { name, .. } => {
                Refusal::of("plugin.installed").about(name, None)
            }
            Self::OtherName { offered: name, .. } | Self::LookAlike { name, .. } => {
                Refusal::of("plugin.name").about(name, None)
            }
            Self::Object { name, digest, .. } => {
                Refusal::of("plugin.digest").about(name, Some(*digest))
            }
            Self::OtherBytes { .. } => Refusal::of("plugin.digest"),
            Self::Unsigned { .. } | Self::Signature { .. } => Refusal::of("plugin.signature"),
            Self::NotAsked { name, .. } => Refusal::of("grant.not-asked").about(name, None),
            Self::Consent { name, digest, .. } => {
                Refusal::of("grant.needed").about(name, Some(*digest))
            }
            Self::Unsealed { record, .. } => {
                Refusal::of("grant.needed").about(record.name(), Some(record.digest))
            }
            Self::Source(error) => return error.refusal(),
            Self::Plugin(error) => return error.refusal(),
            Self::Secret(_)
            | Self::Folder(_)
            | Self::ChangedMeanwhile { .. }
            | Self::NotInstalled { .. }
            | Self::Builtin { .. }
            | Self::NotGranted { .. }
            | Self::Encode(_) => return None,
        })
    }
}

impl HasRemedy for InstallError {
    fn remedy(&self) -> Option<Remedy> {
        let purpose = FilePurpose::Plugins;
        Some(match self {
            // Content that others could write would be trusted: neither file nor directory records its writer.
            Self::Folder(FolderError::Writable { path }) | Self::NotPrivate { path } => {
                let path = path.clone();
                Remedy::ReplaceUntrusted { path, purpose }
            }
            Self::Folder(error) => Remedy::of_folder(error, purpose),
            Self::LockFile { path, .. } => Remedy::RestoreFile { path: path.clone() },
            Self::Newer { .. } => Remedy::UpdateHost,
            Self::ChangedMeanwhile { .. } => Remedy::RunAgain,
            Self::NotInstalled { .. } => Remedy::ListPlugins,
            Self::Builtin { name } => Remedy::InspectPlugin {
                name: (*name).to_owned(),
            },
            Self::BuiltinName { .. } | Self::LookAlike { .. } => {
                Remedy::AskAuthor(AuthorTask::RenamePlugin)
            }
            Self::AlreadyInstalled {
                name, source_text, ..
            } => Remedy::UpdatePlugin {
                name: name.clone(),
                source: Some(source_text.clone()),
            },
            Self::OtherName { offered, .. } => Remedy::UpdatePlugin {
                name: offered.clone(),
                source: None,
            },
            Self::Object { repair: these, .. }
            | Self::Consent {
                agreement: these, ..
            } => Remedy::Agree(these.clone()),
            Self::Unsealed { again, .. } if again.is_empty() => Remedy::GiveSecret,
            Self::Unsealed { again, .. } => {
                let again = again.iter().cloned().map(Box::new);
                Remedy::any_of(again.map(Remedy::Agree))
            }
            Self::Secret(error) => return error.remedy(),
            Self::OtherBytes { found, .. } => Remedy::PinDigest { digest: *found },
            Self::Unsigned { .. } => Remedy::AllowUnsigned,
            Self::Signature { source: error, .. } => return error.remedy(),
            Self::Source(error) => return error.remedy(),
            Self::Plugin(error) => return error.remedy(),
            Self::NotGranted {
                name,
                within: Some(within),
                ..
            } => Remedy::RevokeHost {
                plugin: name.clone(),
                host: within.to_string(),
            },
            Self::NotAsked { name, .. } | Self::NotGranted { name, .. } => {
                Remedy::InspectPlugin { name: name.clone() }
            }
            Self::Encode(_) => return None,
        })
    }
}
