//! Table of `plugin push`.

use crate::print;
use cloudhost_api::PushedPlugin;
use comfy_table::Table;

pub fn pushed_plugin(record: &PushedPlugin) -> Table {
    print::table(&["REFERENCE"], [vec![record.reference.clone()]])
}
