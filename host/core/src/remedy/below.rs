//! Remedies of the errors of lower crates and modules.

use super::{AuthorTask, FilePurpose, Form, HasRemedy, Remedy};
use crate::capability::{Denial, DeniedBy, ManifestError};
use crate::contract::{AmountError, ContractError, newest};
use crate::limits::{Allowance, Exceeded, Limit, LimitError};
use cloudhost_files::output::OutputError;
use cloudhost_files::{Fix, FolderError, SealError};

impl HasRemedy for OutputError {
    fn remedy(&self) -> Option<Remedy> {
        let purpose = FilePurpose::Output;
        self.fix().map(|fix| Remedy::Files { fix, purpose })
    }
}

impl HasRemedy for SealError {
    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::Exposed { path, ours } => Remedy::Files {
                fix: match ours {
                    true => Fix::MakePrivate(path.clone()),
                    false => Fix::MountPrivate(path.clone()),
                },
                purpose: FilePurpose::Secret,
            },
            _ => Remedy::GiveSecret,
        })
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

impl HasRemedy for Denial {
    fn remedy(&self) -> Option<Remedy> {
        let plugin = None;
        Some(Remedy::AskAuthor(match self {
            Self::Host { host, missing } => match missing {
                DeniedBy::Manifest => AuthorTask::ListHost(host.clone()),
                DeniedBy::Grant => {
                    let host = host.clone();
                    return Some(Remedy::GrantHost { plugin, host });
                }
            },
            Self::Port { host, port } => AuthorTask::ListHost(format!("{host}:{port}")),
            Self::Address { .. } => return Some(Remedy::SetEndpoint { plugin }),
            // An endpoint for the whole plugin would get what the user's own is not for.
            Self::Endpoint { .. } | Self::Secret { .. } => return None,
            Self::Change { missing, .. } => match missing {
                Some(DeniedBy::Manifest) | None => AuthorTask::ListChange,
                Some(DeniedBy::Grant) => return Some(Remedy::GrantChange { plugin }),
            },
            Self::Scheme { .. } => AuthorTask::UseHttps,
            Self::Userinfo { .. } | Self::Header { .. } => AuthorTask::UseCredential,
            Self::Setting { name } => AuthorTask::ListSetting(name.clone()),
            Self::Credential { name, missing, .. } => match missing {
                Some(DeniedBy::Manifest) => AuthorTask::ListCredential(name.clone()),
                Some(DeniedBy::Grant) => {
                    let credential = name.clone();
                    return Some(Remedy::GrantCredential { plugin, credential });
                }
                None => AuthorTask::ListUse(name.clone()),
            },
        }))
    }
}

impl HasRemedy for ManifestError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Contract(error) => error.remedy(),
            _ => Some(Remedy::AskAuthor(AuthorTask::CorrectManifest)),
        }
    }
}

impl HasRemedy for Exceeded {
    fn remedy(&self) -> Option<Remedy> {
        let limit = self.limit;
        let default = limit.get(&Allowance::default());
        Some(Remedy::RaiseLimit {
            limit,
            // Twice a tiny value would not be enough either.
            value: match self.most < default {
                true => default,
                false => self.most.saturating_mul(2),
            },
        })
    }
}

impl HasRemedy for LimitError {
    fn remedy(&self) -> Option<Remedy> {
        let Self::Unknown { name } = self else {
            return Some(Remedy::ListLimits);
        };
        let near = |limit: &Limit| strsim::osa_distance(limit.name(), name);
        let nearest = Limit::all().min_by_key(near);
        Some(match nearest.filter(|limit| near(limit) <= 3) {
            Some(limit) => Remedy::UseName {
                close: vec![limit.name().to_owned()],
                known: Limit::all().count(),
            },
            None => Remedy::ListLimits,
        })
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
