//! Installed plugins and their grants.
//!
//! Guarantees:
//! - The component that runs is the one that was reviewed: it is stored by its digest, its bytes are checked against
//!   the lock file each time it is read, and a grant holds for one digest only.
//! - Only the user grants a capability. An update that requests more than the installed version, has a different
//!   signer, or has a lower version, is rejected until the user agrees to exactly that. A refused capability stays
//!   refused. The lock file is sealed with the user's secret ([`SealKey`]): a directory that comes from elsewhere brings
//!   components along, and no grant.
//! - A change is atomic: one file, `plugins.lock`, lists the installed plugins. It is replaced in one step, after the
//!   component that it references is complete on the disk. A process that is killed at any moment leaves the previous
//!   plugin or the new one; the next change removes any leftover files.
//! - A signature is verified before anything parses the bytes.
//!
//! The directory holds `objects/DIGEST.wasm`, `plugins.lock` and `lock`, which prevents concurrent changes. It belongs
//! to the user, and no other user can write it.

mod agreement;
mod changes;
mod consent;
mod error;
mod fetched_plugin;
mod lock_file;
mod record;
mod risk;
mod store;
#[cfg(test)]
mod tests;
mod unsealed;
mod verify;

pub use crate::remedy::{AcceptError, AcceptedChange, Agreement, GrantChoice, Signer};
pub use changes::{Changes, Line, Subject};
pub use consent::Consent;
pub use error::{InstallError, ObjectFault};
pub use fetched_plugin::FetchedPlugin;
pub use record::{Installed, Signed};
pub use risk::{Owner, Risk};
pub use verify::{Problem, Verified};

use crate::Builtin;
use crate::audit::AuditSink;
use crate::capability::{Grant, look_alike};
use crate::limits::Limit;
use crate::plugin::{Artifact, Digest};
use crate::source::{FetchOptions, Fetched, Source};
use cloudhost_files::SealKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Installed plugins of a directory. Creating the value opens nothing.
///
/// ```
/// use cloudhost::host::{Host, HostConfig};
/// use cloudhost::install::Plugins;
///
/// # let folder = tempfile::tempdir()?;
/// let plugins = Plugins::at(folder.path().join("plugins"));
/// assert!(plugins.list()?.is_empty());
/// let mut config = HostConfig::new(folder.path().join("cache"));
/// config.plugins = Some(plugins);
/// let host = Host::new(config)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plugins {
    dir: PathBuf,
    seal: SealKey,
    builtin: &'static [Builtin],
    audit: Option<Arc<dyn AuditSink>>,
}

impl Plugins {
    /// Uses this directory, which the first install creates, and the secret of this process's user.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            seal: SealKey::of_user(),
            builtin: &[],
            audit: None,
        }
    }

    /// Believes grants that this secret sealed. A host does this with the secret of its own configuration.
    #[must_use]
    pub fn sealed_by(self, seal: SealKey) -> Self {
        Self { seal, ..self }
    }

    /// Reserves the names of plugins built into the program. A host does this with those of its own configuration.
    #[must_use]
    pub fn beside(self, builtin: &'static [Builtin]) -> Self {
        Self { builtin, ..self }
    }

    /// Reports each rejected plugin to this audit sink. A host does this with the sink of its own configuration.
    pub fn audited(self, sink: Arc<dyn AuditSink>) -> Self {
        Self {
            audit: Some(sink),
            ..self
        }
    }

    /// Reports nothing to an audit sink.
    #[must_use]
    pub fn unaudited(self) -> Self {
        Self {
            audit: None,
            ..self
        }
    }

    /// Reports a rejection to the audit, once, where it occurs.
    fn report(&self, error: InstallError, digest: Option<Digest>) -> InstallError {
        if let Some(mut refusal) = error.refusal() {
            refusal.digest = refusal.digest.or(digest);
            refusal.record(self.audit.as_deref());
        }
        error
    }

    /// Default directory: `cloudhost/plugins` in the user's data directory. `None`: the user has no home directory.
    pub fn default_dir() -> Option<PathBuf> {
        Some(cloudhost_files::data_dir()?.join("plugins"))
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Lists the installed plugins that the user has agreed to, by name. Reads the lock file only.
    ///
    /// # Errors
    /// When the lock file was modified, or other users can write the directory.
    pub fn list(&self) -> Result<Vec<Installed>, InstallError> {
        Ok(self.read()?.plugins.into_values().collect())
    }

    /// Finds the plugin of this name. Reads the lock file only.
    ///
    /// # Errors
    /// As [`Plugins::list`]; [`InstallError::Unsealed`] if this user has not agreed to it.
    pub fn find(&self, name: &str) -> Result<Option<Installed>, InstallError> {
        let mut file = self.read()?;
        match file.unsealed.remove(name) {
            Some(record) => Err(self.report(self.not_agreed(record), None)),
            None => Ok(file.plugins.remove(name)),
        }
    }

    /// Returns the plugin of this name.
    ///
    /// # Errors
    /// As [`Plugins::find`]; [`InstallError::NotInstalled`] and [`InstallError::Builtin`].
    pub fn get(&self, name: &str) -> Result<Installed, InstallError> {
        self.not_builtin(name)?;
        self.find(name)?.ok_or_else(|| InstallError::NotInstalled {
            name: name.to_owned(),
        })
    }

    /// Reads the plugin of this name and its component, whose bytes match the digest of the lock file.
    ///
    /// # Errors
    /// As [`Plugins::find`]; [`InstallError::Object`] if the bytes do not match.
    pub fn open(&self, name: &str) -> Result<Option<(Installed, Artifact)>, InstallError> {
        let Some(mut installed) = self.find(name)? else {
            return Ok(None);
        };
        let mut read = self.artifact(&installed);
        if read.is_err()
            && let Some(now) = self.find(name)?
            && now != installed
        {
            // Another run has replaced it since the lock file was read.
            installed = now;
            read = self.artifact(&installed);
        }
        let read = read.map_err(|error| self.report(error, Some(installed.digest)));
        Ok(Some((installed, read?)))
    }

    /// Fetches a component, as [`Source::fetch`].
    ///
    /// # Errors
    /// As [`Source::fetch`].
    pub async fn fetch(
        &self,
        source: &Source,
        options: &FetchOptions,
    ) -> Result<Fetched, InstallError> {
        let fetched = source.fetch(options).await;
        fetched.map_err(|error| self.report(error.into(), None))
    }

    /// Installs an offered plugin with the user's grant. [`GrantChoice::All`] is consent to what the user knows: a
    /// component from a URL or a registry must have a digest that the user gave, since a source, and a signer of several
    /// plugins, can replace it by another. The same component again repairs the installed one, and keeps
    /// its grant unless one is given. Nothing of a record that the user has not agreed to is taken over.
    ///
    /// # Errors
    /// [`InstallError::Consent`] if the user has not consented; [`InstallError::BuiltinName`] and
    /// [`InstallError::LookAlike`] because of its name; [`InstallError::AlreadyInstalled`] if another
    /// component has the name; errors of the disk. After an error nothing has changed.
    pub fn install(
        &self,
        offer: &FetchedPlugin,
        consent: &Consent,
    ) -> Result<Installed, InstallError> {
        self.distinct(offer.name())?;
        // Nothing of a record that this user has not agreed to is taken over.
        let old = self.read()?.plugins.remove(offer.name());
        if let Some(old) = &old {
            if old.digest != offer.artifact.digest {
                let error = InstallError::AlreadyInstalled {
                    name: offer.name().to_owned(),
                    version: old.manifest.version.clone(),
                    source_text: offer.source.clone(),
                };
                return Err(self.report(error, Some(offer.artifact.digest)));
            }
            if consent.given.is_none() {
                return self.repaired(old, offer);
            }
        }
        let given = match old {
            Some(_) => consent.given.as_ref(),
            None => consent.of_known(offer),
        };
        let Some(given) = given else {
            let changes = self.changes(None, offer)?;
            return Err(self.needs_consent(changes, None, offer, consent));
        };
        let granted = given.of(&offer.artifact.manifest);
        let granted = granted.map_err(|error| self.report(error, Some(offer.artifact.digest)))?;
        self.put(old.as_ref(), offer, granted, consent)
    }

    /// Restores the component of a record. The record stays as it is.
    fn repaired(&self, old: &Installed, offer: &FetchedPlugin) -> Result<Installed, InstallError> {
        self.change(|file, objects| {
            file.replace(old.name(), Some(old), Some(old.clone()))?;
            store::write_object(objects, &old.digest, &offer.artifact.bytes)?;
            Ok(old.clone())
        })
    }

    /// Replaces the installed plugin of this name by the offered one, which runs from then on. A refused capability
    /// stays refused. [`GrantChoice::All`] is consent to what the user knows, as for an install.
    ///
    /// # Errors
    /// [`InstallError::Consent`] if it requests more and the user has not agreed; [`InstallError::OtherName`] if it is
    /// a different plugin; errors of the disk. After an error the installed plugin is unchanged.
    pub fn update(
        &self,
        name: &str,
        offer: &FetchedPlugin,
        consent: &Consent,
    ) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        if offer.name() != name {
            let error = InstallError::OtherName {
                name: name.to_owned(),
                offered: offer.name().to_owned(),
            };
            return Err(self.report(error, Some(offer.artifact.digest)));
        }
        let changes = self.changes(Some(&old), offer)?;
        let granted = changes.grant(&old, offer, consent);
        match granted.map_err(|error| self.report(error, Some(offer.artifact.digest)))? {
            Some(granted) => self.put(Some(&old), offer, granted, consent),
            None => Err(self.needs_consent(changes, Some(&old), offer, consent)),
        }
    }

    /// Extends the grant of an installed plugin.
    ///
    /// # Errors
    /// [`InstallError::NotAsked`] if it does not request that.
    pub fn grant(&self, name: &str, given: &GrantChoice) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        let more = given.of(&old.manifest)?;
        let granted = consent::join(&old.granted, &more);
        self.changed(&old, |new| new.granted = granted)
    }

    /// Sets limits of an installed plugin, from its next run on.
    ///
    /// # Errors
    /// [`InstallError::NotInstalled`], and errors of the disk.
    pub fn limit(&self, name: &str, limits: &[(Limit, u64)]) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        self.changed(&old, |new| new.set_limits(limits))
    }

    /// Reduces the grant of an installed plugin; to nothing if the argument is empty.
    ///
    /// # Errors
    /// [`InstallError::NotGranted`] if that was not granted.
    pub fn revoke(&self, name: &str, taken: &Grant) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        let granted = if *taken == Grant::default() {
            Grant::default()
        } else {
            consent::without(name, &old.granted, taken)?
        };
        self.changed(&old, |new| new.granted = granted)
    }

    /// Removes an installed plugin and its grant, also one that the user has not agreed to.
    ///
    /// # Errors
    /// [`InstallError::NotInstalled`], and errors of the disk.
    pub fn remove(&self, name: &str) -> Result<Installed, InstallError> {
        self.not_builtin(name)?;
        let mut file = self.read()?;
        let old = file.plugins.remove(name);
        let removed = old.clone().or_else(|| file.unsealed.remove(name));
        let removed = removed.ok_or_else(|| InstallError::NotInstalled {
            name: name.to_owned(),
        })?;
        self.change(|file, _| {
            file.replace(name, old.as_ref(), None)?;
            Ok(removed)
        })
    }

    fn changed(
        &self,
        old: &Installed,
        change: impl FnOnce(&mut Installed),
    ) -> Result<Installed, InstallError> {
        let mut new = old.clone();
        change(&mut new);
        self.change(|file, _| {
            file.replace(old.name(), Some(old), Some(new.clone()))?;
            Ok(new)
        })
    }

    /// Writes the component first, then the record that references it.
    fn put(
        &self,
        old: Option<&Installed>,
        offer: &FetchedPlugin,
        granted: Grant,
        consent: &Consent,
    ) -> Result<Installed, InstallError> {
        self.can_seal()?;
        // A signature belongs to the bytes: it is kept if they are the same.
        let same = old.filter(|old| old.digest == offer.artifact.digest);
        let signed = offer.signed.clone();
        let mut new = Installed {
            digest: offer.artifact.digest,
            size: offer.artifact.bytes.len() as u64,
            source: offer.source.clone(),
            pinned: offer.pinned.clone(),
            signed: signed.or_else(|| same.and_then(|old| old.signed.clone())),
            granted,
            limits: old.map(|old| old.limits.clone()).unwrap_or_default(),
            manifest: offer.artifact.manifest.clone(),
        };
        new.set_limits(&consent.limits);
        self.change(|file, objects| {
            file.replace(offer.name(), old, Some(new.clone()))?;
            store::write_object(objects, &new.digest, &offer.artifact.bytes)?;
            Ok(new)
        })
    }

    /// Compares an offered plugin with the installed one.
    fn changes(
        &self,
        old: Option<&Installed>,
        offer: &FetchedPlugin,
    ) -> Result<Changes, InstallError> {
        let builtin = self.builtin.iter();
        // A built-in plugin that cannot be read does not run.
        let builtin = builtin.filter_map(|builtin| Some(builtin.artifact().ok()?.manifest));
        let installed = self.list()?.into_iter().map(|installed| installed.manifest);
        let mut others: Vec<_> = builtin.chain(installed).collect();
        others.retain(|other| other.name != offer.name());
        Ok(Changes::of(old, offer, |credential| {
            Owner::of(credential, &others)
        }))
    }

    /// Rejects a change of a built-in plugin, whose grant comes with the program.
    fn not_builtin(&self, name: &str) -> Result<(), InstallError> {
        match Builtin::find(self.builtin, name) {
            Some(builtin) => Err(InstallError::Builtin { name: builtin.name }),
            None => Ok(()),
        }
    }

    /// Rejects a new plugin that has the name of a built-in one, or a name that looks like it.
    fn distinct(&self, name: &str) -> Result<(), InstallError> {
        if let Some(builtin) = Builtin::find(self.builtin, name) {
            return Err(InstallError::BuiltinName { name: builtin.name });
        }
        let builtin = self.builtin.iter().map(|builtin| builtin.name);
        match look_alike(name, builtin) {
            None => Ok(()),
            Some(like) => Err(InstallError::LookAlike {
                name: name.to_owned(),
                like: like.to_owned(),
            }),
        }
    }
}

/// File name of an object.
fn object(digest: &Digest) -> String {
    format!("{}.wasm", digest.hex())
}
