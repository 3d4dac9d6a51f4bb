//! Where a component comes from: a file, an https URL, or a registry; and how one is put into a registry.
//!
//! What is promised:
//! - no more bytes are taken than a component may have, and no more time than was given;
//! - the network is reached over https; without TLS only on this machine, as for a local registry. Nothing leads from
//!   https to http, neither a redirect nor the name of a token server; and a place that is not itself on this machine
//!   or in its private network leads to no address there, whatever name it hides behind;
//! - a login goes to no other server than the one that it is for, and through no proxy;
//! - a registry is not believed: manifest and component are hashed here, a tag is only a way to a digest, and no
//!   name that a registry says becomes a path;
//! - a signature is read, never taken as good: [`SignerKey::verify`] comes before anything else that looks at the
//!   bytes. Until then they were only counted and hashed.
//!
//! Signatures are those of minisign. A file or a URL has it beside it, with `.minisig` after its name; in a
//! registry it is the annotation [`SIGNATURE_ANNOTATION`] of the manifest, so that it is pushed, copied and pinned
//! together with what it signs.

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

/// What a file's or a URL's signature has after the name.
const BESIDE: &str = ".minisig";
/// Larger signatures are refused, in bytes: one of minisign has about 300, and a comment of any length.
const MAX_SIGNATURE: usize = 16 << 10;

/// Where a component is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// An https URL, or an http one of this machine.
    Url(Url),
    /// A registry.
    Oci(OciReference),
}

/// How much may be taken, and as whom.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchOptions {
    /// Larger components are refused, in bytes. Default: 64 MiB, which is the most that the host runs.
    pub max_bytes: usize,
    /// Longest time for everything together. Default: 5 minutes.
    pub time: Duration,
    /// Docker's file with logins of registries. Default: `config.json` in `$DOCKER_CONFIG` or `~/.docker`; a file
    /// that is not there holds no login.
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

/// What was fetched. Nothing has looked at the bytes but to count and hash them.
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
    /// The component, or whatever was there instead.
    pub bytes: Vec<u8>,
    /// Their digest, computed here.
    pub digest: Digest,
    /// The signature that came with them, not verified.
    pub signature: Option<Signature>,
    /// Digest of the registry's manifest, as `sha256:...`: what a tag stood for.
    pub pinned: Option<String>,
}

impl Fetched {
    fn new(bytes: Vec<u8>, signature: Option<Signature>) -> Self {
        Self {
            digest: Digest::of(&bytes),
            bytes,
            signature,
            pinned: None,
        }
    }
}

/// Without the bytes.
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
    /// Fetches the component and its signature, where it has one.
    ///
    /// # Errors
    /// When it is not there, cannot be reached in time, is too large, or is not what its registry says; and when
    /// there is a signature that cannot be read.
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

/// Ends what takes too long.
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

/// Of a component, what is too large is so by the limit that the user can raise.
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
    let component = downloads.get(url, None, None, options.max_bytes).await;
    let bytes = component.map_err(within_limit)?.success()?.body;
    let mut beside = url.clone();
    beside.set_path(&format!("{}{BESIDE}", url.path()));
    let answer = downloads.get(&beside, None, None, MAX_SIGNATURE).await?;
    // Storage services answer 403 for what is not there. Whoever asks for a signature refuses what has none.
    let signature = match answer.status.as_u16() {
        403 | 404 | 410 => None,
        _ => Some(Signature::read(&answer.success()?.body)?),
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
        if text.starts_with("oci://") {
            return text.parse().map(Self::Oci);
        }
        if !text.contains("://") {
            return match text {
                "" => Err(unclear("it is empty")),
                _ => Ok(Self::File(text.into())),
            };
        }
        let url = Url::parse(text).map_err(|_| unclear("it is no URL"))?;
        if !download::reaches(&url) {
            return Err(unclear(match url.scheme() {
                "http" => "without TLS, only this machine is reached",
                _ => "it is neither https:// nor oci://",
            }));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unclear("it carries a user name or a password"));
        }
        if url.fragment().is_some() {
            return Err(unclear("it has a part after `#`, which no server gets"));
        }
        Ok(Self::Url(url))
    }
}

/// As it is written, so that it can be parsed again.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => url.fmt(f),
            Self::Oci(reference) => reference.fmt(f),
        }
    }
}
