//! Directories of the user. A path that is relative would be another directory wherever the program runs, such as one in a
//! source tree from elsewhere: it counts as none.

use etcetera::BaseStrategy as _;
use std::path::PathBuf;

/// Name of the program's directories.
const NAME: &str = "cloudhost";

/// Home directory of this user. `None`: there is none, or its path is relative.
pub fn home_dir() -> Option<PathBuf> {
    let home = etcetera::home_dir().ok();
    home.filter(|path| path.is_absolute())
}

/// Directory of the program in the user's data directory.
pub fn data_dir() -> Option<PathBuf> {
    let dirs = etcetera::choose_base_strategy().ok()?;
    Some(dirs.data_dir().join(NAME)).filter(|path| path.is_absolute())
}

/// Directory of the program in the user's cache directory.
pub fn cache_dir() -> Option<PathBuf> {
    let dirs = etcetera::choose_base_strategy().ok()?;
    Some(dirs.cache_dir().join(NAME)).filter(|path| path.is_absolute())
}

/// Directory of the program in the user's state directory, which outlives the cache and belongs to this machine.
pub fn state_dir() -> Option<PathBuf> {
    let dirs = etcetera::choose_base_strategy().ok()?;
    let state = dirs.state_dir().unwrap_or_else(|| dirs.data_dir());
    Some(state.join(NAME)).filter(|path| path.is_absolute())
}
