//! `cloudhost plugin list|inspect|verify`

use super::{PluginView, VerifiedView};
use crate::args::Cli;
use crate::views::PluginsView;
use crate::{Exit, print, report};
use anyhow::Context as _;
use cloudhost::Builtin;
use cloudhost::host::{Host, HostError, Provider};
use std::path::Path;

pub fn list(cli: &Cli) -> anyhow::Result<Exit> {
    let mut plugins = Vec::new();
    for builtin in Builtin::all() {
        plugins.push(PluginView::builtin(&builtin.artifact()?));
    }
    if let Ok(installed) = cli.plugins() {
        for one in installed.list().map_err(HostError::from)? {
            let verified = installed.verify(&one);
            let view = PluginView::installed(&one, None);
            plugins.push(view.broken(!verified.problems.is_empty()));
        }
    }
    let view = PluginsView { plugins };
    print::result(cli.output, &view, |view| Some(view.table()))?;
    Ok(Exit::Done)
}

pub fn inspect(cli: &Cli, plugin: &str) -> anyhow::Result<Exit> {
    let config = cli.config()?;
    let installed = match (&config.plugins, Builtin::find(plugin)) {
        (Some(plugins), None) => plugins.find(plugin).map_err(HostError::from)?,
        _ => None,
    };
    let view = if installed.is_none() && Builtin::find(plugin).is_none() {
        PluginView::file(&cli.component(Path::new(plugin))?)
    } else {
        // Settings are what the plugin says when it runs, which one with a grant may.
        let host = Host::new(config)?;
        let provider = host.provider_here(plugin)?;
        match &installed {
            None => PluginView::builtin(provider.artifact()).with(settings(&provider)?),
            Some(installed) => {
                let view = PluginView::installed(installed, Some(provider.artifact()));
                match settings(&provider) {
                    Ok(settings) => view.with(settings),
                    Err(error) => {
                        report::failed(&error.context("its settings are not known"));
                        view
                    }
                }
            }
        }
    };
    print::result(cli.output, &view, |view| Some(view.table()))?;
    Ok(Exit::Done)
}

fn settings(
    provider: &Provider,
) -> anyhow::Result<Vec<cloudhost::contract::exports::cloudhost::provider::provider::Setting>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    Ok(runtime.block_on(provider.describe())?.settings)
}

pub fn verify(cli: &Cli, name: Option<&str>) -> anyhow::Result<Exit> {
    let plugins = cli.plugins()?;
    let installed = match name {
        Some(name) => vec![plugins.get(name).map_err(HostError::from)?],
        None => plugins.list().map_err(HostError::from)?,
    };
    let verified = installed.iter().map(|one| plugins.verify(one)).collect();
    let view = VerifiedView::new(verified);
    print::result(cli.output, &view, |view| Some(view.table()))?;
    let wrong = view.wrong();
    if !cli.quiet {
        for hint in view.hints() {
            report::advice(hint);
        }
        let plugins = report::count(installed.len(), "plugin");
        report::closing(&[match wrong {
            0 => format!("{plugins}: all as granted"),
            _ => format!("{plugins}: {wrong} of them not as granted"),
        }]);
    }
    Ok(match wrong {
        0 => Exit::Done,
        _ => Exit::Refused,
    })
}
