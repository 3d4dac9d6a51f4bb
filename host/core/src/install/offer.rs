//! A component that could be installed, and whose bytes are vouched for as far as anyone does.

use super::record::Signed;
use super::{Accept, Consent, InstallError, Installed, Plugins};
use crate::plugin::{Artifact, Digest};
use crate::source::{Fetched, SignerKey, SourceError};

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
    /// where it is no plugin.
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

impl Plugins {
    /// Checks what could be installed, as [`Offer::check`].
    ///
    /// # Errors
    /// As [`Offer::check`]; [`InstallError::Builtin`] where a built-in one has its name.
    pub fn offer(
        &self,
        fetched: Fetched,
        source: &str,
        expected: Option<&Digest>,
        key: Option<&SignerKey>,
    ) -> Result<Offer, InstallError> {
        let digest = fetched.digest;
        let offer = Offer::check(fetched, source, expected, key).and_then(|offer| {
            self.not_builtin(offer.name())?;
            Ok(offer)
        });
        offer.map_err(|error| self.told(error, Some(digest)))
    }

    /// Checks what could replace an installed plugin. Where no key is given, who signed that one has to have signed
    /// this one: else the user is told who did, and nothing reads the bytes.
    ///
    /// That nobody signed it is accepted with [`Accept::Signer`], and only for the bytes of `expected`.
    ///
    /// # Errors
    /// As [`Offer::check`]; [`InstallError::Consent`] where another key signed it, or none.
    pub fn offer_update(
        &self,
        old: &Installed,
        fetched: Fetched,
        source: &str,
        expected: Option<&Digest>,
        key: Option<&SignerKey>,
        consent: &Consent,
    ) -> Result<Offer, InstallError> {
        let (digest, signature) = (fetched.digest, fetched.signature.clone());
        let agreed = expected.is_some() && consent.accept.contains(&Accept::Signer);
        let pinned = old.signed.as_ref().filter(|_| key.is_none());
        let pinned = pinned.filter(|_| signature.is_some() || !agreed);
        let signer = key.or(pinned.map(|signed| &signed.key));
        let error = match (Offer::check(fetched, source, expected, signer), pinned) {
            (Ok(offer), _) => return Ok(offer),
            (Err(InstallError::Unsigned { .. }), Some(pinned)) => {
                self.other_signer(old, &pinned.key, None, digest, source, consent)
            }
            (Err(InstallError::Signature { source: why, .. }), Some(pinned))
                if matches!(*why, SourceError::OtherSigner { .. }) =>
            {
                let now = signature.as_ref();
                self.other_signer(old, &pinned.key, now, digest, source, consent)
            }
            (Err(error), _) => error,
        };
        Err(self.told(error, Some(digest)))
    }
}
