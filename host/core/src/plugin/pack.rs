//! Adding a manifest to a component of any toolchain.

use super::{Artifact, PluginError, sections::SECTION};
use crate::capability::{Manifest, ManifestError};
use crate::{HasRemedy, Remedy};
use wasm_encoder::{CustomSection, Section as _};

/// Adding a manifest failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The component has a manifest already.
    #[error("the component already has a manifest")]
    Packed,
    /// The manifest is invalid.
    #[error("invalid manifest")]
    Manifest(#[from] ManifestError),
    /// The component is not a valid plugin, even with the manifest.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl HasRemedy for PackError {
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Packed => Some(Remedy::InspectComponent),
            Self::Manifest(error) => error.remedy(),
            Self::Plugin(error) => error.remedy(),
        }
    }
}

/// Appends a manifest, as text, to a component. Returns the plugin, whose contract and imports were checked.
///
/// ```
/// // A component without imports and exports.
/// let component = b"\0asm\x0d\0\x01\0".to_vec();
/// let manifest = "name = \"mine\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\n";
/// let plugin = cloudhost::plugin::pack(component, manifest, 1 << 20)?;
/// assert_eq!(plugin.manifest.name, "mine");
/// # Ok::<(), cloudhost::plugin::PackError>(())
/// ```
///
/// [`PackError`] if either is invalid, or the plugin has more than `most` bytes.
pub fn pack(mut component: Vec<u8>, manifest: &str, most: usize) -> Result<Artifact, PackError> {
    Manifest::parse(manifest)?;
    let section = CustomSection {
        name: SECTION.into(),
        data: manifest.as_bytes().into(),
    };
    section.append_to(&mut component);
    match Artifact::read_within(component, most) {
        Err(PluginError::ManifestCount { .. }) => Err(PackError::Packed),
        read => Ok(read?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const MANIFEST: &str = "name = \"x\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\n";
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn packed(component: &[u8], manifest: &str) -> Result<Artifact, PackError> {
        pack(component.to_vec(), manifest, 1 << 20)
    }

    #[test]
    fn what_was_packed_is_read() {
        let artifact = packed(EMPTY, MANIFEST).unwrap();
        assert_eq!(artifact.manifest.name, "x");
        let again = packed(&artifact.bytes, MANIFEST).unwrap_err();
        assert!(matches!(again, PackError::Packed), "{again}");
        assert!(again.remedy().is_some());
    }

    #[rstest]
    #[case(EMPTY, "name = 1", "manifest")]
    #[case(b"hello", MANIFEST, "not a WebAssembly component")]
    #[case(b"\0asm\x01\0\0\0", MANIFEST, "core module")]
    fn what_is_no_plugin_is_refused(
        #[case] component: &[u8],
        #[case] manifest: &str,
        #[case] told: &str,
    ) {
        let error = packed(component, manifest).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }

    #[test]
    fn a_plugin_that_is_too_large_is_refused() {
        let error = pack(EMPTY.to_vec(), MANIFEST, 20).unwrap_err();
        assert!(
            matches!(error, PackError::Plugin(PluginError::Load(_))),
            "{error}"
        );
    }
}
