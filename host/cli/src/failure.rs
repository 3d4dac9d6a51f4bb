//! The one registry of errors: the hint and the exit status of each type that a command can return.

use crate::change_errors::{Declined, Incomplete, InvalidRequest};
use crate::exit::{self, Exit, Failure};
use crate::interrupt::{Detached, Interrupted};
use crate::no_data::NoData;
use crate::project::ProjectError;
use crate::remedy;
use crate::unsupported::Unsupported;
use cloudhost::HasRemedy as _;

/// The registered error in this one, behind any context.
pub fn of(error: &anyhow::Error) -> Option<&dyn Failure> {
    registered(error)
}

/// Registers errors of the library, each with its exit status, and those of this program.
macro_rules! registry {
    (library { $($library:ty => $exit:expr,)* } own { $($own:ty,)* }) => {
        $(impl Failure for $library {
            fn hint(&self) -> Option<String> {
                self.remedy().as_ref().and_then(remedy::hint)
            }

            fn exit(&self) -> Exit {
                let exit: fn(&$library) -> Exit = $exit;
                exit(self)
            }
        })*

        fn registered(error: &anyhow::Error) -> Option<&dyn Failure> {
            $(if let Some(error) = error.downcast_ref::<$library>() {
                return Some(error);
            })*
            $(if let Some(error) = error.downcast_ref::<$own>() {
                return Some(error);
            })*
            None
        }

        #[cfg(test)]
        const LIBRARY: &[&str] = &[$(stringify!($library),)*];
    };
}

registry! {
    library {
        cloudhost::audit::AuditError => |_| Exit::Output,
        cloudhost::SealError => |_| Exit::Output,
        cloudhost::billing::MonthError => |_| Exit::Usage,
        cloudhost::capability::Denial => |_| Exit::Refused,
        cloudhost::capability::ManifestError => |_| Exit::Failed,
        cloudhost::catalog::CatalogError => exit::of_catalog,
        cloudhost::catalog::FilterError => exit::of_filter,
        cloudhost::changes::ChangeError => exit::of_change,
        cloudhost::changes::JournalError => exit::of_journal,
        cloudhost::changes::SshKeyError => exit::of_ssh_key,
        cloudhost::contract::AmountError => |_| Exit::Usage,
        cloudhost::contract::ContractError => |_| Exit::Failed,
        cloudhost::credentials::CredentialsError => exit::of_credentials,
        cloudhost::egress::EgressError => |_| Exit::Usage,
        cloudhost::egress::FetchError => |error| exit::of_fetch(error).unwrap_or(Exit::Failed),
        cloudhost::host::HostError => exit::of_host,
        cloudhost::install::InstallError => exit::of_install,
        cloudhost::kconfig::KconfigError => exit::of_kconfig,
        cloudhost::limits::Exceeded => exit::of_limit,
        cloudhost::limits::LimitError => |_| Exit::Usage,
        cloudhost::output::OutputError => |_| Exit::Output,
        cloudhost::plugin::PackError => exit::of_pack,
        cloudhost::plugin::PluginError => exit::of_plugin,
        cloudhost::recording::RecordingError => exit::of_recording,
        cloudhost::select::NoMatch => exit::of_no_match,
        cloudhost::select::LocationError => |_| Exit::Usage,
        cloudhost::select::SelectError => exit::of_select,
        cloudhost::select::UnknownTier => |_| Exit::Usage,
        cloudhost::source::SourceError => exit::of_source,
    }
    own {
        Declined,
        Detached,
        Incomplete,
        Interrupted,
        InvalidRequest,
        NoData,
        ProjectError,
        Unsupported,
        std::io::Error,
    }
}

impl Failure for Interrupted {
    fn hint(&self) -> Option<String> {
        None
    }

    fn exit(&self) -> Exit {
        Exit::Interrupted
    }
}

impl Failure for Detached {
    fn hint(&self) -> Option<String> {
        Some(format!(
            "carry on with: cloudhost operation resume {}",
            self.id
        ))
    }

    fn exit(&self) -> Exit {
        Exit::Interrupted
    }
}

/// The error of failed printing.
impl Failure for std::io::Error {
    fn hint(&self) -> Option<String> {
        None
    }

    fn exit(&self) -> Exit {
        Exit::Output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;
    use cloudhost::plugin::{PackError, PluginError};

    /// An error of the library that has a remedy is registered, so that its hint is shown.
    #[test]
    fn every_error_with_a_remedy_is_registered() {
        let mut found = Vec::new();
        for (path, text) in crate::remedy::tests::library_sources() {
            for line in text.lines() {
                if let Some(name) = line.strip_prefix("impl HasRemedy for ") {
                    let name = name.trim_end_matches(" {").to_owned();
                    // Only logged.
                    if name != "OtlpError" {
                        assert!(
                            LIBRARY
                                .iter()
                                .any(|known| known.ends_with(&format!("::{name}"))),
                            "{name} of {} is not registered",
                            path.display()
                        );
                        found.push(name);
                    }
                }
            }
        }
        assert_eq!(found.len(), LIBRARY.len(), "{found:?}");
    }

    #[test]
    fn an_error_is_found_behind_its_context() {
        let plugin = || PluginError::NotAComponent("a text".to_owned());
        let errors = [
            anyhow::Error::from(plugin()),
            anyhow::Error::from(PackError::from(plugin())),
            anyhow::Error::from(cloudhost::host::HostError::from(plugin())),
            anyhow::Error::from(ProjectError::from(PackError::from(plugin()))),
        ];
        for error in errors {
            let error = Err::<(), _>(error).context("outside").unwrap_err();
            let failure = of(&error).unwrap();
            assert!(failure.hint().unwrap().starts_with("build it"), "{error:?}");
            assert_eq!(failure.exit(), Exit::Failed);
        }
        assert!(of(&anyhow::anyhow!("a text")).is_none());
    }
}
