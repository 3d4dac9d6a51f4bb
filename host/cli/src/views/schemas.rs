//! Table of schemas.

use crate::print;
use cloudhost_api::SchemaList;
use comfy_table::Table;

pub fn schema_list(record: &SchemaList) -> Table {
    let schemas = record.schemas.iter();
    let rows = schemas.map(|one| {
        vec![
            one.name.clone(),
            one.commands.join(", "),
            one.description.clone(),
        ]
    });
    print::table(&["SCHEMA", "PRINTED BY", "DESCRIPTION"], rows)
}
