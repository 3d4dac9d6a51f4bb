//! Sources of components: a file, an https URL or a registry; and pushing to a registry.
//!
//! Guarantees:
//! - A fetch takes no more bytes than a component may have, and no more time than the limit.
//! - The network is reached over https; without TLS only on this machine, such as for a local registry. Neither a
//!   redirect nor the name of a token server leads from https to http. A location that is not on this machine or its
//!   private network leads to no address there, whichever name is used.
//! - A login is sent to no server but its own, and through no proxy. A server to which a registry leads gets none.
//! - No hint has a URL that a server named, and an error only its origin. Other text of a server is quoted as one line
//!   without URLs.
//! - A registry is untrusted: manifest and component are hashed here, a tag only selects a digest, and no name from a
//!   registry becomes a path.
//! - A signature is parsed, never assumed valid: [`SignerKey::verify`] comes before anything else that parses the
//!   bytes. Until then they are only counted and hashed.
//!
//! Signatures are those of minisign. For a file or a URL, the signature is next to it, with the suffix `.minisig`. In a
//! registry it is the annotation [`SIGNATURE_ANNOTATION`] of the manifest, so that it is pushed, copied and pinned
//! together with the component.

mod download;
mod error;
mod login;
mod push;
mod reference;
mod registry;
mod signature;
#[cfg(test)]
mod tests;

pub use error::SourceError;
pub use push::push;
pub use reference::OciReference;
pub use registry::SIGNATURE_ANNOTATION;
pub use signature::{Signature, SignerKey};

use crate::blocking::run_blocking;
use crate::contract::is_invisible_or_control;
use crate::limits::{Exceeded, Limit};
use crate::plugin::{Digest, Limits};
use cloudhost_files::read_regular;
use download::Downloads;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Suffix of the signature of a file or a URL.
const BESIDE: &str = ".minisig";
/// Size limit on signatures, in bytes: one of minisign has about 300, and a comment of any length.
const MAX_SIGNATURE: usize = 16 << 10;

/// Location of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// An https URL, or an http URL on this machine.
    Url(Url),
    /// A registry.
    Oci(OciReference),
}

/// Limits and credentials of a fetch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchOptions {
    /// Size limit on components, in bytes. Default: 64 MiB, which is the most that the host runs.
    pub max_bytes: usize,
    /// Time limit on the whole fetch. Default: 5 minutes.
    pub time: Duration,
    /// Docker's file with logins of registries. Default: `config.json` in `$DOCKER_CONFIG` or `~/.docker`; a missing
    /// file holds no login.
    pub docker_config: Option<PathBuf>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            max_bytes: Limits::default().component,
            time: Duration::from_secs(300),
            docker_config: None,
        }
    }
}

/// A fetched file. Its bytes were only counted and hashed.
///
/// ```
/// use cloudhost::source::{FetchOptions, Source, SourceError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("hetzner.wasm");
/// # std::fs::write(&path, "its bytes")?;
/// let fetched = Source::File(path).fetch(&FetchOptions::default()).await?;
/// println!("{} bytes, {}", fetched.bytes.len(), fetched.digest);
/// assert!(fetched.signature.is_none(), "there is no hetzner.wasm.minisig beside it");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Fetched {
    /// The component, or whatever else was there.
    pub bytes: Vec<u8>,
    /// Their digest, computed here.
    pub digest: Digest,
    /// Its signature, not verified.
    pub signature: Option<Signature>,
    /// Digest of the registry's manifest, such as `sha256:...`, to which a tag pointed.
    pub pinned: Option<String>,
}

impl Fetched {
    pub(crate) fn new(bytes: Vec<u8>, signature: Option<Signature>) -> Self {
        Self {
            digest: Digest::of(&bytes),
            bytes,
            signature,
            pinned: None,
        }
    }
}

/// Leaves out the bytes.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("digest", &self.digest)
            .field("signed", &self.signature.is_some())
            .field("pinned", &self.pinned)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Fetches the component, and its signature if it has one.
    ///
    /// # Errors
    /// When it does not exist, is not received in time, is too large, or does not match its registry's digest; and when
    /// its signature is invalid.
    pub async fn fetch(&self, options: &FetchOptions) -> Result<Fetched, SourceError> {
        match self {
            Self::File(path) => {
                let (file, max) = (path.clone(), options.max_bytes);
                let read = run_blocking(move || of_file(&file, max)).await;
                read.map_err(|ended| SourceError::Read {
                    path: path.clone(),
                    source: std::io::Error::other(ended),
                })?
            }
            Self::Url(url) => in_time(options, url.as_str(), of_url(url, options)).await,
            Self::Oci(reference) => {
                let name = reference.to_string();
                in_time(options, &name, registry::pull(reference, options)).await
            }
        }
    }
}

/// Applies the time limit.
async fn in_time<T>(
    options: &FetchOptions,
    what: &str,
    work: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    let late = |_| SourceError::Late {
        what: error::shown(what),
        after: options.time,
    };
    tokio::time::timeout(options.time, work)
        .await
        .map_err(late)?
}

/// Reports a component that is too large by the limit that the user can raise.
fn within_limit(error: SourceError) -> SourceError {
    match error {
        SourceError::TooLarge { what, max } => SourceError::Limit {
            what,
            exceeded: Exceeded {
                limit: Limit::Component,
                most: max as u64,
            },
        },
        other => other,
    }
}

fn of_file(path: &Path, max: usize) -> Result<Fetched, SourceError> {
    let bytes = read(path, max).map_err(within_limit)?;
    let mut beside = OsString::from(path);
    beside.push(BESIDE);
    let signature = match Signature::open(Path::new(&beside)) {
        Ok(signature) => Some(signature),
        Err(SourceError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            None
        }
        Err(error) => return Err(error),
    };
    Ok(Fetched::new(bytes, signature))
}

fn read(path: &Path, max: usize) -> Result<Vec<u8>, SourceError> {
    let bytes = read_regular(path, max as u64).map_err(|source| SourceError::Read {
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() > max {
        return Err(SourceError::TooLarge {
            what: path.display().to_string(),
            max,
        });
    }
    Ok(bytes)
}

async fn of_url(url: &Url, options: &FetchOptions) -> Result<Fetched, SourceError> {
    let downloads = Downloads::of(url).await?;
    let component = downloads.get(url, options.max_bytes).await;
    let component = component.map_err(within_limit)?;
    let bytes = component.success(&error::shown(url.as_str()))?.body;
    let mut beside = url.clone();
    beside.set_path(&format!("{}{BESIDE}", url.path()));
    let answer = downloads.get(&beside, MAX_SIGNATURE).await?;
    // Storage services return 403 for a missing file. A caller that requires a signature rejects an unsigned file.
    let signature = match answer.status.as_u16() {
        403 | 404 | 410 => None,
        _ => {
            let answer = answer.success(&error::shown(beside.as_str()))?;
            Some(Signature::read(&answer.body)?)
        }
    };
    Ok(Fetched::new(bytes, signature))
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let unclear = |why| SourceError::Unclear {
            text: error::shown(text),
            why,
        };
        if text.contains(is_invisible_or_control) {
            return Err(unclear("it has characters that are not shown"));
        }
        if text.starts_with("oci://") {
            return text.parse().map(Self::Oci);
        }
        if !text.contains("://") {
            return match text {
                "" => Err(unclear("it is empty")),
                _ => Ok(Self::File(text.into())),
            };
        }
        let url = Url::parse(text).map_err(|_| unclear("invalid URL"))?;
        if !download::reaches(&url) {
            return Err(unclear(match url.scheme() {
                "http" => "http is allowed for this machine only",
                _ => "expected a file, an https URL or oci://REFERENCE",
            }));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unclear("it carries a user name or a password"));
        }
        if url.fragment().is_some() {
            return Err(unclear("a URL fragment (`#`) is not supported"));
        }
        Ok(Self::Url(url))
    }
}

/// Formats it so that it can be parsed again.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
            Self::Oci(reference) => reference.fmt(f),
        }
    }
}
