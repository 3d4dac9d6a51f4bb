//! Details of remedies.

/// Form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// An amount of money: `2.50`, `18.5 CNY`.
    Amount,
    /// Coordinates: `47.6,-122.3`.
    Coordinates,
    /// A URL in place of a cloud's endpoint.
    Endpoint,
    /// A month: `2026-11`, or none for the current one.
    Month,
    /// The prefix of `source` lines in menus.
    SourcePrefix,
    /// Public key of a signer: the line of its file that begins with `RW`.
    SignerKey,
    /// The source of a component: a file, a URL, or a reference to a registry.
    Source,
}

/// Step with the tool that stores credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialStep {
    /// Configure credentials.
    Configure,
    /// Show the configuration.
    ShowConfiguration,
    /// List the profiles.
    ListProfiles,
    /// Sign in.
    SignIn,
    /// Obtain credentials with the tool, to see its error.
    Test,
}

/// Purpose of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilePurpose {
    /// The audit log.
    AuditLog,
    /// Catalogs.
    Cache,
    /// A component.
    Component,
    /// A credential, or the configuration of credentials.
    Credential,
    /// Generated menus.
    Output,
    /// Installed plugins.
    Plugins,
    /// A recording.
    Recording,
    /// The secret that seals files.
    Secret,
    /// The journal of operations, and SSH keys.
    State,
}
