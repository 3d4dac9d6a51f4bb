//! Pages without end: a cloud, or what poses as one, whose next page is always there.

use super::Replayed;
use super::case::{Cases, PAGES, Verdict};
use super::cloud::{Call, Reply, Way};
use super::subject::{MOST_REQUESTS, Outcome, Subject};
use super::twist::Twist;
use crate::egress::Answer;
use std::sync::atomic::{AtomicU64, Ordering};
use url::form_urlencoded;

/// Words in the names of parameters that say which page is meant.
const WORDS: [&str; 8] = [
    "page", "token", "cursor", "marker", "next", "offset", "after", "start",
];

/// A page that another one follows.
struct Page {
    /// What asked for the second one.
    second: Call,
    /// What the first one says of the second.
    token: String,
    /// The first one.
    answer: Answer,
}

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let Some(page) = find(&replayed.replies) else {
        cases.skip(PAGES, "no recorded answer has a second page");
        return;
    };
    for fresh in [false, true] {
        let way = Way::Twisted(endless(&page, fresh));
        let asked = subject.ask_recorded(replayed.recording, way, &replayed.wanted);
        let (outcome, calls) = asked.await;
        let ended = match &outcome {
            Outcome::Refused(_) => true,
            Outcome::Listing(listing) => !listing.missing.is_empty(),
            Outcome::Unbelievable(_) | Outcome::Broke(_) => false,
        };
        if !ended || calls.len() >= MOST_REQUESTS as usize {
            let given = format!(
                "page after page for {}, {}",
                page.second.shown(),
                match fresh {
                    true => "each with another token of the next one",
                    false => "each with the token of the same next one",
                }
            );
            let did = format!("after {} requests, {}", calls.len(), outcome.told());
            let expected = "an error or a gap after a bounded number of pages";
            cases.add(PAGES, Verdict::failed(given, did, expected));
            return;
        }
    }
    cases.add(PAGES, Verdict::Passed);
}

/// The first answer that names the page which a later request asks for.
fn find(replies: &[(Call, Reply)]) -> Option<Page> {
    replies.iter().enumerate().find_map(|(at, (second, _))| {
        let mut pages = parameters(second)
            .into_iter()
            .filter(|(name, _)| paging(name));
        pages.find_map(|page| {
            let earlier = replies.iter().take(at).find_map(|(first, reply)| {
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
    })
}

/// Whether the name of a parameter says that it tells a page.
fn paging(name: &str) -> bool {
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// Answers every page of this question with the first one, whose next page has the same token or a fresh one.
fn endless(page: &Page, fresh: bool) -> Twist {
    let (second, token, answer) = (page.second.clone(), page.token.clone(), page.answer.clone());
    let count = AtomicU64::new(1);
    Box::new(move |call, reply| {
        if !same_question(call, &second) {
            return reply;
        }
        let next = match (fresh, token.parse::<u64>()) {
            (false, _) => token.clone(),
            (true, Ok(number)) => number
                .saturating_add(count.fetch_add(1, Ordering::SeqCst))
                .to_string(),
            (true, Err(_)) => format!("{token}{}", count.fetch_add(1, Ordering::SeqCst)),
        };
        Ok(Answer {
            body: replaced(&answer.body, &token, &next),
            ..answer.clone()
        })
    })
}

/// Whether two requests differ in nothing but the page.
fn same_question(one: &Call, other: &Call) -> bool {
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
fn has(body: &[u8], token: &str) -> bool {
    let text = String::from_utf8_lossy(body);
    !token.is_empty() && places(&text, token).next().is_some()
}

fn replaced(body: &[u8], token: &str, by: &str) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Body;
    use rstest::rstest;

    fn call(url: &str, body: &str) -> Call {
        Call {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Some(Body(body.into())),
            credential: None,
            read_only: true,
        }
    }

    fn answered(call: Call, body: &str) -> (Call, Reply) {
        let answer = Answer {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
        };
        (call, Ok(answer))
    }

    #[rstest]
    #[case(
        "https://a/t",
        "",
        "https://a/t?page=2",
        "",
        r#"{"vcpus":22,"next":2}"#,
        Some("2")
    )]
    #[case(
        "https://a/",
        "A=x",
        "https://a/",
        "A=x&NextToken=abc",
        "<nextToken>abc</nextToken>",
        Some("abc")
    )]
    #[case(
        "https://a/",
        "{}",
        "https://a/",
        r#"{"pageToken":"q"}"#,
        r#"{"next":"q"}"#,
        Some("q")
    )]
    // Another question, a word that is no page, a number that is no token.
    #[case("https://a/t", "", "https://a/u?page=2", "", r#"{"next":2}"#, None)]
    #[case(
        "https://a/t",
        "",
        "https://a/t?region=x",
        "",
        r#"{"regions":["x"]}"#,
        None
    )]
    #[case(
        "https://a/t",
        "",
        "https://a/t?page=2",
        "",
        r#"{"vcpus":22,"zone":"a-2"}"#,
        None
    )]
    fn second_pages(
        #[case] first: &str,
        #[case] body: &str,
        #[case] second: &str,
        #[case] second_body: &str,
        #[case] says: &str,
        #[case] token: Option<&str>,
    ) {
        let replies = [
            answered(call(first, body), says),
            answered(call(second, second_body), "{}"),
        ];
        let page = find(&replies);
        assert_eq!(page.as_ref().map(|page| page.token.as_str()), token);
        let Some(page) = page else { return };
        let (asked, reply) = replies[1].clone();
        let fresh = endless(&page, true);
        let bodies =
            [fresh(&asked, reply.clone()), fresh(&asked, reply)].map(|one| one.unwrap().body);
        assert_ne!(bodies[0], bodies[1]);
        assert!(!has(&bodies[0], &page.token), "{bodies:?}");
    }
}
