//! `cloudhost plugin ...`

mod author;
mod conformance;
mod install;
mod look;

use super::args::{Cli, PluginCommand};
use super::views::{PluginView, VerifiedView};
use super::{Exit, print, report};
use cloudhost::catalog::Store;
use cloudhost::host::HostError;
use cloudhost::install::{Given, InstallError, Installed};

pub fn execute(cli: &Cli, command: &PluginCommand) -> anyhow::Result<Exit> {
    match command {
        PluginCommand::List => look::list(cli),
        PluginCommand::Inspect { plugin } => look::inspect(cli, plugin),
        PluginCommand::Verify { name } => look::verify(cli, name.as_deref()),
        PluginCommand::Install {
            source,
            fetched,
            consent,
        } => install::install(cli, source, fetched, &consent.consent(&[], &cli.limit)),
        PluginCommand::Update {
            name,
            source,
            fetched,
            consent,
            accept,
        } => {
            let consent = consent.consent(accept, &cli.limit);
            match name {
                Some(name) => install::update(cli, name, source.as_ref(), fetched, &consent),
                None => install::update_all(cli, fetched, &consent),
            }
        }
        PluginCommand::Grant { name, items, all } => {
            let given = match all {
                true => Given::All,
                false => Given::These(items.grant()),
            };
            let plugins = cli.plugins()?;
            let granted = plugins.grant(name, &given);
            regranted(cli, granted.and_then(|_| plugins.limit(name, &cli.limit)))
        }
        PluginCommand::Revoke { name, items } => {
            regranted(cli, cli.plugins()?.revoke(name, &items.grant()))
        }
        PluginCommand::Remove { name } => remove(cli, name),
        PluginCommand::New { name, lang } => author::new(cli, name, *lang),
        PluginCommand::Build { project } => author::build(cli, project),
        PluginCommand::Pack {
            component,
            manifest,
            out,
        } => author::pack(cli, component, manifest, out.as_deref()),
        PluginCommand::Test(args) => conformance::test(cli, args),
        PluginCommand::Push(args) => super::push::execute(cli, args),
    }
}

fn regranted(cli: &Cli, outcome: Result<Installed, InstallError>) -> anyhow::Result<Exit> {
    let installed = outcome.map_err(HostError::from)?;
    done(cli, &installed, None)
}

/// Prints a changed plugin, and says what was done and what it may do now.
fn done(cli: &Cli, installed: &Installed, what: Option<String>) -> anyhow::Result<Exit> {
    let view = PluginView::installed(installed, None);
    print::result(cli.output, &view, |_| None)?;
    if !cli.quiet {
        let mut parts: Vec<String> = what.into_iter().collect();
        parts.push(view.may());
        report::closing(&[format!("{}: {}", installed.name(), parts.join("; "))]);
    }
    Ok(Exit::Done)
}

fn remove(cli: &Cli, name: &str) -> anyhow::Result<Exit> {
    let removed = cli.plugins()?.remove(name).map_err(HostError::from)?;
    // Another plugin of this name must not be taken to have fetched these.
    if let Some(store) = Store::existing(&cli.config()?.catalogs()).map_err(HostError::from)? {
        store.clear(Some(name)).map_err(HostError::from)?;
    }
    print::result(cli.output, &PluginView::installed(&removed, None), |_| None)?;
    if !cli.quiet {
        report::closing(&[format!(
            "{name}: removed, with its grant and its catalogs; it was {} from {}",
            removed.digest, removed.source
        )]);
    }
    Ok(Exit::Done)
}
