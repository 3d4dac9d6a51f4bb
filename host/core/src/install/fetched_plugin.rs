//! Fetched components that are verified and can be installed.

use super::record::Signed;
use super::{AcceptedChange, Consent, InstallError, Installed, Plugins};
use crate::plugin::{Artifact, Digest};
use crate::source::{Fetched, SignerKey, Source, SourceError};

/// A fetched component. Its digest is the expected one, and its signature was verified before anything parsed its
/// bytes. None of its code has run.
///
/// ```no_run
/// use cloudhost::install::{Consent, GrantChoice, FetchedPlugin, Plugins};
/// use cloudhost::source::{FetchOptions, SignerKey, Source};
///
/// # async fn install(plugins: &Plugins, key: &SignerKey) -> Result<(), Box<dyn std::error::Error>> {
/// let from = "hetzner.wasm";
/// let fetched = from.parse::<Source>()?.fetch(&FetchOptions::default()).await?;
/// let offer = FetchedPlugin::check(fetched, from, None, Some(key))?;
/// println!("{} requests {:?}", offer.name(), offer.artifact().manifest.hosts);
/// let consent = Consent { given: Some(GrantChoice::All), ..Consent::default() };
/// plugins.install(&offer, &consent)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FetchedPlugin {
    pub(super) artifact: Artifact,
    pub(super) source: String,
    pub(super) pinned: Option<String>,
    pub(super) signed: Option<Signed>,
    /// The user gave its digest.
    digest_given: bool,
}

impl FetchedPlugin {
    /// Checks a fetched component: its digest if one is expected, its signature if a key is given, and then its
    /// manifest.
    ///
    /// # Errors
    /// [`InstallError::Source`] if the text is not a source; [`InstallError::OtherBytes`], [`InstallError::Unsigned`],
    /// [`InstallError::Signature`]; [`InstallError::Plugin`] if it is not a valid plugin.
    pub fn check(
        fetched: Fetched,
        source: &str,
        expected: Option<&Digest>,
        key: Option<&SignerKey>,
    ) -> Result<Self, InstallError> {
        // Of a file in a directory whose name has a control character, it is no source that a record can have.
        source.parse::<Source>()?;
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
            digest_given: expected.is_some(),
        })
    }

    /// Reports whether the user knows these bytes: by their digest, or because they are a file of this machine.
    pub(super) fn is_known(&self) -> bool {
        let file = matches!(self.source.parse::<Source>(), Ok(Source::File(_)));
        file || self.digest_given
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
    /// Checks a component to install, as [`FetchedPlugin::check`].
    ///
    /// # Errors
    /// As [`FetchedPlugin::check`]; [`InstallError::BuiltinName`] if a built-in plugin has its name, and
    /// [`InstallError::LookAlike`] if its name looks like that of one.
    pub fn offer(
        &self,
        fetched: Fetched,
        source: &str,
        expected: Option<&Digest>,
        key: Option<&SignerKey>,
    ) -> Result<FetchedPlugin, InstallError> {
        let digest = fetched.digest;
        let offer = FetchedPlugin::check(fetched, source, expected, key).and_then(|offer| {
            self.distinct(offer.name())?;
            Ok(offer)
        });
        offer.map_err(|error| self.report(error, Some(digest)))
    }

    /// Checks a component to update an installed plugin. Without a key it must have the signer of the installed one. If
    /// it has not, the error names the signer, and nothing parses the bytes.
    ///
    /// An unsigned one is accepted with [`AcceptedChange::Signer`], and only for the bytes of `expected`.
    ///
    /// # Errors
    /// As [`FetchedPlugin::check`]; [`InstallError::Consent`] if it has a different signer, or none.
    pub fn offer_update(
        &self,
        old: &Installed,
        fetched: Fetched,
        source: &str,
        expected: Option<&Digest>,
        key: Option<&SignerKey>,
        consent: &Consent,
    ) -> Result<FetchedPlugin, InstallError> {
        let (digest, signature) = (fetched.digest, fetched.signature.clone());
        let agreed = expected.is_some() && consent.accept.contains(&AcceptedChange::Signer);
        let pinned = old.signed.as_ref().filter(|_| key.is_none());
        let pinned = pinned.filter(|_| signature.is_some() || !agreed);
        let signer = key.or(pinned.map(|signed| &signed.key));
        let error = match (
            FetchedPlugin::check(fetched, source, expected, signer),
            pinned,
        ) {
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
        Err(self.report(error, Some(digest)))
    }
}
