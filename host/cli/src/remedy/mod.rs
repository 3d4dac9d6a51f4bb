//! Remedies of errors as hints: the options and commands of this program, ready to paste.

mod author;
mod consent_command;
mod files;
#[cfg(test)]
pub(crate) mod tests;

use crate::quote::{quoted, word};
use cloudhost::capability::Scheme;
use cloudhost::limits::Limit;
use cloudhost::select::Rule;
use cloudhost::{CredentialStep, Form, Remedy};

/// The hint for a remedy; `None` for one that this version of the program does not know.
pub fn hint(remedy: &Remedy) -> Option<String> {
    let named = |plugin: &Option<String>| word(plugin.as_deref().unwrap_or("NAME"));
    Some(match remedy {
        Remedy::AnyOf(all) => {
            let all: Vec<String> = all.iter().filter_map(hint).collect();
            return (!all.is_empty()).then(|| all.join("\nor: "));
        }
        Remedy::Advice { provider, text } => format!("{provider} advises: {text}"),

        Remedy::RunAgain => "run it again".to_owned(),
        Remedy::Wait { seconds } => match seconds.map(|seconds| seconds.div_ceil(60)) {
            None => "run it again later".to_owned(),
            Some(0 | 1) => "wait a minute and run it again".to_owned(),
            Some(minutes) => format!("wait {minutes} minutes and run it again"),
        },
        Remedy::WaitForOtherRun => "wait for the other run, or end it".to_owned(),
        Remedy::Refresh => "fetch the catalog again: --refresh".to_owned(),
        Remedy::FetchCatalog { provider, verbose } => {
            let verbose = if *verbose { " -vv" } else { "" };
            format!("cloudhost{verbose} run {} regions list --refresh", word(provider))
        }
        Remedy::UseStoredCatalog { provider } => {
            format!("with --offline and without --refresh, the catalog that was fetched from {provider} before is used")
        }
        Remedy::UseBundledCatalog { provider } => {
            format!("with --offline and without --refresh, the catalog bundled in the plugin of {provider} is used")
        }
        Remedy::AllowNetwork => "leave out --offline".to_owned(),
        Remedy::AllowIncomplete => "leave out --strict".to_owned(),
        Remedy::AllowUnknownCapacity => {
            "select without known capacity: --allow-unknown-capacity".to_owned()
        }
        Remedy::AllowUnsigned => {
            "leave out --key to review an unsigned component".to_owned()
        }
        Remedy::ListAvailable => "list what has capacity: --available-only".to_owned(),

        Remedy::UseName { close, known } => {
            let names = close.join(", ");
            if close.len() == *known {
                format!("the names are: {names}")
            } else {
                format!("of the {known} names, the closest are: {names}")
            }
        }
        Remedy::GiveOnce { setting } => format!("give it once: --set {}=VALUE", word(setting)),
        Remedy::WriteAs { form } => written_as(*form)?.to_owned(),
        Remedy::Relax {
            rule,
            value,
            instance_type,
            region,
        } => {
            let option = option_of(*rule)?;
            format!("with {option} {} there is {instance_type} in {region}", word(value))
        }
        Remedy::RelaxFilters { given } => relaxed(given),
        Remedy::NarrowFilters => "narrow the filters, for example with --region or --family".to_owned(),
        Remedy::FetchLess => "fetch less, such as one region: --set regions=NAME".to_owned(),
        Remedy::GiveLocation { close } => match close.split_first() {
            None => "give your location: --near Berlin, or --near 52.52,13.40".to_owned(),
            Some((first, others)) => {
                let also = match others.join("; ") {
                    none if none.is_empty() => none,
                    others => format!("; also close: {others}"),
                };
                format!("--near {}, or coordinates as --near 47.6,-122.3{also}", word(first))
            }
        },

        Remedy::ListPlugins => "cloudhost plugin list".to_owned(),
        Remedy::InspectPlugin { name } => format!("cloudhost plugin inspect {}", word(name)),
        Remedy::InspectComponent => {
            "a plugin that `cloudhost_sdk::plugin!` declares is complete: cloudhost plugin inspect FILE"
                .to_owned()
        }
        Remedy::RunPlugin { name } => format!("cloudhost run {}", word(name)),
        Remedy::GrantHost { plugin, host } => {
            format!("cloudhost plugin grant {} --host {}", named(plugin), word(host))
        }
        Remedy::GrantChange { plugin } => {
            format!("cloudhost plugin grant {} --change", named(plugin))
        }
        Remedy::GrantCredential { plugin, credential } => format!(
            "cloudhost plugin grant {} --credential {}",
            named(plugin),
            word(credential)
        ),
        Remedy::RevokeHost { plugin, host } => format!(
            "{host} was given as a whole: cloudhost plugin revoke {} --host {}, then grant less of it",
            word(plugin),
            word(host)
        ),
        Remedy::Agree(agreement) => consent_command::of(agreement),
        Remedy::UpdatePlugin { name, source } => match source {
            Some(source) => format!("cloudhost plugin update {} {}", word(name), operand(source)),
            None => format!("cloudhost plugin update {} SOURCE, or install it under its own name", word(name)),
        },
        Remedy::PushComponent => {
            "push it with `cloudhost plugin push FILE oci://REGISTRY/REPOSITORY:TAG`".to_owned()
        }
        Remedy::UseSource { source } => format!("if you mean this one, give: {}", operand(source)),
        Remedy::CheckName => "check the name".to_owned(),
        Remedy::PinDigest { digest } => {
            format!("find out who changed it; to review the new content, give --digest {digest}")
        }
        Remedy::ConfirmDigest => {
            "do not use it; report it to the registry's operator, and check the digest with its author".to_owned()
        }
        Remedy::ConfirmKey => {
            "do not use it before its author has confirmed the key through another channel".to_owned()
        }
        Remedy::AskAuthor(task) => author::hint(task)?,
        Remedy::UpdateHost => "update cloudhost".to_owned(),
        Remedy::RaiseLimit { limit, value } => {
            let (name, value) = (limit.name(), limit.show(*value));
            let raise = format!("if you trust the plugin with more: --limit {name}={value}");
            match limit {
                Limit::Wall => format!(
                    "run it again: with --timeout 20 requests that hang end sooner, and -vv shows each of them; {raise}"
                ),
                _ => raise,
            }
        }
        Remedy::ListLimits => "see the list of limits: cloudhost --help".to_owned(),

        Remedy::SetCredential { name, keyring } => {
            let keyring = if *keyring { " --keyring" } else { "" };
            format!("cloudhost credentials set {}{keyring}", word(name))
        }
        Remedy::CheckCredentials { provider } => format!(
            "show the credential and its source: cloudhost credentials check {}",
            word(provider)
        ),
        Remedy::CredentialTool {
            scheme,
            step,
            profile,
        } => credential_tool(*scheme, *step, profile.as_deref())?,
        Remedy::ChangeResolver { credential } => {
            format!("change {credential} at the source of the program's resolver")
        }
        Remedy::UnlockKeyring => "unlock the keyring".to_owned(),
        Remedy::SetVariables { variables } => {
            let set = variables.iter().map(|(name, example)| format!("{name}={example}"));
            format!("export {}", set.collect::<Vec<_>>().join(" "))
        }
        Remedy::LogIn { registry } => {
            format!("docker login {}", word(registry.as_deref().unwrap_or("REGISTRY")))
        }
        Remedy::AskForPermission => "ask for the permission that the message names".to_owned(),

        Remedy::CheckNetwork => "check the network and the endpoint, then run it again".to_owned(),
        Remedy::SetEndpoint { plugin } => format!(
            "--endpoint {}=https://host[:port][/path], or an address of this machine such as http://127.0.0.1:4566",
            named(plugin)
        ),
        Remedy::InstallPackage { package } => format!("sudo apt-get install {package}"),

        Remedy::Files { fix, purpose } => files::hint(fix, *purpose),
        Remedy::GiveSecret => {
            "give a secret of yours: (umask 077; head -c 32 /dev/urandom > FILE), then --seal-file FILE".to_owned()
        }
        Remedy::ReplaceUntrusted { path, purpose } => files::untrusted(path, *purpose),
        Remedy::RestoreFile { path } => {
            let path = quoted(path);
            format!(
                "restore the file; or start over: mv {path} {path}.damaged, and reinstall the plugins that it names"
            )
        }
        Remedy::Record { path } => format!("record it again with --record {}", quoted(path)),
        Remedy::RecordAgain { how } => format!("record it again: {how}"),
        Remedy::InOrder(all) => {
            let all: Vec<String> = all.iter().filter_map(hint).collect();
            return (!all.is_empty()).then(|| all.join("\nthen: "));
        }
        Remedy::GivePublicKey => {
            "give the file that ends in .pub: --ssh-key ~/.ssh/id_ed25519.pub".to_owned()
        }
        Remedy::GiveRegion { provider } => format!(
            "--region NAME; the names are: cloudhost run {} regions list",
            word(provider)
        ),
        Remedy::ListResources { provider, kind } => {
            format!("cloudhost {} list --provider {}", group(kind), word(provider))
        }
        Remedy::ShowResource { provider, kind, id } => format!(
            "cloudhost {} get {} --provider {}",
            group(kind),
            word(id),
            word(provider)
        ),
        Remedy::SearchRegion => "search in one region: --region NAME".to_owned(),
        Remedy::OtherName => "give another name".to_owned(),
        Remedy::AllowForeign => {
            "if it is yours to change: add --not-mine".to_owned()
        }
        Remedy::Unprotect => "take the protection away: add --unprotect".to_owned(),
        Remedy::RaisePrice => "raise --max-price, or leave it out".to_owned(),
        Remedy::RaiseQuota => "ask the cloud to raise the quota that the message names".to_owned(),
        Remedy::TryElsewhere => {
            "give more places or types, which are tried in order: --zone, --region, --instance-type"
                .to_owned()
        }
        Remedy::ListOperations => "cloudhost operation list".to_owned(),
        Remedy::ShowOperation { id } => format!("cloudhost operation show {}", word(id)),
        Remedy::ResumeOperation { id } => format!("cloudhost operation resume {}", word(id)),
        Remedy::RestoreJournal { path } => {
            let path = quoted(path);
            format!(
                "restore the file from a backup; or start over, and end by hand what it knew: mv {path} {path}.damaged"
            )
        }
        Remedy::MarkEdited { line, append } => match append {
            true => format!("if nothing else is missing, add this line to its end: {line}"),
            false => format!("if the change is intended, replace its last line with: {line}"),
        },
        _ => return None,
    })
}

/// The group of commands of a kind of resource.
fn group(kind: &str) -> &str {
    match kind {
        "snapshot" => "volume snapshot",
        kind => kind,
    }
}

/// A source as an argument: a file whose name begins with `-` is no option.
fn operand(source: &str) -> String {
    match source.starts_with('-') {
        true => word(&format!("./{source}")),
        false => word(source),
    }
}

fn written_as(form: Form) -> Option<&'static str> {
    Some(match form {
        Form::Amount => "write it as 2.50, in US dollars, or with another currency as \"18.5 CNY\"",
        Form::Coordinates => "latitude first, both in degrees: --near 47.6,-122.3",
        Form::Endpoint => {
            "write it as https://host, or an address of this machine such as http://127.0.0.1:4566"
        }
        Form::Month => "write it as 2026-11, or leave it out for this month",
        Form::SourcePrefix => {
            "give the directory's path for Kconfig in plain characters: --source-prefix terraform/aws/kconfigs"
        }
        Form::SignerKey => "give the line of the signer's .pub file that begins with RW",
        Form::Source => "write FILE, https://HOST/PATH or oci://REGISTRY/REPOSITORY:TAG",
        _ => return None,
    })
}

/// Names the options to change.
fn relaxed(given: &[Rule]) -> String {
    let option = |rule: &Rule| match rule {
        Rule::MinGpus => Some("--gpu or --min-gpus"),
        rule => option_of(*rule),
    };
    let options: Vec<&str> = given.iter().filter_map(option).collect();
    match options.as_slice() {
        [] => "relax the filters: leave out an option such as --region or --family".to_owned(),
        options => format!(
            "relax the filters: change or leave out {}",
            options.join(", ")
        ),
    }
}

/// The option that sets the value of a rule.
fn option_of(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::Market => "--market",
        Rule::InstanceType => "--instance-type",
        Rule::Family => "--family",
        Rule::Architecture => "--arch",
        Rule::MinVcpus => "--min-vcpus",
        Rule::MinGpus => "--min-gpus",
        Rule::Tier => "--tier",
        Rule::Region => "--region",
        Rule::MaxPrice => "--max-price",
        // Only one mode needs the distance.
        Rule::DistanceUnknown => "--mode",
        Rule::PriceUnknown | Rule::OtherCurrency | Rule::CapacityUnknown | Rule::NoCapacity => {
            return None;
        }
    })
}

/// A command of the tool that manages the credentials of a scheme.
fn credential_tool(scheme: Scheme, step: CredentialStep, profile: Option<&str>) -> Option<String> {
    let Scheme::SigV4 = scheme else {
        return None;
    };
    let command = match step {
        CredentialStep::Configure => "aws configure",
        CredentialStep::ShowConfiguration => "aws configure list",
        CredentialStep::ListProfiles => "aws configure list-profiles",
        CredentialStep::SignIn => "aws sso login",
        CredentialStep::Test => "aws sts get-caller-identity",
        _ => return None,
    };
    let profile = profile.map(|name| format!(" --profile {}", word(name)));
    Some(format!("{command}{}", profile.unwrap_or_default()))
}
