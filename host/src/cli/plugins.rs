//! `cloudhost plugin list|inspect|push`

use super::args::{Cli, PluginCommand};
use super::views::{PluginView, PluginsView};
use super::{Exit, print};
use crate::Builtin;
use crate::host::Host;
use crate::plugin::Artifact;
use anyhow::Context as _;
use std::path::Path;

pub fn execute(cli: &Cli, command: &PluginCommand) -> anyhow::Result<Exit> {
    match command {
        PluginCommand::List => {
            let mut plugins = Vec::new();
            for builtin in Builtin::all() {
                plugins.push(PluginView::new(&builtin.artifact()?, true));
            }
            let view = PluginsView { plugins };
            print::result(cli.output, &view, |view| Some(view.table()))?;
        }
        PluginCommand::Inspect { plugin } => {
            let view = match Builtin::find(plugin) {
                Some(builtin) => {
                    // Settings are what the plugin says when it runs, which a built-in one may.
                    let host = Host::new(cli.config()?)?;
                    let provider = host.provider(builtin.name)?;
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .context("cannot start the runtime")?;
                    let description = runtime.block_on(provider.describe())?;
                    PluginView::new(provider.artifact(), true).with(description.settings)
                }
                None => PluginView::new(&Artifact::open(Path::new(plugin))?, false),
            };
            print::result(cli.output, &view, |view| Some(view.table()))?;
        }
        PluginCommand::Push(args) => return super::push::execute(cli, args),
    }
    Ok(Exit::Done)
}
