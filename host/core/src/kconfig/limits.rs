//! How much one answer may hold. The largest catalog known is about 190 files, 10,000 entries and 2 MB.

use super::{KconfigError, Place};

/// Files of one answer.
pub const MAX_FILES: usize = 4096;
/// Entries of one answer, over all files.
pub const MAX_ENTRIES: usize = 1_000_000;
/// Bytes of any one string that a plugin gives.
pub const MAX_STRING_BYTES: usize = 64 << 10;
/// Bytes of text of one file.
pub const MAX_FILE_BYTES: usize = 16 << 20;
/// Bytes of text of one answer.
pub const MAX_TOTAL_BYTES: usize = 64 << 20;
/// Terms of one condition. kconfiglib recurses for each of them and Python ends that at 1,000.
pub const MAX_TERMS: usize = 512;
/// Blocks inside each other, files that source each other counted as one block each; for the same reason.
pub const MAX_BLOCKS: usize = 64;

/// An error if `found` is more than `limit`.
pub(super) fn within(
    what: &'static str,
    place: &Place,
    found: usize,
    limit: usize,
) -> Result<(), KconfigError> {
    if found > limit {
        return Err(KconfigError::Limit {
            what,
            place: place.clone(),
            found,
            limit,
        });
    }
    Ok(())
}
