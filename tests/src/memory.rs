//! Answers that need not be asked twice.
//!
//! A whole fetch costs moto about fifteen seconds of computing. Tests that are about something else share one
//! memory, so that they pay for it once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use crate::http::Message;
use crate::lock;

type Key = (String, Vec<u8>);
type Cell = Arc<OnceLock<Message>>;

/// Answers by region and body of the request. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<HashMap<Key, Cell>>>);

impl Memory {
    /// The remembered answer, or the one that `ask` gets; asked once even by many at a time.
    pub(crate) fn recall(
        &self,
        region: &str,
        body: &[u8],
        ask: impl FnOnce() -> Message,
    ) -> Message {
        let cell = {
            let mut cells = lock(&self.0);
            Arc::clone(cells.entry((region.to_owned(), body.to_vec())).or_default())
        };
        cell.get_or_init(ask).clone()
    }
}
