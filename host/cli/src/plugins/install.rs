//! `cloudhost plugin install|update`

use super::{done, record};
use crate::args::FetchedArgs;
use crate::exit::Exit;
use crate::quote::word;
use crate::runtime::{Threads, block_on};
use crate::session::Session;
use crate::text::count;
use crate::{prompt, report, stderr};
use anyhow::Context as _;
use cloudhost::capability::Grant;
use cloudhost::host::HostError;
use cloudhost::install::{
    Changes, Consent, GrantChoice, InstallError, Installed, Line, Plugins, Signer, Subject,
};
use cloudhost::plugin::Artifact;
use cloudhost::source::{FetchOptions, Fetched, Source};
use cloudhost_api::{Plugin, PluginList};

pub fn install(
    session: &Session<'_>,
    source: &Source,
    fetched: &FetchedArgs,
    consent: &Consent,
) -> anyhow::Result<Exit> {
    let plugins = session.plugins()?;
    let key = fetched.key.as_ref().map(|key| &key.0);
    let source = absolute(source)?;
    let got = match stored(&plugins, &source, fetched) {
        Some(stored) => stored,
        None => fetch(session, &plugins, &source)?,
    };
    let source = source.to_string();
    let offer = plugins.offer(got, &source, fetched.digest.as_ref(), key);
    let offer = offer.map_err(HostError::from)?;
    let take = |plugins: &Plugins, consent: &Consent| plugins.install(&offer, consent);
    let installed = agreed(&plugins, consent, take)?;
    let plugin = record(session, &installed);
    session.print_data(&plugin)?;
    let what = format!("installed {}", version(&installed));
    done(session, &plugin, Some(what));
    Ok(Exit::Done)
}

pub fn update(
    session: &Session<'_>,
    name: &str,
    source: Option<&Source>,
    fetched: &FetchedArgs,
    consent: &Consent,
) -> anyhow::Result<Exit> {
    let plugin = update_one(session, name, source, fetched, consent)?;
    session.print_data(&plugin)?;
    Ok(Exit::Done)
}

pub fn update_all(
    session: &Session<'_>,
    fetched: &FetchedArgs,
    consent: &Consent,
) -> anyhow::Result<Exit> {
    if fetched.digest.is_some()
        || fetched.key.is_some()
        || consent.given.is_some()
        || !consent.limits.is_empty()
    {
        let kind = clap::error::ErrorKind::MissingRequiredArgument;
        let text = "these options are for one plugin: name it, such as `cloudhost plugin update NAME --grant-all`\n";
        clap::Error::raw(kind, text).exit();
    }
    let plugins = session.plugins()?;
    let (mut exit, mut updated) = (Exit::Done, Vec::new());
    let mut all = plugins.list().map_err(HostError::from)?;
    all.extend(plugins.unsealed().map_err(HostError::from)?);
    for old in all {
        // A failed update does not stop the others, and the old version stays installed.
        match update_one(session, old.name(), None, fetched, consent) {
            Ok(plugin) => updated.push(plugin),
            Err(error) => {
                let failed = report::failed(&error);
                if exit == Exit::Done {
                    exit = failed;
                }
            }
        }
    }
    session.print_data(&PluginList { plugins: updated })?;
    Ok(exit)
}

/// Updates a plugin, and drops what the cache holds of the old one.
fn update_one(
    session: &Session<'_>,
    name: &str,
    source: Option<&Source>,
    fetched: &FetchedArgs,
    consent: &Consent,
) -> anyhow::Result<Plugin> {
    let plugins = session.plugins()?;
    let old = plugins.get(name).map_err(HostError::from)?;
    let source = match source {
        Some(source) => source.clone(),
        None => {
            let source = old.source.parse::<Source>().map_err(InstallError::from);
            source.map_err(HostError::from)?
        }
    };
    let source = absolute(&source)?;
    let got = fetch(session, &plugins, &source)?;
    let source = source.to_string();
    let (digest, key) = (fetched.digest.as_ref(), fetched.key.as_ref());
    let key = key.map(|key| &key.0);
    let offer = plugins.offer_update(&old, got, &source, digest, key, consent);
    // A prompt cannot replace the key: it has to come from the plugin's author.
    let offer = offer.inspect_err(show).map_err(HostError::from)?;
    let take = |plugins: &Plugins, consent: &Consent| plugins.update(old.name(), &offer, consent);
    let new = agreed(&plugins, consent, take)?;
    let plugin = record(session, &new);
    done(session, &plugin, Some(update_text(&old, &new)));
    if new.digest != old.digest {
        super::forget(session, old.name());
    }
    Ok(plugin)
}

fn update_text(old: &Installed, new: &Installed) -> String {
    if old.digest == new.digest {
        return format!("unchanged, {}", version(new));
    }
    format!("updated from {} to {}", version(old), version(new))
}

fn version(installed: &Installed) -> String {
    format!("{} ({})", installed.manifest.version, installed.digest)
}

/// Makes the path of a source absolute: an update reads it again, from any directory.
fn absolute(source: &Source) -> anyhow::Result<Source> {
    Ok(match source {
        Source::File(path) => Source::File(
            std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))?,
        ),
        other => other.clone(),
    })
}

/// Finds the component of a record that the user has not agreed to, where it has the digest and the key that were given:
/// it need not be fetched again, and its source may not exist any more.
fn stored(plugins: &Plugins, source: &Source, fetched: &FetchedArgs) -> Option<Fetched> {
    let stored = plugins.stored(&source.to_string(), fetched.digest.as_ref()?)?;
    (fetched.key.is_none() || stored.signature.is_some()).then_some(stored)
}

fn fetch(session: &Session<'_>, plugins: &Plugins, source: &Source) -> anyhow::Result<Fetched> {
    let mut options = FetchOptions::default();
    options.max_bytes = session.allowance().limits.component;
    let got = block_on(Threads::One, plugins.fetch(source, &options))?;
    Ok(got.map_err(HostError::from)?)
}

/// Fetches a component for a look at it.
pub(super) fn component(session: &Session<'_>, source: &Source) -> anyhow::Result<Artifact> {
    let got = fetch(session, &session.plugins()?, source)?;
    let read = Artifact::read_within(got.bytes, session.allowance().limits.component);
    Ok(read.inspect_err(|error| session.refused(error.refusal()))?)
}

/// Installs with the consent of the options, or of a prompt.
fn agreed(
    plugins: &Plugins,
    consent: &Consent,
    take: impl Fn(&Plugins, &Consent) -> Result<Installed, InstallError>,
) -> anyhow::Result<Installed> {
    if prompt::possible() {
        // Nothing was refused before the prompt: only its outcome is audited.
        let first = take(&plugins.clone().unaudited(), consent);
        if let Err(
            error @ InstallError::Consent {
                changes, update, ..
            },
        ) = &first
        {
            show(error);
            let agreed = ask(*update, changes, consent)?;
            let outcome = take(plugins, agreed.as_ref().unwrap_or(consent));
            return Ok(outcome.map_err(HostError::from)?);
        }
        if let Ok(installed) = first {
            return Ok(installed);
        }
    }
    let outcome = take(plugins, consent).inspect_err(show);
    Ok(outcome.map_err(HostError::from)?)
}

/// Most lines of one kind, such as hosts, that consent shows. The rest is counted: a long list must not push what
/// matters off the screen.
const SHOWN: usize = 5;

/// Prints the requested permissions on stderr, also without a prompt: the risks last.
fn show(error: &InstallError) {
    let InstallError::Consent {
        name,
        update,
        changes,
        agreement,
        ..
    } = error
    else {
        return;
    };
    let (risks, plain): (Vec<_>, Vec<_>) =
        changes.lines.iter().partition(|line| line.risk.is_some());
    let source = word(&agreement.source);
    let mut lines = vec![match update {
        true => format!("the update of {name} from {source} changes:"),
        false => format!("{name} from {source} requests:"),
    }];
    lines.extend(counted(&plain, &agreement.source));
    if !risks.is_empty() {
        lines.push("look closely at:".to_owned());
        lines.extend(counted(&risks, &agreement.source));
    }
    if agreement.signer == Some(Signer::Unknown) {
        lines.push(
            "  replace KEY with the key that its author gave you through another channel"
                .to_owned(),
        );
    }
    stderr::lines(&lines);
}

/// Formats lines, of each kind the first ones and the number of the rest. All credentials are shown.
fn counted(lines: &[&Line], source: &str) -> Vec<String> {
    let kind = |line: &Line| (line.added, line.subject.kind());
    let mut shown = Vec::new();
    for same in lines.chunk_by(|one, next| kind(one) == kind(next)) {
        let most = match same {
            [
                Line {
                    subject: Subject::Credential(_),
                    ..
                },
                ..,
            ] => same.len(),
            // One line more takes the place of their number.
            _ if same.len() == SHOWN + 1 => same.len(),
            _ => SHOWN,
        };
        shown.extend(same.iter().take(most).map(|line| format!("  {line}")));
        if let (Some(first), more @ 1..) = (same.first(), same.len().saturating_sub(most)) {
            let sign = if first.added { '+' } else { '-' };
            let all = format!("cloudhost plugin inspect {}", word(source));
            let more = count(more, &format!("more {}", first.subject.kind()));
            shown.push(format!("  {sign} and {more}: {all}"));
        }
    }
    shown
}

/// Prompts for consent beyond the options; `None`: refused.
fn ask(update: bool, changes: &Changes, typed: &Consent) -> anyhow::Result<Option<Consent>> {
    let consent = |given| Consent {
        given: Some(given),
        accept: changes.accept.clone(),
        limits: typed.limits.clone(),
    };
    // Consent to all, which is asked for again, was for something that the user did not know.
    let known =
        |given: &&GrantChoice| update && (**given != GrantChoice::All || !changes.asks_more());
    if let Some(given) = typed.given.as_ref().filter(known) {
        return Ok(accepted(changes)?.then(|| consent(given.clone())));
    }
    match prompt::input("Grant it? [y]es, all; [s]ome of it; [N]o")?.as_str() {
        // Exactly what was shown, whatever another run does meanwhile.
        "y" | "yes" => Ok(Some(consent(GrantChoice::These(Grant {
            hosts: changes.hosts.clone(),
            credentials: changes.credentials.clone(),
            change: changes.change,
        })))),
        "s" | "some" => {
            let mut some = Grant::default();
            let requested = |line: &&Line| match &line.subject {
                Subject::Host(host) => changes.hosts.contains(host),
                Subject::Credential(name) => changes.credentials.contains(name),
                Subject::Change => changes.change,
                _ => false,
            };
            let added = changes.lines.iter().filter(|line| line.added);
            for line in added.filter(requested) {
                if !prompt::agreed(&format!("{line}?"))? {
                    continue;
                }
                match &line.subject {
                    Subject::Host(host) => some.hosts.push(host.clone()),
                    Subject::Credential(name) => some.credentials.push(name.clone()),
                    Subject::Change => some.change = true,
                    _ => {}
                }
            }
            Ok(accepted(changes)?.then(|| consent(GrantChoice::These(some))))
        }
        _ => Ok(None),
    }
}

/// Prompts for changes of an update other than what is granted.
fn accepted(changes: &Changes) -> anyhow::Result<bool> {
    for accept in &changes.accept {
        if !prompt::agreed(&format!("{accept}?"))? {
            return Ok(false);
        }
    }
    Ok(true)
}
