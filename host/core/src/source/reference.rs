//! A place in a registry.

use super::SourceError;
use oci_client::Reference;
use std::fmt;
use std::str::FromStr;

/// `oci://REGISTRY/REPOSITORY`, with `:TAG` (`latest` where there is none) or `@sha256:DIGEST`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OciReference(Reference);

impl OciReference {
    /// The registry's name, with its port where one was given.
    pub fn registry(&self) -> &str {
        self.0.registry()
    }

    /// The repository in it.
    pub fn repository(&self) -> &str {
        self.0.repository()
    }

    /// The tag, which can stand for something else tomorrow.
    pub fn tag(&self) -> Option<&str> {
        self.0.tag()
    }

    /// The digest of the manifest, as `sha256:...`.
    pub fn digest(&self) -> Option<&str> {
        self.0.digest()
    }

    /// The same repository at this digest (`sha256:...`): what cannot change any more.
    ///
    /// # Errors
    /// When it is no SHA-256 digest.
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
        let rest = rest.ok_or(unclear("it does not begin with oci://"))?;
        let form = "it is not of the form oci://REGISTRY/REPOSITORY:TAG";
        let (registry, _) = rest.split_once('/').ok_or(unclear(form))?;
        // Other programs would take Docker Hub for what names none.
        if !(registry.contains(['.', ':']) || registry == "localhost") {
            return Err(unclear("it names no registry"));
        }
        let reference = Reference::try_from(rest).map_err(|_| unclear(form))?;
        if reference.digest().is_some_and(|digest| !is_sha256(digest)) {
            return Err(unclear(
                "its digest is not `sha256:` and 64 lower-case hexadecimal digits",
            ));
        }
        Ok(Self(reference))
    }
}

/// Whether it is a digest that can stand in a path.
pub(super) fn is_sha256(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let digits = text.strip_prefix("sha256:");
    digits.is_some_and(|digits| digits.len() == 64 && digits.bytes().all(hex))
}
