//! Existing locations of clouds' tokens: data, one entry per name.
//!
//! The table stays in the host. If a manifest could name a variable or a file, a plugin could have any of them sent to
//! its own server.

/// Locations of the token of one name, replacing the default ones.
pub(crate) struct KnownLocations {
    /// Name of the credential.
    pub name: &'static str,
    /// Environment variables with the token, in order of precedence.
    pub variables: [&'static str; 2],
    /// Environment variable that names the file.
    pub file_variable: &'static str,
    /// INI file, below the home directory.
    pub file: &'static str,
    /// Keys of the token in the file's section `default`, in order of precedence.
    pub keys: [&'static str; 2],
}

/// All names with locations of their own.
pub(crate) const KNOWN: [KnownLocations; 1] = [
    // kdevops (`scripts/lambdalabs_credentials.py`) and Lambda's documentation.
    KnownLocations {
        name: "lambdalabs",
        variables: ["LAMBDALABS_API_KEY", "LAMBDA_API_KEY"],
        file_variable: "LAMBDALABS_CREDENTIALS_FILE",
        file: ".lambdalabs/credentials",
        keys: ["lambdalabs_api_key", "api_key"],
    },
];
