//! Which versions of the contract this host speaks, and who has to act where a plugin speaks another one.
//!
//! One rule for manifests, imports and exports: the plugin's major and minor version must be one of [`SPOKEN`]. What
//! is added makes a new minor version, and the host goes on speaking the older ones; patches differ in words only.
//! `wit/CHANGELOG.md` tells what each version added.

use crate::text::escape_untrusted;

/// The versions that this host speaks, major and minor, the newest last.
pub const SPOKEN: &[(u64, u64)] = &[(0, 1)];

/// A plugin and this host have no version of the contract in common.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the plugin was built for contract {plugin}, and this cloudhost speaks {}: {}",
    spoken(),
    if *.newer { "cloudhost is too old for it" } else { "the plugin is too old for it" }
)]
pub struct ContractError {
    /// The plugin's version.
    pub plugin: String,
    /// Whether it is newer than all of ours: then it is cloudhost that has to change, else the plugin.
    pub newer: bool,
}

/// Whether this host runs plugins that were built against this version.
///
/// # Errors
/// [`ContractError`] where it does not, or where the text is no version.
pub fn check(version: &str) -> Result<(), ContractError> {
    let theirs = parts(version).map(|(major, minor, _)| (major, minor));
    match theirs {
        Some(theirs) if SPOKEN.contains(&theirs) => Ok(()),
        _ => Err(ContractError {
            plugin: escape_untrusted(version),
            newer: theirs.as_ref() > SPOKEN.last(),
        }),
    }
}

/// The parts of `MAJOR.MINOR.PATCH`.
pub fn parts(version: &str) -> Option<(u64, u64, u64)> {
    let mut parts = version.splitn(3, '.').map(|part| {
        let digits = part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u64>().ok().filter(|_| digits)
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// What this host speaks, as `0.1 to 0.3`.
pub fn spoken() -> String {
    let oldest = SPOKEN
        .first()
        .map(|(major, minor)| format!("{major}.{minor}"));
    match oldest {
        Some(oldest) if oldest != newest() => format!("{oldest} to {}", newest()),
        _ => newest(),
    }
}

/// Newest version that this host speaks.
pub fn newest() -> String {
    let newest = SPOKEN.last();
    newest.map_or_else(String::new, |(major, minor)| format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("0.1.0", None)]
    #[case("0.1.9", None)]
    #[case("0.2.0", Some(true))]
    #[case("1.0.0", Some(true))]
    #[case("0.0.9", Some(false))]
    #[case("0.1", Some(false))]
    #[case("0.1.0-rc.1", Some(false))]
    #[case("+0.1.0", Some(false))]
    #[case("", Some(false))]
    fn who_has_to_act(#[case] version: &str, #[case] newer: Option<bool>) {
        assert_eq!(check(version).err().map(|error| error.newer), newer);
    }

    #[test]
    fn both_versions_are_named() {
        let error = check("7.1.0").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the plugin was built for contract 7.1.0, and this cloudhost speaks 0.1: cloudhost is too old for it"
        );
    }
}
