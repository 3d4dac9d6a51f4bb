//! Damaged and hostile files: detected, set aside, never used, never a panic.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rstest::rstest;

use super::samples::{fetched, folder, lock, save, scope, small, store, wait};
use crate::catalog::arrow::{self, Damage};
use crate::catalog::{CatalogError, Digest, KINDS, Store};
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::{HasRemedy as _, SealKey};
use cloudhost_files::FolderError;

fn files(root: &tempfile::TempDir) -> Vec<String> {
    let names = fs::read_dir(folder(root))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn file(root: &tempfile::TempDir, start: &str) -> PathBuf {
    folder(root).join(
        files(root)
            .into_iter()
            .find(|name| name.starts_with(start))
            .unwrap(),
    )
}

/// The catalog is gone with one warning, a file is kept aside, and saving again makes it whole.
fn is_set_aside(root: &tempfile::TempDir, store: &Store, name: &str) {
    let loaded = store.load(&scope()).unwrap();
    assert_eq!(loaded.catalog, None);
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
    assert!(
        loaded.warnings[0].contains(name) && loaded.warnings[0].contains("damaged-1"),
        "{:?}",
        loaded.warnings
    );
    assert!(
        files(root).contains(&format!("{name}.damaged-1")),
        "{:?}",
        files(root)
    );
    assert_eq!(store.read_index(&scope()), None);
    let again = store.load(&scope()).unwrap();
    assert_eq!((again.catalog, again.warnings.len()), (None, 0));
    let saved = save(store, small());
    assert_eq!(store.load(&scope()).unwrap().catalog, Some(saved));
    assert_eq!(
        store.status().unwrap()[0].damaged,
        [format!("{name}.damaged-1")]
    );
}

#[rstest]
#[case::empty(|_| vec![])]
#[case::truncated(|mut bytes: Vec<u8>| { bytes.truncate(bytes.len() / 2); bytes })]
#[case::longer(|mut bytes: Vec<u8>| { bytes.push(0); bytes })]
#[case::one_bit(|mut bytes: Vec<u8>| { let at = bytes.len() / 3; bytes[at] ^= 4; bytes })]
#[case::zeros(|bytes: Vec<u8>| vec![0; bytes.len()])]
fn a_damaged_file_is_set_aside(
    #[values(
        "index.json",
        "regions-",
        "instance-types-",
        "offers-",
        "images-",
        "prices-",
        "capacity-"
    )]
    start: &str,
    #[case] damage: fn(Vec<u8>) -> Vec<u8>,
) {
    let (root, store) = store();
    save(&store, small());
    let path = file(&root, start);
    let changed = damage(fs::read(&path).unwrap());
    if start == "index.json" && serde_json::from_slice::<serde_json::Value>(&changed).is_ok() {
        return; // One bit in a name or a space more is still JSON; see the tests of the index below.
    }
    fs::write(&path, changed).unwrap();
    is_set_aside(&root, &store, path.file_name().unwrap().to_str().unwrap());
}

#[test]
fn a_lost_file_forgets_the_index() {
    let (root, store) = store();
    save(&store, small());
    fs::remove_file(file(&root, "offers-")).unwrap();
    let loaded = store.load(&scope()).unwrap();
    assert!(
        loaded.catalog.is_none() && loaded.warnings[0].contains("file not found"),
        "{:?}",
        loaded.warnings
    );
    assert_eq!(store.read_index(&scope()), None);
}

/// A changed index is not used.
#[rstest]
#[case::rows(r#""rows": 5"#, r#""rows": 6"#)]
#[case::path("\"file\": \"offers-", "\"file\": \"../offers-")]
#[case::digest(
    "DIGEST",
    "0000000000000000000000000000000000000000000000000000000000000000"
)]
#[case::kind("\"offers\": {", "\"offres\": {")]
#[case::time("\"fetched_at\": \"2026", "\"fetched_at\": \"20260")]
#[case::gap("\"missing\": []", "\"missing\": [{}]")]
fn a_changed_index_is_not_used(#[case] from: &str, #[case] to: &str) {
    let (root, store) = store();
    let from = &from.replace("DIGEST", &save(&store, small()).digest.to_string());
    let path = folder(&root).join("index.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let loaded = store.load(&scope()).unwrap();
    assert_eq!((loaded.catalog, loaded.warnings.len()), (None, 1));
}

#[test]
fn another_versions_catalog_is_absent_and_left_alone() {
    let (root, store) = store();
    save(&store, small());
    let path = folder(&root).join("index.json");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace(r#""format": 5"#, r#""format": 1"#);
    fs::write(&path, &text).unwrap();
    let loaded = store.load(&scope()).unwrap();
    assert_eq!((loaded.catalog, loaded.warnings.len()), (None, 0));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn only_a_few_damaged_files_are_kept() {
    let (root, store) = store();
    for _ in 0..6 {
        save(&store, small());
        fs::write(folder(&root).join("index.json"), "{").unwrap();
        store.load(&scope()).unwrap();
    }
    let aside = files(&root)
        .into_iter()
        .filter(|name| name.contains("damaged"))
        .count();
    assert_eq!(aside, 3);
}

/// Behind the digest stands a reader that survives any bytes: each bit of each file, one after the other.
#[test]
fn any_flipped_bit_is_survived_without_the_digest() {
    let catalog = arrow::encode(&small()).unwrap();
    let (mut refused, mut read) = (0, 0);
    for kind in KINDS {
        let bytes = &catalog.get(kind).as_ref().unwrap().bytes;
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let mut listing: Listing = Listing::default();
            match arrow::decode(kind, &arrow_buffer::Buffer::from_vec(changed), &mut listing) {
                Ok(_) => read += 1,
                Err(Damage { .. }) => refused += 1,
            }
        }
        for length in (0..bytes.len()).step_by(7) {
            let short = arrow_buffer::Buffer::from_vec(bytes[..length].to_vec());
            arrow::decode(kind, &short, &mut Listing::default()).unwrap_err();
        }
    }
    assert!(
        refused > 1_000 && read > 1_000,
        "{refused} refused, {read} read"
    );
}

#[test]
fn a_table_of_another_kind_is_refused() {
    let catalog = arrow::encode(&small()).unwrap();
    let bytes = arrow_buffer::Buffer::from_vec(catalog.offers.unwrap().bytes);
    let error = arrow::decode(KINDS[0], &bytes, &mut Listing::default()).unwrap_err();
    assert_eq!(error.to_string(), "its columns are not the expected ones");
}

#[test]
fn symlinks_are_not_followed() {
    let (root, store) = store();
    save(&store, small());
    let outside = root.path().join("outside");
    let index = folder(&root).join("index.json");
    fs::rename(&index, &outside).unwrap();
    symlink(&outside, &index).unwrap();
    assert_eq!(store.read_index(&scope()), None);
    assert_eq!(store.load(&scope()).unwrap().catalog, None);
    // Saving replaces the link, not its target.
    let before = fs::read(&outside).unwrap();
    symlink(&outside, folder(&root).join("index.json.tmp")).unwrap();
    save(&store, small());
    assert_eq!(fs::read(&outside).unwrap(), before);
    assert!(store.load(&scope()).unwrap().catalog.is_some());

    let other = root.path().join("other");
    fs::create_dir(&other).unwrap();
    let gcp = crate::catalog::Scope::new("gcp", &[], "").unwrap();
    symlink(&other, root.path().join("catalog/gcp")).unwrap();
    let error = store.load(&gcp).unwrap_err();
    assert!(
        matches!(
            error,
            CatalogError::Folder(FolderError::InTheWay { link: true, .. })
        ) && error.remedy().is_some(),
        "{error}"
    );
}

#[test]
fn folders_and_files_are_the_users_alone() {
    let (root, store) = store();
    save(&store, small());
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(root.path().join("catalog")), 0o700);
    assert_eq!(mode(folder(&root)), 0o700);
    for name in files(&root) {
        assert_eq!(mode(folder(&root).join(&name)), 0o600, "{name}");
    }
}

/// Files left by an interrupted save, and those of earlier saves, are removed by the next save.
#[test]
fn a_save_tidies_up() {
    let (root, store) = store();
    save(&store, small());
    let leftover = format!(
        "offers-{}.arrow.tmp",
        Digest::of(b"x").to_string().split_at(32).0
    );
    for name in [leftover.as_str(), "index.json.tmp", "notes.txt"] {
        fs::write(folder(&root).join(name), "x").unwrap();
    }
    let mut changed = fetched(small());
    changed.listing.offers.as_mut().unwrap().pop();
    lock(&store).save(changed).unwrap();
    let left = files(&root);
    assert_eq!(
        left.len(),
        KINDS.len() + "index.json lock notes.txt".split(' ').count(),
        "{left:?}"
    );
    assert!(left.contains(&"notes.txt".to_owned()));
}

/// A catalog of another user, of a copied directory, or of another scope brings no data along. With a given secret the
/// directory may be a copy.
#[rstest]
#[case::of_this_directory(own, own, false, false, true)]
#[case::of_another_user(own, other, false, false, false)]
#[case::of_another_secret(given, own, false, false, false)]
#[case::copied(own, own, true, false, false)]
#[case::copied_with_a_given_secret(given, given, true, false, true)]
#[case::of_another_scope(given, given, true, true, false)]
#[case::without_a_secret(none, none, false, false, false)]
fn a_catalog_from_elsewhere_is_absent(
    #[case] by: fn(&Path) -> SealKey,
    #[case] seen_by: fn(&Path) -> SealKey,
    #[case] copied: bool,
    #[case] renamed: bool,
    #[case] used: bool,
) {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let place = root.join("catalog");
    let saved = save(&Store::open(&place, &by(root)).unwrap(), small());
    let mut scope = scope();
    if copied {
        let (from, before) = (root.join("before"), scope.key().to_owned());
        fs::rename(&place, &from).unwrap();
        if renamed {
            scope = crate::catalog::Scope::new("aws", &["other"], "other").unwrap();
        }
        let to = place.join("aws").join(scope.key());
        fs::create_dir_all(&to).unwrap();
        for file in fs::read_dir(from.join("aws").join(before)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let store = Store::open(&place, &seen_by(root)).unwrap();
    let loaded = store.load(&scope).unwrap();
    assert_eq!(store.read_index(&scope).is_some(), used);
    assert_eq!(loaded.catalog.is_some(), used);
    // Nothing is written without a secret, so nothing is there to warn of.
    let there = !used && by(root).require().is_ok();
    assert_eq!(
        loaded.warnings.len(),
        usize::from(there),
        "{:?}",
        loaded.warnings
    );
    // It is not damaged: nothing is set aside, and the next save replaces it.
    let status = store.status().unwrap();
    assert!(status.iter().all(|scope| scope.damaged.is_empty()));
    if seen_by(root).require().is_ok() {
        let lock = wait(store.lock(&scope, std::time::Duration::ZERO)).unwrap();
        lock.save(fetched(small())).unwrap();
        let now = store.load(&scope).unwrap();
        assert_eq!(now.catalog.map(|now| now.digest), Some(saved.digest));
    }
}

fn own(dir: &Path) -> SealKey {
    SealKey::own(dir.join("secret"))
}

fn other(dir: &Path) -> SealKey {
    SealKey::own(dir.join("other"))
}

fn given(dir: &Path) -> SealKey {
    let file = dir.join("given");
    fs::write(&file, [7; 32]).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    SealKey::given(file)
}

fn none(_: &Path) -> SealKey {
    SealKey::none()
}
