//! `cloudhost plugin list|inspect`

use super::args::{Cli, PluginCommand};
use super::views::{PluginView, PluginsView};
use super::{Exit, print};
use crate::Builtin;
use crate::plugin::Artifact;
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
                Some(builtin) => PluginView::new(&builtin.artifact()?, true),
                None => PluginView::new(&Artifact::open(Path::new(plugin))?, false),
            };
            print::result(cli.output, &view, |view| Some(view.table()))?;
        }
    }
    Ok(Exit::Done)
}
