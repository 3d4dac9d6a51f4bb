//! Lists that come in pages, by the author's fields.

use super::document::Document;
use super::fields::{Fields, PageFields};
use super::mutation::{Call, Mutation, Reply};
use cloudhost::egress::Response;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use url::{Url, form_urlencoded};

/// A page that another one follows.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The request for the second page.
    pub second: Call,
    /// The request for the first page.
    pub first_call: Call,
    /// Its response, which names the second page.
    pub first: Response,
    by: PageFields,
}

/// Finds the first page of each list that has several.
pub(crate) fn lists(replies: &[(Call, Reply)], fields: &Fields) -> Vec<Page> {
    let mut found: Vec<Page> = Vec::new();
    for (at, (second, _)) in replies.iter().enumerate() {
        let before = replies.get(..at).unwrap_or_default();
        if !found
            .iter()
            .any(|page| fields.are_pages(&page.second, second))
        {
            let mut by = fields.pages.iter();
            found.extend(by.find_map(|by| page(second, before, fields, by)));
        }
    }
    found
}

fn page(second: &Call, before: &[(Call, Reply)], fields: &Fields, by: &PageFields) -> Option<Page> {
    let (_, wanted) = parameters(second)
        .into_iter()
        .find(|(name, _)| *name == by.parameter)?;
    let (first_call, first) = before.iter().find_map(|(call, reply)| {
        let response = reply
            .as_ref()
            .ok()
            .filter(|_| fields.are_pages(call, second))?;
        let next = Document::parse(&response.body)?.find(&by.next);
        let mut tokens = next.iter().map(|(_, value)| by.token(value));
        tokens
            .any(|token| token == wanted)
            .then_some((call, response))
    })?;
    Some(Page {
        second: second.clone(),
        first_call: first_call.clone(),
        first: first.clone(),
        by: by.clone(),
    })
}

impl Fields {
    /// Returns true if two requests differ only in the page.
    pub(crate) fn are_pages(&self, one: &Call, other: &Call) -> bool {
        let rest = |call: &Call| {
            let mut rest = parameters(call);
            rest.retain(|(name, _)| !self.pages.iter().any(|page| page.parameter == *name));
            rest
        };
        same_place(one, other) && rest(one) == rest(other)
    }
}

/// Returns true if two requests have the same method and path.
pub(crate) fn same_place(one: &Call, other: &Call) -> bool {
    let path = |call: &Call| call.url.split('?').next().map(str::to_owned);
    one.method == other.method && path(one) == path(other)
}

impl Page {
    /// Responds to every page of this list with the first one, whose next page is the same one, or a new one.
    pub(crate) fn endless(&self, fresh: bool, fields: Fields) -> Mutation {
        let (page, count) = (self.clone(), AtomicU64::new(0));
        Box::new(move |call, reply| {
            if !fields.are_pages(call, &page.second) {
                return reply;
            }
            Ok(match fresh {
                true => page.with_later(count.fetch_add(1, Ordering::SeqCst) + 1),
                false => page.first.clone(),
            })
        })
    }

    /// The first page, whose next one is so many later.
    fn with_later(&self, by: u64) -> Response {
        let mut response = self.first.clone();
        if let Some(mut document) = Document::parse(&response.body) {
            for (place, value) in document.find(&self.by.next) {
                document.set(&place, self.by.later(&value, by));
            }
            response.body = document.to_bytes();
        }
        response
    }
}

impl PageFields {
    /// The value of the parameter that requests this next page.
    fn token(&self, next: &Value) -> String {
        let text = text(next);
        let url = Url::parse(&text).ok();
        let mut pairs = url.iter().flat_map(Url::query_pairs);
        let named = pairs.find(|(name, _)| *name == self.parameter);
        named.map_or(text.clone(), |(_, value)| value.into_owned())
    }

    fn later(&self, next: &Value, by: u64) -> Value {
        let number = |text: &str| match text.parse::<u64>() {
            Ok(number) => number.saturating_add(by).to_string(),
            Err(_) => format!("{text}{by}"),
        };
        let text = text(next);
        let url = Url::parse(&text).ok();
        let pairs = url.iter().flat_map(|url| url.query_pairs().into_owned());
        let mut pairs: Vec<(String, String)> = pairs.collect();
        let mut named = pairs.iter_mut().filter(|(name, _)| *name == self.parameter);
        match (named.next(), url) {
            (Some((_, value)), Some(mut url)) => {
                *value = number(value);
                url.query_pairs_mut().clear().extend_pairs(pairs);
                url.to_string().into()
            }
            _ if next.is_number() => serde_json::from_str(&number(&text)).unwrap_or_default(),
            _ => number(&text).into(),
        }
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Parameters of the query and of a body that is a form, or the members of one that is JSON.
pub(crate) fn parameters(call: &Call) -> Vec<(String, String)> {
    let query = call.url.split_once('?').map_or("", |(_, query)| query);
    let body = call.body.as_ref().map_or([].as_slice(), |body| &body.0);
    let mut all: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => all.extend(map.into_iter().map(|(name, of)| (name, text(&of)))),
        _ => all.extend(form_urlencoded::parse(body).into_owned()),
    }
    all
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use cloudhost::recording::{Body, Request};
    use rstest::rstest;

    pub(crate) fn exchange(url: &str, request_body: &str, body: &str) -> (Call, Reply) {
        let call = Request {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Some(Body(request_body.into())),
            credential: None,
            read_only: true,
        };
        let response = Response {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
        };
        (call, Ok(response))
    }

    #[rstest]
    #[case::number(
        "https://a/t",
        "",
        "https://a/t?page=2",
        "",
        r#"{"next":2}"#,
        r#"{"next":3}"#
    )]
    #[case::form(
        "https://a/",
        "A=x",
        "https://a/",
        "A=x&page=abc",
        "<r><next>abc</next></r>",
        "<r><next>abc1</next></r>"
    )]
    #[case::json(
        "https://a/",
        "{}",
        "https://a/",
        r#"{"page":"q"}"#,
        r#"{"next":"q"}"#,
        r#"{"next":"q1"}"#
    )]
    #[case::url(
        "https://a/t",
        "",
        "https://a/t?page=2",
        "",
        r#"{"next":"https://a/t?n=2&page=2"}"#,
        r#"{"next":"https://a/t?n=2&page=3"}"#
    )]
    #[case::other_list("https://a/t", "", "https://a/u?page=2", "", r#"{"next":2}"#, "")]
    #[case::other_question(
        "https://a/t",
        "",
        "https://a/t?page=2&zone=x",
        "",
        r#"{"next":2}"#,
        ""
    )]
    #[case::other_parameter("https://a/t", "", "https://a/t?region=x", "", r#"{"next":"x"}"#, "")]
    #[case::other_token("https://a/t", "", "https://a/t?page=2", "", r#"{"next":22}"#, "")]
    fn second_pages(
        #[case] first: &str,
        #[case] body: &str,
        #[case] second: &str,
        #[case] second_body: &str,
        #[case] response: &str,
        #[case] later: &str,
    ) {
        let replies = [
            exchange(first, body, response),
            exchange(second, second_body, "{}"),
        ];
        let pages = r#"pages = [{ next = "/next", parameter = "page" }, { next = "/r/next", parameter = "page" }]"#;
        let fields = Fields::parse(pages).unwrap();
        let page = lists(&replies, &fields).pop();
        assert_eq!(page.is_some(), !later.is_empty(), "{page:?}");
        let Some(page) = page else { return };
        let [_, (call, reply)] = replies;
        let body = |fresh: bool| page.endless(fresh, fields.clone())(&call, reply.clone());
        let text = |reply: Reply| String::from_utf8(reply.unwrap().body).unwrap();
        assert_eq!(text(body(true)), later);
        assert_eq!(text(body(false)), response);
    }
}
