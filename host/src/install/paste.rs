//! Commands to paste: they agree to what was shown and name it by its digest.

use super::{Changes, InstallError, Installed, Offer, Plugins};
use crate::hint::quoted;
use crate::source::Source;
use std::path::Path;

impl Plugins {
    /// The error that asks the user, with the command that agrees to what is shown and to nothing else.
    pub(super) fn needs_consent(
        &self,
        changes: Changes,
        old: Option<&Installed>,
        offer: &Offer,
    ) -> InstallError {
        let name = old.map(|old| old.asked.name.as_str());
        let verb = if old.is_some() { "update" } else { "install" };
        let mut command = self.command(&[verb]);
        let mut word = |text: &str| {
            command.push(' ');
            command.push_str(&quoted(Path::new(text)));
        };
        name.into_iter().for_each(&mut word);
        word(&offer.source);
        word("--digest");
        word(&offer.artifact.digest.to_string());
        if let Some(signed) = &offer.signed {
            word("--key");
            word(&signed.key.to_string());
        }
        if old.is_none() || changes.asks_more() {
            word("--grant-all");
        }
        for accept in &changes.accept {
            word("--accept");
            word(&accept.to_string());
        }
        InstallError::Consent {
            name: offer.name().to_owned(),
            update: old.is_some(),
            changes: Box::new(changes),
            command,
        }
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
