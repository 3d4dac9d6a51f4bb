//! Calls of a plugin, each in its own instance.

use super::exports::Exports;
use super::guest::{Guest, escape};
use super::meters::{CpuMeter, millis};
use super::{LoadedPlugin, PluginError, Runtime};
use crate::audit::Trail;
use crate::contract::cloudhost::provider::types::{Error as CloudError, Money};
use crate::contract::exports::cloudhost::provider::catalog::{Bundle, Listing, Query};
use crate::contract::exports::cloudhost::provider::kconfig::{Catalog, Dialect, File};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::contract::v0_1;
use crate::contract::v0_1::cloudhost::provider::types::Error as OldCloudError;
use crate::contract::with_billing::exports::cloudhost::provider::billing::{Charge, Period};
use crate::contract::with_identity::exports::cloudhost::provider::identity::Account;
use crate::egress::Session;
use crate::limits::{Exceeded, Limit, Limits};
use crate::telemetry::SPANS;
use futures::future::BoxFuture;
use tracing::Instrument as _;
use tracing::field::{Empty, display};
use wasmtime::component::ResourceTableError;
use wasmtime::{Store, Trap, UpdateDeadline};

/// A plugin that can be called. Every call gets a fresh instance. Everything that the call opened is closed when it
/// ends, is cancelled by dropping its future, or reaches a limit.
#[derive(Debug)]
pub struct Plugin<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Engine that prepared it.
    pub runtime: &'a Runtime,
    /// Its code.
    pub prepared: &'a LoadedPlugin,
    /// Limits on each call.
    pub limits: Limits,
}

/// A call under way. It is boxed: the code of calls is compiled with this library, not with each program.
pub type Calling<'a, T> = BoxFuture<'a, Result<T, PluginError>>;

/// Instantiation failed without a trap: an export differs from the contract's type.
#[derive(Debug, thiserror::Error)]
#[error("it does not match the contract")]
struct ContractMismatch;

pub(super) fn fitting<T>(instance: wasmtime::Result<T>) -> wasmtime::Result<T> {
    instance.map_err(|error| match error.is::<Trap>() {
        true => error,
        false => error.context(ContractMismatch),
    })
}

/// Instantiates a component and calls one of its exports: as a synchronous function, or as one that can wait.
macro_rules! exported {
    ($store:ident, $pre:expr, $interface:ident.$function:ident($($argument:expr),* $(,)?)) => {{
        let plugin = fitting($pre.instantiate_async(&mut *$store).await)?;
        plugin.$interface().$function(&mut *$store, $($argument),*).await
    }};
    ($store:ident, $pre:expr, async $interface:ident.$function:ident($($argument:expr),* $(,)?)) => {{
        let plugin = fitting($pre.instantiate_async(&mut *$store).await)?;
        let interface = plugin.$interface();
        $store
            .run_concurrent(async |accessor| interface.$function(accessor, $($argument),*).await)
            .await?
    }};
}
pub(super) use exported;

/// The result of a component of an older contract, in the records of the newest one.
fn converted<A: Into<B>, B>(result: Result<A, OldCloudError>) -> Result<B, CloudError> {
    result.map(Into::into).map_err(Into::into)
}

impl Plugin<'_> {
    /// Instantiates the plugin, and drops the instance: a check that it starts within its limits.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn start<'a>(&'a self, session: Session) -> Calling<'a, ()> {
        Box::pin(async move {
            let start = async |store: &mut Store<Guest>| match &self.prepared.exports {
                Exports::Current(of) => fitting(of.plugin.instantiate_async(store).await).map(drop),
                Exports::Older(of) => fitting(of.plugin.instantiate_async(store).await).map(drop),
            };
            self.in_store("start", session, start).await
        })
    }

    /// Describes the provider.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn describe<'a>(&'a self, session: Session) -> Calling<'a, Description> {
        Box::pin(async move {
            let describe = async |store: &mut Store<Guest>| match &self.prepared.exports {
                Exports::Current(of) => {
                    exported!(
                        store,
                        of.plugin,
                        cloudhost_provider_provider.call_describe()
                    )
                }
                Exports::Older(of) => exported!(
                    store,
                    of.plugin,
                    cloudhost_provider_provider.call_describe()
                )
                .map(Into::into),
            };
            self.in_store("describe", session, describe).await
        })
    }

    /// Fetches from the cloud. The inner error is the cloud's, or the plugin's about the response.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn fetch<'a>(
        &'a self,
        session: Session,
        query: Query,
    ) -> Calling<'a, Result<Listing, CloudError>> {
        Box::pin(async move {
            let fetch = async |store: &mut Store<Guest>| match &self.prepared.exports {
                Exports::Current(of) => {
                    exported!(store, of.plugin, async cloudhost_provider_catalog.call_fetch(query))
                }
                Exports::Older(of) => {
                    let query = query.into();
                    exported!(store, of.plugin, async cloudhost_provider_catalog.call_fetch(query))
                        .map(converted)
                }
            };
            self.ask("fetch", session, fetch).await
        })
    }

    /// Returns the catalog bundled in the component.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn bundled<'a>(&'a self, session: Session) -> Calling<'a, Option<Bundle>> {
        Box::pin(async move {
            let bundled = async |store: &mut Store<Guest>| match &self.prepared.exports {
                Exports::Current(of) => {
                    exported!(store, of.plugin, cloudhost_provider_catalog.call_bundled())
                }
                Exports::Older(of) => {
                    exported!(store, of.plugin, cloudhost_provider_catalog.call_bundled())
                        .map(|bundle| bundle.map(Into::into))
                }
            };
            self.in_store("bundled", session, bundled).await
        })
    }

    /// Generates menus from a catalog.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn emit_kconfig<'a>(
        &'a self,
        session: Session,
        catalog: &'a Catalog,
        dialect: Dialect,
    ) -> Calling<'a, Result<Vec<File>, CloudError>> {
        Box::pin(async move {
            let emit = async |store: &mut Store<Guest>| match &self.prepared.exports {
                Exports::Current(of) => exported!(
                    store,
                    of.plugin,
                    cloudhost_provider_kconfig.call_emit_kconfig(catalog, dialect)
                ),
                Exports::Older(of) => {
                    let (catalog, dialect) = (catalog.clone().into(), dialect.into());
                    exported!(
                        store,
                        of.plugin,
                        cloudhost_provider_kconfig.call_emit_kconfig(&catalog, dialect)
                    )
                    .map(|files| files.map(v0_1::all).map_err(Into::into))
                }
            };
            self.in_store("emit-kconfig", session, emit).await
        })
    }

    /// Returns the owner of the credential, with one request. `None`: the plugin does not support this.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn whoami<'a>(
        &'a self,
        session: Session,
    ) -> Calling<'a, Option<Result<Account, CloudError>>> {
        Box::pin(async move {
            match &self.prepared.exports {
                Exports::Current(of) => {
                    let Some(pre) = &of.identity else {
                        return Ok(None);
                    };
                    let whoami = async |store: &mut Store<Guest>| exported!(store, pre, async cloudhost_provider_identity.call_whoami());
                    self.ask("whoami", session, whoami).await.map(Some)
                }
                Exports::Older(of) => {
                    let Some(pre) = &of.identity else {
                        return Ok(None);
                    };
                    let whoami = async |store: &mut Store<Guest>| {
                        exported!(store, pre, async cloudhost_provider_identity.call_whoami())
                            .map(converted)
                    };
                    self.ask("whoami", session, whoami).await.map(Some)
                }
            }
        })
    }

    /// Returns the price of a billing request. Outer `None`: the plugin has no bills.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn request_cost<'a>(&'a self, session: Session) -> Calling<'a, Option<Option<Money>>> {
        Box::pin(async move {
            match &self.prepared.exports {
                Exports::Current(of) => {
                    let Some(pre) = &of.billing else {
                        return Ok(None);
                    };
                    let cost = async |store: &mut Store<Guest>| {
                        exported!(store, pre, cloudhost_provider_billing.call_request_cost())
                    };
                    self.in_store("request-cost", session, cost).await.map(Some)
                }
                Exports::Older(of) => {
                    let Some(pre) = &of.billing else {
                        return Ok(None);
                    };
                    let cost = async |store: &mut Store<Guest>| {
                        exported!(store, pre, cloudhost_provider_billing.call_request_cost())
                            .map(|cost| cost.map(Into::into))
                    };
                    self.in_store("request-cost", session, cost).await.map(Some)
                }
            }
        })
    }

    /// Returns the costs of a period. `None`: the plugin has no bills.
    ///
    /// # Errors
    /// When the plugin crashes or reaches a limit.
    pub fn bill<'a>(
        &'a self,
        session: Session,
        period: Period,
    ) -> Calling<'a, Option<Result<Vec<Charge>, CloudError>>> {
        Box::pin(async move {
            match &self.prepared.exports {
                Exports::Current(of) => {
                    let Some(pre) = &of.billing else {
                        return Ok(None);
                    };
                    let bill = async |store: &mut Store<Guest>| exported!(store, pre, async cloudhost_provider_billing.call_bill(period));
                    self.ask("bill", session, bill).await.map(Some)
                }
                Exports::Older(of) => {
                    let Some(pre) = &of.billing else {
                        return Ok(None);
                    };
                    let bill = async |store: &mut Store<Guest>| {
                        let period = period.into();
                        exported!(store, pre, async cloudhost_provider_billing.call_bill(period))
                            .map(|bill| bill.map(v0_1::all).map_err(Into::into))
                    };
                    self.ask("bill", session, bill).await.map(Some)
                }
            }
        })
    }

    /// Runs a call that contacts the cloud, and reports its outcome to the interceptor.
    pub(super) async fn ask<R>(
        &self,
        export: &'static str,
        session: Session,
        work: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<Result<R, CloudError>>,
    ) -> Result<Result<R, CloudError>, PluginError> {
        let observer = session.clone();
        let result = self.in_store(export, session, work).await?;
        observer.call_finished(export, &result);
        Ok(result)
    }

    /// Runs work with a new store, within the limits.
    pub(super) async fn in_store<R>(
        &self,
        export: &'static str,
        session: Session,
        work: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<R>,
    ) -> Result<R, PluginError> {
        let plugin = self.name;
        let span = tracing::info_span!(target: SPANS, "call", plugin, export, error = Empty);
        let outcome = self
            .limited(export, session, work)
            .instrument(span.clone())
            .await;
        outcome.inspect_err(|error| {
            span.record("error", display(error));
        })
    }

    async fn limited<R>(
        &self,
        export: &'static str,
        session: Session,
        work: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<R>,
    ) -> Result<R, PluginError> {
        let (trail, observer) = (session.trail().clone(), session.clone());
        // Dropped after the store: nothing is sent or received for the call when it has ended.
        let _network = session.close_on_drop();
        // Before the clock starts: waiting for other callers is not the plugin's fault. Released after the store.
        let _place = self.runtime.place().await;
        let guest = Guest::new(session, &self.limits);
        let mut store = Store::new(self.runtime.ticking(), guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(self.limits.result);
        store.set_max_component_handles(self.limits.handles);
        if let Some(table) = store.concurrent_resource_table() {
            table.set_max_capacity(self.limits.handles);
        }
        // The guest yields at every tick, so that the meters can check.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|_| {
            // Tokio's own yield lets timers and sockets of this thread run.
            let turn = Box::pin(tokio::task::yield_now());
            Ok(UpdateDeadline::YieldCustom(1, turn))
        });

        let metered = CpuMeter::new(self.limits.cpu, observer.cpu(), work(&mut store));
        let outcome = tokio::time::timeout(self.limits.wall, metered).await;
        if let Some(error) = observer.not_recorded() {
            return Err(PluginError::NotRecorded(error));
        }
        let outcome = match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(limit)) => return Err(self.ended_by(limit, &trail)),
            Err(_) => {
                let most = millis(self.limits.wall);
                let limit = Limit::Wall;
                return Err(self.ended_by(Exceeded { limit, most }, &trail));
            }
        };
        outcome.map_err(|trap| self.crashed(export, &store, &trap, &trail))
    }

    fn ended_by(&self, limit: Exceeded, trail: &Trail) -> PluginError {
        trail.limited(limit.label(), None);
        PluginError::Limit {
            plugin: self.name.to_owned(),
            limit,
        }
    }

    fn crashed(
        &self,
        export: &'static str,
        store: &Store<Guest>,
        trap: &wasmtime::Error,
        trail: &Trail,
    ) -> PluginError {
        let guest = store.data();
        let cause = trap.root_cause().to_string();
        if let Some(limit) = self.limit_in(guest.memory.refused, &cause) {
            return self.ended_by(limit, trail);
        }
        if trap.is::<ContractMismatch>() {
            let misfit = PluginError::ContractMismatch(escape(&cause));
            if let Some(refusal) = misfit.refusal() {
                trail.refused(&refusal);
            }
            return misfit;
        }
        trail.crashed();
        // The chain of causes without the backtrace, which is in the debug log.
        tracing::debug!(plugin = self.name, trap = ?trap, "trap");
        let cause = escape(&cause);
        let words = guest.last_words();
        PluginError::Trap {
            plugin: self.name.to_owned(),
            export,
            reason: if words.is_empty() {
                cause
            } else {
                format!("{cause}: {words}")
            },
        }
    }

    /// Finds the limit that caused a trap.
    fn limit_in(&self, memory_refused: bool, cause: &str) -> Option<Exceeded> {
        let Limits {
            memory,
            instances,
            result,
            random,
            handles,
            ..
        } = self.limits;
        // The first one is ours. The engine reports the others by text only, which a test pins.
        let (limit, most) = if memory_refused {
            (Limit::Memory, memory as u64)
        } else if cause.starts_with("resource limit exceeded") {
            (Limit::Instances, instances as u64)
        } else if cause.contains("fuel allocated for hostcalls has been exhausted") {
            (Limit::Result, result as u64)
        } else if cause.starts_with("requested len") {
            (Limit::Random, random)
        } else if cause.contains("store handle limit exceeded")
            || cause == ResourceTableError::Full.to_string()
        {
            (Limit::Handles, handles as u64)
        } else {
            return None;
        };
        Some(Exceeded { limit, most })
    }
}
