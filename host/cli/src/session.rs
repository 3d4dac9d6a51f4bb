//! One run of the program: its options, open audit log and recording, and its provider.

use crate::args::{Cli, SourceArgs};
use crate::exit::Exit;
use crate::interrupt::{Interrupted, interrupted};
use crate::record_replay::RecordReplay;
use crate::runtime::{Threads, block_on};
use crate::{print, progress, remedy, report, stderr};
use anyhow::Context as _;
use cloudhost::audit::{AuditSink, JsonLines, Refusal};
use cloudhost::catalog::{Catalog, Source};
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::credentials::ASSUME_ROLE;
use cloudhost::host::{
    CatalogRequest, FetchPolicy, Host, HostConfig, HostError, Provider, Summary,
};
use cloudhost::install::Plugins;
use cloudhost::limits::Allowance;
use cloudhost::plugin::{Artifact, Compiler, PluginError};
use cloudhost::{HasRemedy as _, Remedy, SealKey};
use cloudhost_api::Record;
use cloudhost_builtin::PROVIDERS;
use comfy_table::Table;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

/// State that all commands share.
pub struct Session<'a> {
    pub cli: &'a Cli,
    pub record_replay: RecordReplay,
    audit: Option<Arc<JsonLines>>,
    seal: SealKey,
    /// The hint for a secret that cannot be used was printed.
    advised: Once,
}

impl<'a> Session<'a> {
    /// Opens the audit log and the recording.
    pub fn open(cli: &'a Cli) -> anyhow::Result<Self> {
        let audit = cli.audit_log.as_deref().map(JsonLines::open);
        Ok(Self {
            cli,
            audit: audit.transpose()?.map(Arc::new),
            record_replay: RecordReplay::open(cli)?,
            seal: match &cli.seal_file {
                Some(file) => SealKey::given(file),
                None => SealKey::of_user(),
            },
            advised: Once::new(),
        })
    }

    /// Completes the recording and the audit log. An incomplete one fails an otherwise successful run.
    pub fn finish(self, mut exit: Exit) -> Exit {
        let recorded = self.record_replay.finish(self.cli.quiet);
        let logged = self.audit.as_ref().map_or(Ok(()), |log| log.finish());
        for finished in [recorded.map_err(Into::into), logged.map_err(Into::into)] {
            if let Err(error) = finished {
                let failed = report::failed(&error);
                // The first failure sets the exit status.
                if exit == Exit::Done || exit == Exit::Incomplete {
                    exit = failed;
                }
            }
        }
        exit
    }

    /// Prints a record: as a table, or as JSON or YAML.
    pub fn print<T: Record>(
        &self,
        record: &T,
        table: impl FnOnce(&T) -> Table,
    ) -> anyhow::Result<()> {
        print::result(self.cli.output, record, |record| Some(table(record)))
    }

    /// Prints a record as JSON or YAML; nothing as a table.
    pub fn print_data<T: Record>(&self, record: &T) -> anyhow::Result<()> {
        print::result(self.cli.output, record, |_| None)
    }

    /// Prints the closing line.
    pub fn close(&self, parts: &[String]) {
        if !self.cli.quiet {
            if let Some(remedy) = self.seal.fault().and_then(|fault| fault.remedy())
                && let Some(hint) = remedy::hint(&remedy)
            {
                self.advised.call_once(|| stderr::advice(&hint));
            }
            stderr::closing(parts);
        }
    }

    /// Prints a hint.
    pub fn advise(&self, hint: &str) {
        if !self.cli.quiet {
            stderr::advice(hint);
        }
    }

    /// Makes the configuration of a host from the options.
    pub fn config(&self) -> anyhow::Result<HostConfig> {
        let dir = match &self.cli.cache_dir {
            Some(dir) => dir.clone(),
            None => cloudhost_files::cache_dir().context(
                "there is no home directory with an absolute path for catalogs: give --cache-dir DIR",
            )?,
        };
        let mut config = HostConfig::new(dir);
        config.seal = self.seal.clone();
        config.builtin = PROVIDERS;
        config.audit = self.audit.clone().map(|log| log as Arc<dyn AuditSink>);
        config.plugins = self.plugins().ok();
        config.compiler = Compiler::Child {
            // This same program, even if its file was replaced meanwhile.
            program: "/proc/self/exe".into(),
            args: vec!["compile-component".into()],
        };
        config.overrides.clone_from(&self.cli.limit);
        self.record_replay.apply(&mut config);
        Ok(config)
    }

    /// Makes the configuration of a host that queries a provider.
    pub fn config_for(&self, sources: &SourceArgs) -> anyhow::Result<HostConfig> {
        let mut config = self.config()?;
        config.egress.endpoints.extend(sources.endpoint.clone());
        if let Some(role) = &sources.assume_role {
            let environment = std::mem::take(&mut config.environment);
            config.environment = environment.with(ASSUME_ROLE, role);
        }
        if let Some(seconds) = sources.timeout {
            config.egress.attempt_timeout = Duration::from_secs(seconds);
        }
        Ok(config)
    }

    /// Limits of a plugin without limits of its own.
    pub fn allowance(&self) -> Allowance {
        let mut allowance = Allowance::default();
        for (limit, value) in &self.cli.limit {
            limit.set(&mut allowance, *value);
        }
        allowance
    }

    /// Reads a component from a file. A refusal is an event of the audit.
    pub fn component(&self, path: &Path) -> Result<Artifact, PluginError> {
        let read = Artifact::open_within(path, self.allowance().limits.component);
        read.inspect_err(|error| self.refused(error.refusal()))
    }

    /// Adds a refusal to the audit log.
    pub fn refused(&self, refusal: Option<Refusal>) {
        if let (Some(refusal), Some(log)) = (refusal, &self.audit) {
            refusal.record(Some(&**log));
        }
    }

    /// Directory of the journal of operations.
    pub fn state_dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(dir) = &self.cli.state_dir {
            return Ok(dir.clone());
        }
        let dir = cloudhost_files::state_dir();
        dir.context("there is no home directory with an absolute path for the journal: give --state-dir DIR")
    }

    /// The installed plugins.
    pub fn plugins(&self) -> anyhow::Result<Plugins> {
        let dir = self.cli.plugin_dir.clone().or_else(Plugins::default_dir);
        let dir = dir.context(
            "there is no home directory with an absolute path for plugins: give --plugin-dir DIR",
        )?;
        let plugins = Plugins::at(dir).beside(PROVIDERS);
        let plugins = plugins.sealed_by(self.seal.clone());
        Ok(match self.audit.clone() {
            Some(log) => plugins.audited(log),
            None => plugins,
        })
    }

    /// Runs work with a provider, until it is done or interrupted.
    pub fn with_provider(
        &self,
        name: &str,
        sources: &SourceArgs,
        work: impl AsyncFnOnce(ProviderSession<'_>) -> anyhow::Result<Exit>,
    ) -> anyhow::Result<Exit> {
        let host = Host::new(self.config_for(sources)?)?;
        let provider = host.provider_here(name)?;
        check_endpoints(&host, sources)?;
        self.record_replay.runs(&provider)?;
        let session = ProviderSession {
            session: self,
            provider: &provider,
            request: request(sources, &[]),
        };
        block_on(Threads::Many, async {
            tokio::select! {
                // What is done is done, even if a signal came meanwhile.
                biased;
                result = progress::during(self.cli.quiet, &provider, work(session)) => result,
                () = interrupted() => Err(Interrupted.into()),
            }
        })?
    }
}

/// Rejects an endpoint of a provider that does not exist.
pub fn check_endpoints(host: &Host, sources: &SourceArgs) -> Result<(), HostError> {
    if sources.endpoint.is_empty() {
        return Ok(());
    }
    let known = host.names()?;
    let mut names = sources.endpoint.iter().map(|(name, _)| name);
    match names.find(|name| !known.contains(name)) {
        Some(name) => Err(HostError::UnknownProvider {
            name: name.clone(),
            known,
        }),
        None => Ok(()),
    }
}

/// Makes the request for these kinds of data from the options.
pub fn request(sources: &SourceArgs, kinds: &[DataKind]) -> CatalogRequest {
    let mut request = CatalogRequest::default();
    request.sources = match (sources.refresh, sources.offline) {
        (true, _) => FetchPolicy::Refresh,
        (_, true) => FetchPolicy::Offline,
        _ => FetchPolicy::Fresh,
    };
    request.bundled = !sources.no_bundled;
    request.strict = sources.strict;
    request.kinds = kinds.to_vec();
    request.settings.clone_from(&sources.set);
    request
}

/// A session with one provider.
pub struct ProviderSession<'a> {
    pub session: &'a Session<'a>,
    pub provider: &'a Provider,
    pub request: CatalogRequest,
}

impl ProviderSession<'_> {
    /// Name of the provider.
    pub fn name(&self) -> &str {
        self.provider.name()
    }

    /// Gets the catalog with these kinds, if the options accept it, for a result about the first of them.
    pub async fn catalog(&self, kinds: &[DataKind]) -> anyhow::Result<Catalog> {
        let about = kinds.first().copied();
        self.catalog_about(about.as_slice(), kinds).await
    }

    /// Gets the catalog with these kinds, if the options accept it, for a result about some of them.
    pub async fn catalog_about(
        &self,
        about: &[DataKind],
        kinds: &[DataKind],
    ) -> anyhow::Result<Catalog> {
        let mut request = self.request.clone();
        request.kinds = kinds.to_vec();
        request.about = about.to_vec();
        Ok(self.provider.catalog(&request).await?)
    }

    /// The remedy for data of these kinds, which this catalog does not have.
    pub async fn more_data(&self, summary: &Summary, lacks: &[DataKind]) -> Option<Remedy> {
        let reports = self.reports(lacks).await;
        match (self.request.sources, &summary.source) {
            _ if !reports => None,
            (FetchPolicy::Offline, _) => Some(Remedy::AllowNetwork),
            (_, Source::Bundled(_)) => {
                let checked = self.provider.check_credentials().await;
                checked.err().and_then(|error| error.remedy())
            }
            (_, Source::Live(_)) => Some(Remedy::Refresh),
        }
    }

    /// Reports whether the provider may have data of one of these kinds. One that reports capacity shows it in its menus,
    /// or has stated how soon it is stale.
    async fn reports(&self, kinds: &[DataKind]) -> bool {
        if kinds.iter().any(|kind| *kind != DataKind::Capacity) {
            return true;
        }
        let description = self.provider.describe().await;
        description.is_ok_and(|described| {
            let mut stated = described.freshness.iter().map(|one| one.kind);
            described.menus.contains(&DataKind::Capacity)
                || stated.any(|kind| kind == DataKind::Capacity)
        })
    }

    /// Prints the closing line of a list, and returns the exit status: an empty list is a failure to find something.
    /// `unknown` are the kinds of data that could fill it if they were known, and `hint` lists what is unknown.
    pub async fn close_list(
        &self,
        summary: &Summary,
        done: Vec<String>,
        is_empty: bool,
        unknown: &[DataKind],
        hint: Option<String>,
    ) -> Exit {
        match (self.close(summary, done), unknown) {
            (exit, _) if !is_empty => exit,
            (Exit::Done, []) => Exit::NoCapacity,
            (exit, []) => exit,
            (_, unknown) => {
                let more = self.more_data(summary, unknown).await;
                let hints: Vec<String> = more.iter().filter_map(remedy::hint).chain(hint).collect();
                if !hints.is_empty() {
                    self.session.advise(&hints.join("\nor: "));
                }
                Exit::Unknown
            }
        }
    }

    /// Prints the closing line, and returns the exit status.
    pub fn close(&self, summary: &Summary, done: Vec<String>) -> Exit {
        let requests = self.provider.activity().requests;
        let offline = self.request.sources == FetchPolicy::Offline;
        let queried = self.session.record_replay.responses_from();
        let mut parts = vec![report::origin(
            self.name(),
            summary,
            report::why_bundled(offline),
            &queried,
            requests,
        )];
        parts.extend(done);
        parts.extend(report::audited(self.provider.audited()));
        parts.extend(report::missing(&summary.missing));
        self.session.close(&parts);
        if summary.missing.is_empty() {
            Exit::Done
        } else {
            Exit::Incomplete
        }
    }
}
