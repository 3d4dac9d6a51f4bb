//! Versions of the contract that this host supports, and the compatibility check.
//!
//! One rule for manifests, imports and exports: the plugin's major and minor version must be one of [`SPOKEN`]. An
//! addition makes a new minor version, and the host continues to support older ones; patches change only the text.
//! `wit/CHANGELOG.md` lists the additions of each version.

use crate::text::escape_untrusted;

/// Supported versions, major and minor, the newest last.
pub const SPOKEN: &[(u64, u64)] = &[(0, 1), (0, 2)];

/// The plugin's version of the contract is not supported by this host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the plugin was built for contract {plugin}, and this cloudhost supports {}: {}",
    spoken(),
    if *.newer { "cloudhost is too old for it" } else { "the plugin is too old for it" }
)]
pub struct ContractError {
    /// The plugin's version.
    pub plugin: String,
    /// True if it is newer than all supported versions: then cloudhost has to be updated, else the plugin.
    pub newer: bool,
}

/// Checks that this host runs plugins that were built against this version.
///
/// # Errors
/// [`ContractError`] if it does not, or if the text is not a version.
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

/// Parses the parts of `MAJOR.MINOR.PATCH`.
pub fn parts(version: &str) -> Option<(u64, u64, u64)> {
    let mut parts = version.splitn(3, '.').map(|part| {
        let digits = part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u64>().ok().filter(|_| digits)
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// Formats the supported versions, such as `0.1 to 0.3`.
pub fn spoken() -> String {
    let oldest = SPOKEN
        .first()
        .map(|(major, minor)| format!("{major}.{minor}"));
    match oldest {
        Some(oldest) if oldest != newest() => format!("{oldest} to {}", newest()),
        _ => newest(),
    }
}

/// Newest supported version.
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
    #[case("0.2.0", None)]
    #[case("0.3.0", Some(true))]
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
            "the plugin was built for contract 7.1.0, and this cloudhost supports 0.1 to 0.2: cloudhost is too old for it"
        );
    }
}
