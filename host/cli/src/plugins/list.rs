//! `cloudhost plugin list|inspect|verify`

use crate::exit::Exit;
use crate::runtime::{Threads, block_on};
use crate::session::Session;
use crate::text::count;
use crate::{remedy, report, stderr, views};
use cloudhost::capability::is_name;
use cloudhost::contract::exports::cloudhost::provider::provider::Setting;
use cloudhost::host::{Host, HostError, Provider};
use cloudhost::install::InstallError;
use cloudhost::source::Source;
use cloudhost_api::{Plugin, PluginList, PluginVerification};
use std::path::Path;

pub fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let mut plugins = Vec::new();
    for builtin in cloudhost_builtin::PROVIDERS {
        plugins.push(Plugin::builtin(&builtin.artifact()?));
    }
    if let Ok(installed) = session.plugins() {
        for one in installed.list().map_err(HostError::from)? {
            let verified = installed.verify(&one);
            let plugin = Plugin::installed(&one, None);
            plugins.push(match verified.problems.as_slice() {
                [] => plugin,
                _ => plugin.broken(),
            });
        }
        for one in installed.unsealed().map_err(HostError::from)? {
            plugins.push(Plugin::installed(&one, None).unsealed());
        }
    }
    session.print(&PluginList { plugins }, views::plugin_list)?;
    Ok(Exit::Done)
}

pub fn inspect(session: &Session<'_>, plugin: &str) -> anyhow::Result<Exit> {
    let config = session.config()?;
    let installed = match (&config.plugins, cloudhost_builtin::find(plugin)) {
        (Some(plugins), None) => plugins.find(plugin),
        _ => Ok(None),
    };
    // It is shown for the user to agree to it, and does not run.
    if let Err(InstallError::Unsealed { record, .. }) = &installed {
        session.print(&Plugin::installed(record, None).unsealed(), views::plugin)?;
    }
    let installed = installed.map_err(HostError::from)?;
    let view = if installed.is_none() && cloudhost_builtin::find(plugin).is_none() {
        if is_name(plugin) && !Path::new(plugin).exists() {
            let name = plugin.to_owned();
            return Err(HostError::from(InstallError::NotInstalled { name }).into());
        }
        let source = plugin.parse::<Source>().map_err(InstallError::from);
        Plugin::file(&match source.map_err(HostError::from)? {
            Source::File(path) => session.component(&path)?,
            source => super::install::component(session, &source)?,
        })
    } else {
        // The settings come from running the plugin, which needs a grant.
        let host = Host::new(config)?;
        let provider = host.provider_here(plugin)?;
        match &installed {
            None => Plugin::builtin(provider.artifact()).with(settings(&provider)?),
            Some(installed) => {
                let view = Plugin::installed(installed, Some(provider.artifact()));
                match settings(&provider) {
                    Ok(settings) => view.with(settings),
                    Err(error) => {
                        report::failed(&error.context("its settings are unknown"));
                        view
                    }
                }
            }
        }
    };
    session.print(&view, views::plugin)?;
    Ok(Exit::Done)
}

fn settings(provider: &Provider) -> anyhow::Result<Vec<Setting>> {
    Ok(block_on(Threads::One, provider.describe())??.settings)
}

pub fn verify(session: &Session<'_>, name: Option<&str>) -> anyhow::Result<Exit> {
    let plugins = session.plugins()?;
    let installed = match name {
        Some(name) => vec![plugins.get(name).map_err(HostError::from)?],
        None => {
            let mut all = plugins.list().map_err(HostError::from)?;
            all.extend(plugins.unsealed().map_err(HostError::from)?);
            all
        }
    };
    let verified: Vec<_> = installed.iter().map(|one| plugins.verify(one)).collect();
    let problems = verified.iter().flat_map(|one| &one.problems);
    let hints: Vec<_> = problems
        .filter_map(|problem| remedy::hint(problem.remedy.as_ref()?))
        .collect();
    let verification = PluginVerification::from(verified);
    session.print(&verification, views::plugin_verification)?;
    let wrong = views::not_as_granted(&verification);
    if !session.cli.quiet {
        for hint in &hints {
            stderr::advice(hint);
        }
    }
    let plugins = count(installed.len(), "plugin");
    session.close(&[match wrong {
        0 => format!("{plugins}: all as granted"),
        _ => format!("{plugins}: {wrong} of them not as granted"),
    }]);
    Ok(match wrong {
        0 => Exit::Done,
        _ => Exit::Refused,
    })
}
