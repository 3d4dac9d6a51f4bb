//! References to components in a registry.

use super::SourceError;
use oci_client::Reference;
use std::fmt;
use std::str::FromStr;

/// Reference `oci://REGISTRY/REPOSITORY`, with `:TAG` (default: `latest`) or `@sha256:DIGEST`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OciReference(Reference);

impl OciReference {
    /// Name of the registry, with its port if one was given.
    pub fn registry(&self) -> &str {
        self.0.registry()
    }

    /// Name of the repository.
    pub fn repository(&self) -> &str {
        self.0.repository()
    }

    /// The tag, which can be moved.
    pub fn tag(&self) -> Option<&str> {
        self.0.tag()
    }

    /// Digest of the manifest, such as `sha256:...`.
    pub fn digest(&self) -> Option<&str> {
        self.0.digest()
    }

    /// Returns the same repository at this digest (`sha256:...`), which is immutable.
    ///
    /// # Errors
    /// When it is not a SHA-256 digest.
    pub fn pinned(&self, digest: &str) -> Result<Self, SourceError> {
        format!("oci://{}/{}@{digest}", self.registry(), self.repository()).parse()
    }

    pub(super) fn inner(&self) -> &Reference {
        &self.0
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}", self.0)
    }
}

impl FromStr for OciReference {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let unclear = |why| SourceError::Unclear {
            text: super::error::shown(text),
            why,
        };
        let rest = text.strip_prefix("oci://");
        let rest = rest.ok_or(unclear("expected oci://REGISTRY/REPOSITORY:TAG"))?;
        let form = "expected oci://REGISTRY/REPOSITORY:TAG";
        let (registry, _) = rest.split_once('/').ok_or(unclear(form))?;
        // Other programs use Docker Hub if no registry is named.
        if !(registry.contains(['.', ':']) || registry == "localhost") {
            return Err(unclear("the registry is missing"));
        }
        let reference = Reference::try_from(rest).map_err(|_| unclear(form))?;
        if reference.digest().is_some_and(|digest| !is_sha256(digest)) {
            return Err(unclear(
                "invalid digest: expected `sha256:` and 64 lower-case hex digits",
            ));
        }
        Ok(Self(reference))
    }
}

/// Accepts a digest that is safe in a path.
pub(super) fn is_sha256(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let digits = text.strip_prefix("sha256:");
    digits.is_some_and(|digits| digits.len() == 64 && digits.bytes().all(hex))
}
