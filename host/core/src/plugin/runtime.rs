//! The engine, shared by all plugins of a host.

use super::cache::{CompileCache, CompiledDir};
use super::exports::Exports;
use super::guest::{self, Guest};
use super::{Artifact, Compiler, Digest, Limits, PluginError, Pool, artifact, synchronous};
use crate::blocking::run_blocking;
use crate::telemetry::SPANS;
use std::num::NonZero;
use std::sync::{Arc, Once};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

/// Interval at which running guests check their time limit.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Compiles plugins and caches the compiled code. Clones share one engine.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<Guest>,
    cache: Option<CompileCache>,
    compiler: Compiler,
    ticker: Once,
    /// Permits to load compiled code. More at once than there are processors would only slow each other down.
    loading: Semaphore,
    /// Free slots of the pool, if there is one.
    places: Option<Semaphore>,
}

/// Configures an engine for plugins. Processes that compile for each other must configure the same one. The pool makes
/// no difference to compiled code.
pub(super) fn engine(pool: Option<Pool>) -> Result<Engine, PluginError> {
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        // A trap is reported by its kind and the guest's standard error output: without the tables for backtraces, code
        // is smaller and loads faster.
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

/// A compiled and linked plugin. Instantiation takes microseconds.
#[derive(Clone)]
pub struct LoadedPlugin {
    pub(super) exports: Exports,
    pub(super) digest: Digest,
}

impl Runtime {
    /// Starts an engine. Compiled code is cached in this directory, or not at all.
    ///
    /// # Errors
    /// When the engine does not work on this machine.
    pub fn new(cache: Option<CompiledDir>, compiler: Compiler) -> Result<Self, PluginError> {
        Self::start(cache, compiler, None)
    }

    /// Starts an engine with a pool of instances, which is allocated immediately.
    ///
    /// # Errors
    /// As [`Runtime::new`], and when the machine lacks that much address space.
    pub fn pooled(
        cache: Option<CompiledDir>,
        compiler: Compiler,
        pool: Pool,
    ) -> Result<Self, PluginError> {
        Self::start(cache, compiler, Some(pool))
    }

    pub(crate) fn start(
        cache: Option<CompiledDir>,
        compiler: Compiler,
        pool: Option<Pool>,
    ) -> Result<Self, PluginError> {
        let engine = engine(pool)?;
        let mut linker = Linker::new(&engine);
        guest::link(&mut linker).map_err(no_engine)?;
        Ok(Self(Arc::new(Inner {
            cache: cache.map(|compiled| CompileCache::new(compiled, &engine)),
            engine,
            linker,
            compiler,
            ticker: Once::new(),
            loading: Semaphore::new(available_parallelism().map_or(1, NonZero::get)),
            places: pool.map(|pool| Semaphore::new(pool.calls() as usize)),
        })))
    }

    /// Compiles and links a plugin, or loads cached code. Other tasks of this thread continue meanwhile.
    ///
    /// # Errors
    /// When the component does not compile, exceeds the limits on its size or on compilation, or does not fit the
    /// contract.
    pub async fn prepare(
        &self,
        artifact: &Artifact,
        limits: &Limits,
    ) -> Result<LoadedPlugin, PluginError> {
        if !artifact.builtin {
            artifact::within_size(artifact.bytes.len(), limits.component)?;
        }
        let digest = artifact.digest;
        let older = artifact.manifest.is_of_older_contract();
        if let Some(prepared) = self.cached(digest, older).await? {
            return Ok(prepared);
        }
        let compile = self.0.compiler.compile(&self.0.engine, artifact, limits);
        let code = compile
            .instrument(tracing::info_span!(target: SPANS, "compile", %digest))
            .await?;
        let inner = self.0.clone();
        run_blocking(move || inner.keep(digest, older, &code)).await?
    }

    /// Loads the cached code of a plugin.
    async fn cached(
        &self,
        digest: Digest,
        older: bool,
    ) -> Result<Option<LoadedPlugin>, PluginError> {
        // The semaphore is never closed.
        let _turn = self.0.loading.acquire().await;
        let inner = self.0.clone();
        run_blocking(move || inner.cached(digest, older)).await?
    }

    /// Waits for a slot for one call. It is released on drop.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.0.places.as_ref()?.acquire().await.ok()
    }

    /// Returns the engine, and starts its clock, which ticks for the engine's lifetime.
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
                // The wall-clock limit still ends calls that wait, but not one that computes.
                tracing::error!(%error, "no thread for the processor time limit");
            }
        });
        &self.0.engine
    }
}

impl Inner {
    /// Loads the cached code of a plugin.
    fn cached(&self, digest: Digest, older: bool) -> Result<Option<LoadedPlugin>, PluginError> {
        let cache = self.cache.as_ref();
        let component = cache.and_then(|cache| cache.load(&digest));
        component
            .map(|component| self.link(&component, digest, older))
            .transpose()
    }

    /// Loads newly compiled code, and caches it for later runs.
    #[allow(unsafe_code)]
    fn keep(&self, digest: Digest, older: bool, code: &[u8]) -> Result<LoadedPlugin, PluginError> {
        if let Some(cache) = &self.cache {
            cache.store(&digest, code);
        }
        // SAFETY: this is code of the compiler that this host started, in this process or in a child process whose
        // output came through a pipe that no other process could write to, and which exited successfully.
        let component = unsafe { Component::deserialize(&self.engine, code) };
        let component = component.map_err(|error| PluginError::Compile(guest::causes(&error)))?;
        self.link(&component, digest, older)
    }

    fn link(
        &self,
        component: &Component,
        digest: Digest,
        older: bool,
    ) -> Result<LoadedPlugin, PluginError> {
        let misfit = |e: wasmtime::Error| PluginError::ContractMismatch(guest::causes(&e));
        let other = synchronous::linker(&self.linker, component).map_err(misfit)?;
        let linker = other.as_ref().unwrap_or(&self.linker);
        let pre = linker.instantiate_pre(component).map_err(misfit)?;
        Ok(LoadedPlugin {
            exports: Exports::of(pre, older).map_err(misfit)?,
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

impl std::fmt::Debug for LoadedPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
