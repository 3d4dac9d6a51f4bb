//! References to components in a registry.
//!
//! Grammar of repositories and tags: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>, "Pulling
//! manifests"; Docker Hub is named as docker does.

use super::SourceError;
use std::fmt;
use std::str::FromStr;

/// Tag where none is given.
const LATEST: &str = "latest";
/// Docker Hub, and the host of its registry.
const DOCKER_HUB: (&str, &str) = ("docker.io", "index.docker.io");
/// Most characters of a repository.
const MAX_REPOSITORY: usize = 255;

/// Reference `oci://REGISTRY/REPOSITORY`, with `:TAG` (default: `latest`) or `@sha256:DIGEST`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OciReference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl OciReference {
    /// Name of the registry, with its port if one was given.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Name of the repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, which can be moved.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Digest of the manifest, such as `sha256:...`.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Returns the same repository at this digest (`sha256:...`), which is immutable.
    ///
    /// # Errors
    /// When it is not a SHA-256 digest.
    pub fn pinned(&self, digest: &str) -> Result<Self, SourceError> {
        format!("oci://{}/{}@{digest}", self.registry(), self.repository()).parse()
    }

    /// Host of the registry, with its port if one was given.
    pub(super) fn host(&self) -> &str {
        match self.registry.as_str() {
            name if name == DOCKER_HUB.0 => DOCKER_HUB.1,
            name => name,
        }
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl FromStr for OciReference {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let unclear = |why| SourceError::Unclear {
            text: super::error::shown(text),
            why,
        };
        let form = || unclear("expected oci://REGISTRY/REPOSITORY:TAG");
        let rest = text.strip_prefix("oci://").ok_or_else(form)?;
        let (registry, rest) = rest.split_once('/').ok_or_else(form)?;
        // Other programs use Docker Hub if no registry is named.
        if !(registry.contains(['.', ':']) || registry == "localhost") {
            return Err(unclear("the registry is missing"));
        }
        let (rest, digest) = split(rest, '@');
        let (repository, tag) = split(rest, ':');
        if !(is_registry(registry) && is_repository(repository) && tag.is_none_or(is_tag)) {
            return Err(form());
        }
        if digest.is_some_and(|digest| !is_sha256(digest)) {
            return Err(unclear(
                "invalid digest: expected `sha256:` and 64 lower-case hex digits",
            ));
        }
        let is_hub = registry == DOCKER_HUB.0 || registry == DOCKER_HUB.1;
        let tag = tag.or(digest.is_none().then_some(LATEST));
        Ok(Self {
            registry: if is_hub { DOCKER_HUB.0 } else { registry }.to_owned(),
            repository: match is_hub && !repository.contains('/') {
                true => format!("library/{repository}"),
                false => repository.to_owned(),
            },
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = split(text, ':');
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_outer = !label.starts_with('-') && !label.ends_with('-');
        !label.is_empty() && is_outer && label.bytes().all(inner)
    };
    host.split('.').all(is_label) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_repository(text: &str) -> bool {
    let ordinary = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_separator = |between: &str| {
        matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
    };
    let is_part = |part: &str| {
        let ends = part.starts_with(ordinary) && part.ends_with(ordinary);
        ends && part.split(ordinary).all(is_separator)
    };
    text.len() <= MAX_REPOSITORY && text.split('/').all(is_part)
}

fn is_tag(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let begins = !text.is_empty() && !text.starts_with(['.', '-']);
    begins && text.len() <= 128 && text.bytes().all(allowed)
}

/// Accepts a digest that is safe in a path.
pub(super) fn is_sha256(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let digits = text.strip_prefix("sha256:");
    digits.is_some_and(|digits| digits.len() == 64 && digits.bytes().all(hex))
}
