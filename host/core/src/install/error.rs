//! Why a plugin is not installed, not changed, or not run.

use super::{Agreement, Changes};
use crate::audit::Refusal;
use crate::capability::HostPattern;
use crate::plugin::{Digest, PluginError};
use crate::source::SourceError;
use crate::{FilePurpose, HasRemedy, Remedy};
use cloudhost_files::FolderError;
use std::path::PathBuf;

/// What is wrong with a kept component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectFault {
    /// Its file is not there.
    #[error("its component is missing")]
    Missing,
    /// It is no file, or has more bytes than it had.
    #[error("its component cannot be read: {0}")]
    Unreadable(String),
    /// The file has other bytes.
    #[error("its component is now {0}")]
    Changed(Digest),
}

/// A plugin that the user installed, or wants to, cannot be used. After any of these all is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Others may write the lock file.
    #[error("plugin.lock-file: {} can be written by others than this user", .path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// The lock file is not as it was written.
    #[error("plugin.lock-file: {} was edited or damaged: {why}", .path.display())]
    LockFile {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// A later version wrote the lock file.
    #[error("plugin.lock-file: a newer cloudhost wrote {}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// Another run changed this plugin since it was looked at.
    #[error("plugin.busy: another run has changed {name} meanwhile")]
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
    /// The name is that of a plugin that comes with the host.
    #[error(
        "plugin.builtin: {name} is built in: it comes and goes with cloudhost, and has all that it asks for"
    )]
    Builtin {
        /// The name.
        name: &'static str,
    },
    /// Another component of this name is installed.
    #[error("plugin.installed: {name} {version} is installed already, from other bytes")]
    AlreadyInstalled {
        /// The name.
        name: String,
        /// The version that is installed.
        version: String,
        /// Where the new one is from.
        source_text: String,
    },
    /// An update is another plugin.
    #[error("plugin.name: this is the plugin {offered}, and not {name}")]
    OtherName {
        /// What is installed.
        name: String,
        /// What was found.
        offered: String,
    },
    /// A kept component is not the one that was granted. It does not run.
    #[error("plugin.digest: {name} does not run: {digest} was granted, and {fault}")]
    Object {
        /// The plugin.
        name: String,
        /// What was granted.
        digest: Digest,
        /// What was found.
        fault: Box<ObjectFault>,
        /// The install that puts it back.
        repair: Box<Agreement>,
    },
    /// The source has other bytes than those that were asked for.
    #[error("plugin.digest: {source_text} is now {found}, and {expected} was asked for")]
    OtherBytes {
        /// The source.
        source_text: String,
        /// What was asked for.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// A key was given, and nothing is signed.
    #[error("plugin.signature: {source_text} is not signed, and has to be by {key}")]
    Unsigned {
        /// The source.
        source_text: String,
        /// The key.
        key: String,
    },
    /// The key that was given did not sign these bytes.
    #[error("plugin.signature: {source_text} is not what the signer signed")]
    Signature {
        /// The source of the component.
        source_text: String,
        /// How that shows.
        source: Box<SourceError>,
    },
    /// It could not be fetched.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is no plugin.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A grant of what the plugin does not ask for.
    #[error("grant.not-asked: {name} does not ask for {what}")]
    NotAsked {
        /// The plugin.
        name: String,
        /// What.
        what: String,
    },
    /// What is to be revoked was not granted.
    #[error("grant.not-given: {name} was not given {what}")]
    NotGranted {
        /// The plugin.
        name: String,
        /// What.
        what: String,
        /// The broader pattern that was given.
        within: Option<HostPattern>,
    },
    /// The user has to agree first.
    #[error(
        "grant.needed: {name} {}",
        if *.update { "is not updated: the new one brings what nobody has agreed to" }
        else { "is not installed: nobody has agreed to what it asks for" }
    )]
    Consent {
        /// The plugin.
        name: String,
        /// An older one is installed, and goes on running.
        update: bool,
        /// The new bytes.
        digest: Digest,
        /// What the user has to know.
        changes: Box<Changes>,
        /// The consent to just this.
        agreement: Box<Agreement>,
    },
    /// The lock file cannot be written as TOML.
    #[error("plugin.lock-file: it cannot be encoded: {0}")]
    Encode(String),
}

impl InstallError {
    /// It is refused for what it is or asks for, and not because something failed.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotPrivate { .. }
            | Self::LockFile { .. }
            | Self::Newer { .. }
            | Self::Builtin { .. }
            | Self::AlreadyInstalled { .. }
            | Self::OtherName { .. }
            | Self::Object { .. }
            | Self::OtherBytes { .. }
            | Self::Unsigned { .. }
            | Self::Signature { .. }
            | Self::NotAsked { .. }
            | Self::Consent { .. } => true,
            Self::Folder(_)
            | Self::ChangedMeanwhile { .. }
            | Self::NotInstalled { .. }
            | Self::Source(_)
            | Self::Plugin(_)
            | Self::NotGranted { .. }
            | Self::Encode(_) => false,
        }
    }
}

impl InstallError {
    /// That a plugin was refused, as [`Plugins`](super::Plugins) tells the audit.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::Folder(FolderError::NotOurs { .. } | FolderError::Writable { .. }) => {
                Refusal::of("plugin.folder")
            }
            Self::NotPrivate { .. } | Self::LockFile { .. } | Self::Newer { .. } => {
                Refusal::of("plugin.lock-file")
            }
            Self::Builtin { name } => Refusal::of("plugin.builtin").about(name, None),
            Self::AlreadyInstalled { name, .. } => {
                Refusal::of("plugin.installed").about(name, None)
            }
            Self::OtherName { offered, .. } => Refusal::of("plugin.name").about(offered, None),
            Self::Object { name, digest, .. } => {
                Refusal::of("plugin.digest").about(name, Some(*digest))
            }
            Self::OtherBytes { .. } => Refusal::of("plugin.digest"),
            Self::Unsigned { .. } | Self::Signature { .. } => Refusal::of("plugin.signature"),
            Self::NotAsked { name, .. } => Refusal::of("grant.not-asked").about(name, None),
            Self::Consent { name, digest, .. } => {
                Refusal::of("grant.needed").about(name, Some(*digest))
            }
            Self::Source(error) => return error.refusal(),
            Self::Plugin(error) => return error.refusal(),
            Self::Folder(_)
            | Self::ChangedMeanwhile { .. }
            | Self::NotInstalled { .. }
            | Self::NotGranted { .. }
            | Self::Encode(_) => return None,
        })
    }
}

impl HasRemedy for InstallError {
    fn remedy(&self) -> Option<Remedy> {
        let purpose = FilePurpose::Plugins;
        Some(match self {
            // What others wrote would be believed: neither file nor folder says who did.
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
