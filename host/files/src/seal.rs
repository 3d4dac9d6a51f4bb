//! The secret of a user, by which files on disk are believed.
//!
//! A file is not believed because it is there: a directory can come from a clone, an archive or another machine, and
//! permissions do not tell who wrote it. What decides about code, grants or the removal of files is therefore sealed
//! with a secret that lies outside of every directory that it vouches for. Without a right seal, a file counts for
//! nothing.
//!
//! The secret of a user is a file of random bytes, created on first need. The bytes alone are worth nothing: the key is
//! derived from them, the user, the machine and the inode of the file, so that a copied home directory vouches for
//! nothing. (A device number would not do: those of btrfs, NFS and overlayfs change when a machine starts again.)
//! Machines that share a home directory derive different keys. For them, and for the processes of a service, a user
//! gives a file, whose bytes alone decide.
//!
//! The seal of a text also covers the name of its file. With the secret of a user it covers the inode of the directory
//! too: what was sealed for one directory is not believed in another. With a given file it does not: images, volumes and
//! network file systems number their directories again at each start.

use crate::file::{Draft, FileError, open_regular, read_regular, read_within};
use crate::{Folder, FolderError, PATIENCE, data_dir};
use rustix::process::geteuid;
use std::fmt;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Name of the file with the secret of a user.
const NAME: &str = "seal.key";
/// Name of the lock file that prevents concurrent creation.
const LOCK: &str = "seal.lock";
/// Number of bytes in that file, and the least in a file that a user gives.
const RANDOM: usize = 32;
/// Limit on the bytes of a file that a user gives.
const LIMIT: u64 = 1024;
/// Files with the identity of the machine: machine-id(5). A machine without one has none.
const MACHINE: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// Contexts of derived keys, each used once.
mod context {
    /// Random bytes, a user, a machine and an inode.
    pub const OWN: &str = "cloudhost 2026 secret of a user on a machine";
    /// Bytes of a file that a user gives.
    pub const GIVEN: &str = "cloudhost 2026 secret that a user gives";
    /// Seals of texts.
    pub const TEXT: &str = "text";
    /// Prefix of the purposes of derived keys.
    pub const KEY: &str = "key:";
}

type Key = [u8; blake3::KEY_LEN];

/// The secret cannot be used: nothing on disk is believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// There is no home directory, or the program allows no secret.
    #[error("this user has no place for a secret")]
    NoPlace,
    /// The directory of the secret cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The given file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: FileError,
    },
    /// The given file belongs to another user, who knows the secret.
    #[error("{} belongs to user {owner}, expected this user or root", .path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Other users can read or write the given file.
    #[error("{} is readable or writable by other users", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// True: this user owns it, and can change its mode.
        ours: bool,
    },
    /// The given file is too small or too large.
    #[error("{} has {bytes} bytes, expected {RANDOM} to {LIMIT}", .path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size; of a file that is too large, one more than the limit.
        bytes: usize,
    },
}

/// The secret of a user. It is read when it is first needed, and created when something is first sealed. Clones share
/// it.
///
/// ```
/// use cloudhost_files::{Folder, SealKey};
///
/// # let root = tempfile::tempdir()?;
/// let folder = Folder::private(&root.path().join("plugins"))?;
/// let key = SealKey::own(root.path().join("secret"));
/// let seal = key.seal(&folder, "list", b"text")?;
/// assert!(key.vouches(&folder, "list", b"text", &seal));
/// assert!(!key.vouches(&folder, "list", b"other text", &seal));
/// assert!(!SealKey::none().vouches(&folder, "list", b"text", &seal));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SealKey(Arc<Inner>);

struct Inner {
    origin: Origin,
    /// The key once it was needed, or the reason that there is none.
    key: OnceLock<Result<Key, Arc<SealError>>>,
}

/// Origin of the secret.
#[derive(Debug)]
enum Origin {
    None,
    Own(PathBuf),
    Given(PathBuf),
}

impl SealKey {
    /// The secret of this user, in `cloudhost` in the user's data directory. Without a home directory there is none.
    pub fn of_user() -> Self {
        data_dir().map_or_else(Self::none, Self::own)
    }

    /// A secret of this user in a private directory, which is created on first need, as is the secret.
    pub fn own(folder: impl Into<PathBuf>) -> Self {
        Self::of(Origin::Own(folder.into()))
    }

    /// The secret in this file: 32 bytes or more that are hard to guess. It has to belong to this user or to root, only
    /// its owner may write it, and others may not read it. It is never created.
    pub fn given(file: impl Into<PathBuf>) -> Self {
        Self::of(Origin::Given(file.into()))
    }

    /// No secret: nothing on disk is believed, and nothing is sealed.
    pub fn none() -> Self {
        Self::of(Origin::None)
    }

    fn of(origin: Origin) -> Self {
        Self(Arc::new(Inner {
            origin,
            key: OnceLock::new(),
        }))
    }

    /// Seals the text of the file `name` in a directory. A given secret seals it for any directory.
    ///
    /// # Errors
    /// When there is no secret, and none can be created.
    pub fn seal(&self, folder: &Folder, name: &str, text: &[u8]) -> Result<String, Arc<SealError>> {
        let key = self.required()?;
        let code = self.code(&key, folder, name, text).map_err(Arc::new)?;
        Ok(code.to_hex().to_string())
    }

    /// Returns true if this secret sealed exactly this text for this file in this directory. Creates nothing.
    pub fn vouches(&self, folder: &Folder, name: &str, text: &[u8], seal: &str) -> bool {
        let right = || {
            let seal = blake3::Hash::from_hex(seal).ok()?;
            // Compared in constant time.
            Some(self.code(&self.existing()?, folder, name, text).ok()? == seal)
        };
        right().unwrap_or(false)
    }

    /// Derives a key for a purpose; creates the secret if there is none.
    ///
    /// # Errors
    /// When there is no secret, and none can be created.
    pub fn key(&self, purpose: &str) -> Result<[u8; 32], Arc<SealError>> {
        Ok(of_purpose(&self.required()?, purpose))
    }

    /// Derives a key for a purpose; `None`: there is no secret.
    pub fn existing_key(&self, purpose: &str) -> Option<[u8; 32]> {
        Some(of_purpose(&self.existing()?, purpose))
    }

    /// Requires a secret, which is created if there is none.
    ///
    /// # Errors
    /// When there is no secret, and none can be created.
    pub fn require(&self) -> Result<(), Arc<SealError>> {
        self.required().map(drop)
    }

    /// Returns why the secret cannot be used, once it was needed.
    pub fn fault(&self) -> Option<&SealError> {
        self.0.key.get()?.as_ref().err().map(|error| &**error)
    }

    /// Directory of the secret, if it is one of this user's own.
    pub(crate) fn own_folder(&self) -> Option<&Path> {
        match &self.0.origin {
            Origin::Own(folder) => Some(folder),
            Origin::None | Origin::Given(_) => None,
        }
    }

    /// Returns the key, if there is one.
    fn existing(&self) -> Option<Key> {
        let known = match self.0.key.get() {
            Some(known) => known,
            None => self.keep(self.0.origin.read().transpose()?),
        };
        known.as_ref().ok().copied()
    }

    /// Returns the key, which is created if there is none.
    fn required(&self) -> Result<Key, Arc<SealError>> {
        if let Some(key) = self.existing() {
            return Ok(key);
        }
        match self.0.key.get() {
            Some(known) => known.clone(),
            None => self.keep(self.0.origin.create()).clone(),
        }
    }

    /// Computes the authentication code of the text of a file.
    fn code(
        &self,
        key: &Key,
        folder: &Folder,
        name: &str,
        text: &[u8],
    ) -> Result<blake3::Hash, SealError> {
        let inode = match self.0.origin {
            Origin::Given(_) => Vec::new(),
            Origin::None | Origin::Own(_) => folder.inode()?.to_le_bytes().to_vec(),
        };
        let mut hasher = blake3::Hasher::new_keyed(&derived(key, context::TEXT));
        for part in [&inode[..], name.as_bytes(), text] {
            add(&mut hasher, part);
        }
        Ok(hasher.finalize())
    }

    /// Keeps the result for later calls. A failure is logged once.
    fn keep(&self, key: Result<Key, SealError>) -> &Result<Key, Arc<SealError>> {
        self.0.key.get_or_init(|| {
            key.map_err(|error| {
                tracing::warn!("nothing on disk is believed: {error}");
                Arc::new(error)
            })
        })
    }
}

impl Origin {
    /// Reads the key; `None`: there is none yet.
    fn read(&self) -> Result<Option<Key>, SealError> {
        match self {
            Self::None => Err(SealError::NoPlace),
            Self::Own(folder) => match Folder::find_private(folder)? {
                Some(folder) => own(&folder, &machine(&MACHINE)),
                None => Ok(None),
            },
            Self::Given(file) => given(file).map(Some),
        }
    }

    fn create(&self) -> Result<Key, SealError> {
        match self {
            Self::Own(folder) => create(&Folder::private(folder)?, &machine(&MACHINE)),
            Self::None | Self::Given(_) => Err(SealError::NoPlace),
        }
    }
}

/// Reads the secret in a directory. Anything but a file that only this user can read and write is not it; one that
/// cannot be opened may be.
fn own(folder: &Folder, machine: &[u8]) -> Result<Option<Key>, SealError> {
    let file = match folder.open(NAME) {
        Ok(Some(file)) => file,
        Ok(None) | Err(FolderError::NotAFile { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let disk = |error| FolderError::disk("read", folder.at(NAME))(error);
    let metadata = file.metadata().map_err(disk)?;
    if metadata.uid() != geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
        return Ok(None);
    }
    let bytes = read_within(file, RANDOM as u64).map_err(disk)?;
    Ok((bytes.len() == RANDOM).then(|| bound(&bytes, &metadata, machine)))
}

/// Creates the secret in a directory, unless another process was first.
fn create(folder: &Folder, machine: &[u8]) -> Result<Key, SealError> {
    let _lock = folder.lock(LOCK, PATIENCE)?;
    if let Some(key) = own(folder, machine)? {
        return Ok(key);
    }
    let path = folder.at(NAME);
    let disk = |error| FolderError::disk("write", &path)(error);
    if folder.exists(NAME)? {
        tracing::warn!(
            "{} is not a secret that only this user can read: a new one replaces it, and seals of the old one are invalid",
            path.display()
        );
    }
    let mut random = [0; RANDOM];
    getrandom::fill(&mut random).map_err(|error| disk(io::Error::other(error.to_string())))?;
    let mut draft = Draft::private(&path).map_err(disk)?;
    draft.write(&random).map_err(disk)?;
    // A rename keeps the inode.
    let metadata = draft.file().metadata().map_err(disk)?;
    draft.commit().map_err(disk)?;
    Ok(bound(&random, &metadata, machine))
}

/// Reads a file that a user gives. Symlinks are followed: the path is the user's own.
fn given(path: &Path) -> Result<Key, SealError> {
    let failed = |source: FileError| SealError::Read {
        path: path.to_owned(),
        source,
    };
    let file = open_regular(path).map_err(failed)?;
    let metadata = file.metadata().map_err(|error| failed(error.into()))?;
    let (owner, user) = (metadata.uid(), geteuid().as_raw());
    if ![user, 0].contains(&owner) {
        return Err(SealError::NotOurs {
            path: path.to_owned(),
            owner,
        });
    }
    // A group can stand for one user: a cluster mounts secrets so.
    if metadata.mode() & 0o027 != 0 {
        return Err(SealError::Exposed {
            path: path.to_owned(),
            ours: owner == user,
        });
    }
    let bytes = read_within(file, LIMIT).map_err(|error| failed(error.into()))?;
    if bytes.len() < RANDOM || bytes.len() as u64 > LIMIT {
        return Err(SealError::Size {
            path: path.to_owned(),
            bytes: bytes.len(),
        });
    }
    Ok(blake3::derive_key(context::GIVEN, &bytes))
}

/// Binds random bytes to the user and the inode of their file, and to a machine.
fn bound(random: &[u8], file: &Metadata, machine: &[u8]) -> Key {
    let (user, inode) = (file.uid().to_le_bytes(), file.ino().to_le_bytes());
    let mut hasher = blake3::Hasher::new_derive_key(context::OWN);
    for part in [random, &user, &inode, machine] {
        add(&mut hasher, part);
    }
    *hasher.finalize().as_bytes()
}

/// Identity of a machine, from the first of these files; empty: it has none.
fn machine(files: &[impl AsRef<Path>]) -> Vec<u8> {
    let mut files = files.iter();
    let id = files.find_map(|path| read_regular(path.as_ref(), LIMIT).ok());
    id.unwrap_or_default()
}

/// Derives a key for a purpose of a caller.
fn of_purpose(key: &Key, purpose: &str) -> Key {
    derived(key, &format!("{}{purpose}", context::KEY))
}

fn derived(key: &Key, context: &str) -> Key {
    *blake3::keyed_hash(key, context.as_bytes()).as_bytes()
}

/// Hashes a part behind its length: no two lists of parts are hashed alike.
fn add(hasher: &mut blake3::Hasher, part: &[u8]) {
    hasher.update(&(part.len() as u64).to_le_bytes());
    hasher.update(part);
}

/// Shows the origin of the secret, and never the secret.
impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealKey").field(&self.0.origin).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::sync::Barrier;

    const TEXT: &[u8] = b"text";

    struct Fixture {
        root: tempfile::TempDir,
        folder: Folder,
    }

    impl Fixture {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let folder = Folder::private(&root.path().join("vouched")).unwrap();
            Self { root, folder }
        }

        fn at(&self, path: &str) -> PathBuf {
            self.root.path().join(path)
        }

        /// The secret as another process reads it.
        fn own(&self) -> SealKey {
            SealKey::own(self.at("data/cloudhost"))
        }

        fn secret(&self) -> PathBuf {
            self.at("data/cloudhost/seal.key")
        }

        fn seal(&self, key: &SealKey) -> String {
            key.seal(&self.folder, "name", TEXT).unwrap()
        }

        /// Seals that eight processes make at once, which are all the same.
        fn at_once(&self) -> Vec<String> {
            let start = Barrier::new(8);
            let each = || {
                let key = self.own();
                start.wait();
                self.seal(&key)
            };
            let seals: Vec<String> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
                threads.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert!(seals.iter().all(|seal| *seal == seals[0]), "{seals:?}");
            seals
        }

        fn believes(&self, key: &SealKey, seal: &str) -> bool {
            key.vouches(&self.folder, "name", TEXT, seal)
        }

        fn give(&self, bytes: &[u8], mode: u32) -> PathBuf {
            let path = self.at("given");
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    #[test]
    fn a_secret_is_created_on_first_need_and_kept() {
        let fixture = Fixture::new();
        assert!(!fixture.believes(&fixture.own(), &"0".repeat(64)));
        assert!(fixture.own().existing_key("purpose").is_none());
        assert!(!fixture.at("data").exists(), "looking created it");
        let seal = fixture.seal(&fixture.own());
        let mode = |path: PathBuf| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(
            (mode(fixture.secret()), mode(fixture.at("data/cloudhost"))),
            (0o600, 0o700)
        );
        assert!(fixture.believes(&fixture.own(), &seal));
        assert_eq!(fixture.seal(&fixture.own()), seal);
        assert!(fixture.own().fault().is_none());
        let names = fs::read_dir(fixture.at("data/cloudhost")).unwrap();
        assert_eq!(names.count(), 2, "the secret and its lock");
        // It shows neither its bytes nor the key.
        let shown = format!("{:?}", fixture.own());
        assert!(shown.contains("cloudhost") && shown.len() < 200, "{shown}");
    }

    #[test]
    fn a_seal_is_of_one_text_in_one_place() {
        let fixture = Fixture::new();
        let (key, folder) = (fixture.own(), &fixture.folder);
        let seal = fixture.seal(&key);
        assert!(!key.vouches(folder, "name", b"texts", &seal));
        assert!(!key.vouches(folder, "names", b"text", &seal));
        assert!(!key.vouches(folder, "namet", b"ext", &seal));
        let other = Folder::private(&fixture.at("other")).unwrap();
        assert!(!key.vouches(&other, "name", TEXT, &seal));
        for bad in ["", "0", &seal[1..], &seal.replace(&seal[..1], "x")] {
            assert!(!fixture.believes(&key, bad), "{bad}");
        }
        // A directory that was renamed is the same one.
        fs::rename(fixture.at("vouched"), fixture.at("moved")).unwrap();
        let moved = Folder::private(&fixture.at("moved")).unwrap();
        assert!(key.vouches(&moved, "name", TEXT, &seal));
    }

    #[test]
    fn keys_of_purposes_differ() {
        let key = Fixture::new().own();
        let (one, other) = (key.key("one").unwrap(), key.key("other").unwrap());
        assert_ne!(one, other);
        assert_eq!(key.existing_key("one"), Some(one));
        // No purpose is that of the seals of texts.
        let secret = key.required().unwrap();
        assert_ne!(
            key.key(context::TEXT).unwrap(),
            derived(&secret, context::TEXT)
        );
    }

    /// The same bytes in another file, as in a copied home directory, are another secret.
    #[test]
    fn a_copied_secret_vouches_for_nothing() {
        let fixture = Fixture::new();
        let seal = fixture.seal(&fixture.own());
        let copy = fixture.at("data/copy");
        fs::create_dir(&copy).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o700)).unwrap();
        fs::copy(fixture.secret(), copy.join("seal.key")).unwrap();
        let copied = SealKey::own(copy);
        assert!(!fixture.believes(&copied, &seal));
        assert_ne!(fixture.seal(&copied), seal);
    }

    /// The identity of a machine is read from the first file that exists.
    #[test]
    fn a_secret_is_of_one_machine() {
        let fixture = Fixture::new();
        let folder = Folder::private(&fixture.at("data")).unwrap();
        let files = ["machine-id", "dbus"].map(|name| fixture.at(name));
        let none = create(&folder, &machine(&files)).unwrap();
        let mut keys = vec![none];
        for (file, id) in [(1, "one"), (0, "two"), (0, "three")] {
            fs::write(&files[file], id).unwrap();
            let id = machine(&files);
            let key = own(&folder, &id).unwrap().unwrap();
            assert_eq!(create(&folder, &id).unwrap(), key, "the same random bytes");
            assert!(!keys.contains(&key), "{id:?}");
            keys.push(key);
        }
        fs::remove_file(&files[0]).unwrap();
        assert_eq!(own(&folder, &machine(&files)).unwrap(), Some(keys[1]));
        // Without injected files, it is the identity of this machine.
        let here = own(&folder, &machine(&MACHINE)).unwrap().unwrap();
        let used = SealKey::own(folder.path()).key("purpose").unwrap();
        assert_eq!(used, of_purpose(&here, "purpose"));
    }

    fn readable(path: &Path) {
        fs::set_permissions(path, Permissions::from_mode(0o640)).unwrap();
    }

    fn short(path: &Path) {
        fs::write(path, [0; RANDOM - 1]).unwrap();
    }

    fn long(path: &Path) {
        fs::write(path, [0; RANDOM + 1]).unwrap();
    }

    fn linked(path: &Path) {
        let moved = path.with_extension("moved");
        fs::rename(path, &moved).unwrap();
        symlink(moved, path).unwrap();
    }

    fn pipe(path: &Path) {
        fs::remove_file(path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    /// A secret that is not this user's alone is not believed, and the next seal makes a new one.
    #[rstest]
    #[case::readable_by_others(readable)]
    #[case::short(short)]
    #[case::long(long)]
    #[case::a_link(linked)]
    #[case::a_pipe(pipe)]
    fn a_secret_that_is_not_private_is_replaced(#[case] change: fn(&Path)) {
        let fixture = Fixture::new();
        let seal = fixture.seal(&fixture.own());
        change(&fixture.secret());
        assert!(!fixture.believes(&fixture.own(), &seal));
        let new = fixture.seal(&fixture.own());
        assert_ne!(new, seal);
        assert!(fixture.believes(&fixture.own(), &new));
        let file = fs::symlink_metadata(fixture.secret()).unwrap();
        assert!(file.is_file() && file.mode() & 0o777 == 0o600);
    }

    /// Many processes that find an invalid secret at once end up with one new secret.
    #[test]
    fn one_secret_replaces_it() {
        for _ in 0..20 {
            let fixture = Fixture::new();
            fixture.seal(&fixture.own());
            short(&fixture.secret());
            let seals = fixture.at_once();
            assert!(fixture.believes(&fixture.own(), &seals[0]));
        }
    }

    /// A file that cannot be opened now, such as on a network file system, can be the secret: it stays.
    #[test]
    fn a_secret_that_cannot_be_read_stays() {
        let fixture = Fixture::new();
        let seal = fixture.seal(&fixture.own());
        fs::set_permissions(fixture.secret(), Permissions::from_mode(0o0)).unwrap();
        if fs::read(fixture.secret()).is_ok() {
            return; // root reads everything
        }
        let key = fixture.own();
        assert!(!fixture.believes(&key, &seal));
        key.seal(&fixture.folder, "name", TEXT).unwrap_err();
        let fault = key.fault().unwrap().to_string();
        assert!(fault.contains("Permission denied"), "{fault}");
        fs::set_permissions(fixture.secret(), Permissions::from_mode(0o600)).unwrap();
        assert!(fixture.believes(&fixture.own(), &seal));
    }

    #[test]
    fn a_folder_that_others_can_write_has_no_secret() {
        let fixture = Fixture::new();
        let seal = fixture.seal(&fixture.own());
        let folder = fixture.at("data/cloudhost");
        fs::set_permissions(&folder, Permissions::from_mode(0o770)).unwrap();
        let key = fixture.own();
        assert!(!fixture.believes(&key, &seal));
        key.seal(&fixture.folder, "name", TEXT).unwrap_err();
        let fault = key.fault().unwrap().to_string();
        assert!(fault.contains("writable by other users"), "{fault}");
    }

    /// A home directory that cannot be written, such as one below a file.
    #[test]
    fn without_a_place_nothing_is_sealed() {
        let fixture = Fixture::new();
        fs::write(fixture.at("file"), "").unwrap();
        for key in [SealKey::own(fixture.at("file/data")), SealKey::none()] {
            assert!(key.fault().is_none(), "it was not needed yet");
            key.seal(&fixture.folder, "name", TEXT).unwrap_err();
            key.key("purpose").unwrap_err();
            assert!(key.fault().is_some());
            assert!(!fixture.believes(&key, &"0".repeat(64)));
        }
    }

    #[test]
    fn a_given_file_decides_alone() {
        let fixture = Fixture::new();
        let path = fixture.give(&[7; RANDOM], 0o600);
        let seal = fixture.seal(&SealKey::given(&path));
        let copy = fixture.at("copy");
        fs::copy(&path, &copy).unwrap();
        let link = fixture.at("link");
        symlink(&copy, &link).unwrap();
        for file in [copy, link] {
            assert!(fixture.believes(&SealKey::given(file), &seal));
        }
        // Nor does the directory count, as in an image, on a volume, or in a copy.
        let key = SealKey::given(&path);
        let elsewhere = Folder::private(&fixture.at("elsewhere")).unwrap();
        assert!(key.vouches(&elsewhere, "name", TEXT, &seal));
        assert!(!key.vouches(&elsewhere, "other", TEXT, &seal));
        let other = fixture.give(&[8; RANDOM], 0o600);
        assert!(!fixture.believes(&SealKey::given(other), &seal));
    }

    #[rstest]
    #[case::owner(&[7; 32], 0o400, Ok(()))]
    #[case::group(&[7; 1024], 0o440, Ok(()))]
    #[case::group_writes(&[7; 32], 0o620, Err("readable or writable by other users"))]
    #[case::others(&[7; 32], 0o604, Err("readable or writable by other users"))]
    #[case::short(&[7; 31], 0o600, Err("has 31 bytes"))]
    #[case::long(&[7; 2000], 0o600, Err("has 1025 bytes"))]
    fn files_that_are_given(
        #[case] bytes: &[u8],
        #[case] mode: u32,
        #[case] expected: Result<(), &str>,
    ) {
        let fixture = Fixture::new();
        let key = SealKey::given(fixture.give(bytes, mode));
        match (key.seal(&fixture.folder, "name", TEXT), expected) {
            (Ok(seal), Ok(())) => assert!(fixture.believes(&key, &seal)),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error}");
                assert!(key.fault().is_some());
            }
            (outcome, _) => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn a_given_file_is_never_created() {
        let fixture = Fixture::new();
        let key = SealKey::given(fixture.at("nowhere"));
        key.seal(&fixture.folder, "name", TEXT).unwrap_err();
        assert!(!fixture.at("nowhere").exists());
        let fault = key.fault().unwrap().to_string();
        assert!(fault.starts_with("cannot read "), "{fault}");
    }

    /// Of many that need it at once, one creates it.
    #[test]
    fn all_have_the_same_secret() {
        let fixture = Fixture::new();
        let seals = fixture.at_once();
        assert!(fixture.believes(&fixture.own(), &seals[0]));
    }
}
