//! A component, as a file that a stranger sent.

use cloudhost::plugin::Artifact;

/// What is accepted names only interfaces that can be shown, and is what its digest says.
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
