//! Plugins that the user installed, and what each of them may do.
//!
//! The module promises:
//! - What runs is what was looked at: a component is kept by its digest, its bytes are checked against the lock file
//!   each time it is read, and a grant holds for one digest only.
//! - Nobody but the user gives a capability. An update that asks for more than the installed one, that someone else
//!   signed, or that goes back to a lower version, is not taken before the user agrees to just that; what was refused
//!   stays refused.
//! - A change is whole or it is not: one file, `plugins.lock`, says what is installed, and it is replaced in one step,
//!   after the component that it names is complete on the disk. A process that is killed at any moment leaves the
//!   plugin of before or the new one; what it left besides is removed by the next change.
//! - A signature is verified before anything reads the bytes.
//!
//! The folder holds `objects/DIGEST.wasm`, `plugins.lock` and `lock`, which keeps two changes apart. It belongs to the
//! user and nobody else can write it.

mod agreement;
mod changes;
mod consent;
mod error;
mod lock_file;
mod offer;
mod record;
mod store;
#[cfg(test)]
mod tests;
mod verify;

pub use agreement::{Agreement, Signer};
pub use changes::{Changes, Line};
pub use consent::{Accept, AcceptError, Consent, Given};
pub use error::{InstallError, ObjectFault};
pub use offer::Offer;
pub use record::{Installed, Signed};
pub use verify::{Problem, Verified};

use crate::Builtin;
use crate::audit::AuditSink;
use crate::capability::Grant;
use crate::limits::Limit;
use crate::plugin::{Artifact, Digest};
use crate::source::{FetchOptions, Fetched, Source};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The installed plugins of a folder. Making one opens nothing.
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
    builtin: &'static [Builtin],
    audit: Option<Arc<dyn AuditSink>>,
}

impl Plugins {
    /// Those of this folder, which the first install makes.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            builtin: &[],
            audit: None,
        }
    }

    /// The same, beside plugins that travel inside the program: their names are taken. A host does it with those of its
    /// own configuration.
    #[must_use]
    pub fn beside(self, builtin: &'static [Builtin]) -> Self {
        Self { builtin, ..self }
    }

    /// The same, with an event to this sink for each plugin that is refused. A host does it with the sink of its own
    /// configuration.
    pub fn audited(self, sink: Arc<dyn AuditSink>) -> Self {
        Self {
            audit: Some(sink),
            ..self
        }
    }

    /// Tells the audit of a refusal, once, where it comes to be.
    fn told(&self, error: InstallError, digest: Option<Digest>) -> InstallError {
        if let Some(mut refusal) = error.refusal() {
            refusal.digest = refusal.digest.or(digest);
            refusal.record(self.audit.as_deref());
        }
        error
    }

    /// Where they are where nothing else is said: `cloudhost/plugins` in the user's data folder. `None`: the user has
    /// no home.
    pub fn default_dir() -> Option<PathBuf> {
        use etcetera::BaseStrategy as _;
        let strategy = etcetera::choose_base_strategy().ok()?;
        Some(strategy.data_dir().join("cloudhost").join("plugins"))
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All that are installed, by name. Reads the lock file only.
    ///
    /// # Errors
    /// When the lock file is not as it was written, or the folder is not the user's alone.
    pub fn list(&self) -> Result<Vec<Installed>, InstallError> {
        Ok(self.read()?.plugins.into_values().collect())
    }

    /// The one of this name. Reads the lock file only.
    ///
    /// # Errors
    /// As [`Plugins::list`].
    pub fn find(&self, name: &str) -> Result<Option<Installed>, InstallError> {
        Ok(self.read()?.plugins.remove(name))
    }

    /// The one of this name, which has to be there.
    ///
    /// # Errors
    /// As [`Plugins::list`]; [`InstallError::NotInstalled`] and [`InstallError::Builtin`].
    pub fn get(&self, name: &str) -> Result<Installed, InstallError> {
        self.not_builtin(name)?;
        self.find(name)?.ok_or_else(|| InstallError::NotInstalled {
            name: name.to_owned(),
        })
    }

    /// The one of this name with its component, whose bytes are those of the lock file's digest.
    ///
    /// # Errors
    /// As [`Plugins::list`]; [`InstallError::Object`] where the bytes are others.
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
        let read = read.map_err(|error| self.told(error, Some(installed.digest)));
        Ok(Some((installed, read?)))
    }

    /// Fetches what could be installed, as [`Source::fetch`].
    ///
    /// # Errors
    /// As [`Source::fetch`].
    pub async fn fetch(
        &self,
        source: &Source,
        options: &FetchOptions,
    ) -> Result<Fetched, InstallError> {
        let fetched = source.fetch(options).await;
        fetched.map_err(|error| self.told(error.into(), None))
    }

    /// Installs what is offered, with what the user gives it. The same component again repairs what is there, and
    /// keeps its grant where nothing is given.
    ///
    /// # Errors
    /// [`InstallError::Consent`] where the user has not been asked; [`InstallError::AlreadyInstalled`] where another
    /// component has the name; and what the disk says. After an error all is as before.
    pub fn install(&self, offer: &Offer, consent: &Consent) -> Result<Installed, InstallError> {
        self.not_builtin(offer.name())?;
        let old = self.find(offer.name())?;
        if let Some(old) = &old {
            if old.digest != offer.artifact.digest {
                let error = InstallError::AlreadyInstalled {
                    name: offer.name().to_owned(),
                    version: old.asked.version.clone(),
                    source_text: offer.source.clone(),
                };
                return Err(self.told(error, Some(offer.artifact.digest)));
            }
            if consent.given.is_none() {
                return self.repaired(old, offer);
            }
        }
        let changes = Changes::of(None, offer);
        let Some(given) = &consent.given else {
            return Err(self.needs_consent(changes, None, offer, consent));
        };
        let granted = given.of(&offer.artifact.manifest);
        let granted = granted.map_err(|error| self.told(error, Some(offer.artifact.digest)))?;
        self.put(old.as_ref(), offer, granted, consent)
    }

    /// Puts back the component of a record, which stays as it is.
    fn repaired(&self, old: &Installed, offer: &Offer) -> Result<Installed, InstallError> {
        self.change(|file, objects| {
            file.replace(old.name(), Some(old), Some(old.clone()))?;
            store::write_object(objects, &old.digest, &offer.artifact.bytes)?;
            Ok(old.clone())
        })
    }

    /// Replaces the installed plugin of this name by what is offered, which runs from then on. What was refused stays
    /// refused.
    ///
    /// # Errors
    /// [`InstallError::Consent`] where it asks for more and the user has not agreed;
    /// [`InstallError::OtherName`] where it is another plugin; and what the disk says. After an error the installed
    /// one is what it was.
    pub fn update(
        &self,
        name: &str,
        offer: &Offer,
        consent: &Consent,
    ) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        if offer.name() != name {
            let error = InstallError::OtherName {
                name: name.to_owned(),
                offered: offer.name().to_owned(),
            };
            return Err(self.told(error, Some(offer.artifact.digest)));
        }
        let changes = Changes::of(Some(&old), offer);
        let granted = changes.grant(&old, offer, consent);
        match granted.map_err(|error| self.told(error, Some(offer.artifact.digest)))? {
            Some(granted) => self.put(Some(&old), offer, granted, consent),
            None => Err(self.needs_consent(changes, Some(&old), offer, consent)),
        }
    }

    /// Gives an installed plugin more of what it asks for.
    ///
    /// # Errors
    /// [`InstallError::NotAsked`] where it does not ask for that.
    pub fn grant(&self, name: &str, given: &Given) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        let more = given.of(&old.asked)?;
        let granted = consent::join(&old.granted, &more);
        self.changed(&old, |new| new.granted = granted)
    }

    /// Sets how much an installed plugin may use of this machine, from its next run on.
    ///
    /// # Errors
    /// [`InstallError::NotInstalled`], and what the disk says.
    pub fn limit(&self, name: &str, limits: &[(Limit, u64)]) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        self.changed(&old, |new| new.set_limits(limits))
    }

    /// Takes from an installed plugin what it was given; everything where nothing is named.
    ///
    /// # Errors
    /// [`InstallError::NotGranted`] where it was not given that.
    pub fn revoke(&self, name: &str, taken: &Grant) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        let granted = if *taken == Grant::default() {
            Grant::default()
        } else {
            consent::without(name, &old.granted, taken)?
        };
        self.changed(&old, |new| new.granted = granted)
    }

    /// Removes an installed plugin and its grant.
    ///
    /// # Errors
    /// [`InstallError::NotInstalled`], and what the disk says.
    pub fn remove(&self, name: &str) -> Result<Installed, InstallError> {
        let old = self.get(name)?;
        self.change(|file, _| {
            file.replace(name, Some(&old), None)?;
            Ok(old)
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

    /// The component first, then the line that names it.
    fn put(
        &self,
        old: Option<&Installed>,
        offer: &Offer,
        granted: Grant,
        consent: &Consent,
    ) -> Result<Installed, InstallError> {
        // A signature is of the bytes: it stays where they do.
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
            asked: offer.artifact.manifest.clone(),
        };
        new.set_limits(&consent.limits);
        self.change(|file, objects| {
            file.replace(offer.name(), old, Some(new.clone()))?;
            store::write_object(objects, &new.digest, &offer.artifact.bytes)?;
            Ok(new)
        })
    }

    /// Built-in plugins come with the program, and their grant with them.
    fn not_builtin(&self, name: &str) -> Result<(), InstallError> {
        match Builtin::find(self.builtin, name) {
            Some(builtin) => Err(InstallError::Builtin { name: builtin.name }),
            None => Ok(()),
        }
    }
}

/// The name of an object's file.
fn object(digest: &Digest) -> String {
    format!("{}.wasm", digest.hex())
}
