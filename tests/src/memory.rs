//! A cache of responses.
//!
//! A whole fetch costs moto about fifteen seconds of computing. Tests of other things share one cache, so that they pay
//! for it once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use crate::http::Message;
use crate::lock;

type Key = (String, Vec<u8>);
type Cell = Arc<OnceLock<Message>>;

/// Responses by region and body of the request. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<HashMap<Key, Cell>>>);

impl Memory {
    /// Returns the cached response, or the result of `fetch`, which runs once even for concurrent callers.
    pub(crate) fn recall(
        &self,
        region: &str,
        body: &[u8],
        fetch: impl FnOnce() -> Message,
    ) -> Message {
        let cell = {
            let mut cells = lock(&self.0);
            Arc::clone(cells.entry((region.to_owned(), body.to_vec())).or_default())
        };
        cell.get_or_init(fetch).clone()
    }
}
