//! Permissions of a plugin, checked before any byte leaves the machine.
//!
//! A plugin is untrusted code. It reaches a host or uses a credential only if two documents agree: its [`Manifest`],
//! which requests it, and the user's [`Grant`], which allows it. Both are data that can be read without running the
//! plugin, and everything they do not name is denied. [`Policy`] combines the two. A denied request gets a
//! [`Denial`], a closed set with stable labels, so that logs, tests and people can rely on them.
//!
//! Comparison happens on the host name as the `url` crate parsed it: the same value that is dialled and
//! signed. There is no second parser that could read an address differently.

mod denial;
mod error_codes;
mod grant;
mod host_pattern;
mod manifest;
mod name;
mod policy;
mod rate;
mod read;

pub use denial::{Denial, DeniedBy};
pub use error_codes::{Advice, CodeLocation, RetryRule};
pub use grant::Grant;
pub use host_pattern::{HostPattern, HostPatternError};
pub use manifest::{CredentialRequest, Manifest, ManifestError, Scheme};
pub use name::{is_name, look_alike, name_fault};
pub use policy::{Policy, Use};
pub use rate::Rate;
pub use read::{Parameter, Read};
