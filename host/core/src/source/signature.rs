//! Signatures of minisign: Ed25519 over the BLAKE2b-512 of a file, with a key that stays offline.
//!
//! Format: <https://jedisct1.github.io/minisign/>. Signatures of the older kind, over the file itself, are refused.

use super::{MAX_SIGNATURE, SourceError};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign_verify::{Error, PublicKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Signatures of the older kind are not taken: minisign has made the newer ones by default since 0.10.
const LEGACY: bool = false;

/// A signature as minisign writes it. That it can be read says nothing about what it signs.
#[derive(Clone)]
pub struct Signature {
    text: String,
    key_id: String,
    parsed: minisign_verify::Signature,
}

impl Signature {
    /// Reads a `.minisig` file.
    ///
    /// # Errors
    /// When the file cannot be read, or is no signature.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        Self::read(&super::read(path, MAX_SIGNATURE)?)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, SourceError> {
        std::str::from_utf8(bytes)
            .map_err(|_| SourceError::NoSignature)?
            .parse()
    }

    /// The id of the key that it says it was made with, as minisign shows it: a name, which anyone can give to a key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The text of the `.minisig` file.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl FromStr for Signature {
    type Err = SourceError;

    /// Reads the text of a `.minisig` file.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let parsed =
            minisign_verify::Signature::decode(text).map_err(|_| SourceError::NoSignature)?;
        Ok(Self {
            text: text.to_owned(),
            key_id: key_id(text).ok_or(SourceError::NoSignature)?,
            parsed,
        })
    }
}

/// The second line is Base64 of the algorithm (2 bytes), the id (8), and the signature. minisign writes the id as a
/// little-endian number.
fn key_id(text: &str) -> Option<String> {
    let line = text.lines().nth(1)?;
    let bytes = BASE64_STANDARD.decode(line).ok()?;
    let id = bytes.get(2..10)?.try_into().ok()?;
    Some(format!("{:016X}", u64::from_le_bytes(id)))
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signature").field(&self.text).finish()
    }
}

/// The public key of who signs: a line as `RWQ...`, or the two lines of a `.pub` file.
///
/// Two keys are equal when they verify the same signatures.
///
/// ```no_run
/// use cloudhost::source::{Signature, SignerKey, SourceError};
/// use std::path::Path;
///
/// # fn verify(bytes: &[u8]) -> Result<(), SourceError> {
/// let key: SignerKey = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3".parse()?;
/// key.verify(bytes, &Signature::open(Path::new("hetzner.wasm.minisig"))?)
/// # }
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SignerKey {
    line: String,
    key: PublicKey,
}

impl SignerKey {
    /// Whether this key signed these bytes.
    ///
    /// # Errors
    /// When another key did, when the bytes are not those that were signed, or when the signature is of the older
    /// kind.
    pub fn verify(&self, bytes: &[u8], signature: &Signature) -> Result<(), SourceError> {
        let verified = self.key.verify(bytes, &signature.parsed, LEGACY);
        verified.map_err(|error| match error {
            Error::UnexpectedKeyId => SourceError::OtherSigner {
                expected: self.to_string(),
            },
            Error::UnexpectedAlgorithm | Error::UnsupportedAlgorithm => SourceError::OldSignature,
            _ => SourceError::BadSignature {
                expected: self.to_string(),
            },
        })
    }
}

impl FromStr for SignerKey {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let lines = text.lines().map(str::trim);
        let lines =
            lines.filter(|line| !line.is_empty() && !line.starts_with("untrusted comment:"));
        let [line] = lines.collect::<Vec<_>>()[..] else {
            return Err(SourceError::NoKey);
        };
        let key = PublicKey::from_base64(line).map_err(|_| SourceError::NoKey)?;
        Ok(Self {
            line: line.to_owned(),
            key,
        })
    }
}

impl PartialEq for SignerKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for SignerKey {}

impl TryFrom<String> for SignerKey {
    type Error = SourceError;

    fn try_from(text: String) -> Result<Self, SourceError> {
        text.parse()
    }
}

impl From<SignerKey> for String {
    fn from(key: SignerKey) -> Self {
        key.line
    }
}

/// One line, as `minisign -P` takes it.
impl fmt::Display for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignerKey").field(&self.line).finish()
    }
}
