//! Calls of a plugin: each in an instance of its own.

use super::error::Limit;
use super::guest::{Guest, escape};
use super::limits::{CpuMeter, Limits, MemoryMeter};
use super::{PluginError, Prepared, Runtime};
use crate::contract::Plugin as Contract;
use crate::contract::cloudhost::provider::types::Error as CloudError;
use crate::contract::exports::cloudhost::provider::catalog::{Bundle, Listing, Query};
use crate::contract::exports::cloudhost::provider::kconfig::{Catalog, Dialect, File};
use crate::contract::exports::cloudhost::provider::provider::Description;
use crate::egress::Session;
use wasmtime::{Store, UpdateDeadline};

/// A plugin that can be called. Every call gets a fresh instance, and everything that the call opened is
/// closed when it ends, is cancelled by dropping its future, or runs into a limit.
#[derive(Debug)]
pub struct Plugin<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// The engine that it was prepared by.
    pub runtime: &'a Runtime,
    /// Its code.
    pub prepared: &'a Prepared,
    /// What each call may use.
    pub limits: Limits,
}

impl Plugin<'_> {
    /// What the provider says of itself.
    ///
    /// # Errors
    /// When the plugin crashes or meets a limit.
    pub async fn describe(&self, session: Session) -> Result<Description, PluginError> {
        self.call(session, async |store, plugin| {
            plugin
                .cloudhost_provider_provider()
                .call_describe(store)
                .await
        })
        .await
    }

    /// Asks the cloud. The inner error is the cloud's, or the plugin's word on its answer.
    ///
    /// # Errors
    /// When the plugin crashes or meets a limit.
    pub async fn fetch(
        &self,
        session: Session,
        query: Query,
    ) -> Result<Result<Listing, CloudError>, PluginError> {
        self.call(session, async |store, plugin| {
            store
                .run_concurrent(async |accessor| {
                    plugin
                        .cloudhost_provider_catalog()
                        .call_fetch(accessor, query)
                        .await
                })
                .await?
        })
        .await
    }

    /// The catalog inside the component.
    ///
    /// # Errors
    /// When the plugin crashes or meets a limit.
    pub async fn bundled(&self, session: Session) -> Result<Option<Bundle>, PluginError> {
        self.call(session, async |store, plugin| {
            plugin
                .cloudhost_provider_catalog()
                .call_bundled(store)
                .await
        })
        .await
    }

    /// Turns a catalog into menus.
    ///
    /// # Errors
    /// When the plugin crashes or meets a limit.
    pub async fn emit_kconfig(
        &self,
        session: Session,
        catalog: &Catalog,
        dialect: Dialect,
    ) -> Result<Result<Vec<File>, CloudError>, PluginError> {
        self.call(session, async |store, plugin| {
            plugin
                .cloudhost_provider_kconfig()
                .call_emit_kconfig(store, catalog, dialect)
                .await
        })
        .await
    }

    async fn call<R>(
        &self,
        session: Session,
        work: impl AsyncFnOnce(&mut Store<Guest>, &Contract) -> wasmtime::Result<R>,
    ) -> Result<R, PluginError> {
        let memory = MemoryMeter::new(self.limits.memory);
        let guest = Guest::new(self.name, session, memory);
        let mut store = Store::new(self.runtime.ticking(), guest);
        store.limiter(|guest| &mut guest.memory);
        // At every tick the guest yields, so that the meters can look.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|_| {
            // Tokio's own way to yield lets timers and sockets of this thread have their turn.
            let turn = Box::pin(tokio::task::yield_now());
            Ok(UpdateDeadline::YieldCustom(1, turn))
        });

        let run = async {
            let contract = self.prepared.pre.instantiate_async(&mut store).await?;
            work(&mut store, &contract).await
        };
        let metered = CpuMeter::new(self.limits.cpu, run);
        let outcome = match tokio::time::timeout(self.limits.wall, metered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(limit)) => return Err(self.ended_by(limit)),
            Err(_) => {
                return Err(self.ended_by(Limit::Wall {
                    millis: self.limits.wall.as_millis(),
                }));
            }
        };
        outcome.map_err(|trap| self.crashed(&store, &trap))
    }

    fn ended_by(&self, limit: Limit) -> PluginError {
        tracing::warn!(target: "cloudhost::audit", plugin = self.name, reason = limit.label(), "call ended");
        PluginError::Limit {
            plugin: self.name.to_owned(),
            limit,
        }
    }

    fn crashed(&self, store: &Store<Guest>, trap: &wasmtime::Error) -> PluginError {
        let guest = store.data();
        if guest.memory.refused {
            return self.ended_by(Limit::Memory {
                bytes: self.limits.memory,
            });
        }
        // The chain of causes without the backtrace, which is in the debug log.
        tracing::debug!(plugin = self.name, trap = ?trap, "trap");
        let cause = escape(&trap.root_cause().to_string());
        let words = guest.last_words();
        PluginError::Trap {
            plugin: self.name.to_owned(),
            reason: if words.is_empty() {
                cause
            } else {
                format!("{cause}: {words}")
            },
        }
    }
}
