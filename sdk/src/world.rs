//! The outside of a plugin behind one trait: the contract's imports on the host, canned responses in a test.

use crate::Facts;
use crate::bindings::cloudhost::provider as imports;
use crate::http::{HttpError, Request, Response};

pub use imports::log::Level;

/// Everything that a plugin's logic can reach.
///
/// ```
/// use cloudhost_sdk::http::{HttpError, Request, Response};
/// use cloudhost_sdk::{Facts, World};
///
/// /// Answers every request with an empty list, for a test of a plugin.
/// struct Nothing;
///
/// impl World for Nothing {
///     async fn fetch(&self, _request: Request) -> Result<Response, HttpError> {
///         Ok(Response { status: 200, headers: Vec::new(), body: b"[]".to_vec() })
///     }
///
///     async fn credential(&self, name: &str) -> Result<Facts, String> {
///         Err(format!("there is no credential {name}"))
///     }
/// }
/// ```
pub trait World {
    /// Sends a request. A response of any status is `Ok`; an error means that there is none.
    fn fetch(&self, request: Request) -> impl Future<Output = Result<Response, HttpError>>;

    /// Returns non-secret facts about a credential that the manifest names; the error is a message for people.
    fn credential(&self, name: &str) -> impl Future<Output = Result<Facts, String>>;
}

/// The host that runs the component. It works only in WebAssembly; in a native test, implement [`World`] instead.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host;

impl World for Host {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        imports::http::fetch(request).await
    }

    async fn credential(&self, name: &str) -> Result<Facts, String> {
        imports::credentials::describe(name.to_owned()).await
    }
}

/// Writes a message for the person who runs the host; natively it does nothing.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    imports::log::write(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (level, message);
}
