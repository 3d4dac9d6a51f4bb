//! Signatures of minisign: Ed25519 over the BLAKE2b-512 of a file, with a key that is kept offline.
//!
//! Format: <https://jedisct1.github.io/minisign/>. Signatures of the legacy format, over the file itself, are rejected.

use super::{MAX_SIGNATURE, SourceError};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign_verify::{Error, PublicKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Rejects the legacy format: minisign has used the newer one by default since 0.10.
const LEGACY: bool = false;

/// A parsed minisign signature. It is not verified.
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
    /// When the file cannot be read, or is not a signature.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        Self::read(&super::read(path, MAX_SIGNATURE)?)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, SourceError> {
        std::str::from_utf8(bytes)
            .map_err(|_| SourceError::NoSignature)?
            .parse()
    }

    /// Id of the key in the signature, as minisign shows it: a name, which anyone can give to a key.
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

/// Extracts the key id. The second line is Base64 of the algorithm (2 bytes), the id (8), and the signature. minisign
/// writes the id as a little-endian number.
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

/// Public key of a signer: a line such as `RWQ...`, or the two lines of a `.pub` file.
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
    /// Verifies that this key signed these bytes.
    ///
    /// # Errors
    /// When a different key did, when the bytes are not those that were signed, or when the signature is of the legacy
    /// format.
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

/// Formats it on one line, as `minisign -P` takes it.
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
