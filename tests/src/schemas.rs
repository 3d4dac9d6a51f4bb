//! Validation of JSON documents against JSON Schemas, by PyPI's `jsonschema`.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::python;

/// Returns the faults of these schemas, and of these documents against the schemas of their names.
///
/// # Errors
///
/// The validator cannot be run.
pub fn schema_faults(
    schemas: &BTreeMap<String, Value>,
    documents: &[(String, Value)],
) -> io::Result<Vec<String>> {
    let mut command = python::script("check_schemas.py")?;
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let given = json!({ "schemas": schemas, "documents": documents });
        stdin.write_all(&serde_json::to_vec(&given)?)?;
    }
    let found = python::succeeded("check_schemas.py", &child.wait_with_output()?)?;
    Ok(serde_json::from_str(&found)?)
}
