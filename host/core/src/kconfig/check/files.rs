//! The files of a response: their paths, and the `source` relations between them.

use std::collections::HashMap;

use crate::contract::exports::cloudhost::provider::kconfig::File;
use crate::kconfig::limits::{MAX_BLOCKS, within};
use crate::kconfig::{KconfigError, MenuLocation};
use cloudhost_files::output::path_fault;

pub(super) fn check_paths(files: &[File]) -> Result<(), KconfigError> {
    let mut seen: HashMap<String, &str> = HashMap::with_capacity(files.len());
    for File { path, .. } in files {
        if let Some(reason) = path_fault(path) {
            return Err(KconfigError::Path {
                path: path.clone(),
                reason,
            });
        }
        // Some file systems are case-insensitive.
        if let Some(first) = seen.insert(path.to_ascii_lowercase(), path) {
            return Err(KconfigError::PathConflict {
                first: first.to_owned(),
                second: path.clone(),
            });
        }
    }
    for File { path, .. } in files {
        let mut folder = path.to_ascii_lowercase();
        while let Some(end) = folder.rfind('/') {
            folder.truncate(end);
            if let Some(first) = seen.get(&folder) {
                return Err(KconfigError::PathConflict {
                    first: (*first).to_owned(),
                    second: path.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Location where each file is sourced.
#[derive(Default)]
pub(super) struct Sources<'a>(pub(super) HashMap<&'a str, Source<'a>>);

pub(super) struct Source<'a> {
    pub(super) from: &'a str,
    pub(super) location: MenuLocation,
    /// Number of open blocks around it.
    pub(super) depth: usize,
}

impl Sources<'_> {
    pub(super) fn check(&self, files: &[File]) -> Result<(), KconfigError> {
        for File { path, .. } in files {
            let (mut depth, mut steps, mut at) = (0, 0, path.as_str());
            while let Some(source) = self.0.get(at) {
                depth += source.depth + 1;
                steps += 1;
                at = source.from;
                // Each file has one place that sources it: more steps than files mean a cycle.
                if steps > files.len() {
                    let reason = "the files source each other in a cycle";
                    return Err(KconfigError::Source {
                        location: source.location.clone(),
                        path: path.clone(),
                        reason,
                    });
                }
            }
            within(
                "blocks and files around it",
                &MenuLocation::File(path.clone()),
                depth,
                MAX_BLOCKS,
            )?;
        }
        Ok(())
    }
}
