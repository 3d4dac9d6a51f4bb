//! Steps of a commit: compare, stage, then write the plan.

use std::collections::{BTreeSet, HashSet};

use super::commit_plan::{self, Gone, New, Plan};
use super::manifest::Manifest;
use super::names::Names;
use super::sealed::Fault;
use super::there::There;
use super::{Changes, Generation, OutputError, Rendered, digest, digest_of, path_fault};
use crate::SealKey;
use crate::error::FolderError;
use crate::folder::{Folder, Kind};

/// Rejects invalid and duplicate paths. The renderer of Kconfig checks more; this is for other callers.
pub(super) fn check_paths(generation: &Generation) -> Result<(), OutputError> {
    let mut seen = HashSet::new();
    generation
        .files
        .iter()
        .try_for_each(|Rendered { path, .. }| {
            let twice = (!seen.insert(path)).then_some("two files have this path");
            match path_fault(path).or(twice) {
                Some(reason) => Err(OutputError::Path {
                    path: path.clone(),
                    reason,
                }),
                None => Ok(()),
            }
        })
}

/// Suffix of generated files' names.
const GENERATED: &str = ".generated";

/// Up to this number of files are synced one by one, more of them all at once: 200 of 10 KB in 80 ms instead of 300 ms
/// (medians on ext4 of a busy machine), at the price of waiting for the writes of other processes.
const FEW: usize = 16;

/// Makes `folder` hold this generation. The lock must be held, and no earlier commit be incomplete.
pub(super) fn commit(
    folder: &Folder,
    names: &Names,
    seal: &SealKey,
    generation: &Generation,
) -> Result<Changes, OutputError> {
    let (before, claimed) = match Manifest::load(folder, names, seal)? {
        None => (None, None),
        Some(Ok(before)) => (Some(before), None),
        Some(Err(fault)) => {
            let why = match fault {
                Fault::Damaged => "is damaged",
                Fault::NoSeal(_) => "was written without a secret to seal it with",
                Fault::OtherSeal(_) => "was not written by this user for this directory",
            };
            if seal.fault().is_none() {
                let path = folder.at(&names.manifest);
                tracing::warn!(
                    "{} {why}: no file of an earlier run is removed",
                    path.display()
                );
            }
            (None, fault.claim())
        }
    };
    let known = Known {
        folder,
        sealed: before.as_ref(),
        claimed: claimed.as_ref(),
        mark: &generation.mark,
    };
    let mut changes = Changes::default();
    let mut plan = Plan::new(Vec::new(), Vec::new(), Vec::new());
    let mut contents: Vec<&str> = Vec::new();

    for file in in_order(&generation.files) {
        let before = match There::to_replace(folder, &file.path)? {
            None => None,
            Some(there) if there.holds(&file.text) => {
                changes.unchanged.push(file.path.clone());
                continue;
            }
            Some(there) => {
                let digest = there.digest();
                if !known.is_ours(file, there.content(), &digest)? {
                    return Err(OutputError::NotOurs {
                        path: folder.at(&file.path),
                    });
                }
                Some(digest)
            }
        };
        changes.written.push(file.path.clone());
        plan.files.push(New {
            path: file.path.clone(),
            blake3: digest_of(file.text.as_bytes()),
            before,
        });
        contents.push(&file.text);
    }
    plan.folders = missing_folders(folder, &plan.files)?;
    plan.gone = no_longer_produced(folder, before.as_ref(), generation, &mut changes)?;

    let text = Manifest::of(generation).to_text(folder, names, seal);
    let before = There::to_replace(folder, &names.manifest)?;
    if !before.as_ref().is_some_and(|there| there.holds(&text)) {
        plan.files.push(New {
            path: names.manifest.clone(),
            blake3: digest_of(text.as_bytes()),
            before: before.as_ref().map(There::digest),
        });
        contents.push(&text);
    }
    if !plan.files.is_empty() {
        stage(folder, names, seal, &plan, &contents)?;
        commit_plan::carry_out(folder, names, &plan)?;
    }
    for list in [
        &mut changes.written,
        &mut changes.unchanged,
        &mut changes.removed,
        &mut changes.kept,
    ] {
        list.sort();
    }
    Ok(changes)
}

/// Sorts deeper files first: they exist before the files that source them.
fn in_order(files: &[Rendered]) -> Vec<&Rendered> {
    let mut files: Vec<&Rendered> = files.iter().collect();
    files.sort_by_key(|file| {
        (
            std::cmp::Reverse(file.path.matches('/').count()),
            &file.path,
        )
    });
    files
}

/// Knowledge about existing files.
struct Known<'a> {
    folder: &'a Folder,
    /// The list of what this user wrote here last.
    sealed: Option<&'a Manifest>,
    /// A list without this user's seal.
    claimed: Option<&'a Manifest>,
    mark: &'a str,
}

impl Known<'_> {
    /// Decides if an existing file may be replaced: nobody has changed it since it was written here. Of a list without a
    /// seal, as in a copy or a clone, a file counts only if its first line is that of the new one, which names its owner.
    ///
    /// A file whose name marks it as generated may be replaced whatever it holds, unless it is of another owner.
    fn is_ours(&self, file: &Rendered, content: &[u8], digest: &str) -> Result<bool, OutputError> {
        let first = content
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let same_mark = Some(first) == file.text.lines().next().map(str::as_bytes);
        if file.path.ends_with(GENERATED) && (same_mark || !first.starts_with(self.mark.as_bytes()))
        {
            return Ok(true);
        }
        let lists = |manifest: Option<&Manifest>| match manifest {
            Some(manifest) => manifest.lists(self.folder, &file.path, digest),
            None => Ok(false),
        };
        Ok(lists(self.sealed)? || same_mark && lists(self.claimed)?)
    }
}

/// Lists directories to create for these files, parents first.
fn missing_folders(folder: &Folder, files: &[New]) -> Result<Vec<String>, OutputError> {
    let mut above = BTreeSet::new();
    for file in files {
        let mut path = commit_plan::parent(&file.path);
        while !path.is_empty() && above.insert(path) {
            path = commit_plan::parent(path);
        }
    }
    let mut missing = Vec::new();
    for path in above {
        match folder.kind(path)? {
            Kind::Missing => missing.push(path.to_owned()),
            Kind::Folder => {}
            // The directory itself rejects it if it leads out.
            Kind::Link => folder.check_link(path)?,
            Kind::File(_) | Kind::Other => {
                return Err(OutputError::Folder(FolderError::InTheWay {
                    path: folder.at(path),
                    link: false,
                }));
            }
        }
    }
    Ok(missing)
}

/// Lists files of the earlier generation to remove, and notes those that were modified.
fn no_longer_produced(
    folder: &Folder,
    before: Option<&Manifest>,
    generation: &Generation,
    changes: &mut Changes,
) -> Result<Vec<Gone>, OutputError> {
    let paths = || generation.files.iter().map(|file| file.path.as_str());
    let produced: HashSet<&str> = paths().collect();
    let mut gone = Vec::new();
    for file in before
        .map(|manifest| manifest.files.as_slice())
        .unwrap_or_default()
    {
        if produced.contains(file.path.as_str()) || !folder.exists(&file.path)? {
            continue;
        }
        // On a case-insensitive file system, a different spelling is the same file.
        let mut alike = paths().filter(|path| path.eq_ignore_ascii_case(&file.path));
        let same = alike.try_fold(false, |same, path| {
            Ok::<_, OutputError>(same || folder.is_same(&file.path, path)?)
        });
        if same? {
            continue;
        }
        if digest(folder, &file.path, &mut Vec::new())?.is_some_and(|digest| digest == file.blake3)
        {
            changes.removed.push(file.path.clone());
            gone.push(Gone {
                path: file.path.clone(),
                blake3: file.blake3.clone(),
            });
        } else {
            changes.kept.push(file.path.clone());
        }
    }
    Ok(gone)
}

/// Removes a stage on drop, unless it has a complete plan.
struct Unfinished<'a> {
    folder: &'a Folder,
    names: &'a Names,
    armed: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.armed {
            // If this fails too, the next run does it.
            let _ = commit_plan::clear(self.folder, self.names);
        }
    }
}

/// Writes everything to disk beside the files in use, the plan last.
fn stage(
    folder: &Folder,
    names: &Names,
    seal: &SealKey,
    plan: &Plan,
    contents: &[&str],
) -> Result<(), OutputError> {
    let mut guard = Unfinished {
        folder,
        names,
        armed: true,
    };
    folder.make_folder(&names.stage)?;
    let each = cfg!(not(target_os = "linux")) || contents.len() <= FEW;
    for (number, content) in contents.iter().enumerate() {
        folder.create(&names.new_file(number), content.as_bytes(), each)?;
    }
    if !each {
        folder.sync_all()?;
    }
    for (number, file) in plan
        .files
        .iter()
        .enumerate()
        .filter(|(_, file)| file.before.is_some())
    {
        folder.keep(&file.path, &names.old_file(number))?;
    }
    for (number, file) in plan.gone.iter().enumerate() {
        folder.keep(&file.path, &names.gone_file(number))?;
    }
    // Under a temporary name until it is complete.
    let draft = format!("{}/draft", names.stage);
    let text = plan.to_text(folder, names, seal);
    folder.create(&draft, text.as_bytes(), true)?;
    folder.sync(&names.stage)?;
    folder.sync("")?;
    folder.rename(&draft, &names.plan)?;
    folder.sync(&names.stage)?;
    guard.armed = false;
    Ok(())
}
