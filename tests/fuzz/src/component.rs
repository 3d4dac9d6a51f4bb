//! A component file from an untrusted source.

use cloudhost::plugin::Artifact;

/// Checks that an accepted component has only printable interface names, and the digest of its bytes.
pub fn check(input: &[u8]) {
    let Ok(artifact) = Artifact::read(input.to_vec()) else {
        return;
    };
    let names = artifact.imports.iter().chain(&artifact.exports);
    for name in names {
        assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name:?}");
    }
    assert_eq!(artifact.digest, cloudhost::plugin::Digest::of(input));
}
