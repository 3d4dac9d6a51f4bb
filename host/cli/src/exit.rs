//! Exit statuses of commands, by error.

use cloudhost::FolderError;
use cloudhost::catalog::{CatalogError, FilterError};
use cloudhost::changes::{ChangeError, JournalError, SshKeyError};
use cloudhost::contract::cloudhost::provider::http::HttpErrorKind;
use cloudhost::contract::cloudhost::provider::types::ErrorKind;
use cloudhost::credentials::CredentialsError;
use cloudhost::egress::FetchError;
use cloudhost::host::HostError;
use cloudhost::install::InstallError;
use cloudhost::kconfig::KconfigError;
use cloudhost::limits::{Exceeded, Limit};
use cloudhost::plugin::{PackError, PluginError};
use cloudhost::recording::RecordingError;
use cloudhost::select::{Lacking, NoMatch, SelectError};
use cloudhost::source::SourceError;

/// Exit status of a run. Stable: scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All of it was done.
    Done = 0,
    /// It failed for a reason without a number of its own.
    Failed = 1,
    /// Usage error, such as an unknown name.
    Usage = 2,
    /// Credentials are missing or were rejected.
    Credentials = 3,
    /// The cloud or a registry is unreachable, is rate-limiting, or returned an invalid response.
    Cloud = 4,
    /// Done, but data is missing.
    Incomplete = 5,
    /// The output cannot be written.
    Output = 6,
    /// No capacity or quota now, or nothing matches.
    NoCapacity = 7,
    /// Capacity or price is unknown.
    Unknown = 8,
    /// A plugin differs from what was granted, or requests what was not granted.
    Refused = 9,
    /// An operation is not done yet: it goes on, or waits for an answer.
    GoesOn = 11,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that can end a command.
pub trait Failure {
    /// Hint for the user.
    fn hint(&self) -> Option<String>;
    /// The exit status.
    fn exit(&self) -> Exit;
}

pub fn of_recording(error: &RecordingError) -> Exit {
    match error {
        RecordingError::Read { .. } | RecordingError::OtherPlugin { .. } => Exit::Usage,
        RecordingError::Write { .. } | RecordingError::Unwritable { .. } => Exit::Output,
        _ => Exit::Failed,
    }
}

pub fn of_source(error: &SourceError) -> Exit {
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

pub fn of_host(error: &HostError) -> Exit {
    match error {
        HostError::UnknownProvider { .. }
        | HostError::UnknownCredential { .. }
        | HostError::UnknownSetting { .. }
        | HostError::RepeatedSetting { .. }
        | HostError::Egress(_) => Exit::Usage,
        HostError::Cloud {
            error,
            cause,
            asked,
            ..
        } => match (cause.as_deref().and_then(of_fetch), error.kind) {
            (Some(exit), _) => exit,
            (_, ErrorKind::Unauthenticated | ErrorKind::PermissionDenied) => Exit::Credentials,
            (_, ErrorKind::InsufficientCapacity | ErrorKind::QuotaExceeded) => Exit::NoCapacity,
            (_, ErrorKind::Unsupported | ErrorKind::FailedPrecondition | ErrorKind::Busy) => {
                Exit::Failed
            }
            // A plugin rejects a setting before its first request; a value that the cloud rejects is not the user's.
            (_, ErrorKind::InvalidArgument) if !asked => Exit::Usage,
            _ => Exit::Cloud,
        },
        HostError::NoCatalog { .. } | HostError::Empty { .. } | HostError::Answer { .. } => {
            Exit::Cloud
        }
        HostError::Incomplete { .. } => Exit::Incomplete,
        HostError::NothingLeft { .. } => Exit::NoCapacity,
        HostError::Output(_) => Exit::Output,
        HostError::Denied(_) | HostError::ReadOnly { .. } => Exit::Refused,
        HostError::Catalog(error) => of_catalog(error),
        HostError::Credentials(error) => of_credentials(error),
        HostError::Fetch(error) => of_fetch(error).unwrap_or(Exit::Failed),
        HostError::Install(error) => of_install(error),
        HostError::Kconfig(error) => of_kconfig(error),
        HostError::Plugin(error) => of_plugin(error),
        HostError::Select(error) => of_select(error),
        _ => Exit::Failed,
    }
}

pub fn of_change(error: &ChangeError) -> Exit {
    match error {
        ChangeError::Host(error) => of_host(error),
        ChangeError::SshKey(error) => of_ssh_key(error),
        ChangeError::Journal(error) => of_journal(error),
        ChangeError::NoRegion { .. }
        | ChangeError::UnknownZone { .. }
        | ChangeError::NotFound { .. }
        | ChangeError::Ambiguous { .. }
        | ChangeError::Exists { .. }
        | ChangeError::NotOurs { .. }
        | ChangeError::Protected { .. }
        | ChangeError::UnknownOperation { .. }
        | ChangeError::AmbiguousOperation { .. } => Exit::Usage,
        ChangeError::PartlyRead { .. } => Exit::Cloud,
        ChangeError::TooExpensive { .. } => Exit::NoCapacity,
        ChangeError::PriceUnknown { .. } => Exit::Unknown,
        ChangeError::Stalled { error, .. } | ChangeError::Failed { error, .. } => {
            of_cloud(error.kind)
        }
        _ => Exit::Failed,
    }
}

/// The status of a change that the cloud refused.
fn of_cloud(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => Exit::Credentials,
        ErrorKind::InsufficientCapacity | ErrorKind::QuotaExceeded => Exit::NoCapacity,
        ErrorKind::RateLimited | ErrorKind::Unavailable => Exit::Cloud,
        ErrorKind::Indeterminate => Exit::GoesOn,
        _ => Exit::Failed,
    }
}

pub fn of_ssh_key(error: &SshKeyError) -> Exit {
    match error {
        SshKeyError::Folder(error) => of_folder(error),
        SshKeyError::Unreadable { .. } | SshKeyError::NotPublic { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// A journal that another process holds is not at fault: the next run can succeed.
pub fn of_journal(error: &JournalError) -> Exit {
    match error {
        JournalError::Folder(error) => of_folder(error),
        JournalError::Newer { .. } | JournalError::Busy { .. } => Exit::Failed,
        _ => Exit::Output,
    }
}

/// The status if a request failed before the cloud could respond; `None` if the plugin's error is more specific.
pub fn of_fetch(error: &FetchError) -> Option<Exit> {
    match error {
        FetchError::Credentials(error) => Some(of_credentials(error)),
        FetchError::Recorded {
            kind: HttpErrorKind::CredentialMissing,
            ..
        } => Some(Exit::Credentials),
        FetchError::Denied(_) => Some(Exit::Refused),
        _ => None,
    }
}

pub fn of_catalog(error: &CatalogError) -> Exit {
    match error {
        CatalogError::Filter(error) => of_filter(error),
        CatalogError::Answer(_) => Exit::Cloud,
        CatalogError::Folder(error) => of_folder(error),
        _ => Exit::Failed,
    }
}

/// A directory that another run uses is not at fault: the next run can succeed.
fn of_folder(error: &FolderError) -> Exit {
    match error {
        FolderError::Busy { .. } => Exit::Failed,
        _ => Exit::Output,
    }
}

pub fn of_filter(error: &FilterError) -> Exit {
    match error.why {
        Some(_) => Exit::Incomplete,
        None => Exit::Usage,
    }
}

pub fn of_select(error: &SelectError) -> Exit {
    match error {
        SelectError::NoMatch(error) => of_no_match(error),
        _ => Exit::Usage,
    }
}

pub fn of_no_match(error: &NoMatch) -> Exit {
    match error.lacking {
        Lacking::Options | Lacking::Capacity => Exit::NoCapacity,
        Lacking::Knowledge => Exit::Unknown,
    }
}

pub fn of_install(error: &InstallError) -> Exit {
    match error {
        error if error.is_refusal() => Exit::Refused,
        InstallError::NotInstalled { .. }
        | InstallError::Builtin { .. }
        | InstallError::NotGranted { .. } => Exit::Usage,
        InstallError::Folder(error) => of_folder(error),
        InstallError::Secret(_) => Exit::Output,
        InstallError::Source(error) => of_source(error),
        InstallError::Plugin(error) => of_plugin(error),
        _ => Exit::Failed,
    }
}

pub fn of_pack(error: &PackError) -> Exit {
    match error {
        PackError::Plugin(error) => of_plugin(error),
        _ => Exit::Failed,
    }
}

pub fn of_plugin(error: &PluginError) -> Exit {
    match error {
        PluginError::Limit { limit, .. } => of_limit(limit),
        _ => Exit::Failed,
    }
}

/// A call that timed out waited for the cloud.
pub fn of_limit(exceeded: &Exceeded) -> Exit {
    match exceeded.limit {
        Limit::Wall => Exit::Cloud,
        _ => Exit::Failed,
    }
}

pub fn of_kconfig(error: &KconfigError) -> Exit {
    match error {
        KconfigError::Prefix { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

pub fn of_credentials(error: &CredentialsError) -> Exit {
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
