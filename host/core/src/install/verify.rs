//! Looks at installed plugins for what should not be.

use super::{Installed, Plugins};
use crate::source::Signature;
use crate::{Builtin, HasRemedy, Remedy};

/// What was looked at of one plugin.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The plugin.
    pub installed: Installed,
    /// What is wrong with it; nothing, and it runs as granted.
    pub problems: Vec<Problem>,
}

/// Something is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What.
    pub text: String,
    /// What to do, where there is something.
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
    /// Checks the component of a plugin against its digest, its signature against its key, and its grant against its
    /// manifest, which was part of reading the record.
    pub fn verify(&self, installed: &Installed) -> Verified {
        let mut problems = Vec::new();
        match self.artifact(installed) {
            Err(error) => problems.push(Problem::of(&error)),
            Ok(artifact) => {
                if let Some(signed) = &installed.signed
                    && let Err(error) = signed
                        .signature
                        .parse::<Signature>()
                        .and_then(|signature| signed.key.verify(&artifact.bytes, &signature))
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
