//! Rows of a list in a response: the wanted fields of each, by their paths.

use cloudhost_sdk::resources::{Place, Tag};
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{Timestamp, timestamp};

/// A list in a response: the path of its rows, and the paths of their wanted fields below it.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    /// Path of a row from below the root, such as `volumeSet/item`.
    pub at: &'static str,
    /// Paths of fields from below a row. A field in a list of its own has a value for each item.
    pub fields: &'static [&'static str],
}

/// Fields of a row that were wanted and are there, in the order of the response.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    path: &'static str,
    /// Number of items that ended before it in the row: fields of the same item have the same.
    item: u32,
    text: String,
}

impl Row {
    /// Returns a field that is there and not empty.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.all(field).find(|text| !text.is_empty())
    }

    /// Returns a field; empty if it is not there.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).unwrap_or_default()
    }

    /// Returns a field as text of its own, if it is there and not empty.
    pub fn owned(&self, field: &str) -> Option<String> {
        self.get(field).map(str::to_owned)
    }

    /// Returns a number.
    pub fn number<T: std::str::FromStr>(&self, field: &str) -> Option<T> {
        self.get(field)?.parse().ok()
    }

    /// Returns a time.
    pub fn time(&self, field: &str) -> Option<Timestamp> {
        timestamp(self.get(field)?)
    }

    /// Returns the values of a field in a list.
    pub fn all<'r>(&'r self, field: &str) -> impl Iterator<Item = &'r str> {
        let of = move |known: &'r Field| (known.path == field).then_some(known.text.as_str());
        self.0.iter().filter_map(of)
    }

    /// Returns two fields of each item of a list that has both.
    pub fn pairs<'r>(&'r self, one: &str, other: &str) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.0
            .iter()
            .filter(move |field| field.path == one)
            .filter_map(move |field| {
                let mut all = self.0.iter();
                let same = all.find(|known| known.path == other && known.item == field.item)?;
                Some((field.text.as_str(), same.text.as_str()))
            })
    }

    /// Returns the tags.
    pub fn tags(&self) -> Vec<Tag> {
        let tags = self.pairs(TAG_KEY, TAG_VALUE);
        tags.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    /// Returns the tag `Name`, which the console shows as the name; empty if there is none.
    pub fn name(&self) -> String {
        let mut tags = self.pairs(TAG_KEY, TAG_VALUE);
        let name = tags.find(|(key, _)| *key == "Name");
        name.map(|(_, name)| name.to_owned()).unwrap_or_default()
    }

    /// Returns a zone of a region as a place.
    pub fn place(&self, region: &str, zone: &str) -> Place {
        Place {
            region: region.to_owned(),
            zone: self.owned(zone),
        }
    }
}

/// Path of a tag's key.
pub(super) const TAG_KEY: &str = "tagSet/item/key";

/// Path of a tag's value.
pub(super) const TAG_VALUE: &str = "tagSet/item/value";

/// Collects the rows of a list while a response is read.
#[derive(Debug)]
pub(super) struct Rows {
    list: &'static List,
    row: Row,
    item: u32,
    rows: Vec<Row>,
}

impl Rows {
    pub fn of(list: &'static List) -> Rows {
        Rows {
            list,
            row: Row::default(),
            item: 0,
            rows: Vec::new(),
        }
    }

    /// Takes in an element (see [`cloudhost_sdk::xml::walk`]).
    pub fn see(&mut self, path: &[&str], step: Step<'_>) {
        let Step::Close(text) = step else { return };
        let mut rest = path.iter();
        for part in self.list.at.split('/') {
            if rest.next() != Some(&part) {
                return;
            }
        }
        let rest = rest.as_slice();
        if rest.is_empty() {
            self.rows.push(std::mem::take(&mut self.row));
            self.item = 0;
            return;
        }
        if rest.last() == Some(&"item") {
            self.item += 1;
        }
        let Some(text) = text else { return };
        let is = |field: &&&'static str| field.split('/').eq(rest.iter().copied());
        if let Some(path) = self.list.fields.iter().find(is) {
            self.row.0.push(Field {
                path,
                item: self.item,
                text: text.to_owned(),
            });
        }
    }

    pub fn finish(self) -> Vec<Row> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudhost_sdk::xml::walk;

    static VOLUMES: List = List {
        at: "volumeSet/item",
        fields: &["volumeId", TAG_KEY, TAG_VALUE],
    };

    #[test]
    fn wanted_fields_of_each_row() {
        let body = "<R><volumeSet><item><volumeId>v1</volumeId><size>3</size><tagSet><item><key>a</key><value/></item>\
            <item><key>Name</key><value>disk</value></item></tagSet></item><item><volumeId>v2</volumeId><tagSet/></item>\
            </volumeSet><volumeId>no</volumeId></R>";
        let mut rows = Rows::of(&VOLUMES);
        walk(body.as_bytes(), |path, step| {
            if let [_, rest @ ..] = path {
                rows.see(rest, step);
            }
        })
        .unwrap();
        let rows = rows.finish();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            rows[0].tags(),
            [("a".into(), String::new()), ("Name".into(), "disk".into())]
        );
        assert_eq!(
            (rows[0].name().as_str(), rows[0].get("size")),
            ("disk", None)
        );
        assert_eq!(
            (rows[1].text("volumeId"), rows[1].name().as_str()),
            ("v2", "")
        );
    }
}
