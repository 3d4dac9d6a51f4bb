//! Recordings of a plugin's requests and their responses, to repeat a run without a cloud.
//!
//! A recording is text for people and tools: JSON lines, one exchange per line. It holds no secret. Signatures are
//! added after a request was recorded, and text that repeats a secret is removed from a response before. Other possible
//! secrets, such as a signature in a URL that a response returned, are masked by a salted digest of 6 bytes: different
//! requests stay distinct, but a guessable value, such as a short password, can be verified against it. It is written
//! atomically, for its owner alone (mode 0600), and its last line is a seal over the others: a truncated or modified
//! file is rejected, unless its last line marks it as edited.
//!
//! A replay reads no credential, sends no request and waits for nothing. A request that was not recorded is an error,
//! which the plugin cannot ignore. For plugins, the clock stands at the time of the recording, during both recording
//! and replay, so that everything that depends on the time is the same in both.
//!
//! [`Recorder`] and [`Replay`] are [`Interceptor`](crate::egress::Interceptor)s. They write and read a [`Recording`],
//! which can be edited as a value in between.

mod error;
mod file;
mod format;
mod mask;
mod recorder;
mod replay;

pub use error::{FormatError, RecordingError};
pub use file::RecordingFile;
pub use format::{Body, Failure, Outcome};
pub use recorder::Recorder;
pub use replay::Replay;

use mask::Mask;

use crate::contract::cloudhost::provider::types::ErrorKind;
use crate::credentials::Facts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// Version of the format that is written, and the only one that can be read.
pub const FORMAT: u32 = 2;

/// Size limit on a recording, in bytes: more than all responses of the largest cloud, and no full disk.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// A recording as a value.
///
/// ```
/// use cloudhost::recording::{Recording, RecordingError};
///
/// fn show(path: &std::path::Path) -> Result<(), RecordingError> {
///     let recording = Recording::read(path)?;
///     println!("{} of {}", recording.about.plugin, recording.about.recorded_at);
///     for exchange in &recording.exchanges {
///         println!("{} {}", exchange.request.method, exchange.request.url);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Metadata of the recording.
    pub about: About,
    /// Facts about credentials that the plugin, and the host for it, got, by credential name.
    pub credentials: BTreeMap<String, Facts>,
    /// Requests and their outcomes, in the order of the requests.
    pub exchanges: Vec<Exchange>,
    /// Results of the plugin, one per call. There is none for a call that crashed, reached a limit or was interrupted,
    /// nor in a recording from which they were removed.
    pub results: Vec<CallResult>,
}

impl Recording {
    /// Returns the recorded requests that are not among these. They are compared as the recording masks them.
    pub fn requests_besides<'a>(&self, made: impl Iterator<Item = &'a Request>) -> Vec<Request> {
        let mask = Mask::new(&self.about.salt);
        let made: HashSet<Request> = made.map(|one| one.clone().masked(&mask)).collect();
        let recorded = self.exchanges.iter();
        let recorded = recorded.map(|exchange| exchange.request.clone().masked(&mask));
        recorded.filter(|request| !made.contains(request)).collect()
    }
}

/// Metadata of a recording: the first line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Version of the format: [`FORMAT`].
    pub format: u32,
    /// The plugin's name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// Digest of its code, such as `sha256:...`.
    pub digest: String,
    /// Start of the recording; plugins see this time while it is made and while it is replayed.
    pub recorded_at: Timestamp,
    /// Salt of the digests of masked values, of any form, and different for each recording. It is no secret.
    #[serde(default)]
    pub salt: String,
    /// Arguments of the run, without the name of the program and the options that request a recording.
    #[serde(alias = "ran")]
    pub args: Vec<String>,
}

/// A request and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// Its outcome.
    pub outcome: Outcome,
}

/// A request before it was signed. Requests are equal if all fields are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Method, such as `GET`.
    pub method: String,
    /// Real URL, with possible secrets in its query masked. In a recording written by hand, the plain value works too.
    pub url: String,
    /// Headers as the plugin set them, names in lower case.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body, if any.
    #[serde(default)]
    pub body: Option<Body>,
    /// Name of the credential that signed it, if any.
    #[serde(default)]
    pub credential: Option<String>,
    /// True if it changes nothing in the cloud.
    #[serde(default)]
    pub read_only: bool,
}

/// A response as the plugin saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedResponse {
    /// Status code.
    pub status: u16,
    /// Headers.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Decoded body.
    #[serde(default)]
    pub body: Body,
}

/// Result of a call of the plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallResult {
    /// The called export, such as `fetch`.
    pub export: String,
    /// Kind of the error it returned, by its name in the contract, such as `unauthenticated`; `None`: no error.
    #[serde(
        serialize_with = "format::error_name",
        deserialize_with = "format::error_of"
    )]
    pub error: Option<ErrorKind>,
}

#[cfg(test)]
mod tests;
