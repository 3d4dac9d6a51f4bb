//! `--record FILE` and `--replay FILE`.
//!
//! Both start without a catalog, in a temporary directory of their own: a recording then has all requests of a run,
//! and a replay depends on nothing else.

use crate::args::{CacheCommand, Cli, Command, CredentialsCommand};
use crate::quote::quoted;
use crate::{stderr, text};
use anyhow::Context as _;
use clap::error::ErrorKind;
use cloudhost::host::{HostConfig, Provider};
use cloudhost::plugin::Artifact;
use cloudhost::recording::{Recorder, Recording, RecordingError, RecordingFile, Replay};
use jiff::Timestamp;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

/// Recorder or replay between the plugin of this run and the network.
#[derive(Debug, Default)]
pub enum RecordReplay {
    /// Nothing.
    #[default]
    None,
    Record {
        recorder: Arc<Recorder>,
        /// The plugin that runs, once it is found.
        plugin: OnceLock<Box<Artifact>>,
        file: RecordingFile,
        catalogs: TempDir,
    },
    Replay {
        replay: Arc<Replay>,
        path: PathBuf,
        catalogs: TempDir,
    },
}

impl RecordReplay {
    /// Opens the file that the options name.
    pub fn open(cli: &Cli) -> anyhow::Result<Self> {
        if cli.record.is_none() && cli.replay.is_none() {
            return Ok(Self::None);
        }
        if let Err(why) = fits(cli) {
            clap::Error::raw(ErrorKind::ArgumentConflict, format!("{why}\n")).exit();
        }
        let catalogs = tempfile::tempdir().context("cannot create a temporary directory")?;
        if let Some(path) = &cli.replay {
            let recording = Recording::read(path)?;
            let again = format!("cloudhost {} --record {}", words().join(" "), quoted(path));
            return Ok(Self::Replay {
                replay: Arc::new(Replay::new(recording, again)),
                path: path.clone(),
                catalogs,
            });
        }
        let path = cli.record.as_deref().unwrap_or(Path::new(""));
        Ok(Self::Record {
            file: RecordingFile::create(path)?,
            recorder: Arc::new(Recorder::new()),
            plugin: OnceLock::new(),
            catalogs,
        })
    }

    /// Configures a host to record or replay.
    pub fn apply(&self, config: &mut HostConfig) {
        match self {
            Self::None => {}
            Self::Record {
                recorder, catalogs, ..
            } => {
                config.egress.interceptor = Some(recorder.clone());
                config.catalog_dir = Some(catalogs.path().to_owned());
            }
            Self::Replay {
                replay, catalogs, ..
            } => config.replay(replay.clone(), catalogs.path()),
        }
    }

    /// Sets the plugin that runs.
    pub fn runs(&self, provider: &Provider) -> Result<(), RecordingError> {
        match self {
            Self::Record { plugin, .. } => {
                plugin.get_or_init(|| Box::new(provider.artifact().clone()));
            }
            Self::Replay { replay, path, .. } if replay.about().plugin != provider.name() => {
                return Err(RecordingError::OtherPlugin {
                    path: path.clone(),
                    recorded: replay.about().plugin.clone(),
                    running: provider.name().to_owned(),
                });
            }
            Self::None | Self::Replay { .. } => {}
        }
        Ok(())
    }

    /// True where this run records or replays: then it waits for every response.
    pub fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The time of this run: of a replay, that of its recording.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::None => cloudhost::clock::timestamp(),
            Self::Record { recorder, .. } => recorder.began(),
            Self::Replay { replay, .. } => replay.about().recorded_at,
        }
    }

    /// Source of the responses, for the closing line.
    pub fn responses_from(&self) -> String {
        match self {
            Self::None | Self::Record { .. } => "queried the cloud".to_owned(),
            Self::Replay { replay, path, .. } => format!(
                "replayed {}, {} old,",
                path.display(),
                text::age(replay.about().recorded_at)
            ),
        }
    }

    /// Writes the recording, however the run ended, and reports it.
    pub fn finish(self, quiet: bool) -> Result<(), RecordingError> {
        let Self::Record {
            recorder,
            plugin,
            file,
            ..
        } = self
        else {
            return Ok(());
        };
        let Some(plugin) = plugin.get() else {
            // No plugin ran that could have sent a request.
            return Ok(());
        };
        let path = file.path().to_owned();
        let recording = match recorder.finish(plugin, words()) {
            Ok(recording) => recording,
            Err(why) => return Err(RecordingError::Unwritable { path, why }),
        };
        file.commit(&recording)?;
        if !quiet {
            let requests = text::count(recording.exchanges.len(), "request");
            stderr::closing(&[format!("recorded {requests} in {}", path.display())]);
        }
        Ok(())
    }
}

/// Checks that this run can be recorded or replayed.
fn fits(cli: &Cli) -> Result<(), String> {
    let option = if cli.replay.is_some() {
        "--replay"
    } else {
        "--record"
    };
    let (endpoint, offline) = match &cli.command {
        Command::Run(run) => (&run.sources.endpoint, run.sources.offline),
        Command::KconfigValue(args) => (&args.sources.endpoint, args.sources.offline),
        Command::Cache(CacheCommand::Export { sources, .. }) => {
            (&sources.endpoint, sources.offline)
        }
        Command::Credentials(CredentialsCommand::Test { endpoint, .. }) => (endpoint, false),
        _ => {
            return Err(format!("{option} needs a command that contacts a provider"));
        }
    };
    if offline {
        return Err(format!("{option} cannot be combined with --offline"));
    }
    if cli.replay.is_some() && !endpoint.is_empty() {
        return Err("--replay cannot be combined with --endpoint: no request is sent".to_owned());
    }
    Ok(())
}

/// The arguments of this run, ready to paste, without those that record or replay.
fn words() -> Vec<String> {
    without_record_replay(std::env::args_os().skip(1))
}

fn without_record_replay(args: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut words = Vec::new();
    let mut skip = false;
    for arg in args {
        let text = arg.to_string_lossy();
        if std::mem::take(&mut skip) {
            continue;
        }
        match text.split_once('=').map_or(&*text, |(name, _)| name) {
            "--record" | "--replay" => skip = !text.contains('='),
            _ => words.push(quoted(Path::new(&arg))),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("run aws regions list", "run aws regions list")]
    #[case("--replay f run aws --replay=g", "run aws")]
    #[case("run aws --record f --set a=b", "run aws --set 'a=b'")]
    fn words_that_record_are_left_out(#[case] args: &str, #[case] expected: &str) {
        let words = without_record_replay(args.split(' ').map(OsString::from));
        assert_eq!(words.join(" "), expected);
    }
}
