//! The engine of a host, and the plugins that it holds ready: each is loaded once, however many callers want it.

use crate::blocking::run_blocking;
use crate::plugin::{Artifact, Compiler, Digest, Limits, PluginError, Pool, Prepared, Runtime};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Plugins that are held although nobody has them at hand. One that was updated leaves its old code behind: more than
/// this is not kept of it.
const HELD: usize = 64;

/// Starts the engine and loads plugins when they are first wanted.
pub(super) struct Loader {
    /// The folder of compiled plugins.
    pub compiled: PathBuf,
    compiler: Compiler,
    pool: Option<Pool>,
    runtime: OnceCell<Runtime>,
    plugins: Mutex<HashMap<Digest, Arc<OnceCell<Prepared>>>>,
}

impl Loader {
    pub(super) fn new(compiled: PathBuf, compiler: Compiler, pool: Option<Pool>) -> Self {
        Self {
            compiled,
            compiler,
            pool,
            runtime: OnceCell::new(),
            plugins: Mutex::default(),
        }
    }

    /// The engine. Who comes while it starts waits for that; if the one who starts it gives up, the next one does.
    pub(super) async fn runtime(&self) -> Result<&Runtime, PluginError> {
        let start = async || {
            let (compiled, compiler) = (self.compiled.clone(), self.compiler.clone());
            let pool = self.pool;
            let start = move || Runtime::start(Some(&compiled), compiler, pool);
            run_blocking(start).await?
        };
        self.runtime.get_or_try_init(start).await
    }

    /// The plugin of these bytes, by the same rule.
    pub(super) async fn prepared(
        &self,
        artifact: &Artifact,
        limits: &Limits,
    ) -> Result<Prepared, PluginError> {
        let runtime = self.runtime().await?;
        let plugin = self.place(artifact.digest);
        let prepared = plugin.get_or_try_init(|| runtime.prepare(artifact, limits));
        prepared.await.cloned()
    }

    fn place(&self, digest: Digest) -> Arc<OnceCell<Prepared>> {
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
