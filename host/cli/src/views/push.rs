//! The answer of `plugin push`.

use crate::print;
use cloudhost::plugin::Artifact;
use cloudhost::source::OciReference;
use comfy_table::Table;
use serde::Serialize;

/// Where a component was pushed to.
#[derive(Debug, Serialize)]
pub struct PushedView {
    /// The reference that cannot change any more.
    reference: String,
    name: String,
    version: String,
    /// Of the component; the reference has that of the manifest.
    digest: String,
    signed: bool,
}

impl PushedView {
    pub fn new(pushed: &OciReference, artifact: &Artifact, signed: bool) -> Self {
        Self {
            reference: pushed.to_string(),
            name: artifact.manifest.name.clone(),
            version: artifact.manifest.version.clone(),
            digest: artifact.digest.to_string(),
            signed,
        }
    }

    pub fn table(&self) -> Table {
        let rows = [vec![self.reference.clone()]];
        print::table(&["REFERENCE"], rows)
    }
}
