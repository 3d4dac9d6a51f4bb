//! `cloudhost doctor`

use super::clouds::{Clouds, with_clouds};
use crate::args::ProvidersArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::text::span;
use crate::{remedy, views};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::resources::{Action, Place, ResourceKind};
use cloudhost::contract::newest;
use cloudhost::contract::with_account::exports::cloudhost::provider::account::Verdict;
use cloudhost::host::{HostError, Provider};
use cloudhost_api::{Check, CheckResult, Doctor, Quota, ReadPolicy};

/// Difference of the clocks in seconds that clouds accept in signatures.
const SKEW: u64 = 240;

/// Changes that are tried.
const CHANGES: [(ResourceKind, Action); 7] = [
    (ResourceKind::Instance, Action::Create),
    (ResourceKind::Instance, Action::Stop),
    (ResourceKind::Instance, Action::Delete),
    (ResourceKind::Volume, Action::Create),
    (ResourceKind::Volume, Action::Delete),
    (ResourceKind::Snapshot, Action::Create),
    (ResourceKind::SshKey, Action::Create),
];

pub fn execute(session: &Session<'_>, args: &ProvidersArgs) -> anyhow::Result<Exit> {
    let sources = args.endpoints.sources();
    with_clouds(session, &args.provider, &sources, async |clouds| {
        let mut report = Doctor {
            checks: here(clouds).await,
            quotas: Vec::new(),
            reads: Vec::new(),
        };
        let providers = clouds.providers.iter().map(async |one| match one {
            Ok(provider) => examine(provider).await,
            Err((name, error)) => Doctor {
                checks: vec![bad(Some(name), "plugin", error)],
                quotas: Vec::new(),
                reads: Vec::new(),
            },
        });
        for one in futures::future::join_all(providers).await {
            report.checks.extend(one.checks);
            report.quotas.extend(one.quotas);
            report.reads.extend(one.reads);
        }
        session.print(&report, views::doctor)?;
        let is = |result| report.checks.iter().filter(move |one| one.result == result);
        let (bad, unknown) = (
            is(CheckResult::Bad).count(),
            is(CheckResult::Unknown).count(),
        );
        session.close(&[format!(
            "{} checks: {bad} bad, {unknown} unknown",
            report.checks.len()
        )]);
        for check in is(CheckResult::Bad) {
            if let Some(hint) = &check.hint {
                session.advise(&format!("{}: {hint}", check.subject));
            }
        }
        Ok(match bad {
            0 => Exit::Done,
            _ => Exit::Failed,
        })
    })
}

/// Checks this machine.
async fn here(clouds: &Clouds<'_>) -> Vec<Check> {
    let version = Check {
        provider: None,
        subject: "cloudhost".to_owned(),
        result: CheckResult::Good,
        message: format!(
            "version {}, contract {}",
            env!("CARGO_PKG_VERSION"),
            newest()
        ),
        hint: None,
    };
    let subject = "journal".to_owned();
    let journal = match clouds.existing_changes().await {
        Ok(None) => Check {
            provider: None,
            subject,
            result: CheckResult::Good,
            message: "none yet: nothing was changed from here".to_owned(),
            hint: None,
        },
        Ok(Some(changes)) => match changes.unfinished().await {
            Ok(all) => Check {
                provider: None,
                subject,
                result: CheckResult::Good,
                message: format!(
                    "{}, {} unfinished",
                    changes.path().display(),
                    crate::text::count(all.len(), "operation")
                ),
                hint: None,
            },
            Err(error) => bad(None, "journal", &error),
        },
        Err(error) => failed("journal", &error),
    };
    vec![version, journal]
}

/// Checks a provider.
async fn examine(provider: &Provider) -> Doctor {
    let name = provider.name();
    let mut doctor = Doctor {
        checks: Vec::new(),
        quotas: Vec::new(),
        reads: vec![ReadPolicy {
            provider: name.to_owned(),
            requests: provider.reads(),
        }],
    };
    let contract = &provider.artifact().manifest.contract;
    doctor.checks.push(good(
        name,
        "plugin",
        format!(
            "{}, contract {contract}",
            provider.artifact().manifest.version
        ),
    ));
    doctor.checks.push(match provider.may_change() {
        true => good(name, "changes", "granted".to_owned()),
        false => Check {
            provider: Some(name.to_owned()),
            subject: "changes".to_owned(),
            result: CheckResult::Bad,
            message: "not granted: it can only read".to_owned(),
            hint: remedy::hint(&cloudhost::Remedy::GrantChange {
                plugin: Some(name.to_owned()),
            }),
        },
    });
    if let Err(error) = provider.check_credentials().await {
        let error = HostError::from(error);
        doctor.checks.push(bad(Some(name), "credentials", &error));
        return doctor;
    }
    let source = provider.facts().await.source;
    let source = source.map_or(String::new(), |source| format!(" from {source}"));
    let account = provider.whoami().await;
    doctor.checks.push(match account {
        Ok(Some(account)) => {
            let id = account.id.unwrap_or_else(|| "unknown".to_owned());
            good(name, "credentials", format!("account {id}{source}"))
        }
        Ok(None) => good(name, "credentials", format!("usable{source}")),
        Err(error) => bad(Some(name), "credentials", &error),
    });
    doctor.checks.extend(clock(provider));
    let region = provider.default_region().ok().flatten();
    permissions(provider, region.as_deref(), &mut doctor.checks).await;
    let regions: Vec<String> = region.into_iter().collect();
    match provider.quotas(regions).await {
        Ok(list) => {
            let quotas = list.quotas.into_iter().map(|one| Quota {
                provider: name.to_owned(),
                name: one.name,
                region: one.region,
                limit: one.limit,
                used: one.used,
            });
            doctor.quotas.extend(quotas);
            for gap in list.missing {
                doctor.checks.push(Check {
                    provider: Some(name.to_owned()),
                    subject: "quotas".to_owned(),
                    result: CheckResult::Unknown,
                    message: gap.message,
                    hint: None,
                });
            }
        }
        Err(error) if error.is_unsupported() => {}
        Err(error) => doctor.checks.push(Check {
            result: CheckResult::Unknown,
            ..bad(Some(name), "quotas", &error)
        }),
    }
    doctor
}

/// Compares the clocks, by the last response.
fn clock(provider: &Provider) -> Option<Check> {
    let skew = provider.activity().skew_seconds?;
    let message = match skew {
        0 => "the same as the cloud's".to_owned(),
        _ if skew > 0 => format!("{} behind the cloud's", span(skew.unsigned_abs())),
        _ => format!("{} ahead of the cloud's", span(skew.unsigned_abs())),
    };
    let result = match skew.unsigned_abs() > SKEW {
        true => CheckResult::Bad,
        false => CheckResult::Good,
    };
    let hint = match result {
        CheckResult::Bad => Some("set the clock: sudo timedatectl set-ntp true".to_owned()),
        _ => None,
    };
    Some(Check {
        provider: Some(provider.name().to_owned()),
        subject: "clock".to_owned(),
        result,
        message,
        hint,
    })
}

/// Tries permissions, without the changes.
async fn permissions(provider: &Provider, region: Option<&str>, checks: &mut Vec<Check>) {
    let place = Place {
        region: region.unwrap_or_default().to_owned(),
        zone: None,
    };
    let tries = CHANGES.map(async |(kind, action)| {
        let verdict = provider.may(kind, action, place.clone()).await;
        (kind, action, verdict)
    });
    for (kind, action, verdict) in futures::future::join_all(tries).await {
        let subject = format!("{} {}", action.as_str(), kind.as_str());
        let (result, message) = match verdict {
            Ok(Verdict::Allowed) => (CheckResult::Good, "allowed".to_owned()),
            Ok(Verdict::Denied) => (CheckResult::Bad, "denied by the cloud".to_owned()),
            Ok(Verdict::Unknown) => (
                CheckResult::Unknown,
                "cannot be tried without the change".to_owned(),
            ),
            Err(error) if error.is_unsupported() => continue,
            Err(error) => (CheckResult::Unknown, error.to_string()),
        };
        let hint = match result {
            CheckResult::Bad => remedy::hint(&cloudhost::Remedy::AskForPermission),
            _ => None,
        };
        checks.push(Check {
            provider: Some(provider.name().to_owned()),
            subject,
            result,
            message,
            hint,
        });
    }
}

fn good(provider: &str, subject: &str, message: String) -> Check {
    Check {
        provider: Some(provider.to_owned()),
        subject: subject.to_owned(),
        result: CheckResult::Good,
        message,
        hint: None,
    }
}

fn bad<E: std::error::Error + cloudhost::HasRemedy>(
    provider: Option<&str>,
    subject: &str,
    error: &E,
) -> Check {
    Check {
        provider: provider.map(str::to_owned),
        subject: subject.to_owned(),
        result: CheckResult::Bad,
        message: error.to_string(),
        hint: error.remedy().as_ref().and_then(remedy::hint),
    }
}

fn failed(subject: &str, error: &anyhow::Error) -> Check {
    Check {
        provider: None,
        subject: subject.to_owned(),
        result: CheckResult::Bad,
        message: error.to_string(),
        hint: crate::failure::of(error).and_then(|failure| failure.hint()),
    }
}
