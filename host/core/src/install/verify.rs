//! Verification of installed plugins.

use super::{Installed, Plugins};
use crate::{Builtin, HasRemedy, Remedy};

/// Result of verifying one plugin.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The plugin.
    pub installed: Installed,
    /// Problems found; empty: it runs as granted.
    pub problems: Vec<Problem>,
}

/// A problem of an installed plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Description.
    pub text: String,
    /// Remedy, if there is one.
    pub remedy: Option<Remedy>,
}

impl Problem {
    fn of(error: &(impl std::error::Error + HasRemedy)) -> Self {
        Self {
            text: error.to_string(),
            remedy: error.remedy(),
        }
    }
}

impl Plugins {
    /// Checks the component of a plugin against its digest, its signature against its key, its grant against its
    /// manifest (when its record was read), and that the user has agreed to it.
    pub fn verify(&self, installed: &Installed) -> Verified {
        let mut problems = Vec::new();
        if let Ok(mut file) = self.read()
            && let Some(record) = file.unsealed.remove(installed.name())
        {
            problems.push(Problem::of(&self.not_agreed(record)));
        }
        match self.artifact(installed) {
            Err(error) => problems.push(Problem::of(&error)),
            Ok(artifact) => {
                if let Some(signed) = &installed.signed
                    && let Err(error) = signed.verify(&artifact.bytes)
                {
                    problems.push(Problem {
                        text: format!("plugin.signature: {error}"),
                        remedy: error.remedy(),
                    });
                }
            }
        }
        if Builtin::find(self.builtin, installed.name()).is_some() {
            let name = installed.name();
            problems.push(Problem {
                text: format!(
                    "plugin.builtin: {name} does not run: a built-in plugin has its name"
                ),
                remedy: None,
            });
        }
        Verified {
            installed: installed.clone(),
            problems,
        }
    }
}
