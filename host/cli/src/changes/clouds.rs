//! Providers of a command, and lists over all of them.

use crate::args::SourceArgs;
use crate::change_errors::Incomplete;
use crate::exit::Exit;
use crate::interrupt::{Detached, Interrupted, interrupted};
use crate::runtime::{Threads, block_on};
use crate::session::{Session, check_endpoints};
use crate::text::count;
use cloudhost::changes::{ChangeError, Changes, Known, OperationId};
use cloudhost::contract::cloudhost::provider::resources::ResourceQuery;
use cloudhost::contract::cloudhost::provider::types::{DataKind, Error as CloudError, Region};
use cloudhost::host::{CatalogRequest, Host, HostError, Provider};
use cloudhost_api::MissingPart;
use std::pin::pin;
use std::sync::Mutex;
use tokio::sync::watch;

/// Number of missing parts that the closing line names.
const NAMED: usize = 3;

/// Providers of a command.
pub struct Clouds<'a> {
    pub session: &'a Session<'a>,
    pub host: Host,
    pub sources: &'a SourceArgs,
    /// The providers, and those that cannot be used.
    pub providers: Vec<Result<Provider, (String, HostError)>>,
    /// The user named them.
    named: bool,
    /// The operation that goes on when the command is interrupted.
    goes_on: Mutex<Option<String>>,
    /// The user wants to leave.
    stop: watch::Sender<bool>,
}

/// A list of all providers.
pub struct Listed<T> {
    /// The items with their providers.
    pub items: Vec<(String, T)>,
    /// Parts that could not be read.
    pub missing: Vec<MissingPart>,
}

/// Runs work with these providers, or with all, until it is done or interrupted.
pub fn with_clouds(
    session: &Session<'_>,
    names: &[String],
    sources: &SourceArgs,
    work: impl AsyncFnOnce(&Clouds<'_>) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    if sources.offline {
        usage("--offline cannot be used here: resources are not cached\n");
    }
    let host = Host::new(session.config_for(sources)?)?;
    check_endpoints(&host, sources)?;
    let named = !names.is_empty();
    let all = match named {
        true => names.to_vec(),
        false => host.names()?,
    };
    let mut providers = Vec::new();
    for name in all {
        match host.provider_here(&name) {
            Ok(provider) => providers.push(Ok(provider)),
            Err(error) if named => return Err(error.into()),
            Err(error) => providers.push(Err((name, error))),
        }
    }
    if let [Ok(provider)] = providers.as_slice() {
        session.record_replay.runs(provider)?;
    }
    let clouds = Clouds {
        session,
        host,
        sources,
        providers,
        named,
        goes_on: Mutex::default(),
        stop: watch::Sender::new(false),
    };
    block_on(Threads::Many, async {
        let mut work = pin!(work(&clouds));
        tokio::select! {
            // What is done is done, even if a signal came meanwhile.
            biased;
            result = &mut work => return result,
            () = interrupted() => {}
        }
        let Some(id) = clouds.operation() else {
            return Err(Interrupted.into());
        };
        // The request that is under way is finished; a second signal ends that too.
        clouds.stop.send_replace(true);
        tokio::select! {
            biased;
            // The report says how to go on.
            result = &mut work => match result? {
                Exit::GoesOn => Ok(Exit::Interrupted),
                exit => Ok(exit),
            },
            () = interrupted() => Err(Detached { id }.into()),
        }
    })?
}

/// Ends the program with a usage error.
pub fn usage(text: &str) -> ! {
    clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, text).exit()
}

impl Clouds<'_> {
    /// The one provider of a change.
    pub fn one(&self) -> &Provider {
        match self.providers.as_slice() {
            [Ok(provider)] => provider,
            all => {
                let names = all.iter().map(|one| match one {
                    Ok(provider) => provider.name(),
                    Err((name, _)) => name,
                });
                let names: Vec<&str> = names.collect();
                usage(&format!(
                    "one provider is needed: --provider NAME, one of {}\n",
                    names.join(", ")
                ))
            }
        }
    }

    /// Opens the journal, and makes it if there is none.
    pub async fn changes(&self) -> anyhow::Result<Changes> {
        Ok(Changes::open(&self.session.state_dir()?, &self.host).await?)
    }

    /// Opens the journal, if there is one.
    pub async fn existing_changes(&self) -> anyhow::Result<Option<Changes>> {
        Ok(Changes::existing(&self.session.state_dir()?, &self.host).await?)
    }

    /// Reads the journal's resources of all providers. A provider that the user did not name can be without an account,
    /// such as one without a credential: nothing of it is known.
    pub async fn known(&self) -> anyhow::Result<Known> {
        match self.existing_changes().await? {
            Some(changes) => {
                let usable = self.providers.iter().filter_map(|one| one.as_ref().ok());
                let with_account = usable.map(async |provider| {
                    let account = changes.account(provider).await;
                    (self.named || account.is_ok()).then_some(provider)
                });
                let with_account = futures::future::join_all(with_account).await;
                Ok(changes.known(with_account.into_iter().flatten()).await?)
            }
            None => Ok(Known::default()),
        }
    }

    /// Regions of a provider with their zones, as the catalog has them; empty if it has none.
    pub async fn regions(&self, provider: &Provider) -> Vec<Region> {
        let mut request = CatalogRequest::of([DataKind::Regions]);
        request.settings.clone_from(&self.sources.set);
        let catalog = provider.catalog(&request).await;
        catalog.map_or_else(|_| Vec::new(), |catalog| catalog.regions)
    }

    /// Sets the operation that goes on when the command is interrupted.
    pub fn detach_as(&self, id: Option<&OperationId>) {
        if let Ok(mut operation) = self.goes_on.lock() {
            *operation = id.map(ToString::to_string);
        }
    }

    /// Waits until the user wants to leave.
    pub async fn stopped(&self) {
        // The sender lives as long as this.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    fn operation(&self) -> Option<String> {
        let operation = self.goes_on.lock();
        operation.ok().and_then(|mut operation| operation.take())
    }

    /// Reads a list from all providers at once. A provider without the interface has nothing of the kind.
    ///
    /// # Errors
    /// When no provider could be asked, or a part is missing that the options require.
    pub async fn list<T>(
        &self,
        read: impl AsyncFn(&Provider) -> Result<(Vec<T>, Vec<CloudError>), ChangeError>,
    ) -> anyhow::Result<Listed<T>> {
        let reads = self.providers.iter().map(|provider| async {
            match provider {
                Ok(provider) => (provider.name().to_owned(), Some(read(provider).await)),
                Err((name, _)) => (name.clone(), None),
            }
        });
        let results = futures::future::join_all(reads).await;
        let (mut items, mut missing) = (Vec::new(), Vec::new());
        let (mut asked, mut first) = (false, None);
        for (name, result) in results {
            match result {
                Some(Ok((found, gaps))) => {
                    asked = true;
                    missing.extend(gaps.iter().map(|gap| MissingPart::new(&name, gap)));
                    items.extend(found.into_iter().map(|one| (name.clone(), one)));
                }
                Some(Err(error)) if error.is_unsupported() && !self.named => {}
                Some(Err(error)) => {
                    missing.push(whole(&name, &error));
                    first.get_or_insert(error);
                }
                None => {}
            }
        }
        for provider in &self.providers {
            if let Err((name, error)) = provider {
                missing.push(whole(name, error));
            }
        }
        match first {
            Some(error) if !asked => return Err(error.into()),
            _ => {}
        }
        if self.sources.strict
            && let Some(gap) = missing.first()
        {
            return Err(Incomplete {
                provider: gap.provider.clone(),
                message: gap.message.clone(),
            }
            .into());
        }
        Ok(Listed { items, missing })
    }

    /// Prints the closing line of a list, and returns the exit status.
    pub fn close(&self, number: usize, what: &str, missing: &[MissingPart]) -> Exit {
        let mut parts = vec![count(number, what)];
        parts.extend(absent(missing));
        self.session.close(&parts);
        match missing.is_empty() {
            true => Exit::Done,
            false => Exit::Incomplete,
        }
    }
}

/// Missing parts, if there are any.
pub fn absent(missing: &[MissingPart]) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let line = |gap: &MissingPart| match gap.zone.as_ref().or(gap.region.as_ref()) {
        Some(place) => format!("{} in {place}: {}", gap.provider, gap.message),
        None => format!("{}: {}", gap.provider, gap.message),
    };
    let mut lines: Vec<String> = missing.iter().map(line).collect();
    let more = lines.len().saturating_sub(NAMED);
    lines.truncate(NAMED);
    let mut text = format!("missing: {}", lines.join(", "));
    if more > 0 {
        text.push_str(&format!(" and {more} more (see --output json)"));
    }
    Some(text)
}

fn whole(name: &str, error: &dyn std::error::Error) -> MissingPart {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    MissingPart::whole(name, message)
}

/// The query for these regions and tags.
pub fn query(regions: &[String], tags: &[(String, String)]) -> ResourceQuery {
    ResourceQuery {
        regions: regions.to_vec(),
        tags: tags.to_vec(),
    }
}
