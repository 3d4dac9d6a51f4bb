//! Lists that come in pages: all of them count, and a cloud, or what poses as it, whose next page is always there, is
//! given up.

mod find;
mod rows;

pub(super) use find::same_question;

use super::Replayed;
use super::case::{Cases, PAGES, PAGES_ALL, Verdict};
use super::cloud::Way;
use super::subject::{MOST_REQUESTS, Outcome, Subject};
use super::twist::Twist;
use cloudhost::egress::Answer;
use find::{Page, lists, replaced};
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) async fn run(subject: &Subject<'_>, replayed: &Replayed<'_>, cases: &mut Cases) {
    let lists = lists(&replayed.replies);
    let Some(page) = lists.first() else {
        for case in [PAGES, PAGES_ALL] {
            cases.skip(case, "no recorded answer has a second page");
        }
        return;
    };
    cases.add(PAGES_ALL, rows::all(subject, replayed, &lists).await);
    cases.add(PAGES, ended(subject, replayed, page).await);
}

/// Whether pages without end are given up.
async fn ended(subject: &Subject<'_>, replayed: &Replayed<'_>, page: &Page) -> Verdict {
    for fresh in [false, true] {
        let way = Way::Twisted(endless(page, fresh));
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
            return Verdict::failed(given, did, expected);
        }
    }
    Verdict::Passed
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

#[cfg(test)]
mod tests {
    use super::find::has;
    use super::*;
    use crate::cloud::{Call, Reply};
    use cloudhost::recording::Body;
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
        let page = lists(&replies).pop();
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
