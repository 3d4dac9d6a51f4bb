//! Consent to an install or an update as data, bound to the digest that was shown.

use super::{
    AcceptedChange, Agreement, Changes, Consent, FetchedPlugin, GrantChoice, InstallError,
    Installed, Line, Plugins, Signer, Subject,
};
use crate::contract::Digest;
use crate::source::{Signature, SignerKey, Source};
use std::path::PathBuf;

impl Plugins {
    /// Builds the error that asks the user to agree to exactly what is shown.
    pub(super) fn needs_consent(
        &self,
        changes: Changes,
        old: Option<&Installed>,
        offer: &FetchedPlugin,
        consent: &Consent,
    ) -> InstallError {
        let signed = offer.signed.as_ref();
        let all = old.is_none() || changes.asks_more();
        let agreement = Agreement {
            signer: signed.map(|signed| Signer::Known(signed.key.to_string())),
            given: consent.given.clone().or(all.then_some(GrantChoice::All)),
            limits: consent.limits.clone(),
            accept: changes.accept.clone(),
            ..self.agreement(old, &offer.source, offer.artifact.digest)
        };
        let error = InstallError::Consent {
            name: offer.name().to_owned(),
            update: old.is_some(),
            digest: agreement.digest,
            agreement: Box::new(agreement),
            changes: Box::new(changes),
        };
        self.report(error, None)
    }

    /// Builds the same error for an update with a different signer, or none. Only the digest of its bytes is known.
    pub(super) fn other_signer(
        &self,
        old: &Installed,
        was: &SignerKey,
        now: Option<&Signature>,
        digest: Digest,
        source: &str,
        consent: &Consent,
    ) -> InstallError {
        let mut accept = consent.accept.clone();
        if !accept.contains(&AcceptedChange::Signer) {
            accept.push(AcceptedChange::Signer);
        }
        let agreement = Agreement {
            signer: now.map(|_| Signer::Unknown),
            given: consent.given.clone(),
            limits: consent.limits.clone(),
            accept,
            ..self.agreement(Some(old), source, digest)
        };
        let now = match now {
            Some(signature) => format!("signed with the key of id {}", signature.key_id()),
            None => "not signed".to_owned(),
        };
        let line = |added, subject, text| Line {
            added,
            subject,
            text,
            risk: None,
        };
        InstallError::Consent {
            name: old.name().to_owned(),
            update: true,
            digest,
            agreement: Box::new(agreement),
            changes: Box::new(Changes {
                lines: vec![
                    line(false, Subject::Version, old.digest.to_string()),
                    line(false, Subject::Signer, format!("signed by {was}")),
                    line(true, Subject::Version, digest.to_string()),
                    line(true, Subject::Signer, now),
                ],
                accept: vec![AcceptedChange::Signer],
                ..Changes::default()
            }),
        }
    }

    /// Returns the install that restores a missing or changed component.
    pub(super) fn repair(&self, installed: &Installed) -> Agreement {
        // A tag can be moved.
        let pinned = match (installed.source.parse::<Source>(), &installed.pinned) {
            (Ok(Source::Oci(reference)), Some(pinned)) => reference.pinned(pinned).ok(),
            _ => None,
        };
        let source = pinned.map_or_else(|| installed.source.clone(), |pinned| pinned.to_string());
        self.agreement(None, &source, installed.digest)
    }

    /// Returns the absolute directory, unless it is the default one.
    pub(super) fn shown_dir(&self) -> Option<PathBuf> {
        (Self::default_dir().as_deref() != Some(&self.dir))
            .then(|| std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone()))
    }

    /// Returns an agreement without consent.
    pub(super) fn agreement(
        &self,
        old: Option<&Installed>,
        source: &str,
        digest: Digest,
    ) -> Agreement {
        Agreement {
            dir: self.shown_dir(),
            update: old.map(|old| old.name().to_owned()),
            source: source.to_owned(),
            digest,
            signer: None,
            given: None,
            limits: Vec::new(),
            accept: Vec::new(),
        }
    }
}
