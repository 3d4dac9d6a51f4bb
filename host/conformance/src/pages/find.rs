//! Which of the recorded answers are pages of one list.

use crate::cloud::{Call, Reply};
use cloudhost::egress::Answer;
use url::form_urlencoded;

/// Words in the names of parameters that say which page is meant.
const WORDS: [&str; 8] = [
    "page", "token", "cursor", "marker", "next", "offset", "after", "start",
];

/// A page that another one follows.
pub(super) struct Page {
    /// What asked for the second one.
    pub second: Call,
    /// What the first one says of the second.
    pub token: String,
    /// The first one.
    pub answer: Answer,
}

/// The first page of each list that has several.
pub(super) fn lists(replies: &[(Call, Reply)]) -> Vec<Page> {
    let mut found: Vec<Page> = Vec::new();
    for (at, (second, _)) in replies.iter().enumerate() {
        if !found.iter().any(|page| same_question(&page.second, second)) {
            found.extend(page(second, replies.get(..at).unwrap_or_default()));
        }
    }
    found
}

/// The page before this one, which names it.
fn page(second: &Call, before: &[(Call, Reply)]) -> Option<Page> {
    let mut pages = parameters(second)
        .into_iter()
        .filter(|(name, _)| paging(name));
    pages.find_map(|page| {
        let earlier = before.iter().find_map(|(first, reply)| {
            let other = same_question(first, second) && !parameters(first).contains(&page);
            let answer = reply.as_ref().ok().filter(|_| other)?;
            has(&answer.body, &page.1).then_some(answer)
        })?;
        Some(Page {
            second: second.clone(),
            answer: earlier.clone(),
            token: page.1,
        })
    })
}

/// Whether the name of a parameter says that it tells a page.
fn paging(name: &str) -> bool {
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// Whether two requests differ in nothing but the page.
pub(crate) fn same_question(one: &Call, other: &Call) -> bool {
    let rest = |call: &Call| {
        let mut rest = parameters(call);
        rest.retain(|(name, _)| !paging(name));
        rest
    };
    let place = |call: &Call| call.url.split('?').next().map(str::to_owned);
    one.method == other.method && place(one) == place(other) && rest(one) == rest(other)
}

/// Parameters of the query and of a body that is a form, or the strings and numbers of one that is JSON.
fn parameters(call: &Call) -> Vec<(String, String)> {
    let query = call.url.split_once('?').map_or("", |(_, query)| query);
    let body = call.body.as_ref().map_or([].as_slice(), |body| &body.0);
    let mut all: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(serde_json::Value::Object(map)) => {
            all.extend(map.into_iter().map(|(name, value)| match value {
                serde_json::Value::String(text) => (name, text),
                other => (name, other.to_string()),
            }));
        }
        _ => all.extend(form_urlencoded::parse(body).into_owned()),
    }
    all
}

/// Whether a token stands in a body, and is no part of a longer word there.
pub(super) fn has(body: &[u8], token: &str) -> bool {
    let text = String::from_utf8_lossy(body);
    !token.is_empty() && places(&text, token).next().is_some()
}

pub(super) fn replaced(body: &[u8], token: &str, by: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let (mut out, mut from) = (String::new(), 0);
    for at in places(&text, token) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(by);
        from = at + token.len();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.into_bytes()
}

fn places<'t>(text: &'t str, token: &'t str) -> impl Iterator<Item = usize> + 't {
    let word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    text.match_indices(token).filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let after = text.get(at + token.len()..)?.chars().next();
        (!before.is_some_and(word) && !after.is_some_and(word)).then_some(at)
    })
}
