//! The engine, shared by all plugins of a host.

use super::cache::CompileCache;
use super::guest::{self, Guest};
use super::{Artifact, Compiler, Digest, Limits, PluginError, Pool, artifact};
use crate::blocking::run_blocking;
use crate::contract::PluginPre;
use crate::contract::with_billing::WithBillingPre;
use crate::contract::with_identity::WithIdentityPre;
use crate::telemetry::SPANS;
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Once};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

/// How often running guests look whether their time is over.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Compiles plugins and keeps what it compiled. Clones are the same engine.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<Guest>,
    cache: Option<CompileCache>,
    compiler: Compiler,
    ticker: Once,
    /// Turns to load compiled code. More at once than there are processors would only be in each other's way.
    loading: Semaphore,
    /// The places of the pool that are free, where there is a pool.
    places: Option<Semaphore>,
}

/// An engine as plugins need it: all that compile for each other make the same. Where its instances live changes
/// nothing of that.
pub(super) fn engine(pool: Option<Pool>) -> Result<Engine, PluginError> {
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        // A trap is reported by its kind and the guest's last words: without the tables for backtraces, code is
        // smaller and loads faster.
        .generate_address_map(false)
        .native_unwind_info(false);
    if let Some(pool) = pool {
        config.allocation_strategy(pool.allocation());
    }
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
        Self::start(cache, compiler, None)
    }

    /// The same with places for instances that are set aside here and now.
    ///
    /// # Errors
    /// As [`Runtime::new`], and when the machine has not that much address space.
    pub fn pooled(
        cache: Option<&Path>,
        compiler: Compiler,
        pool: Pool,
    ) -> Result<Self, PluginError> {
        Self::start(cache, compiler, Some(pool))
    }

    pub(crate) fn start(
        cache: Option<&Path>,
        compiler: Compiler,
        pool: Option<Pool>,
    ) -> Result<Self, PluginError> {
        let engine = engine(pool)?;
        let mut linker = Linker::new(&engine);
        guest::link(&mut linker).map_err(no_engine)?;
        Ok(Self(Arc::new(Inner {
            cache: cache.map(|dir| CompileCache::new(dir, &engine)),
            engine,
            linker,
            compiler,
            ticker: Once::new(),
            loading: Semaphore::new(available_parallelism().map_or(1, NonZero::get)),
            places: pool.map(|pool| Semaphore::new(pool.calls() as usize)),
        })))
    }

    /// Compiles and links a plugin, or takes what an earlier run compiled. Other tasks of this thread go on meanwhile.
    ///
    /// # Errors
    /// When the component is larger, does not compile or takes more to compile than the limits say, or does not fit
    /// the contract.
    pub async fn prepare(
        &self,
        artifact: &Artifact,
        limits: &Limits,
    ) -> Result<Prepared, PluginError> {
        if !artifact.builtin {
            artifact::within_size(artifact.bytes.len(), limits.component)?;
        }
        let digest = artifact.digest;
        if let Some(prepared) = self.kept(digest).await? {
            return Ok(prepared);
        }
        let compile = self.0.compiler.compile(&self.0.engine, artifact, limits);
        let code = compile
            .instrument(tracing::info_span!(target: SPANS, "compile", %digest))
            .await?;
        let inner = self.0.clone();
        run_blocking(move || inner.keep(digest, &code)).await?
    }

    /// The plugin as an earlier run compiled it.
    async fn kept(&self, digest: Digest) -> Result<Option<Prepared>, PluginError> {
        // Nobody closes it.
        let _turn = self.0.loading.acquire().await;
        let inner = self.0.clone();
        run_blocking(move || inner.kept(digest)).await?
    }

    /// A place for one call, once there is one. It is given back when this is dropped.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.0.places.as_ref()?.acquire().await.ok()
    }

    /// The engine, whose clock ticks from now on for as long as it lives.
    pub(super) fn ticking(&self) -> &Engine {
        self.0.ticker.call_once(|| {
            let engine = self.0.engine.weak();
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
        &self.0.engine
    }
}

impl Inner {
    /// A plugin that an earlier run compiled.
    fn kept(&self, digest: Digest) -> Result<Option<Prepared>, PluginError> {
        let cache = self.cache.as_ref();
        let component = cache.and_then(|cache| cache.load(&digest));
        component
            .map(|component| self.link(&component, digest))
            .transpose()
    }

    /// A plugin that was compiled just now, and is kept for later runs.
    #[allow(unsafe_code)]
    fn keep(&self, digest: Digest, code: &[u8]) -> Result<Prepared, PluginError> {
        if let Some(cache) = &self.cache {
            cache.store(&digest, code);
        }
        // SAFETY: this is code of the compiler that this host started: in this process, or in one of its own, whose
        // output came through a pipe that nobody else could write to, and which ended well.
        let component = unsafe { Component::deserialize(&self.engine, code) };
        let component = component.map_err(|error| PluginError::Compile(format!("{error:#}")))?;
        self.link(&component, digest)
    }

    fn link(&self, component: &Component, digest: Digest) -> Result<Prepared, PluginError> {
        let misfit = |e: wasmtime::Error| PluginError::Misfit(format!("{e:#}"));
        let pre = self.linker.instantiate_pre(component).map_err(misfit)?;
        Ok(Prepared {
            // What a plugin does not export is what it cannot do.
            identity: WithIdentityPre::new(pre.clone()).ok(),
            billing: WithBillingPre::new(pre.clone()).ok(),
            pre: PluginPre::new(pre).map_err(misfit)?,
            digest,
        })
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("cache", &self.0.cache)
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
