//! Commands to paste: they agree to what was shown and name it by its digest.

use super::{Accept, Changes, Consent, Given, InstallError, Installed, Line, Offer, Plugins};
use crate::contract::Digest;
use crate::hint::quoted;
use crate::source::{Signature, SignerKey, Source};
use std::fmt::Display;
use std::path::Path;

impl Plugins {
    /// The error that asks the user, with the command that agrees to what is shown and to nothing else.
    pub(super) fn needs_consent(
        &self,
        changes: Changes,
        old: Option<&Installed>,
        offer: &Offer,
        consent: &Consent,
    ) -> InstallError {
        let digest = offer.artifact.digest;
        let key = offer.signed.as_ref().map(|signed| signed.key.to_string());
        let all = old.is_none() || changes.asks_more();
        let agreed = agreed(digest, key.as_deref(), consent, all, &changes.accept);
        let error = InstallError::Consent {
            name: offer.name().to_owned(),
            update: old.is_some(),
            digest,
            command: self.offered(old, &offer.source, &agreed),
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
        let agreed = agreed(digest, now.map(|_| "KEY"), consent, false, &accept);
        let now = match now {
            Some(signature) => format!(
                "signed with the key of id {}: where its author told you that this is theirs, give it for KEY",
                signature.key_id()
            ),
            None => "not signed".to_owned(),
        };
        let line = |added, text| Line { added, text };
        InstallError::Consent {
            name: old.name().to_owned(),
            update: true,
            digest,
            command: self.offered(Some(old), source, &agreed),
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

    fn offered(&self, old: Option<&Installed>, source: &str, agreed: &[String]) -> String {
        let mut words = match old {
            Some(old) => vec!["update", old.name()],
            None => vec!["install"],
        };
        words.push(source);
        words.extend(agreed.iter().map(String::as_str));
        self.command(&words)
    }

    /// The words of a command on these plugins, to paste into a shell.
    fn command(&self, words: &[&str]) -> String {
        let mut command = "cloudhost plugin".to_owned();
        if Self::default_dir().as_deref() != Some(&self.dir) {
            let dir = std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone());
            command.push_str(&format!(" --plugin-dir {}", quoted(&dir)));
        }
        for word in words {
            command.push(' ');
            command.push_str(&quoted(Path::new(word)));
        }
        command
    }

    /// The command that puts the component of a record back where it is missing or changed.
    pub(super) fn repair(&self, installed: &Installed) -> String {
        let digest = installed.digest.to_string();
        // A tag can stand for something else by now.
        let pinned = match (installed.source.parse::<Source>(), &installed.pinned) {
            (Ok(Source::Oci(reference)), Some(pinned)) => reference.pinned(pinned).ok(),
            _ => None,
        };
        let source = pinned.map_or_else(|| installed.source.clone(), |pinned| pinned.to_string());
        self.command(&["install", &source, "--digest", &digest])
    }
}

/// The options that agree to these bytes: what the user has typed, and what is to be agreed to.
fn agreed(
    digest: Digest,
    key: Option<&str>,
    consent: &Consent,
    all: bool,
    accept: &[Accept],
) -> Vec<String> {
    let mut words = vec!["--digest".to_owned(), digest.to_string()];
    let mut option = |name: &str, value: &dyn Display| {
        words.extend([name.to_owned(), value.to_string()]);
    };
    if let Some(key) = key {
        option("--key", &key);
    }
    if let Some(Given::These(these)) = &consent.given {
        these
            .hosts
            .iter()
            .for_each(|host| option("--allow-host", host));
        let names = these.credentials.iter();
        names.for_each(|name| option("--allow-credential", name));
    }
    for (limit, value) in &consent.limits {
        option("--limit", &limit.setting(*value));
    }
    let accept = accept.iter().map(ToString::to_string);
    let accept = accept.flat_map(|accept| ["--accept".to_owned(), accept]);
    match &consent.given {
        Some(Given::These(_)) => {}
        None if !all => {}
        _ => words.push("--grant-all".to_owned()),
    }
    words.extend(accept);
    words
}
