//! `cloudhost plugin ...`

mod author;
mod conformance;
mod install;
mod list;

use crate::args::PluginCommand;
use crate::exit::Exit;
use crate::quote::word;
use crate::session::Session;
use crate::{push, views};
use cloudhost::capability::Grant;
use cloudhost::host::HostError;
use cloudhost::install::{GrantChoice, InstallError, Installed, Plugins};
use cloudhost_api::Plugin;

pub fn execute(session: &Session<'_>, command: &PluginCommand) -> anyhow::Result<Exit> {
    match command {
        PluginCommand::List => list::list(session),
        PluginCommand::Inspect { plugin } => list::inspect(session, plugin),
        PluginCommand::Verify { name } => list::verify(session, name.as_deref()),
        PluginCommand::Install {
            source,
            fetched,
            consent,
        } => install::install(
            session,
            source,
            fetched,
            &consent.consent(&[], &session.cli.limit),
        ),
        PluginCommand::Update {
            name,
            source,
            fetched,
            consent,
            accept,
        } => {
            let consent = consent.consent(accept, &session.cli.limit);
            match name {
                Some(name) => install::update(session, name, source.as_ref(), fetched, &consent),
                None => install::update_all(session, fetched, &consent),
            }
        }
        PluginCommand::Grant { name, items, all } => {
            let given = match all {
                true => GrantChoice::All,
                false => GrantChoice::These(items.grant()),
            };
            let plugins = session.plugins()?;
            if given == GrantChoice::These(Grant::default()) && session.cli.limit.is_empty() {
                plugins.get(name).map_err(HostError::from)?;
                nothing_named(name);
            }
            let granted = plugins.grant(name, &given);
            regranted(
                session,
                granted.and_then(|_| plugins.limit(name, &session.cli.limit)),
            )
        }
        PluginCommand::Revoke { name, items } => {
            regranted(session, session.plugins()?.revoke(name, &items.grant()))
        }
        PluginCommand::Remove { name } => remove(session, name),
        PluginCommand::New { name, lang } => author::new(session, name, *lang),
        PluginCommand::Build { project } => author::build(session, project),
        PluginCommand::Pack {
            component,
            manifest,
            out,
        } => author::pack(session, component, manifest, out.as_deref()),
        PluginCommand::Test(args) => conformance::test(session, args),
        PluginCommand::Push(args) => push::execute(session, args),
    }
}

/// Ends the run: what is requested is to be looked at before all of it is granted.
fn nothing_named(name: &str) -> ! {
    let kind = clap::error::ErrorKind::MissingRequiredArgument;
    let text = format!(
        "nothing to grant is named\n  hint: see what it requests: cloudhost plugin inspect {}\n        \
         then give --host HOST, --credential NAME, --change, or --all\n",
        word(name)
    );
    clap::Error::raw(kind, text).exit()
}

fn regranted(
    session: &Session<'_>,
    outcome: Result<Installed, InstallError>,
) -> anyhow::Result<Exit> {
    let installed = outcome.map_err(HostError::from)?;
    let plugin = record(session, &installed);
    session.print_data(&plugin)?;
    done(session, &plugin, None);
    Ok(Exit::Done)
}

/// Makes the record of an installed plugin, with its component if that is as it was granted.
fn record(session: &Session<'_>, installed: &Installed) -> Plugin {
    let plugins = session.plugins().map(Plugins::unaudited).ok();
    let opened = plugins.and_then(|plugins| plugins.open(installed.name()).ok().flatten());
    let same = opened.filter(|(now, _)| now.digest == installed.digest);
    Plugin::installed(installed, same.as_ref().map(|(_, artifact)| artifact))
}

/// Prints the change of a plugin, and its permissions.
fn done(session: &Session<'_>, plugin: &Plugin, what: Option<String>) {
    let mut parts: Vec<String> = what.into_iter().collect();
    parts.push(views::may(plugin));
    session.close(&[format!("{}: {}", plugin.name, parts.join("; "))]);
}

/// Removes what the cache holds of a plugin that was removed or replaced. That is done already: a failure is a warning.
fn forget(session: &Session<'_>, name: &str) {
    let forgotten = session.config().and_then(|config| Ok(config.forget(name)?));
    if let Err(error) = forgotten {
        tracing::warn!(
            "cached data of {name} remains, which `cloudhost cache clear` removes: {error:#}"
        );
    }
}

fn remove(session: &Session<'_>, name: &str) -> anyhow::Result<Exit> {
    let plugins = session.plugins()?;
    let component = plugins.clone().unaudited().open(name).ok().flatten();
    let removed = plugins.remove(name).map_err(HostError::from)?;
    forget(session, name);
    let component = component.filter(|(old, _)| old.digest == removed.digest);
    let component = component.as_ref().map(|(_, artifact)| artifact);
    session.print_data(&Plugin::installed(&removed, component))?;
    session.close(&[format!(
        "{name}: removed, with its grant, its catalogs and its compiled code; it was {} from {}",
        removed.digest, removed.source
    )]);
    Ok(Exit::Done)
}
