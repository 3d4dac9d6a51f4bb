//! The engine, shared by all plugins of a host.

use super::cache::CompileCache;
use super::guest::{self, Guest};
use super::{Artifact, Compiler, Digest, Limits, PluginError, artifact};
use crate::contract::PluginPre;
use crate::contract::with_billing::WithBillingPre;
use crate::contract::with_identity::WithIdentityPre;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;
use tracing::Instrument as _;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

/// How often running guests look whether their time is over.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Compiles plugins and keeps what it compiled.
pub struct Runtime {
    engine: Engine,
    linker: Linker<Guest>,
    cache: Option<CompileCache>,
    compiler: Compiler,
    ticker: Once,
}

/// An engine as plugins need it: all that compile for each other make the same.
pub(super) fn engine() -> Result<Engine, PluginError> {
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        // A trap is reported by its kind and the guest's last words: without the tables for backtraces, code is
        // smaller and loads faster.
        .generate_address_map(false)
        .native_unwind_info(false);
    Engine::new(&config).map_err(no_engine)
}

fn no_engine(error: wasmtime::Error) -> PluginError {
    PluginError::Engine(format!("{error:#}"))
}

/// A plugin that is compiled and linked: instances of it are made in microseconds.
#[derive(Clone)]
pub struct Prepared {
    pub(super) pre: PluginPre<Guest>,
    pub(super) identity: Option<WithIdentityPre<Guest>>,
    pub(super) billing: Option<WithBillingPre<Guest>>,
    pub(super) digest: Digest,
}

impl Runtime {
    /// Starts an engine. Compiled code is kept in this folder, or not at all.
    ///
    /// # Errors
    /// When the engine does not work on this machine.
    pub fn new(cache: Option<&Path>, compiler: Compiler) -> Result<Self, PluginError> {
        let engine = engine()?;
        let mut linker = Linker::new(&engine);
        guest::link(&mut linker).map_err(no_engine)?;
        Ok(Self {
            engine,
            linker,
            cache: cache.map(CompileCache::new),
            compiler,
            ticker: Once::new(),
        })
    }

    /// Compiles and links a plugin, or takes what an earlier run compiled.
    ///
    /// # Errors
    /// When the component is larger, does not compile or takes more to compile than the limits say, or does not fit
    /// the contract.
    pub async fn prepare(
        &self,
        artifact: &Artifact,
        limits: &Limits,
    ) -> Result<Prepared, PluginError> {
        let component = self.component(artifact, limits).await?;
        let misfit = |e: wasmtime::Error| PluginError::Misfit(format!("{e:#}"));
        let pre = self.linker.instantiate_pre(&component).map_err(misfit)?;
        Ok(Prepared {
            // What a plugin does not export is what it cannot do.
            identity: WithIdentityPre::new(pre.clone()).ok(),
            billing: WithBillingPre::new(pre.clone()).ok(),
            pre: PluginPre::new(pre).map_err(misfit)?,
            digest: artifact.digest,
        })
    }

    #[allow(unsafe_code)]
    async fn component(
        &self,
        artifact: &Artifact,
        limits: &Limits,
    ) -> Result<Component, PluginError> {
        let digest = &artifact.digest;
        if !artifact.builtin {
            artifact::within_size(artifact.bytes.len(), limits.component)?;
        }
        if let Some(cache) = &self.cache
            && let Some(component) = cache.load(digest, &self.engine)
        {
            return Ok(component);
        }
        let compile = self.compiler.compile(&self.engine, artifact, limits);
        let code = compile
            .instrument(tracing::info_span!("compile", %digest))
            .await?;
        if let Some(cache) = &self.cache {
            cache.store(digest, &self.engine, &code);
        }
        // SAFETY: this is code of the compiler that this host started: in this process, or in one of its own, whose
        // output came through a pipe that nobody else could write to, and which ended well.
        let component = unsafe { Component::deserialize(&self.engine, &code) };
        component.map_err(|error| PluginError::Compile(format!("{error:#}")))
    }

    /// The engine, whose clock ticks from now on for as long as it lives.
    pub(super) fn ticking(&self) -> &Engine {
        self.ticker.call_once(|| {
            let engine = self.engine.weak();
            let tick = move || {
                while let Some(engine) = engine.upgrade() {
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(TICK);
                }
            };
            let thread = std::thread::Builder::new().name("cloudhost-epoch".to_owned());
            if let Err(error) = thread.spawn(tick) {
                // The wall-clock limit still ends calls that wait; one that computes would not end.
                tracing::error!(%error, "no thread for the processor time limit");
            }
        });
        &self.engine
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
