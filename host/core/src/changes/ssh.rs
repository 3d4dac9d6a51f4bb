//! SSH keys: those of this installation, which the host makes, and public keys of the user.

use crate::remedy::FilePurpose;
use crate::{HasRemedy, Remedy};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use cloudhost_files::{Fix, Folder, FolderError, PATIENCE, read_regular};
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::Ed25519PublicKey;
use ssh_key::{Fingerprint, HashAlg, LineEnding, PrivateKey, PublicKey};
use std::path::{Path, PathBuf};

/// File of the private key.
const PRIVATE: &str = "id_ed25519";
/// File of the public key.
const PUBLIC: &str = "id_ed25519.pub";
/// Lock file: two runs do not make two keys.
const LOCK: &str = "lock";
/// Longest file of a key that is read.
const LIMIT: u64 = 16 * 1024;

/// The SSH key of this installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// The public key, in OpenSSH's form, with its name as comment.
    pub public: String,
    /// File of the private key, which only this user can read.
    pub path: PathBuf,
}

/// An SSH key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SshKeyError {
    /// The directory of the keys cannot be used.
    #[error("cannot store an SSH key")]
    Folder(#[from] FolderError),
    /// The file cannot be read.
    #[error("cannot read the public SSH key in {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The fault.
        error: std::io::Error,
    },
    /// The file has no public key.
    #[error("{} has no public SSH key: {why}", path.display())]
    NotPublic {
        /// The file.
        path: PathBuf,
        /// The fault.
        why: String,
    },
    /// No key could be made.
    #[error("cannot make an SSH key")]
    NotMade,
}

impl HasRemedy for SshKeyError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Folder(error) => Some(Remedy::Files {
                fix: error.fix(),
                purpose: FilePurpose::State,
            }),
            Self::Unreadable { path, .. } => Some(Remedy::Files {
                fix: Fix::search(path),
                purpose: FilePurpose::State,
            }),
            Self::NotPublic { .. } => Some(Remedy::GivePublicKey),
            Self::NotMade => None,
        }
    }
}

/// Returns the key of this installation, and makes it if there is none. Its private part never leaves the directory.
///
/// # Errors
/// When the directory cannot be used, or its key is damaged.
pub fn host_key(dir: &Path) -> Result<HostKey, SshKeyError> {
    let folder = Folder::private(dir)?;
    let _lock = folder.lock(LOCK, PATIENCE)?;
    let path = folder.at(PRIVATE);
    let private = match folder.read(PRIVATE, LIMIT)? {
        Some(bytes) => read_private(&path, &bytes)?,
        None => {
            let private = make()?;
            let text = private.to_openssh(LineEnding::LF);
            let text = text.map_err(|_| SshKeyError::NotMade)?;
            folder.write(PRIVATE, text.as_bytes())?;
            private
        }
    };
    let mut public = private.public_key().clone();
    public.set_comment(name(&public));
    let text = public.to_openssh().map_err(|_| SshKeyError::NotMade)?;
    // For people and other tools; the private key is the one that counts.
    if folder.read(PUBLIC, LIMIT)?.as_deref() != Some(text.as_bytes()) {
        folder.write(PUBLIC, text.as_bytes())?;
    }
    Ok(HostKey { public: text, path })
}

/// Reads the public key in a file, in OpenSSH's form.
///
/// # Errors
/// When the file cannot be read, or has another content: a private key is refused.
pub fn public_key(path: &Path) -> Result<String, SshKeyError> {
    let bytes = read_regular(path, LIMIT).map_err(|error| SshKeyError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    let fault = |why: String| SshKeyError::NotPublic {
        path: path.to_owned(),
        why,
    };
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("PRIVATE KEY") {
        return Err(fault("it is a private key".to_owned()));
    }
    let mut key = PublicKey::from_openssh(text.trim()).map_err(|error| fault(error.to_string()))?;
    if key.comment().trim().is_empty() {
        key.set_comment(name(&key));
    }
    key.to_openssh().map_err(|error| fault(error.to_string()))
}

/// Name of a key that says which one it is: the first letters and digits of its fingerprint.
fn name(key: &PublicKey) -> String {
    let Fingerprint::Sha256(digest) = key.fingerprint(HashAlg::Sha256) else {
        return "cloudhost".to_owned();
    };
    let digits = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
    format!("cloudhost-{}", digits.collect::<String>())
}

fn make() -> Result<PrivateKey, SshKeyError> {
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).map_err(|_| SshKeyError::NotMade)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| SshKeyError::NotMade)?;
    let public = pair.public_key().as_ref().try_into();
    let pair = Ed25519Keypair {
        public: Ed25519PublicKey(public.map_err(|_| SshKeyError::NotMade)?),
        private: Ed25519PrivateKey::from_bytes(&seed),
    };
    PrivateKey::new(KeypairData::Ed25519(pair), "cloudhost").map_err(|_| SshKeyError::NotMade)
}

fn read_private(path: &Path, bytes: &[u8]) -> Result<PrivateKey, SshKeyError> {
    PrivateKey::from_openssh(bytes).map_err(|error| SshKeyError::NotPublic {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("ssh");
        let key = host_key(&dir).unwrap();
        assert!(key.public.starts_with("ssh-ed25519 "), "{}", key.public);
        assert_eq!(host_key(&dir).unwrap(), key);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&key.path), mode(&dir)), (0o600, 0o700));
        let pair = PrivateKey::from_openssh(std::fs::read(&key.path).unwrap()).unwrap();
        let public = PublicKey::from_openssh(&key.public).unwrap();
        assert_eq!(pair.public_key().key_data(), public.key_data());
        // The half that signs belongs to the half that clouds get.
        let KeypairData::Ed25519(pair) = pair.key_data() else {
            panic!("{pair:?}");
        };
        let again = Ed25519KeyPair::from_seed_unchecked(pair.private.as_ref()).unwrap();
        assert_eq!(again.public_key().as_ref(), pair.public.as_ref());
    }

    #[test]
    fn a_private_key_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let key = host_key(folder.path().join("ssh").as_path()).unwrap();
        let error = public_key(&key.path).unwrap_err();
        assert!(
            error.to_string().ends_with("it is a private key"),
            "{error}"
        );
        let text = public_key(&key.path.with_extension("pub")).unwrap();
        assert_eq!(text, key.public);
    }
}
