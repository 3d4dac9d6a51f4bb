//! `cloudhost plugin test`

use crate::args::{Cli, TestArgs};
use crate::project::{Project, ProjectError};
use crate::views::TestedView;
use crate::{Exit, print, report};
use anyhow::Context as _;
use cloudhost::Builtin;
use cloudhost::capability::is_name;
use cloudhost::host::Host;
use cloudhost::plugin::Artifact;
use cloudhost::recording::{Recording, RecordingError};
use cloudhost_conformance::Suite;
use std::path::{Path, PathBuf};

pub fn test(cli: &Cli, args: &TestArgs) -> anyhow::Result<Exit> {
    let (artifact, beside) = plugin(cli, &args.plugin)?;
    let mut recordings = Vec::new();
    for path in files(args.recordings.as_deref(), beside.as_deref())? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let recording = Recording::read(&path)?;
        if recording.about.plugin != artifact.manifest.name {
            let (recorded, asked) = (recording.about.plugin, artifact.manifest.name);
            return Err(RecordingError::OtherPlugin {
                path,
                recorded,
                asked,
            }
            .into());
        }
        recordings.push((name, recording));
    }
    let suite = Suite {
        artifact,
        recordings,
        settings: args.set.clone(),
    };
    let config = cli.config()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let cases = runtime.block_on(suite.run(&config))?;
    let view = TestedView::new(&suite.artifact, cases);
    print::result(cli.output, &view, |view| Some(view.table()))?;
    if !cli.quiet {
        report::lines(&view.failures());
        report::closing(&[view.summary()]);
    }
    Ok(match view.failed() {
        0 => Exit::Done,
        _ => Exit::Failed,
    })
}

/// The plugin, and where its recordings would lie.
fn plugin(cli: &Cli, what: &Path) -> anyhow::Result<(Artifact, Option<PathBuf>)> {
    let config = cli.config()?;
    if what.is_dir() {
        let project = Project::open(what)?;
        let artifact = project.build(cli.allowance().limits.component, cli.quiet)?;
        return Ok((artifact, Some(project.recordings())));
    }
    let name = what.to_str().filter(|name| is_name(name));
    let provider = name.filter(|name| Builtin::find(name).is_some() || !what.exists());
    if let Some(name) = provider {
        let host = Host::new(config)?;
        return Ok((host.provider_here(name)?.artifact().clone(), None));
    }
    let artifact = cli.component(what)?;
    Ok((artifact, what.parent().map(|dir| dir.join("recordings"))))
}

/// The recordings at a path that was named, by name: itself, or those in the folder that it is. Beside a plugin there
/// may be none.
fn files(named: Option<&Path>, beside: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    let found = match named.or(beside) {
        Some(path) if path.is_dir() => within(path)?,
        Some(path) if named.is_some() || path.exists() => vec![path.to_owned()],
        _ => Vec::new(),
    };
    match named.filter(|_| found.is_empty()) {
        Some(path) => Err(ProjectError::NoRecordings {
            dir: path.to_owned(),
        }
        .into()),
        None => Ok(found),
    }
}

fn within(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
        entries.collect()
    };
    let mut files = read().map_err(ProjectError::disk("read", path))?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    Ok(files)
}
