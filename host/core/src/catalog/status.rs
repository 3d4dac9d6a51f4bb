//! Status of the store, and its removal.

use super::error::CatalogError;
use super::index::Index;
use super::lock::LOCK;
use super::save::is_ours;
use super::store::aside;
use super::{Scope, Store};
use crate::capability::is_name;
use cloudhost_files::{Folder, FolderError};

/// One scope of the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The provider's name.
    pub provider: String,
    /// The scope's key: the directory's name.
    pub key: String,
    /// The index. `None` if it cannot be read, has no seal of this user, or is from another version of this program.
    pub index: Option<Index>,
    /// Bytes of all files of the scope.
    pub bytes: u64,
    /// Names of the files that were set aside.
    pub damaged: Vec<String>,
}

/// Summary of [`Store::clear`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Number of catalogs with a file that was removed.
    pub catalogs: u64,
    /// Number of files removed.
    pub files: u64,
    /// Bytes freed.
    pub bytes: u64,
}

impl Cleared {
    /// Removes the symlinks with these names in a directory.
    fn links(
        &mut self,
        folder: &Folder,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), CatalogError> {
        for name in folder.links()?.iter().filter(|name| wanted(name)) {
            let removed = folder.remove(name)?;
            self.files += 1;
            self.bytes += removed.unwrap_or(0);
        }
        Ok(())
    }
}

impl Store {
    /// Status of all scopes with a file, sorted by provider and key. A fetch that failed leaves only its lock.
    pub fn status(&self) -> Result<Vec<Status>, CatalogError> {
        let mut all = Vec::new();
        self.each(None, |provider, key, folder| {
            let names: Vec<String> = folder
                .names(false)?
                .into_iter()
                .filter(|name| is_ours(name))
                .collect();
            let index = Index::read(&folder, &Scope::of(provider, key), &self.seal).index();
            if index.is_none() && names.iter().all(|name| name == LOCK) {
                return Ok(());
            }
            let size = |name: &String| folder.size(name).ok().flatten().unwrap_or(0);
            all.push(Status {
                provider: provider.to_owned(),
                key: key.to_owned(),
                index,
                bytes: names.iter().map(size).sum(),
                damaged: names
                    .into_iter()
                    .filter(|name| aside(name).is_some())
                    .collect(),
            });
            Ok(())
        })?;
        Ok(all)
    }

    /// Removes all catalogs, or those of one provider. Removes only files that the store made, and only while no
    /// other run is saving: a catalog in use is an error, and the others then remain. A symlink in place of a
    /// directory, which no run would follow, is removed itself, and not its target.
    pub fn clear(&self, provider: Option<&str>) -> Result<Cleared, CatalogError> {
        if let Some(name) = provider.filter(|name| !is_name(name)) {
            return Err(CatalogError::Provider {
                name: name.to_owned(),
            });
        }
        let mut cleared = Cleared::default();
        let wanted = |name: &str| is_name(name) && provider.is_none_or(|only| only == name);
        cleared.links(&self.root, wanted)?;
        for name in self.root.names(true)?.iter().filter(|name| wanted(name)) {
            if let Some(folder) = self.root.sub(name)? {
                cleared.links(&folder, Scope::is_key)?;
            }
            let _ = self.root.remove_empty(name);
        }
        self.each(provider, |provider, key, folder| {
            let scope = Scope::of(provider, key);
            let busy = || FolderError::Busy {
                lock: self.lock_of(&scope),
                seconds: 0,
            };
            let locked = self.try_lock(&scope)?.ok_or_else(busy)?;
            // The lock file goes last: until then it keeps other runs out.
            let before = cleared.files;
            let mut names = folder.names(false)?;
            names.sort_by_key(|name| name == LOCK);
            for name in names.into_iter().filter(|name| is_ours(name)) {
                let removed = folder.remove(&name)?;
                if name != LOCK {
                    cleared.files += 1;
                    cleared.bytes += removed.unwrap_or(0);
                }
            }
            cleared.catalogs += u64::from(cleared.files > before);
            drop(locked);
            if let Some(provider) = self.root.sub(provider)? {
                let _ = provider.remove_empty(key);
            }
            let _ = self.root.remove_empty(provider);
            Ok(())
        })?;
        Ok(cleared)
    }

    /// Visits the directories of all scopes, or those of one provider. Other directories are not the store's.
    fn each(
        &self,
        only: Option<&str>,
        mut visit: impl FnMut(&str, &str, Folder) -> Result<(), CatalogError>,
    ) -> Result<(), CatalogError> {
        let wanted = |name: &String| is_name(name) && only.is_none_or(|only| only == name);
        for provider in self.root.names(true)?.into_iter().filter(wanted) {
            let Some(folder) = self.root.sub(&provider)? else {
                continue;
            };
            for key in folder
                .names(true)?
                .into_iter()
                .filter(|name| Scope::is_key(name))
            {
                if let Some(scope) = folder.sub(&key)? {
                    visit(&provider, &key, scope)?;
                }
            }
        }
        Ok(())
    }
}

impl Scope {
    /// The scope of an existing directory.
    fn of(provider: &str, key: &str) -> Scope {
        Scope {
            provider: provider.to_owned(),
            key: key.to_owned(),
            title: String::new(),
        }
    }

    /// Reports whether a directory's name is a key.
    fn is_key(name: &str) -> bool {
        name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FilePurpose, Fix, HasRemedy as _, Remedy, SealKey};
    use std::os::unix::fs::symlink;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    /// A store with a symlink at this path in it, which points to a directory with a file.
    fn linked(at: &str) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("catalog"), &SealKey::none()).unwrap();
        std::fs::create_dir(dir.path().join("real")).unwrap();
        std::fs::write(dir.path().join("real/lock"), "precious").unwrap();
        let link = dir.path().join("catalog").join(at);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(dir.path().join("real"), link).unwrap();
        (dir, store)
    }

    #[rstest::rstest]
    #[case::scope(&format!("aws/{KEY}"))]
    #[case::provider("aws")]
    fn a_symlink_is_named_and_cleared(#[case] at: &str) {
        let (dir, store) = linked(at);
        let link = dir.path().join("catalog").join(at);
        let error = store.load(&Scope::of("aws", KEY)).unwrap_err();
        let shown = link.display().to_string();
        assert!(error.to_string().contains(&shown), "{error}");
        let fix = Fix::Remove(link.clone());
        let purpose = FilePurpose::Cache;
        assert_eq!(error.remedy(), Some(Remedy::Files { fix, purpose }));

        assert_eq!(store.clear(Some("other")).unwrap(), Cleared::default());
        assert!(link.is_symlink());
        let cleared = store.clear(None).unwrap();
        assert_eq!((cleared.catalogs, cleared.files), (0, 1));
        assert!(!link.is_symlink());
        let kept = std::fs::read_to_string(dir.path().join("real/lock"));
        assert_eq!(kept.unwrap(), "precious");
        assert!(
            store
                .load(&Scope::of("aws", KEY))
                .unwrap()
                .catalog
                .is_none()
        );
    }

    #[test]
    fn other_links_are_left() {
        let (dir, store) = linked("aws/of-somebody");
        store.clear(None).unwrap();
        assert!(dir.path().join("catalog/aws/of-somebody").is_symlink());
    }

    /// A fetch that failed leaves its lock, which is no catalog.
    #[test]
    fn a_lock_is_no_catalog() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("catalog"), &SealKey::none()).unwrap();
        drop(store.try_lock(&Scope::of("aws", KEY)).unwrap().unwrap());
        assert_eq!(store.status().unwrap(), vec![]);
        assert_eq!(store.clear(None).unwrap(), Cleared::default());
        assert!(!dir.path().join("catalog/aws").exists());
    }

    #[test]
    fn looking_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("cache/catalog");
        let none = SealKey::none();
        assert!(Store::existing(&place, &none).unwrap().is_none());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        Store::open(&place, &none).unwrap();
        let store = Store::existing(&place, &none).unwrap().unwrap();
        assert_eq!(store.status().unwrap(), vec![]);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        for place in [file.clone(), file.join("catalog")] {
            let none = SealKey::none();
            let found = Store::existing(&place, &none).map(|_| ());
            for outcome in [Store::open(&place, &none).map(|_| ()), found] {
                match outcome.unwrap_err() {
                    CatalogError::Folder(FolderError::InTheWay { path, link: false }) => {
                        assert_eq!(path, file)
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}
