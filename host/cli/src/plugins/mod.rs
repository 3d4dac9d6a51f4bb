//! `cloudhost plugin ...`

mod author;
mod conformance;
mod install;
mod list;

use crate::args::PluginCommand;
use crate::exit::Exit;
use crate::session::Session;
use crate::{push, views};
use cloudhost::host::HostError;
use cloudhost::install::{GrantChoice, InstallError, Installed};
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

fn regranted(
    session: &Session<'_>,
    outcome: Result<Installed, InstallError>,
) -> anyhow::Result<Exit> {
    let installed = outcome.map_err(HostError::from)?;
    done(session, &installed, None)
}

/// Prints a changed plugin, the change and its permissions.
fn done(
    session: &Session<'_>,
    installed: &Installed,
    what: Option<String>,
) -> anyhow::Result<Exit> {
    let plugin = Plugin::installed(installed, None);
    session.print_data(&plugin)?;
    let mut parts: Vec<String> = what.into_iter().collect();
    parts.push(views::may(&plugin));
    session.close(&[format!("{}: {}", installed.name(), parts.join("; "))]);
    Ok(Exit::Done)
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
    let removed = session.plugins()?.remove(name).map_err(HostError::from)?;
    forget(session, name);
    session.print_data(&Plugin::installed(&removed, None))?;
    session.close(&[format!(
        "{name}: removed, with its grant, its catalogs and its compiled code; it was {} from {}",
        removed.digest, removed.source
    )]);
    Ok(Exit::Done)
}
