//! The engine and the loaded plugins of a host. Each plugin is loaded once, shared by all callers.

use crate::blocking::run_blocking;
use crate::plugin::{
    Artifact, CompiledDir, Compiler, Digest, Limits, LoadedPlugin, PluginError, Pool, Runtime,
};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Limit on plugins that stay loaded without a user. An update leaves the old code behind, and this bounds it.
const HELD: usize = 64;

/// Starts the engine and loads plugins on first use.
pub(super) struct Loader {
    /// Directory of compiled plugins.
    pub compiled: CompiledDir,
    compiler: Compiler,
    pool: Option<Pool>,
    runtime: OnceCell<Runtime>,
    plugins: Mutex<HashMap<Digest, Arc<OnceCell<LoadedPlugin>>>>,
}

impl Loader {
    pub(super) fn new(compiled: CompiledDir, compiler: Compiler, pool: Option<Pool>) -> Self {
        Self {
            compiled,
            compiler,
            pool,
            runtime: OnceCell::new(),
            plugins: Mutex::default(),
        }
    }

    /// Returns the engine. Concurrent callers share one start; if it is cancelled, the next caller retries.
    pub(super) async fn runtime(&self) -> Result<&Runtime, PluginError> {
        let start = async || {
            let (compiled, compiler) = (self.compiled.clone(), self.compiler.clone());
            let pool = self.pool;
            let start = move || Runtime::start(Some(compiled), compiler, pool);
            run_blocking(start).await?
        };
        self.runtime.get_or_try_init(start).await
    }

    /// Returns the plugin of these bytes, by the same rule.
    pub(super) async fn prepared(
        &self,
        artifact: &Artifact,
        limits: &Limits,
    ) -> Result<LoadedPlugin, PluginError> {
        let runtime = self.runtime().await?;
        let plugin = self.place(artifact.digest);
        let prepared = plugin.get_or_try_init(|| runtime.prepare(artifact, limits));
        prepared.await.cloned()
    }

    fn place(&self, digest: Digest) -> Arc<OnceCell<LoadedPlugin>> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if plugins.len() >= HELD && !plugins.contains_key(&digest) {
            plugins.clear();
        }
        plugins.entry(digest).or_default().clone()
    }
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("compiled", &self.compiled)
            .finish_non_exhaustive()
    }
}
