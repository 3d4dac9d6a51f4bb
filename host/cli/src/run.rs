//! `cloudhost run PROVIDER ...`

use super::args::{
    Action, Cli, ImagesCommand, PricingCommand, RegionsCommand, Run, SourceArgs, TypesCommand,
};
use super::{Exit, bill, generate, lists, pricing, progress, report, select};
use anyhow::Context as _;
use cloudhost::catalog::Catalog;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::host::{CatalogRequest, Host, HostConfig, HostError, Provider, Sources, Summary};
use std::time::Duration;

/// The user pressed Ctrl-C, or the process was told to end.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: nothing was written")]
pub struct Interrupted;

/// A question to one provider, with everything around it.
pub struct Session<'a> {
    pub cli: &'a Cli,
    pub provider: &'a Provider,
    pub request: CatalogRequest,
}

pub fn execute(cli: &Cli, run: &Run) -> anyhow::Result<Exit> {
    with_provider(
        cli,
        &run.provider,
        &run.sources,
        async |session| match &run.action {
            Action::GenerateKconfig(args) => generate::execute(&session, args).await,
            Action::InstanceTypes(TypesCommand::List(args)) => {
                lists::instance_types(&session, args).await
            }
            Action::InstanceTypes(TypesCommand::GetCheapest(args)) => {
                select::cheapest(&session, &args.wanted).await
            }
            Action::Regions(RegionsCommand::List {
                with_availability,
                region,
            }) => lists::regions(&session, *with_availability, region).await,
            Action::Images(ImagesCommand::List { arch }) => lists::images(&session, arch).await,
            Action::Pricing(PricingCommand::List {
                instance_type,
                filter,
            }) => pricing::list(&session, instance_type, filter).await,
            Action::Pricing(PricingCommand::Verify { region }) => {
                pricing::verify(&session, region).await
            }
            Action::CheckAvailability(args) => select::check(&session, args).await,
            Action::SmartSelect(args) => select::smart(&session, args).await,
            Action::Bill(args) => bill::execute(&session, args).await,
        },
    )
}

/// Runs work with a provider, until it is done or interrupted.
pub fn with_provider(
    cli: &Cli,
    name: &str,
    sources: &SourceArgs,
    work: impl AsyncFnOnce(Session<'_>) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let config = config(cli, sources)?;
    let host = Host::new(config)?;
    let provider = host.provider_here(name)?;
    known(&host, sources)?;
    cli.tape.runs(&provider)?;
    let session = Session {
        cli,
        provider: &provider,
        request: request(sources, &[]),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(async {
        tokio::select! {
            // What is done is done, even if a signal came meanwhile.
            biased;
            result = progress::during(cli.quiet, &provider, work(session)) => result,
            () = interrupted() => Err(Interrupted.into()),
        }
    });
    // Name lookups of a hanging resolver must not hold up the end.
    runtime.shutdown_background();
    result
}

/// An endpoint of a provider that there is not is a mistake, and not a thing to pass over.
pub fn known(host: &Host, sources: &SourceArgs) -> Result<(), HostError> {
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

/// The host's configuration with these options.
pub fn config(cli: &Cli, sources: &SourceArgs) -> anyhow::Result<HostConfig> {
    let mut config = cli.config()?;
    config.egress.endpoints.extend(sources.endpoint.clone());
    if let Some(seconds) = sources.timeout {
        config.egress.attempt_timeout = Duration::from_secs(seconds);
    }
    Ok(config)
}

/// The question that these options ask, about these kinds.
pub fn request(sources: &SourceArgs, kinds: &[DataKind]) -> CatalogRequest {
    let mut request = CatalogRequest::default();
    request.sources = match (sources.refresh, sources.offline) {
        (true, _) => Sources::Refresh,
        (_, true) => Sources::Offline,
        _ => Sources::Fresh,
    };
    request.bundled = !sources.no_bundled;
    request.strict = sources.strict;
    request.kinds = kinds.to_vec();
    request.settings.clone_from(&sources.set);
    request
}

/// Ends at a signal. The handlers are there from now on, not only when it is waited for.
fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    async {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            // Without handlers the signals end the process by themselves.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

impl Session<'_> {
    /// The catalog with these kinds, as far as the user accepts it, for an answer about the first of them.
    pub async fn catalog(&self, kinds: &[DataKind]) -> anyhow::Result<Catalog> {
        let mut request = self.request.clone();
        request.kinds = kinds.to_vec();
        request.about = kinds.first().copied();
        Ok(self.provider.catalog(&request).await?)
    }

    /// Prints the closing line, and tells how the run ended.
    pub fn close(&self, summary: &Summary, done: Vec<String>) -> Exit {
        if !self.cli.quiet {
            let requests = self.provider.activity().requests;
            let offline = self.request.sources == Sources::Offline;
            let asked = self.cli.tape.asked();
            let name = self.provider.name();
            let mut parts = vec![report::origin(name, summary, offline, &asked, requests)];
            parts.extend(done);
            parts.extend(report::audited(self.provider.audited()));
            parts.extend(report::missing(&summary.missing));
            report::closing(&parts);
        }
        if summary.missing.is_empty() {
            Exit::Done
        } else {
            Exit::Incomplete
        }
    }
}
