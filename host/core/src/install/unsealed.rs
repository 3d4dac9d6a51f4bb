//! Records that this user has not agreed to: those of a lock file that another user, another machine or another directory
//! sealed, or an earlier version that knew no secret.

use super::lock_file::LOCK_FILE;
use super::{GrantChoice, InstallError, Installed, Plugins, Regrant};
use crate::contract::Digest;
use std::collections::BTreeMap;

impl Plugins {
    /// Lists the records that the user has not agreed to, by name. Their plugins do not run.
    ///
    /// # Errors
    /// As [`Plugins::list`].
    pub fn unsealed(&self) -> Result<Vec<Installed>, InstallError> {
        Ok(self.read()?.unsealed.into_values().collect())
    }

    /// Agrees to a record, if its component still has this digest: to its source, to its signer if the signature is
    /// right, and to this grant. Its own grant and limits are dropped. A plugin that was agreed to is granted this in
    /// addition, as by [`Plugins::grant`].
    ///
    /// # Errors
    /// [`InstallError::OtherBytes`] if the digest differs; [`InstallError::NotAsked`] if it does not request that;
    /// [`InstallError::Secret`] if no secret can seal the grant.
    pub fn grant_again(
        &self,
        name: &str,
        digest: &Digest,
        given: &GrantChoice,
    ) -> Result<Installed, InstallError> {
        let record = match self.read()?.unsealed.remove(name) {
            Some(record) => record,
            None => {
                let installed = self.get(name)?;
                self.has_digest(&installed, digest)?;
                return self.grant(name, given);
            }
        };
        self.distinct(name)?;
        self.has_digest(&record, digest)?;
        self.can_seal()?;
        // The bytes are checked against the digest, and the record against the bytes.
        let artifact = self.artifact(&record);
        let artifact = artifact.map_err(|error| self.report(error, Some(record.digest)))?;
        let granted = given.of(&artifact.manifest)?;
        let signed = record.signed.clone();
        let new = Installed {
            granted,
            limits: BTreeMap::new(),
            signed: signed.filter(|signed| signed.verify(&artifact.bytes).is_ok()),
            ..record
        };
        self.change(|file, _| {
            file.replace(name, None, Some(new.clone()))?;
            Ok(new)
        })
    }

    fn has_digest(&self, installed: &Installed, expected: &Digest) -> Result<(), InstallError> {
        if installed.digest == *expected {
            return Ok(());
        }
        let error = InstallError::OtherBytes {
            source_text: installed.name().to_owned(),
            expected: *expected,
            found: installed.digest,
        };
        Err(self.report(error, Some(installed.digest)))
    }

    /// Builds the error of a plugin that the user has not agreed to.
    pub(super) fn not_agreed(&self, record: Installed) -> InstallError {
        let again = Regrant {
            dir: self.shown_dir(),
            plugin: record.name().to_owned(),
            digest: record.digest,
            granted: record.granted.clone(),
            limits: record.limits().collect(),
        };
        InstallError::Unsealed {
            path: self.dir.join(LOCK_FILE),
            record: Box::new(record),
            again: self.seal.fault().is_none().then(|| Box::new(again)),
        }
    }

    /// Requires a secret, without which no later run would believe a grant.
    pub(super) fn can_seal(&self) -> Result<(), InstallError> {
        self.seal.require().map_err(InstallError::Secret)
    }
}
