//! Seals of compiled code: AES-256-GCM over associated data alone, which is GMAC of NIST SP 800-38D.
//!
//! All code is verified at every start. With the processor's instructions GMAC is four times as fast as a keyed BLAKE3.

use crate::contract::Digest;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use std::fs::File;
use std::io::{Error, Result};

/// Makes and checks the seals of one entry: a nonce, and the authentication code.
pub(super) struct Sealer(LessSafeKey);

impl Sealer {
    /// Derives a key for each pair of engine and component: the seal of another entry is invalid.
    pub(super) fn new(
        secret: &[u8; 32],
        engine: &blake3::Hash,
        component: &Digest,
    ) -> Result<Self> {
        let mut key = blake3::Hasher::new_keyed(secret);
        key.update(engine.as_bytes()).update(component.as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, key.finalize().as_bytes());
        Ok(Self(LessSafeKey::new(key.map_err(failed)?)))
    }

    /// Seals the content of this file.
    pub(super) fn seal(&self, code: &File) -> Result<Vec<u8>> {
        let once = random::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(once);
        let code = Aad::from(map(code)?);
        let tag = self.0.seal_in_place_separate_tag(nonce, code, &mut []);
        Ok([&once, tag.map_err(failed)?.as_ref()].concat())
    }

    /// Verifies the seal of this file's content.
    pub(super) fn vouches(&self, mut seal: Vec<u8>, code: &File) -> Result<bool> {
        let Some((once, tag)) = seal.split_first_chunk_mut() else {
            return Ok(false);
        };
        let nonce = Nonce::assume_unique_for_key(*once);
        let code = Aad::from(map(code)?);
        Ok(self.0.open_in_place(nonce, code, tag).is_ok())
    }
}

/// Generates random bytes.
fn random<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Maps the file's content into memory, without a copy.
#[allow(unsafe_code)]
fn map(code: &File) -> Result<memmap2::Mmap> {
    // SAFETY: a mapped file must not change or shrink while it is used. No other user can write it, and cloudhost
    // replaces it by another one and never changes it in place.
    unsafe { memmap2::Mmap::map(code) }
}

fn failed(_: Unspecified) -> Error {
    Error::other("the cryptographic library failed")
}
