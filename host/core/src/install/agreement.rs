//! Consent to an install or an update, as data: it names what was shown by its digest.

use super::{Accept, Changes, Consent, Given, InstallError, Installed, Line, Offer, Plugins};
use crate::contract::Digest;
use crate::source::{Signature, SignerKey, Source};
use std::path::PathBuf;

/// An install or an update of exactly these bytes, with the consent that it takes and no more.
///
/// ```
/// use cloudhost::install::{Agreement, Given};
///
/// fn question(of: &Agreement) -> String {
///     let verb = if of.update.is_some() { "Update to" } else { "Install" };
///     let all = if of.given == Some(Given::All) { ", with all that it asks for" } else { "" };
///     format!("{verb} {} ({}){all}?", of.source, of.digest)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The folder of the plugins, absolute; `None` where it is the default one.
    pub dir: Option<PathBuf>,
    /// The installed plugin that is updated; `None` for an install.
    pub update: Option<String>,
    /// Where the bytes are from.
    pub source: String,
    /// Their digest.
    pub digest: Digest,
    /// Who signed them, as far as that has to be said.
    pub signer: Option<Signer>,
    /// What of the hosts and credentials that are new.
    pub given: Option<Given>,
    /// How much of this machine, where that differs from the default.
    pub limits: Vec<(crate::limits::Limit, u64)>,
    /// What else of an update.
    pub accept: Vec<Accept>,
}

/// Who signed a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The holder of this key.
    Known(String),
    /// The holder of another key than before. The user has to get that key from the author.
    Unknown,
}

impl Plugins {
    /// The error that asks the user to agree to what is shown, and to nothing else.
    pub(super) fn needs_consent(
        &self,
        changes: Changes,
        old: Option<&Installed>,
        offer: &Offer,
        consent: &Consent,
    ) -> InstallError {
        let signed = offer.signed.as_ref();
        let all = old.is_none() || changes.asks_more();
        let agreement = Agreement {
            signer: signed.map(|signed| Signer::Known(signed.key.to_string())),
            given: consent.given.clone().or(all.then_some(Given::All)),
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
        self.told(error, None)
    }

    /// The same where another key signed an update, or none. Of the bytes nothing is known but their digest.
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
        if !accept.contains(&Accept::Signer) {
            accept.push(Accept::Signer);
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
        let line = |added, text| Line { added, text };
        InstallError::Consent {
            name: old.name().to_owned(),
            update: true,
            digest,
            agreement: Box::new(agreement),
            changes: Box::new(Changes {
                lines: vec![
                    line(false, old.digest.to_string()),
                    line(false, format!("signed by {was}")),
                    line(true, digest.to_string()),
                    line(true, now),
                ],
                accept: vec![Accept::Signer],
                ..Changes::default()
            }),
        }
    }

    /// The install that puts the component of a record back where it is missing or changed.
    pub(super) fn repair(&self, installed: &Installed) -> Agreement {
        // A tag can stand for something else by now.
        let pinned = match (installed.source.parse::<Source>(), &installed.pinned) {
            (Ok(Source::Oci(reference)), Some(pinned)) => reference.pinned(pinned).ok(),
            _ => None,
        };
        let source = pinned.map_or_else(|| installed.source.clone(), |pinned| pinned.to_string());
        self.agreement(None, &source, installed.digest)
    }

    /// One that gives nothing.
    fn agreement(&self, old: Option<&Installed>, source: &str, digest: Digest) -> Agreement {
        let dir = (Self::default_dir().as_deref() != Some(&self.dir))
            .then(|| std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone()));
        Agreement {
            dir,
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
