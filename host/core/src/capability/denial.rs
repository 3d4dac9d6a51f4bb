//! Denials: a closed set of reasons with stable labels.

/// The document that lacks a permission: manifest or grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeniedBy {
    /// The plugin's manifest does not request it: the plugin's author has to act.
    Manifest,
    /// The user's grant does not include it: the user has to act.
    Grant,
}

impl std::fmt::Display for DeniedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Manifest => "the plugin's manifest does not request it",
            Self::Grant => "the plugin's manifest requests it, but it was not granted",
        })
    }
}

/// A denied request. A denial means "not allowed", never "too much": limits are not denials.
///
/// The messages name what was denied and the document that lacks it; none contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// A scheme other than `https`.
    #[error("denied.scheme: {scheme}: is not allowed to {host}: plugins can use https only")]
    Scheme {
        /// The requested scheme.
        scheme: String,
        /// The requested host.
        host: String,
    },
    /// A URL with a user name or a password in it.
    #[error("denied.userinfo: a URL to {host} carries a user name or a password")]
    Userinfo {
        /// The host behind the `@`.
        host: String,
    },
    /// A host that manifest and grant do not both name.
    #[error("denied.host: {host}: {missing}")]
    Host {
        /// The canonical host.
        host: String,
        /// The document that has to name it.
        missing: DeniedBy,
    },
    /// A known host, but on a port that is not named.
    #[error("denied.port: {host}:{port}: the host is allowed, but not on this port")]
    Port {
        /// The canonical host.
        host: String,
        /// The requested port.
        port: u16,
    },
    /// An address or a name of the machine itself, its private network, or a cloud's metadata service.
    #[error("denied.address: {host}: {why}")]
    Address {
        /// The host, as a name or an address.
        host: String,
        /// The reason.
        why: &'static str,
    },
    /// A host that the endpoint does not stand for that the user set for a cloud's hosts.
    #[error(
        "denied.endpoint: {host}: the endpoint {setting} stands for the hosts of one service only"
    )]
    Endpoint {
        /// The requested host.
        host: String,
        /// The location of the user's setting.
        setting: String,
    },
    /// A header that only the host sets.
    #[error("denied.header: a plugin may not set the header `{name}`: {why}")]
    Header {
        /// Name in lower case, control characters escaped.
        name: String,
        /// The reason why it belongs to the host.
        why: &'static str,
    },
    /// A request that can change the cloud.
    #[error("denied.change: {method} {host}: {why}")]
    Change {
        /// Its method.
        method: &'static str,
        /// The host.
        host: String,
        /// The document that has to name it; `None` if no document would help.
        missing: Option<DeniedBy>,
        /// The reason.
        why: String,
    },
    /// Many responses of a call that repeat a secret, by which a plugin could guess it. It ends the call's use of the
    /// network.
    #[error("denied.secret: {host}: too many responses of this call repeat a secret")]
    Secret {
        /// The host of the request.
        host: String,
    },
    /// A setting that the plugin takes and its manifest does not list.
    #[error("denied.setting: `{name}`: the plugin's manifest does not list it")]
    Setting {
        /// Name as the plugin gave it, control characters escaped.
        name: String,
    },
    /// A credential that manifest and grant do not both name for this use.
    #[error("denied.credential: `{name}` {why}")]
    Credential {
        /// Name from the request, control characters escaped.
        name: String,
        /// The document that has to name it; `None` if it is named, but not for this use.
        missing: Option<DeniedBy>,
        /// The use that is not covered.
        why: String,
    },
}

impl Denial {
    /// The document that lacks it; `None` if no document would help.
    pub fn missing(&self) -> Option<DeniedBy> {
        match self {
            Self::Host { missing, .. } => Some(*missing),
            Self::Credential { missing, .. } | Self::Change { missing, .. } => *missing,
            _ => None,
        }
    }

    /// The reason's stable name, for events, tests and scripts.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Scheme { .. } => "denied.scheme",
            Self::Userinfo { .. } => "denied.userinfo",
            Self::Host { .. } => "denied.host",
            Self::Port { .. } => "denied.port",
            Self::Address { .. } => "denied.address",
            Self::Endpoint { .. } => "denied.endpoint",
            Self::Header { .. } => "denied.header",
            Self::Change { .. } => "denied.change",
            Self::Secret { .. } => "denied.secret",
            Self::Setting { .. } => "denied.setting",
            Self::Credential { .. } => "denied.credential",
        }
    }
}
