//! Exit statuses: what a script can tell apart.

use crate::interrupt::Interrupted;
use crate::project::ProjectError;
use cloudhost::FolderError;
use cloudhost::catalog::CatalogError;
use cloudhost::contract::cloudhost::provider::http::HttpErrorKind;
use cloudhost::contract::cloudhost::provider::types::ErrorKind;
use cloudhost::credentials::CredentialsError;
use cloudhost::egress::FetchError;
use cloudhost::host::HostError;
use cloudhost::install::InstallError;
use cloudhost::kconfig::KconfigError;
use cloudhost::limits::Limit;
use cloudhost::plugin::PluginError;
use cloudhost::recording::RecordingError;
use cloudhost::select::{Lacking, SelectError};
use cloudhost::source::SourceError;

/// How a run ended. Stable: scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for was done.
    Done = 0,
    /// It failed for a reason without a number of its own.
    Failed = 1,
    /// The command or its arguments make no sense, or name what there is not.
    Usage = 2,
    /// Credentials are missing, or the cloud refuses them.
    Credentials = 3,
    /// The cloud, or a registry, cannot be reached, throttles, or answers nonsense.
    Cloud = 4,
    /// It was done as far as possible, and something is missing.
    Incomplete = 5,
    /// The output cannot be written.
    Output = 6,
    /// What was asked for has no capacity now, or nothing that is sold is like that.
    NoCapacity = 7,
    /// It is not known whether there is capacity, or what it costs.
    Unknown = 8,
    /// A plugin is not what was granted, or was not granted what it asks for.
    Refused = 9,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The status of an error.
pub fn of(error: &anyhow::Error) -> Exit {
    if error.is::<Interrupted>() {
        return Exit::Interrupted;
    }
    if error.is::<cloudhost::billing::MonthError>() {
        return Exit::Usage;
    }
    if error.is::<std::io::Error>() || error.is::<cloudhost::audit::AuditError>() {
        // Only printing and the audit log fail so.
        return Exit::Output;
    }
    if let Some(error) = error.downcast_ref::<ProjectError>() {
        return of_project(error);
    }
    if let Some(error) = error.downcast_ref::<SourceError>() {
        return of_source(error);
    }
    if let Some(error) = error.downcast_ref::<RecordingError>() {
        return match error {
            RecordingError::Read { .. } | RecordingError::OtherPlugin { .. } => Exit::Usage,
            RecordingError::Format { .. } => Exit::Failed,
            RecordingError::Write { .. } | RecordingError::Unwritable { .. } => Exit::Output,
            _ => Exit::Failed,
        };
    }
    error
        .downcast_ref::<HostError>()
        .map_or(Exit::Failed, of_host)
}

fn of_project(error: &ProjectError) -> Exit {
    match error {
        ProjectError::Name { .. }
        | ProjectError::Taken { .. }
        | ProjectError::Exists { .. }
        | ProjectError::None { .. }
        | ProjectError::NoRecordings { .. }
        | ProjectError::Fields { .. } => Exit::Usage,
        ProjectError::Disk {
            what: "make" | "write",
            ..
        } => Exit::Output,
        _ => Exit::Failed,
    }
}

fn of_source(error: &SourceError) -> Exit {
    match error {
        SourceError::Unclear { .. } => Exit::Usage,
        SourceError::Login { .. } | SourceError::Credentials { .. } => Exit::Credentials,
        SourceError::Late { .. }
        | SourceError::Unreachable { .. }
        | SourceError::Status { .. }
        | SourceError::Push { .. } => Exit::Cloud,
        _ => Exit::Failed,
    }
}

fn of_host(error: &HostError) -> Exit {
    match error {
        HostError::UnknownProvider { .. }
        | HostError::UnknownSetting { .. }
        | HostError::RepeatedSetting { .. }
        | HostError::Kconfig(KconfigError::Prefix { .. })
        | HostError::Egress(_) => Exit::Usage,
        HostError::Credentials(error) => of_credentials(error),
        HostError::Fetch(FetchError::Credentials(error)) => of_credentials(error),
        HostError::Cloud {
            error,
            cause,
            asked,
            ..
        } => match (cause.as_deref(), error.kind) {
            (Some(FetchError::Credentials(error)), _) => of_credentials(error),
            (Some(FetchError::Recorded { kind, .. }), _)
                if *kind == HttpErrorKind::CredentialMissing =>
            {
                Exit::Credentials
            }
            (Some(FetchError::Denied(_)), _) => Exit::Refused,
            (_, ErrorKind::Unauthenticated | ErrorKind::PermissionDenied) => Exit::Credentials,
            // A plugin refuses a setting before it asks; what a cloud refuses is no word of the user's.
            (_, ErrorKind::InvalidArgument) if !asked => Exit::Usage,
            _ => Exit::Cloud,
        },
        HostError::NoCatalog { .. } | HostError::Empty { .. } => Exit::Cloud,
        HostError::Incomplete { .. } => Exit::Incomplete,
        HostError::Catalog(CatalogError::Filter(error)) if error.why.is_some() => Exit::Incomplete,
        HostError::Catalog(CatalogError::Filter(_)) | HostError::NothingLeft { .. } => Exit::Usage,
        HostError::Answer { .. } | HostError::Catalog(CatalogError::Answer(_)) => Exit::Cloud,
        // Nothing is wrong with the folder: the next run can succeed.
        HostError::Catalog(CatalogError::Folder(FolderError::Busy { .. }))
        | HostError::Install(InstallError::Folder(FolderError::Busy { .. })) => Exit::Failed,
        HostError::Catalog(CatalogError::Folder(_)) => Exit::Output,
        HostError::Plugin(PluginError::Limit { limit, .. }) if limit.limit == Limit::Wall => {
            Exit::Cloud
        }
        HostError::Select(SelectError::NoMatch(none)) => match none.lacking {
            Lacking::Options | Lacking::Capacity => Exit::NoCapacity,
            Lacking::Knowledge => Exit::Unknown,
        },
        HostError::Select(_) => Exit::Usage,
        HostError::Output(_) => Exit::Output,
        HostError::Denied(_) => Exit::Refused,
        HostError::Install(error) if error.is_refusal() => Exit::Refused,
        HostError::Install(InstallError::NotInstalled { .. } | InstallError::NotGranted { .. }) => {
            Exit::Usage
        }
        HostError::Install(InstallError::Folder(_)) => Exit::Output,
        HostError::Install(InstallError::Source(error)) => of_source(error),
        _ => Exit::Failed,
    }
}

fn of_credentials(error: &CredentialsError) -> Exit {
    match error {
        CredentialsError::Configuration { .. }
        | CredentialsError::Endpoint { .. }
        | CredentialsError::Unreadable { .. }
        | CredentialsError::Unknown { .. }
        | CredentialsError::KeptElsewhere { .. }
        | CredentialsError::NotAToken { .. } => Exit::Usage,
        CredentialsError::Unwritable { .. } => Exit::Output,
        _ => Exit::Credentials,
    }
}
