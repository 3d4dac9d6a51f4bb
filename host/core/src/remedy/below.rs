//! Remedies of the errors of lower crates.

use super::{AuthorTask, FilePurpose, Form, HasRemedy, Remedy};
use crate::contract::{AmountError, ContractError, newest};
use cloudhost_files::FolderError;
use cloudhost_files::output::OutputError;

impl HasRemedy for OutputError {
    fn remedy(&self) -> Option<Remedy> {
        let purpose = FilePurpose::Output;
        self.fix().map(|fix| Remedy::Files { fix, purpose })
    }
}

impl HasRemedy for ContractError {
    fn remedy(&self) -> Option<Remedy> {
        Some(match self.newer {
            true => Remedy::UpdateHost,
            false => Remedy::AskAuthor(AuthorTask::Rebuild {
                contract: Some(newest()),
            }),
        })
    }
}

impl HasRemedy for AmountError {
    fn remedy(&self) -> Option<Remedy> {
        let form = Form::Amount;
        Some(Remedy::WriteAs { form })
    }
}

impl Remedy {
    /// Remedy of an error about a directory with this purpose.
    pub(crate) fn of_folder(error: &FolderError, purpose: FilePurpose) -> Self {
        Self::Files {
            fix: error.fix(),
            purpose,
        }
    }
}
