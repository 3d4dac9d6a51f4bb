//! Why a component cannot be had.

use crate::Hint;
use crate::audit::Refusal;
use crate::hint::quoted;
use crate::limits::Exceeded;
use std::path::PathBuf;
use std::time::Duration;

/// The longest part of what a server said that a message quotes.
const QUOTED: usize = 120;

/// Why a component cannot be fetched, pushed, or trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The text is no source.
    #[error("`{text}` is no place of a component: {why}")]
    Unclear {
        /// What was written.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The component has more bytes than the limit allows.
    #[error("{what}: {exceeded}")]
    Limit {
        /// Where it is.
        what: String,
        /// The limit.
        exceeded: Exceeded,
    },
    /// A manifest, a signature or a token has more bytes than any has, or a component more than its registry says.
    #[error("{what} has more than {max} bytes, and no more are taken")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The most, in bytes.
        max: usize,
    },
    /// It took too long.
    #[error("{what} was not there after {} s", .after.as_secs_f32())]
    Late {
        /// What was asked for.
        what: String,
        /// The longest time.
        after: Duration,
    },
    /// There are no roots of trust on this machine.
    #[error("TLS cannot be set up")]
    Tls(#[source] reqwest::Error),
    /// The server cannot be reached, or the connection broke.
    #[error("cannot get {url}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The server answered that it will not, or cannot.
    #[error("{url} was answered with status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The server leads to where nobody follows it.
    #[error("{url} leads to {to}: {why}")]
    Redirect {
        /// What was asked for.
        url: String,
        /// Where it leads.
        to: String,
        /// Why that is refused.
        why: &'static str,
    },
    /// The registry wants a login, or another one.
    #[error("the registry {registry} refuses {}", who(.user.as_deref()))]
    Login {
        /// The registry.
        registry: String,
        /// Who asked; `None`: nobody, for there is no login for it.
        user: Option<String>,
    },
    /// The login of a registry cannot be read.
    #[error("the login of the registry {registry} cannot be used: {why}")]
    Credentials {
        /// The registry.
        registry: String,
        /// What is wrong.
        why: String,
    },
    /// The registry asks for a login in a way that is not taken.
    #[error("the registry {registry} asks for a login in a way that is not taken: {why}")]
    Challenge {
        /// The registry.
        registry: String,
        /// What is wrong.
        why: String,
    },
    /// What the registry has there is no component.
    #[error("{reference} is no WebAssembly component: {why}")]
    NotAComponent {
        /// Where.
        reference: String,
        /// What it is.
        why: String,
    },
    /// The registry gave other bytes than were asked for.
    #[error(
        "the {what} of {reference} is not what was asked for: it should be {expected}, and is {found}"
    )]
    Digest {
        /// Where.
        reference: String,
        /// `manifest` or `component`.
        what: &'static str,
        /// The digest that it should have.
        expected: String,
        /// The one that it has.
        found: String,
    },
    /// The registry did not take the component.
    #[error("{reference} could not be pushed: {why}")]
    Push {
        /// Where to.
        reference: String,
        /// What the registry said.
        why: String,
    },
    /// The text is no signature of minisign.
    #[error("the signature is none of minisign")]
    NoSignature,
    /// The text is no public key of minisign.
    #[error("this is no public key of minisign")]
    NoKey,
    /// Someone else signed it.
    #[error("it was signed with another key than {expected}")]
    OtherSigner {
        /// The key that should have.
        expected: String,
    },
    /// The signature does not belong to the bytes.
    #[error("the signature is not one of {expected} for these bytes: one of the two was changed")]
    BadSignature {
        /// The key that should have signed.
        expected: String,
    },
    /// The signature is over the file itself, as old versions of minisign made it.
    #[error("the signature is of minisign's old kind, which is not taken")]
    OldSignature,
}

impl SourceError {
    /// That what was found is refused; `None` where nothing was found, or nothing could be asked.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(Refusal::of(match self {
            Self::Limit { exceeded, .. } => return Some(Refusal::limit(exceeded.label())),
            Self::TooLarge { .. } => "source.size",
            Self::Redirect { .. } => "source.redirect",
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

impl Hint for SourceError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unclear { text, .. } => match text.strip_prefix("oci://") {
                Some(rest) if !rest.contains(['.', ':']) => {
                    format!(
                        "name the registry, as in {}",
                        quoted(format!("oci://docker.io/{rest}").as_ref())
                    )
                }
                _ => "write FILE, https://HOST/PATH or oci://REGISTRY/REPOSITORY:TAG".to_owned(),
            },
            Self::Read { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
                format!(
                    "look for it with `ls -l {}`; one in a registry is written oci://REGISTRY/REPOSITORY:TAG",
                    quoted(path)
                )
            }
            Self::Limit { exceeded, .. } => return exceeded.hint(),
            Self::Tls(_) => "apt-get install ca-certificates".to_owned(),
            Self::Late { .. } => "run it again, when the connection is better".to_owned(),
            Self::Unreachable { url, .. } => format!(
                "see whether this machine reaches it: curl --head {}",
                quoted(url.as_ref())
            ),
            Self::Status { status: 404, .. } => {
                "check the name; many registries answer so, too, where a login is missing: docker login REGISTRY"
                    .to_owned()
            }
            Self::Status { status, .. } if *status == 429 || *status >= 500 => {
                "run it again later".to_owned()
            }
            Self::Redirect { to, .. } => format!(
                "if that is the right place, give it yourself: {}",
                quoted(to.as_ref())
            ),
            Self::Login { registry, .. } | Self::Credentials { registry, .. } => {
                format!("docker login {}", quoted(registry.as_ref()))
            }
            Self::NotAComponent { .. } => {
                "push it with `cloudhost plugin push FILE oci://REGISTRY/REPOSITORY:TAG`".to_owned()
            }
            Self::Digest { .. } => {
                "do not use it; tell who runs the registry, and check the digest with its author".to_owned()
            }
            Self::NoKey => {
                "give the line of the signer's .pub file that begins with RW".to_owned()
            }
            Self::NoSignature | Self::OldSignature => {
                "the author signs with minisign 0.10 or later: minisign -S -m FILE".to_owned()
            }
            Self::OtherSigner { .. } | Self::BadSignature { .. } => {
                "do not use it before its author has told you, by another way, which key is theirs"
                    .to_owned()
            }
            _ => return None,
        })
    }
}

fn who(user: Option<&str>) -> String {
    match user {
        Some(user) => format!("the login of `{user}`"),
        None => "to answer without a login".to_owned(),
    }
}

/// What someone else wrote, for a message: short, and of an address not what comes after `?`, for that can be a
/// secret.
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
