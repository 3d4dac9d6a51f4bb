//! Results on stdout.

use crate::args::Format;
use crate::exit::Exit;
use anyhow::Context as _;
use cloudhost::contract::is_invisible_or_control;
use cloudhost_api::Record;
use comfy_table::{ContentArrangement, Table, TableStyle};
use std::io::Write as _;

/// Prints a record as a table, JSON or YAML.
pub fn result<T: Record>(
    format: Format,
    value: &T,
    table: impl FnOnce(&T) -> Option<Table>,
) -> anyhow::Result<()> {
    let text = match format {
        Format::Table => match table(value) {
            Some(table) => trim(&table.to_string()),
            None => return Ok(()),
        },
        Format::Json => format!("{}\n", serde_json::to_string_pretty(value)?),
        Format::Yaml => serde_saphyr::to_string(value)?,
    };
    raw(text.as_bytes())?;
    Ok(())
}

/// Makes a table without lines, readable by `awk` too. Characters that act on a terminal are escaped: no text of a record
/// looks like a row of its own. A line feed separates the items of a list.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| shown(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

fn shown(cell: &str) -> String {
    let escaped = |c: char| match is_invisible_or_control(c) && c != '\n' {
        true => c.escape_default().collect(),
        false => vec![c],
    };
    cell.chars().flat_map(escaped).collect()
}

fn trim(text: &str) -> String {
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// Prints bytes. A closed pipe is not an error.
pub fn raw(bytes: &[u8]) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        written => written
            .map(|()| Exit::Done)
            .context("cannot write to standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of a record is one row, and nothing in it acts on the terminal.
    #[test]
    fn cells_are_escaped() {
        let rows = [vec!["a\u{1b}[2J\rb".to_owned(), "c\u{202e}".to_owned()]];
        let text = trim(&table(&["ONE", "OTHER"], rows).to_string());
        assert!(text.contains("a\\u{1b}[2J\\rb  c\\u{202e}\n"), "{text:?}");
        let text = table(&["ONE"], [vec!["a\nb".to_owned()]]).to_string();
        assert_eq!(text.lines().count(), 3, "a list has lines: {text:?}");
    }
}
