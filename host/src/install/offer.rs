//! A component that could be installed, and whose bytes are vouched for as far as anyone does.

use super::record::Signed;
use super::{InstallError, not_builtin};
use crate::plugin::{Artifact, Digest};
use crate::source::{Fetched, SignerKey};

/// A component that was fetched. Its digest is the one that was asked for, and its signature was verified before
/// anything read its bytes. Nothing of it has run.
///
/// ```no_run
/// use cloudhost::install::{Consent, Given, Offer, Plugins};
/// use cloudhost::source::{FetchOptions, SignerKey, Source};
///
/// # async fn install(plugins: &Plugins, key: &SignerKey) -> Result<(), Box<dyn std::error::Error>> {
/// let from = "oci://ghcr.io/someone/hetzner:1.2";
/// let fetched = from.parse::<Source>()?.fetch(&FetchOptions::default()).await?;
/// let offer = Offer::check(fetched, from, None, Some(key))?;
/// println!("{} asks for {:?}", offer.name(), offer.artifact().manifest.hosts);
/// let consent = Consent { given: Some(Given::All), ..Consent::default() };
/// plugins.install(&offer, &consent)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Offer {
    pub(super) artifact: Artifact,
    pub(super) source: String,
    pub(super) pinned: Option<String>,
    pub(super) signed: Option<Signed>,
}

impl Offer {
    /// Checks what was fetched from a source: its digest where one is expected, its signature where a key is given, and
    /// then what it says of itself.
    ///
    /// # Errors
    /// [`InstallError::OtherBytes`], [`InstallError::Unsigned`], [`InstallError::Signature`]; [`InstallError::Plugin`]
    /// where it is no plugin, and [`InstallError::Builtin`] where a built-in one has its name.
    pub fn check(
        fetched: Fetched,
        source: &str,
        expected: Option<&Digest>,
        key: Option<&SignerKey>,
    ) -> Result<Self, InstallError> {
        if let Some(expected) = expected
            && *expected != fetched.digest
        {
            return Err(InstallError::OtherBytes {
                source_text: source.to_owned(),
                expected: *expected,
                found: fetched.digest,
            });
        }
        let signed = match (key, &fetched.signature) {
            (None, _) => None,
            (Some(key), None) => {
                return Err(InstallError::Unsigned {
                    source_text: source.to_owned(),
                    key: key.to_string(),
                });
            }
            (Some(key), Some(signature)) => {
                let signed = key.verify(&fetched.bytes, signature);
                signed.map_err(|error| InstallError::Signature {
                    source_text: source.to_owned(),
                    source: Box::new(error),
                })?;
                Some(Signed {
                    key: key.clone(),
                    signature: signature.text().to_owned(),
                })
            }
        };
        let artifact = Artifact::read_known(fetched.bytes, fetched.digest)?;
        not_builtin(&artifact.manifest.name)?;
        Ok(Self {
            artifact,
            source: source.to_owned(),
            pinned: fetched.pinned,
            signed,
        })
    }

    /// Its name, from its manifest.
    pub fn name(&self) -> &str {
        &self.artifact.manifest.name
    }

    /// Its component.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }
}
