//! `cloudhost schema [NAME]`

use crate::exit::Exit;
use crate::session::Session;
use crate::{print, views};
use anyhow::Context as _;
use cloudhost_api::{Schema, SchemaList};

/// Prints one schema, always as JSON, or lists all.
pub fn execute(session: &Session<'_>, schema: Option<&Schema>) -> anyhow::Result<Exit> {
    let Some(schema) = schema else {
        session.print(&SchemaList::all(), views::schema_list)?;
        return Ok(Exit::Done);
    };
    let text = serde_json::to_string_pretty(&schema.document()).context("cannot print a schema")?;
    print::raw(format!("{text}\n").as_bytes())
}
