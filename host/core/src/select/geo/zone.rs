//! The system's time zone.

use std::ffi::OsStr;

/// Reads the name of the system's time zone, such as `Europe/Berlin`: from `TZ`, else from the system's files. `None`
/// if there is none, or an invalid one.
pub(super) fn system() -> Option<String> {
    named(std::env::var_os("TZ").as_deref(), || {
        iana_time_zone::get_timezone().ok()
    })
}

/// Gives `TZ` precedence, even if it names no location: the user has overridden the system's files. Forms of
/// `TZ`: <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html>.
pub(in crate::select) fn named(
    variable: Option<&OsStr>,
    files: impl FnOnce() -> Option<String>,
) -> Option<String> {
    let Some(variable) = variable.filter(|text| !text.is_empty()) else {
        return files();
    };
    let name = variable.to_str()?;
    let name = name.strip_prefix(':').unwrap_or(name);
    // A path is valid too: /usr/share/zoneinfo/Europe/Berlin.
    let name = name.split_once("/zoneinfo/").map_or(name, |(_, name)| name);
    Some(name.to_owned())
}
