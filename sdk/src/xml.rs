//! Large XML responses, read in one pass without a tree.
//!
//! A cloud's list can be megabytes of small elements. [`walk`] passes each element to a visitor and stores only the
//! path to it. It rejects XML that is malformed, incomplete, or nested deeper than any response of a cloud.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

/// A step of [`walk`]: the start or the end of an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step<'a> {
    /// An element opens; the path ends in its name.
    Open,
    /// An element closes. `Some` with its text, references resolved and surrounding space trimmed, if it had no
    /// elements inside.
    Close(Option<&'a str>),
}

/// Reason that a response cannot be read as XML.
#[derive(Clone, Debug, PartialEq)]
pub enum XmlError {
    /// Not UTF-8, malformed, or not XML at all; with the reason.
    Malformed(String),
    /// The response ends inside this element.
    Truncated(String),
    /// The response is empty.
    Empty,
    /// The nesting is deeper than [`DEPTH`].
    TooDeep,
}

impl std::fmt::Display for XmlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            XmlError::Malformed(why) => write!(f, "not XML: {why}"),
            XmlError::Truncated(name) => write!(f, "XML that ends inside <{name}>"),
            XmlError::Empty => write!(f, "empty"),
            XmlError::TooDeep => write!(f, "XML nested more than {DEPTH} deep"),
        }
    }
}

impl std::error::Error for XmlError {}

/// Deepest nesting that is accepted.
pub const DEPTH: usize = 64;

/// Reads `body` and passes each element to `visit`, with the path of local names from the root to it.
///
/// ```
/// use cloudhost_sdk::xml::{Step, walk};
///
/// let mut names = Vec::new();
/// walk(b"<list><name>east</name><name>west</name></list>", |path, step| {
///     if let (["list", "name"], Step::Close(Some(name))) = (path, step) {
///         names.push(name.to_owned());
///     }
/// })?;
/// assert_eq!(names, ["east", "west"]);
/// # Ok::<(), cloudhost_sdk::xml::XmlError>(())
/// ```
pub fn walk<'b>(
    body: &'b [u8],
    mut visit: impl FnMut(&[&'b str], Step<'_>),
) -> Result<(), XmlError> {
    let text = std::str::from_utf8(body).map_err(|e| XmlError::Malformed(e.to_string()))?;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut path: Vec<&'b str> = Vec::new();
    let mut content = Content::default();
    let mut roots = 0;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(broken(&error, &path)),
        };
        match event {
            Event::Start(tag) | Event::Empty(tag) if path.is_empty() && roots > 0 => {
                let name = tag.local_name().as_ref().to_owned();
                return Err(XmlError::Malformed(format!("a second root <{name}>")));
            }
            Event::Start(_) if path.len() >= DEPTH => return Err(XmlError::TooDeep),
            Event::Start(_) => {
                roots += usize::from(path.is_empty());
                path.push(name_at(text, at));
                content.open();
                visit(&path, Step::Open);
            }
            Event::Empty(_) => {
                roots += usize::from(path.is_empty());
                path.push(name_at(text, at));
                visit(&path, Step::Open);
                visit(&path, Step::Close(Some("")));
                path.pop();
                content.close();
            }
            Event::End(_) => {
                visit(&path, Step::Close(content.text()));
                path.pop();
                content.close();
            }
            Event::Text(text) if !path.is_empty() => content.add(&text),
            Event::CData(text) if !path.is_empty() => content.add(&text),
            Event::GeneralRef(reference) if !path.is_empty() => content.add(&resolve(&reference)?),
            Event::Text(text) if !text.trim().is_empty() => {
                return Err(XmlError::Malformed("text outside of the root".to_owned()));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match path.last() {
        Some(name) => Err(XmlError::Truncated((*name).to_owned())),
        None if roots == 0 => Err(XmlError::Empty),
        None => Ok(()),
    }
}

/// Returns the local name of the tag that starts at this offset, borrowed from the text.
fn name_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let rest = rest.strip_prefix('<').unwrap_or(rest);
    let end = rest
        .find(['>', ' ', '/', '\t', '\n', '\r'])
        .unwrap_or(rest.len());
    let name = rest.get(..end).unwrap_or_default();
    name.rsplit(':').next().unwrap_or(name)
}

fn broken(error: &quick_xml::Error, path: &[&str]) -> XmlError {
    use quick_xml::Error as E;
    match (error, path.last()) {
        (E::Syntax(_), Some(name)) => XmlError::Truncated((*name).to_owned()),
        (error, _) => XmlError::Malformed(error.to_string()),
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    let unknown = || XmlError::Malformed(format!("unknown reference &{};", &**reference));
    match reference.resolve_char_ref() {
        Ok(Some(c)) => Ok(c.to_string()),
        Ok(None) => resolve_xml_entity(reference)
            .map(str::to_owned)
            .ok_or_else(unknown),
        Err(_) => Err(unknown()),
    }
}

/// Text of the innermost element, as long as it has no child elements.
#[derive(Default)]
struct Content {
    text: String,
    leaf: bool,
}

impl Content {
    fn open(&mut self) {
        self.text.clear();
        self.leaf = true;
    }

    fn close(&mut self) {
        self.text.clear();
        self.leaf = false;
    }

    fn add(&mut self, text: &str) {
        if self.leaf {
            self.text.push_str(text);
        }
    }

    fn text(&self) -> Option<&str> {
        self.leaf.then(|| self.text.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn leaves(body: &str) -> Result<Vec<(String, String)>, XmlError> {
        let mut out = Vec::new();
        walk(body.as_bytes(), |path, step| {
            if let Step::Close(Some(text)) = step {
                out.push((path.join("/"), text.to_owned()));
            }
        })?;
        Ok(out)
    }

    #[test]
    fn leaves_with_their_paths() {
        let body = "<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><a>1 &amp; &#50;</a><b k='v'><c/> t<n:d><![CDATA[<x>]]></n:d></b></R>\n";
        let pairs = [("R/a", "1 & 2"), ("R/b/c", ""), ("R/b/d", "<x>")];
        assert_eq!(
            leaves(body).unwrap(),
            pairs.map(|(p, t)| (p.to_owned(), t.to_owned()))
        );
    }

    #[rstest]
    #[case("", XmlError::Empty)]
    #[case("  \n", XmlError::Empty)]
    #[case("<a><b>x", XmlError::Truncated("b".into()))]
    #[case("<a><b>x</b", XmlError::Truncated("b".into()))]
    #[case("<a>x</a><b/>", XmlError::Malformed("a second root <b>".into()))]
    #[case("{\"a\": 1}", XmlError::Malformed("text outside of the root".into()))]
    #[case("<a>&evil;</a>", XmlError::Malformed("unknown reference &evil;".into()))]
    fn what_is_refused(#[case] body: &str, #[case] error: XmlError) {
        assert_eq!(leaves(body), Err(error));
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(leaves(&"<a>".repeat(1000)), Err(XmlError::TooDeep));
        assert!(matches!(leaves("<a></b>"), Err(XmlError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn any_text_survives(text in "[ -~]{0,40}") {
            let body = format!("<r><t>{}</t></r>", quick_xml::escape::escape(text.as_str()));
            prop_assert_eq!(leaves(&body).unwrap(), vec![("r/t".to_owned(), text.trim().to_owned())]);
        }

        #[test]
        fn every_truncation_is_noticed(cut in 0usize..56) {
            let body = "<Response><Set><item><n>m5.large</n></item></Set></Response>";
            prop_assert!(leaves(&body[..cut]).is_err());
        }

        #[test]
        fn no_input_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = walk(&body, |_, _| {});
        }
    }
}
