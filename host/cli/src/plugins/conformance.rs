//! `cloudhost plugin test`

use crate::args::TestArgs;
use crate::exit::Exit;
use crate::project::{Project, ProjectError};
use crate::runtime::{Threads, block_on};
use crate::session::Session;
use crate::{stderr, views};
use cloudhost::capability::is_name;
use cloudhost::host::Host;
use cloudhost::plugin::Artifact;
use cloudhost::recording::{Recording, RecordingError};
use cloudhost_api::Verdict;
use cloudhost_conformance::{Fields, RecordedRun, Suite};
use std::path::{Path, PathBuf};

pub fn test(session: &Session<'_>, args: &TestArgs) -> anyhow::Result<Exit> {
    let (artifact, beside) = plugin(session, &args.plugin)?;
    let mut recordings = Vec::new();
    for path in files(args.recordings.as_deref(), beside.as_deref())? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let recording = Recording::read(&path)?;
        if recording.about.plugin != artifact.manifest.name {
            let (recorded, running) = (recording.about.plugin, artifact.manifest.name);
            return Err(RecordingError::OtherPlugin {
                path,
                recorded,
                running,
            }
            .into());
        }
        let fields = fields(&path)?;
        recordings.push(RecordedRun {
            name,
            recording,
            fields,
        });
    }
    let suite = Suite {
        artifact,
        recordings,
        settings: args.set.clone(),
    };
    let config = session.config()?;
    let cases = block_on(Threads::Many, suite.run(&config))??;
    let report = views::report(&suite.artifact, cases);
    session.print(&report, views::test_report)?;
    if !session.cli.quiet {
        stderr::lines(&views::failures(&report));
    }
    session.close(&[views::summary(&report)]);
    Ok(match report.count(Verdict::Failed) {
        0 => Exit::Done,
        _ => Exit::Failed,
    })
}

/// Opens the plugin, and finds the path of its recordings.
fn plugin(session: &Session<'_>, what: &Path) -> anyhow::Result<(Artifact, Option<PathBuf>)> {
    let config = session.config()?;
    if what.is_dir() {
        let project = Project::open(what)?;
        let artifact = project.build(session.allowance().limits.component, session.cli.quiet)?;
        return Ok((artifact, Some(project.recordings())));
    }
    let name = what.to_str().filter(|name| is_name(name));
    let provider = name.filter(|name| cloudhost_builtin::find(name).is_some() || !what.exists());
    if let Some(name) = provider {
        let host = Host::new(config)?;
        return Ok((host.provider_here(name)?.artifact().clone(), None));
    }
    let artifact = session.component(what)?;
    Ok((artifact, what.parent().map(|dir| dir.join("recordings"))))
}

/// Lists the recordings at a named path, or beside the plugin, where there may be none.
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

/// The fields file beside a recording: `NAME.toml` for `NAME.jsonl`.
fn fields(recording: &Path) -> Result<Option<Fields>, ProjectError> {
    let path = recording.with_extension("toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ProjectError::disk("read", &path)(error)),
    };
    match Fields::parse(&text) {
        Ok(fields) => Ok(Some(fields)),
        Err(source) => Err(ProjectError::Fields { path, source }),
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
