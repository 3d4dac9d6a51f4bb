//! Records that this user has not agreed to: those of a lock file that another user, another machine or another directory
//! sealed, or an earlier version that had no secret.
//!
//! Nothing of such a record counts, its source neither. The way to agree is an install of the same bytes, which asks as
//! any install does: from the source that the record names, which is asked for them, or from the file in the directory,
//! which is then named as the source.

use super::lock_file::LOCK_FILE;
use super::{Agreement, InstallError, Installed, Plugins, Signer};

impl Plugins {
    /// Lists the records that the user has not agreed to, by name. Their plugins do not run.
    ///
    /// # Errors
    /// As [`Plugins::list`].
    pub fn unsealed(&self) -> Result<Vec<Installed>, InstallError> {
        Ok(self.read()?.unsealed.into_values().collect())
    }

    /// Builds the error of a plugin that the user has not agreed to.
    pub(super) fn not_agreed(&self, record: Installed) -> InstallError {
        let again = match self.seal.fault() {
            Some(_) => Vec::new(),
            None => self.ways_to_agree(&record),
        };
        InstallError::Unsealed {
            path: self.dir.join(LOCK_FILE),
            record: Box::new(record),
            again,
        }
    }

    /// Lists the installs that ask for consent to the bytes of a record.
    fn ways_to_agree(&self, record: &Installed) -> Vec<Agreement> {
        let signed = record.signed.as_ref();
        let named = Agreement {
            signer: signed.map(|signed| Signer::Known(signed.key.to_string())),
            ..self.agreement(None, &record.source, record.digest)
        };
        let stored = self.object_path(&record.digest).display().to_string();
        let is_there = stored != record.source && self.bytes(record).is_ok();
        let stored = is_there.then(|| self.agreement(None, &stored, record.digest));
        [named].into_iter().chain(stored).collect()
    }

    /// Requires a secret, without which no later run would believe a grant.
    pub(super) fn can_seal(&self) -> Result<(), InstallError> {
        self.seal.require().map_err(InstallError::Secret)
    }
}
