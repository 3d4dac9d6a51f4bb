//! Tables of GPUs and tiers: text files inside this program, one row a line, fields separated by `|`, `#` for comments.
//!
//! An invalid row is left out; a test checks that there is none.

/// Models of GPUs by architecture.
pub(super) const ARCHITECTURES: &str = include_str!("tables/architectures.txt");
/// Steps of the ladder.
pub(super) const LADDER: &str = include_str!("tables/ladder.txt");
/// Tiers.
pub(super) const TIERS: &str = include_str!("tables/tiers.txt");

/// Reads the rows of a table.
pub(super) fn read<const FIELDS: usize, T>(
    table: &'static str,
    row: impl Fn([&'static str; FIELDS]) -> Option<T>,
) -> Vec<T> {
    let fields = |line: &'static str| {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        row(fields.try_into().ok()?)
    };
    lines(table).filter_map(fields).collect()
}

/// Lines of a table that are rows.
pub(super) fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    let is_row = |line: &&str| !line.is_empty() && !line.starts_with('#');
    table.lines().filter(is_row)
}

/// Items of a field.
pub(super) fn items(field: &'static str) -> impl Iterator<Item = &'static str> {
    field.split(',').map(str::trim)
}
