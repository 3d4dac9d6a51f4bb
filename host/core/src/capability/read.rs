//! POST requests that only read: the list of a manifest.
//!
//! A POST can do anything, so that each one is a change unless the manifest lists it. The list names a host, a path, and the
//! action, exactly as the request has it. What could be read in two ways (an action given twice, or an escape in the path)
//! is not on the list.

use super::manifest::{check_count, field};
use super::{HostPattern, Manifest, ManifestError};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use url::Url;
use url::form_urlencoded::parse;

const MAX_READS: usize = 64;
const MAX_ACTIONS: usize = 256;
const MAX_TEXT: usize = 256;
const FORM: &str = "application/x-www-form-urlencoded";

/// POST requests that change nothing in the cloud.
///
/// ```
/// let manifest = cloudhost::capability::Manifest::parse(r#"
///     name = "example"
///     version = "0.1.0"
///     contract = "0.2.0"
///     hosts = ["api.example.com"]
///     [[reads]]
///     host = "api.example.com"
///     path = "/"
///     form = "Action"
///     actions = ["DescribeRegions"]
/// "#)?;
/// assert_eq!(manifest.reads[0].to_string(), "POST api.example.com/ Action=DescribeRegions");
/// # Ok::<(), cloudhost::capability::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The host, or a family of hosts. `hosts` must cover it.
    pub host: HostPattern,
    /// The path, in which `*` stands for one whole component. Without `form` and `header` the action follows it as the last
    /// component.
    pub path: String,
    /// Field of a form that names the action, such as `Action`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Header that names the action, such as `x-amz-target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The actions, exactly. One that begins with `:` is the end of the last component, after a name.
    pub actions: Vec<String>,
    /// A parameter that the request must have: a field of the form if `form` is given, else of the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<Parameter>,
}

/// A parameter with its value, such as `DryRun` and `true`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Read {
    /// Reports whether a POST is on this list.
    pub(super) fn lists(&self, url: &Url, headers: &HeaderMap, body: &[u8]) -> bool {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        if !self.host.matches(host, port) {
            return false;
        }
        let query = url.query().unwrap_or_default().as_bytes();
        let is_known = |action: &str| self.actions.iter().any(|known| known == action);
        let named = match (&self.form, &self.header) {
            (Some(name), _) => {
                self.is_path(url.path())
                    && is_form(headers)
                    && once(body, name).is_some_and(|action| is_known(&action))
                    // A server may look there too.
                    && parse(query).all(|(other, _)| !other.eq_ignore_ascii_case(name))
            }
            (None, Some(name)) => {
                let mut values = headers.get_all(name.as_str()).iter();
                let action = values.next().and_then(|value| value.to_str().ok());
                self.is_path(url.path()) && values.next().is_none() && action.is_some_and(is_known)
            }
            (None, None) => match url.path().rsplit_once('/') {
                Some((path, last)) => {
                    let verb = last.find(':').and_then(|at| last.get(at..));
                    let start = if path.is_empty() { "/" } else { path };
                    self.is_path(start)
                        && is_component(last)
                        && (is_known(last) || verb.is_some_and(is_known))
                }
                None => false,
            },
        };
        let parameter = self.parameter.as_ref().is_none_or(|wanted| {
            let (there, elsewhere) = match &self.form {
                Some(_) => (body, query),
                None => (query, [].as_slice()),
            };
            once(there, &wanted.name).is_some_and(|value| value == wanted.value)
                && parse(elsewhere).all(|(other, _)| !other.eq_ignore_ascii_case(&wanted.name))
        });
        named && parameter
    }

    fn is_path(&self, path: &str) -> bool {
        let (mut wanted, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some("*"), Some(component)) if is_component(component) => {}
                (Some(wanted), Some(given)) if wanted == given && wanted != "*" => {}
                _ => return false,
            }
        }
    }

    pub(super) fn check_all(manifest: &Manifest) -> Result<(), ManifestError> {
        check_count("reads", manifest.reads.len(), MAX_READS)?;
        for read in &manifest.reads {
            read.check(manifest)?;
        }
        Ok(())
    }

    fn check(&self, manifest: &Manifest) -> Result<(), ManifestError> {
        if !manifest.hosts.iter().any(|host| host.covers(&self.host)) {
            return Err(field(
                "reads.host",
                format!("`{}` is not among `hosts`", self.host),
            ));
        }
        let plain = |text: &str| {
            (1..=MAX_TEXT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let components = self.path.strip_prefix('/').map(|rest| rest.split('/'));
        let component = |one: &str| one.is_empty() || one == "*" || is_component(one);
        if !plain(&self.path) || !components.is_some_and(|mut all| all.all(component)) {
            return Err(field(
                "reads.path",
                "expected `/` and components of letters, digits and `-._~:@`, or `*`",
            ));
        }
        if self.form.is_some() && self.header.is_some() {
            return Err(field("reads.header", "an action is in a form or a header"));
        }
        check_count("reads.actions", self.actions.len(), MAX_ACTIONS)?;
        let parameter = self.parameter.iter();
        let parameter = parameter.flat_map(|one| [&one.name, &one.value]);
        let texts = self.form.iter().chain(&self.header).chain(parameter);
        if self.actions.is_empty() || !self.actions.iter().chain(texts).all(|text| plain(text)) {
            return Err(field(
                "reads.actions",
                format!("expected texts of 1 to {MAX_TEXT} visible ASCII characters, at least one"),
            ));
        }
        Ok(())
    }
}

/// A component without escapes, which no server reads differently.
fn is_component(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kinds.next().is_none() && kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
}

/// The value of a field that is there exactly once, whatever its case.
fn once<'b>(form: &'b [u8], name: &str) -> Option<Cow<'b, str>> {
    let mut fields = parse(form).filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let (exact, value) = fields.next()?;
    (exact == name && fields.next().is_none()).then_some(value)
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions = self.actions.join(", ");
        write!(f, "POST {}{}", self.host, self.path)?;
        match self.form.as_ref().or(self.header.as_ref()) {
            Some(name) => write!(f, " {name}={actions}")?,
            None if self.path.ends_with('/') => write!(f, "{actions}")?,
            None => write!(f, "/{actions}")?,
        }
        match &self.parameter {
            Some(Parameter { name, value }) => write!(f, " with {name}={value}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use rstest::rstest;

    fn read(text: &str) -> Read {
        toml::from_str(text).unwrap()
    }

    const FORM_READ: &str = "host = \"api.test\"\npath = \"/\"\nform = \"Action\"\nactions = [\"DescribeX\", \"DescribeY\"]";
    const DRY: &str = "host = \"api.test\"\npath = \"/\"\nform = \"Action\"\nactions = [\"Run\"]\n\
        parameter = { name = \"DryRun\", value = \"true\" }";
    const TARGET: &str =
        "host = \"api.test\"\npath = \"/\"\nheader = \"x-target\"\nactions = [\"A.GetX\"]";
    const PATH: &str =
        "host = \"api.test\"\npath = \"/v1/projects/*\"\nactions = [\"search\", \":testIam\"]";

    #[rstest]
    #[case::listed(FORM_READ, "https://api.test/", "Action=DescribeX&A=b", true)]
    #[case::other_of_the_list(FORM_READ, "https://api.test/", "A=b&Action=DescribeY", true)]
    #[case::change(FORM_READ, "https://api.test/", "Action=RunX", false)]
    #[case::none(FORM_READ, "https://api.test/", "A=b", false)]
    #[case::empty(FORM_READ, "https://api.test/", "", false)]
    #[case::twice(FORM_READ, "https://api.test/", "Action=DescribeX&Action=RunX", false)]
    #[case::twice_the_same(
        FORM_READ,
        "https://api.test/",
        "Action=DescribeX&Action=DescribeX",
        false
    )]
    #[case::other_case(FORM_READ, "https://api.test/", "Action=DescribeX&action=RunX", false)]
    #[case::escaped(
        FORM_READ,
        "https://api.test/",
        "Action=DescribeX&%41ction=RunX",
        false
    )]
    #[case::in_the_query(FORM_READ, "https://api.test/?Action=RunX", "Action=DescribeX", false)]
    #[case::other_path(FORM_READ, "https://api.test/other", "Action=DescribeX", false)]
    #[case::other_host(FORM_READ, "https://b.test/", "Action=DescribeX", false)]
    #[case::other_port(FORM_READ, "https://api.test:8443/", "Action=DescribeX", false)]
    #[case::dry(DRY, "https://api.test/", "Action=Run&DryRun=true", true)]
    #[case::not_dry(DRY, "https://api.test/", "Action=Run&DryRun=false", false)]
    #[case::without(DRY, "https://api.test/", "Action=Run", false)]
    #[case::both(DRY, "https://api.test/", "Action=Run&DryRun=true&DryRun=false", false)]
    #[case::dry_elsewhere(DRY, "https://api.test/?DryRun=true", "Action=Run", false)]
    #[case::dry_twice(DRY, "https://api.test/?DryRun=false", "Action=Run&DryRun=true", false)]
    fn forms(#[case] rule: &str, #[case] url: &str, #[case] body: &str, #[case] expected: bool) {
        let mut headers = HeaderMap::new();
        let lists = |headers: &HeaderMap| {
            read(rule).lists(&Url::parse(url).unwrap(), headers, body.as_bytes())
        };
        // Without the type a server may not read it as a form.
        assert!(!lists(&headers));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(!lists(&headers));
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind.clone());
        assert_eq!(lists(&headers), expected);
        headers.append(CONTENT_TYPE, kind);
        assert!(!lists(&headers));
    }

    #[rstest]
    #[case(&["A.GetX"], true)]
    #[case(&["A.SetX"], false)]
    #[case(&["a.getx"], false)]
    #[case(&["A.GetX", "A.SetX"], false)]
    #[case(&[], false)]
    fn targets(#[case] values: &[&str], #[case] expected: bool) {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static("x-target"), value);
        }
        let url = Url::parse("https://api.test/").unwrap();
        assert_eq!(read(TARGET).lists(&url, &headers, b"{}"), expected);
    }

    #[rstest]
    #[case("/v1/projects/p/search", true)]
    #[case("/v1/projects/p/name:testIam", true)]
    #[case("/v1/projects/p/delete", false)]
    #[case("/v1/projects/p/name:delete", false)]
    #[case("/v1/projects/search", false)]
    #[case("/v1/projects/p/q/search", false)]
    #[case("/v1/projects//search", false)]
    #[case("/v1/projects/p%2Fq/search", false)]
    #[case("/v1/projects/p/x/../search", true)]
    #[case("/v1/projects/p/delete/..;/search", false)]
    #[case("/v1/projects/p/search/", false)]
    #[case("/v2/projects/p/search", false)]
    fn paths(#[case] path: &str, #[case] expected: bool) {
        let url = Url::parse(&format!("https://api.test{path}")).unwrap();
        assert_eq!(read(PATH).lists(&url, &HeaderMap::new(), b""), expected);
    }

    #[test]
    fn shown() {
        assert_eq!(
            read(DRY).to_string(),
            "POST api.test/ Action=Run with DryRun=true"
        );
        assert_eq!(
            read(PATH).to_string(),
            "POST api.test/v1/projects/*/search, :testIam"
        );
    }
}
