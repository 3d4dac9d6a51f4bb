//! Hidden names of an owner in an output directory.

use super::OutputError;

const PREFIX: &str = ".cloudhost-";
const STAGE: &str = ".stage";

/// Hidden names of one owner.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) lock: String,
    pub(super) manifest: String,
    pub(super) stage: String,
    /// In the stage: the plan while it is carried out.
    pub(super) plan: String,
    /// In the stage: the plan while it is undone.
    pub(super) undo: String,
}

impl Names {
    pub(super) fn new(owner: &str) -> Result<Self, OutputError> {
        let good = owner.starts_with(|c: char| c.is_ascii_lowercase())
            && owner.len() <= 64
            && owner
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !good {
            return Err(OutputError::Owner {
                owner: owner.to_owned(),
            });
        }
        let stage = format!("{PREFIX}{owner}{STAGE}");
        Ok(Self {
            lock: format!("{PREFIX}{owner}.lock"),
            manifest: format!("{PREFIX}{owner}.json"),
            plan: format!("{stage}/plan"),
            undo: format!("{stage}/undo"),
            stage,
        })
    }

    /// In the stage: the `number`th new file.
    pub(super) fn new_file(&self, number: usize) -> String {
        format!("{}/new-{number}", self.stage)
    }

    /// In the stage: the file that the `number`th new file replaces.
    pub(super) fn old_file(&self, number: usize) -> String {
        format!("{}/old-{number}", self.stage)
    }

    /// In the stage: the `number`th file that is removed.
    pub(super) fn gone_file(&self, number: usize) -> String {
        format!("{}/gone-{number}", self.stage)
    }
}
