//! The error of a selection that the bundled catalog has no data for.

use crate::exit::{Exit, Failure};
use cloudhost::select::NoMatch;

/// Nothing can be selected, because the bundled catalog lacks data.
#[derive(Debug, thiserror::Error)]
#[error("{provider}: {why}: the catalog bundled in the plugin has no {lacks}")]
pub struct NoData {
    pub provider: String,
    pub why: &'static str,
    pub lacks: String,
    #[source]
    pub error: Box<NoMatch>,
    pub hint: Option<String>,
}

impl Failure for NoData {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn exit(&self) -> Exit {
        Exit::Unknown
    }
}
