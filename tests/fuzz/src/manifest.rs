//! The manifest in a component: TOML that a plugin's author wrote.

use cloudhost::capability::Manifest;

/// Checks that the name, version, contract and settings of an accepted manifest are printable ASCII, and that it
/// survives a round trip through TOML.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(manifest) = Manifest::parse(text) else {
        return;
    };
    let settings = manifest.settings.iter().flatten().cloned();
    let shown = format!(
        "{} {} {} {}",
        manifest.name,
        manifest.version,
        manifest.contract,
        settings.collect::<String>()
    );
    assert!(
        shown
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
    );
    let written = toml::to_string(&manifest).unwrap();
    assert_eq!(Manifest::parse(&written).unwrap(), manifest);
}
