//! Bodies of JSON and XML as one kind of tree, whose fields are found by path and changed in place.

use super::fields::FieldPath;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::Value;

/// A body that was read.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    root: Node,
    xml: bool,
}

/// Indices of children from the root to a node.
pub(crate) type Place = Vec<usize>;

#[derive(Clone, Debug, Default)]
struct Node {
    /// Name of a member or element, or index of an item.
    name: String,
    /// Start tag of an element, with its attributes.
    tag: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// Text of XML stays as it is escaped.
    Scalar(Value),
    Object(Vec<Node>),
    Array(Vec<Node>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Object(Vec::new())
    }
}

/// Rows that were taken out of a list, and the names on the way to it.
type Rows = (Vec<String>, Vec<Node>);

impl Document {
    /// Reads a body; `None` where it is neither JSON nor XML.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        if let Ok(json) = serde_json::from_slice(body) {
            let root = Node::of_json(String::new(), json);
            return Some(Self { root, xml: false });
        }
        let root = Node::of_xml(std::str::from_utf8(body).ok()?)?;
        Some(Self { root, xml: true })
    }

    /// Finds the values that a path names.
    pub(crate) fn find(&self, path: &FieldPath) -> Vec<(Place, Value)> {
        let mut found = Vec::new();
        self.root.find(path.steps(), &mut Vec::new(), &mut found);
        if self.xml {
            for (_, value) in &mut found {
                let text = value.as_str().and_then(|text| unescape(text).ok());
                if let Some(text) = text.map(String::from) {
                    *value = text.into();
                }
            }
        }
        found
    }

    /// Returns true if a path names a node of any kind.
    pub(crate) fn has(&self, path: &FieldPath) -> bool {
        self.root.has(path.steps())
    }

    /// Sets the value at a place. In XML, none is an empty element.
    pub(crate) fn set(&mut self, place: &[usize], value: Value) {
        let mut at = Some(&mut self.root);
        for index in place {
            at = at.and_then(|node| node.children_mut().get_mut(*index));
        }
        let value = match value {
            Value::Null if self.xml => String::new().into(),
            Value::String(text) if self.xml => escape(text).into_owned().into(),
            other => other,
        };
        if let Some(node) = at {
            node.content = Content::Scalar(value);
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match self.xml {
            false => self.root.json().to_string().into_bytes(),
            true => {
                let mut out = String::new();
                self.root.write_xml(&mut out);
                out.into_bytes()
            }
        }
    }

    fn take_rows(&mut self, named: &[FieldPath]) -> Vec<Rows> {
        let named: Vec<&[String]> = named.iter().map(FieldPath::steps).collect();
        let mut rows = Vec::new();
        self.root.take_rows(&named, &mut Vec::new(), &mut rows);
        rows
    }
}

/// Takes the rows out of all lists: items of arrays, and what `rows` names. `None` where there are none.
pub(crate) fn emptied(body: &[u8], rows: &[FieldPath]) -> Option<Vec<u8>> {
    let mut document = Document::parse(body)?;
    let taken = document.take_rows(rows);
    (!taken.is_empty()).then(|| document.to_bytes())
}

/// Swaps the rows of two pages of a list; `None` where one of them has none.
pub(crate) fn swapped(one: &[u8], other: &[u8], rows: &[FieldPath]) -> Option<[Vec<u8>; 2]> {
    let mut pages = [Document::parse(one)?, Document::parse(other)?];
    let [of_one, of_other] = pages.each_mut().map(|page| page.take_rows(rows));
    for (page, lists) in pages.iter_mut().zip([of_other, of_one]) {
        let added = lists
            .into_iter()
            .map(|(path, rows)| page.root.add_rows(&path, rows));
        if !added.reduce(|all, one| all && one)? {
            return None;
        }
    }
    Some(pages.map(|page| page.to_bytes()))
}

fn fits(step: &str, name: &str) -> bool {
    step == "*" || step == name
}

impl Node {
    fn new(name: String, content: Content) -> Self {
        Self {
            name,
            tag: String::new(),
            content,
        }
    }

    fn children(&self) -> &[Self] {
        match &self.content {
            Content::Scalar(_) => &[],
            Content::Object(children) | Content::Array(children) => children,
        }
    }

    fn children_mut(&mut self) -> &mut [Self] {
        match &mut self.content {
            Content::Scalar(_) => &mut [],
            Content::Object(children) | Content::Array(children) => children,
        }
    }

    fn find(&self, path: &[String], at: &mut Place, found: &mut Vec<(Place, Value)>) {
        match (path.split_first(), &self.content) {
            (None, Content::Scalar(value)) => found.push((at.clone(), value.clone())),
            (None, _) => {}
            (Some((step, rest)), _) => {
                for (index, child) in self.children().iter().enumerate() {
                    if fits(step, &child.name) {
                        at.push(index);
                        child.find(rest, at, found);
                        at.pop();
                    }
                }
            }
        }
    }

    fn has(&self, path: &[String]) -> bool {
        let Some((step, rest)) = path.split_first() else {
            return true;
        };
        let mut children = self.children().iter();
        children.any(|child| fits(step, &child.name) && child.has(rest))
    }

    fn take_rows(&mut self, named: &[&[String]], at: &mut Vec<String>, taken: &mut Vec<Rows>) {
        let rows = match &mut self.content {
            Content::Scalar(_) => return,
            Content::Array(items) => std::mem::take(items),
            Content::Object(members) => {
                let is_row = |child: &mut Self| {
                    let mut named = named.iter();
                    named.any(|path| matches!(path, [step] if fits(step, &child.name)))
                };
                members.extract_if(.., is_row).collect()
            }
        };
        if !rows.is_empty() {
            taken.push((at.clone(), rows));
        }
        for child in self.children_mut() {
            let below: Vec<&[String]> = named
                .iter()
                .filter_map(|path| path.split_first())
                .filter_map(|(step, rest)| fits(step, &child.name).then_some(rest))
                .collect();
            at.push(child.name.clone());
            child.take_rows(&below, at, taken);
            at.pop();
        }
    }

    fn add_rows(&mut self, path: &[String], rows: Vec<Self>) -> bool {
        if let Some((step, rest)) = path.split_first() {
            let mut children = self.children_mut().iter_mut();
            let child = children.find(|child| child.name == *step);
            return child.is_some_and(|child| child.add_rows(rest, rows));
        }
        match &mut self.content {
            Content::Scalar(_) => false,
            Content::Object(list) | Content::Array(list) => {
                list.extend(rows);
                true
            }
        }
    }

    fn of_json(name: String, json: Value) -> Self {
        let content = match json {
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                Content::Array(
                    items
                        .map(|(at, item)| Self::of_json(at.to_string(), item))
                        .collect(),
                )
            }
            Value::Object(members) => {
                let members = members.into_iter();
                Content::Object(
                    members
                        .map(|(name, member)| Self::of_json(name, member))
                        .collect(),
                )
            }
            scalar => Content::Scalar(scalar),
        };
        Self::new(name, content)
    }

    fn json(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::Array(items) => items.iter().map(Self::json).collect(),
            Content::Object(members) => members
                .iter()
                .map(|member| (member.name.clone(), member.json()))
                .collect(),
        }
    }

    /// The parent of the root element.
    fn of_xml(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            let child = match reader.read_event().ok()? {
                Event::Start(tag) => {
                    open.push(Self::element(&tag));
                    continue;
                }
                Event::Empty(tag) => Self::element(&tag).closed(),
                Event::End(_) => open.pop()?.closed(),
                Event::Text(text) => Self::text(text.to_string()),
                Event::CData(text) => Self::text(escape(&*text).into_owned()),
                Event::GeneralRef(name) => Self::text(format!("&{};", &*name)),
                Event::Eof => break,
                _ => continue,
            };
            match &mut open.last_mut()?.content {
                Content::Object(children) => children.push(child),
                _ => return None,
            }
        }
        let root = open.pop().filter(|_| open.is_empty())?;
        let has_element = root.children().iter().any(|child| !child.tag.is_empty());
        has_element.then_some(root)
    }

    fn element(tag: &BytesStart<'_>) -> Self {
        Self {
            name: tag.local_name().as_ref().to_owned(),
            tag: tag.to_string(),
            content: Content::default(),
        }
    }

    fn text(text: String) -> Self {
        Self::new(String::new(), Content::Scalar(text.into()))
    }

    /// An element whose children were read: one that has only text is a value.
    fn closed(mut self) -> Self {
        let texts = self.children().iter().map(|child| match &child.content {
            Content::Scalar(Value::String(text)) if child.tag.is_empty() => Some(text.as_str()),
            _ => None,
        });
        if let Some(text) = texts.collect::<Option<String>>() {
            self.content = Content::Scalar(text.into());
        }
        self
    }

    fn write_xml(&self, out: &mut String) {
        let name = self.tag.split_whitespace().next();
        if name.is_some() {
            out.extend(["<", &self.tag, ">"]);
        }
        match &self.content {
            Content::Scalar(Value::String(text)) => out.push_str(text),
            Content::Scalar(value) => out.push_str(&value.to_string()),
            Content::Object(children) | Content::Array(children) => {
                children.iter().for_each(|child| child.write_xml(out));
            }
        }
        if let Some(name) = name {
            out.extend(["</", name, ">"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn path(text: &str) -> FieldPath {
        FieldPath::try_from(text.to_owned()).unwrap()
    }

    #[rstest]
    #[case::items(r#"{"t":[{"p":1},{"p":null},{"q":2}]}"#, "/t/*/p", &[json!(1), json!(null)])]
    #[case::index(r#"{"t":[{"p":1},{"p":2}]}"#, "/t/1/p", &[json!(2)])]
    #[case::members(r#"{"a/b":{"x":{"p":"1"},"y":{"p":"2"}}}"#, "/a~1b/*/p", &[json!("1"), json!("2")])]
    #[case::no_value(r#"{"t":[1]}"#, "/t", &[])]
    #[case::xml("<r><i><p>1</p></i><i><p u='h'>a&amp;b</p></i></r>", "/r/i/p", &[json!("1"), json!("a&b")])]
    #[case::any_root("<x:r xmlns:x='u'><x:p><![CDATA[<1>]]></x:p></x:r>", "/*/p", &[json!("<1>")])]
    fn values_of_a_path(#[case] body: &str, #[case] at: &str, #[case] values: &[Value]) {
        let document = Document::parse(body.as_bytes()).unwrap();
        let found: Vec<Value> = document
            .find(&path(at))
            .into_iter()
            .map(|(_, v)| v)
            .collect();
        assert_eq!(found, values);
    }

    #[rstest]
    #[case(r#"{"t":[{"p":1,"q":2}]}"#, "/t/*/p", json!(0), r#"{"t":[{"p":0,"q":2}]}"#)]
    #[case("<r> <p u='h'>1</p>\n<q>&lt;</q></r>", "/r/p", json!("a&"), "<r> <p u='h'>a&amp;</p>\n<q>&lt;</q></r>")]
    #[case("<r><p>1</p></r>", "/r/p", json!(null), "<r><p></p></r>")]
    fn a_value_is_set(
        #[case] body: &str,
        #[case] at: &str,
        #[case] new: Value,
        #[case] changed: &str,
    ) {
        let mut document = Document::parse(body.as_bytes()).unwrap();
        for (place, _) in document.find(&path(at)) {
            document.set(&place, new.clone());
        }
        assert_eq!(String::from_utf8(document.to_bytes()).unwrap(), changed);
    }

    #[rstest]
    #[case::text("plain")]
    #[case::cut("<r><a>")]
    #[case::no_bytes("")]
    fn neither_json_nor_xml(#[case] body: &str) {
        assert!(Document::parse(body.as_bytes()).is_none());
    }

    #[rstest]
    #[case::array(r#"[{"a":1}]"#, "/x", Some("[]"))]
    #[case::inside(
        r#"{"data":[1],"next":null}"#,
        "/x",
        Some(r#"{"data":[],"next":null}"#)
    )]
    #[case::members(
        r#"{"data":{"x":{"a":1},"y":{"a":2}}}"#,
        "/data/*",
        Some(r#"{"data":{}}"#)
    )]
    #[case::not_named(r#"{"a":{"b":1}}"#, "/x/*", None)]
    #[case::xml(
        "<r><s><item><a/></item><item/></s><t/></r>",
        "/*/*/item",
        Some("<r><s></s><t></t></r>")
    )]
    #[case::text("plain", "/x", None)]
    fn lists_without_rows(#[case] body: &str, #[case] rows: &str, #[case] left: Option<&str>) {
        let emptied = emptied(body.as_bytes(), &[path(rows)]);
        let emptied = emptied.map(|body| String::from_utf8(body).unwrap());
        assert_eq!(emptied.as_deref(), left);
    }

    #[rstest]
    #[case::array(r#"{"l":[1],"n":2}"#, r#"{"l":[2,3],"n":3}"#, Some([r#"{"l":[2,3],"n":2}"#, r#"{"l":[1],"n":3}"#]))]
    #[case::members(r#"{"m":{"x":1}}"#, r#"{"m":{"z":3}}"#, Some([r#"{"m":{"z":3}}"#, r#"{"m":{"x":1}}"#]))]
    #[case::xml("<r><s><i>1</i></s></r>", "<r><s><i>2</i></s></r>", Some(["<r><s><i>2</i></s></r>", "<r><s><i>1</i></s></r>"]))]
    #[case::other_list(r#"{"l":[1]}"#, r#"{"o":[1]}"#, None)]
    #[case::empty(r#"{"l":[1]}"#, r#"{"l":[]}"#, None)]
    fn rows_of_two_pages(#[case] one: &str, #[case] other: &str, #[case] after: Option<[&str; 2]>) {
        let rows = [path("/m/*"), path("/r/s/i")];
        let swapped = swapped(one.as_bytes(), other.as_bytes(), &rows);
        let after = after.map(|pages| pages.map(|page| page.as_bytes().to_vec()));
        assert_eq!(swapped, after);
    }
}
