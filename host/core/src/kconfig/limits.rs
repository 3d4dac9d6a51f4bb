//! Limits on one response. The largest known catalog is about 190 files, 10,000 entries and 2 MB.

use super::{KconfigError, MenuLocation};

/// Files of one response.
pub const MAX_FILES: usize = 4096;
/// Entries of one response, over all files.
pub const MAX_ENTRIES: usize = 1_000_000;
/// Bytes of any one string from a plugin.
pub const MAX_STRING_BYTES: usize = 64 << 10;
/// Bytes of text of one file.
pub const MAX_FILE_BYTES: usize = 16 << 20;
/// Bytes of text of one response.
pub const MAX_TOTAL_BYTES: usize = 64 << 20;
/// Terms of one condition. kconfiglib recurses for each of them, and Python stops at a depth of 1,000.
pub const MAX_TERMS: usize = 512;
/// Nested blocks, with each file that is sourced by another counted as one block; for the same reason.
pub const MAX_BLOCKS: usize = 64;

/// Fails if `found` is more than `limit`.
pub(super) fn within(
    what: &'static str,
    location: &MenuLocation,
    found: usize,
    limit: usize,
) -> Result<(), KconfigError> {
    if found > limit {
        return Err(KconfigError::Limit {
            what,
            location: location.clone(),
            found,
            limit,
        });
    }
    Ok(())
}
