//! Errors of fetching, pushing and verifying a component.

use crate::audit::Refusal;
use crate::contract::excerpt;
use crate::limits::Exceeded;
use crate::{AuthorTask, Form, HasRemedy, Remedy};
use std::path::PathBuf;
use std::time::Duration;

/// Longest quote of the user's text in a message.
const QUOTED: usize = 120;

/// Fetching, pushing or verifying a component failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The text is not a plugin source.
    #[error("invalid plugin source `{text}`: {why}")]
    Unclear {
        /// The given text.
        text: String,
        /// The fault.
        why: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The component has more bytes than the limit allows.
    #[error("{what}: {exceeded}")]
    Limit {
        /// Location of the component.
        what: String,
        /// The limit.
        exceeded: Exceeded,
    },
    /// A manifest, signature or token is too large.
    #[error("{what} is too large: the limit is {max} bytes")]
    TooLarge {
        /// Name of the part.
        what: String,
        /// Limit, in bytes.
        max: usize,
    },
    /// A server sent far more than its response needs, such as informational responses for ever.
    #[error("{url} sent too much besides its response")]
    Flood {
        /// The server.
        url: String,
    },
    /// The time limit was reached.
    #[error("{what} timed out after {} s", .after.as_secs_f32())]
    Late {
        /// The requested source.
        what: String,
        /// The time limit.
        after: Duration,
    },
    /// This machine has no usable root certificates.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The server is unreachable, or the connection broke.
    #[error("cannot reach {url}")]
    Unreachable {
        /// The requested URL, or the origin of one that a server named.
        url: String,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server returned an error status.
    #[error("{url} returned status {status}")]
    Status {
        /// The requested URL.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A server names a forbidden location: a redirect, a token server, a place for an upload.
    #[error("{url} leads to {to}: {why}")]
    Location {
        /// The requested URL, or the origin of one that a server named.
        url: String,
        /// Origin of the location. The rest would be text of the server's choice.
        to: String,
        /// Reason to reject it.
        why: &'static str,
    },
    /// The registry requires a login, or a different one.
    #[error("the registry {registry} {}", rejection(.user.as_deref()))]
    Login {
        /// The registry.
        registry: String,
        /// User of the login; `None`: there is no login for it.
        user: Option<String>,
    },
    /// The login of a registry cannot be read.
    #[error("the login of the registry {registry} cannot be used: {why}")]
    Credentials {
        /// The registry.
        registry: String,
        /// Cause.
        why: String,
    },
    /// The registry requires an unsupported way to log in.
    #[error("the registry {registry} requires an unsupported login: {why}")]
    Challenge {
        /// The registry.
        registry: String,
        /// Cause.
        why: String,
    },
    /// The artifact in the registry is not a component.
    #[error("{reference} is not a WebAssembly component: {why}")]
    NotAComponent {
        /// The reference.
        reference: String,
        /// The fault.
        why: String,
    },
    /// The registry returned bytes with a different digest.
    #[error("{what} digest mismatch of {reference}: expected {expected}, found {found}")]
    Digest {
        /// The reference.
        reference: String,
        /// `manifest` or `component`.
        what: &'static str,
        /// The expected digest.
        expected: String,
        /// The actual digest, or the fault of bytes that were not all read.
        found: String,
    },
    /// The registry rejected the component.
    #[error("cannot push {reference}: {why}")]
    Push {
        /// The reference.
        reference: String,
        /// Response of the registry.
        why: String,
    },
    /// The text is not a minisign signature.
    #[error("invalid minisign signature")]
    NoSignature,
    /// The text is not a minisign public key.
    #[error("invalid minisign public key")]
    NoKey,
    /// A different key signed it.
    #[error("signed with a different key: expected {expected}")]
    OtherSigner {
        /// The expected key.
        expected: String,
    },
    /// The signature does not match the bytes.
    #[error("the signature by {expected} does not match: the file or the signature was changed")]
    BadSignature {
        /// The expected key.
        expected: String,
    },
    /// The signature is over the file itself: minisign's legacy format.
    #[error("unsupported signature: minisign's legacy format")]
    OldSignature,
}

impl SourceError {
    /// Audit record of rejected content; `None` if nothing was found, or no request was possible.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(Refusal::of(match self {
            Self::Limit { exceeded, .. } => return Some(Refusal::limit(exceeded.label())),
            Self::TooLarge { .. } | Self::Flood { .. } => "source.size",
            Self::Location { .. } => "source.redirect",
            Self::Challenge { .. } => "source.challenge",
            Self::NotAComponent { .. } => "plugin.component",
            Self::Digest { .. } => "plugin.digest",
            Self::NoSignature
            | Self::OtherSigner { .. }
            | Self::BadSignature { .. }
            | Self::OldSignature => "plugin.signature",
            Self::Unclear { .. }
            | Self::Read { .. }
            | Self::Late { .. }
            | Self::Tls(_)
            | Self::Unreachable { .. }
            | Self::Status { .. }
            | Self::Login { .. }
            | Self::Credentials { .. }
            | Self::Push { .. }
            | Self::NoKey => return None,
        }))
    }
}

impl HasRemedy for SourceError {
    fn remedy(&self) -> Option<Remedy> {
        let form = Form::Source;
        Some(match self {
            Self::Unclear { text, .. } => match text.strip_prefix("oci://") {
                Some(rest) if !rest.contains(['.', ':']) => Remedy::UseSource {
                    source: format!("oci://docker.io/{rest}"),
                },
                _ => Remedy::WriteAs { form },
            },
            Self::Read { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
                let search = Remedy::missing_component(path);
                // It can be a URL or a reference without its scheme.
                let perhaps = path.extension().is_none() || path.to_string_lossy().contains(':');
                match perhaps {
                    true => Remedy::any_of([search, Remedy::WriteAs { form }]),
                    false => search,
                }
            }
            Self::Limit { exceeded, .. } => return exceeded.remedy(),
            Self::Tls(_) => Remedy::InstallPackage {
                package: "ca-certificates",
            },
            Self::Late { .. } => Remedy::RunAgain,
            Self::Unreachable { .. } => Remedy::CheckNetwork,
            // Many registries return this, too, if a login is missing.
            Self::Status { status: 404, .. } => {
                Remedy::any_of([Remedy::CheckName, Remedy::LogIn { registry: None }])
            }
            Self::Status { status, .. } if *status == 429 || *status >= 500 => {
                Remedy::Wait { seconds: None }
            }
            Self::Login { registry, .. } | Self::Credentials { registry, .. } => Remedy::LogIn {
                registry: Some(registry.clone()),
            },
            Self::NotAComponent { .. } => Remedy::PushComponent,
            Self::Digest { .. } => Remedy::ConfirmDigest,
            Self::NoKey => Remedy::WriteAs {
                form: Form::SignerKey,
            },
            Self::NoSignature | Self::OldSignature => Remedy::AskAuthor(AuthorTask::Sign),
            Self::OtherSigner { .. } | Self::BadSignature { .. } => Remedy::ConfirmKey,
            _ => return None,
        })
    }
}

fn rejection(user: Option<&str>) -> String {
    match user {
        Some(user) => format!("rejected the login of `{user}`"),
        None => "requires a login".to_owned(),
    }
}

/// The form in which a message quotes what a server returned: one line, without URLs, and not too long. All such text but
/// the origins of locations passes here, so that no server can write a line of its own, or one that leads to it.
pub(super) fn quoted(text: &str) -> String {
    let words = text
        .split_whitespace()
        .map(|word| match word.contains("//") {
            true => "[URL]",
            false => word,
        });
    excerpt(&words.collect::<Vec<_>>().join(" "))
}

/// Shortens text of the user for a message. The query of a URL is removed, because it can be a secret.
pub(super) fn shown(text: &str) -> String {
    let text = match text.split_once('?') {
        Some((before, _)) if before.contains("://") => before,
        _ => text,
    };
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}
