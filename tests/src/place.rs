//! Paths in the workspace. `xtask` compiles this file too, and nothing else of the kit.

use std::env;
use std::path::{Path, PathBuf};

/// Root directory of the workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's target directory: `CARGO_TARGET_DIR`, or `target` of the workspace.
pub fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => workspace().join(dir),
        None => workspace().join("target"),
    }
}

/// The Python environment that `cargo xtask setup` creates.
pub fn test_env() -> PathBuf {
    target_dir().join("test-env")
}

/// Directory of the compiled plugins.
pub fn plugin_dir() -> PathBuf {
    target_dir().join("wasm32-wasip2").join("plugin")
}

/// The `cloudhost` binary under test: `CLOUDHOST_BIN`, or the release build.
pub fn binary() -> PathBuf {
    match env::var_os("CLOUDHOST_BIN") {
        Some(path) => PathBuf::from(path),
        None => target_dir().join("release").join("cloudhost"),
    }
}
