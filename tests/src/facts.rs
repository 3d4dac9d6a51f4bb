//! AWS data from boto3, a client that shares no code with cloudhost.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::python;

/// The facts that `tests/python/aws_facts.py` collects, in a file and as a value.
#[derive(Debug)]
pub struct Facts {
    path: PathBuf,
    value: Value,
}

impl Facts {
    /// Fetches the facts from the AWS at this URL, which is about as slow as a whole fetch. Writes the file to
    /// `folder`.
    ///
    /// # Errors
    ///
    /// boto3 failed.
    pub fn ask(endpoint: &str, folder: &Path) -> io::Result<Self> {
        let path = folder.join("aws-facts.json");
        python::run("aws_facts.py", [endpoint.as_ref(), path.as_os_str()])?;
        Self::read(path)
    }

    /// Reads them from a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read(path: PathBuf) -> io::Result<Self> {
        let value = serde_json::from_slice(&fs::read(&path)?).map_err(io::Error::other)?;
        Ok(Self { path, value })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `zones`, `offers`, `types` and `images`, with records as boto3 returns them.
    pub fn value(&self) -> &Value {
        &self.value
    }
}
