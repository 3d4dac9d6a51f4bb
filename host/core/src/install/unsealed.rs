//! Records that this user has not agreed to: those of a lock file that another user, another machine or another directory
//! sealed, or an earlier version that had no secret.
//!
//! Nothing of such a record counts. The way to agree is an install of the same bytes, which asks as any install does; for
//! that, the stored component need not be downloaded again.

use super::lock_file::LOCK_FILE;
use super::{Agreement, InstallError, Installed, Plugins, Signer};
use crate::contract::Digest;
use crate::source::{Fetched, Signature};

impl Plugins {
    /// Lists the records that the user has not agreed to, by name. Their plugins do not run.
    ///
    /// # Errors
    /// As [`Plugins::list`].
    pub fn unsealed(&self) -> Result<Vec<Installed>, InstallError> {
        Ok(self.read()?.unsealed.into_values().collect())
    }

    /// Returns the stored component of a record that the user has not agreed to, with the signature that the record
    /// claims, if both source and digest are those of the record.
    pub fn stored(&self, source: &str, digest: &Digest) -> Option<Fetched> {
        let mut records = self.read().ok()?.unsealed.into_values();
        let record = records.find(|one| one.source == source && one.digest == *digest)?;
        let bytes = self.bytes(&record).ok()?;
        let signature = record.signed.map(|signed| signed.signature);
        let signature = signature.map(|text| text.parse::<Signature>()).transpose();
        Some(Fetched::new(bytes, signature.ok()?))
    }

    /// Builds the error of a plugin that the user has not agreed to.
    pub(super) fn not_agreed(&self, record: Installed) -> InstallError {
        let signed = record.signed.as_ref();
        let again = Agreement {
            signer: signed.map(|signed| Signer::Known(signed.key.to_string())),
            ..self.agreement(None, &record.source, record.digest)
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
