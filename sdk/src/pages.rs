//! Pagination, with protection against endless pages.

use crate::{Error, excerpt};

/// Most pages of one list. Fifty pages of a thousand rows each are more than any catalog has: beyond that the cloud, or
/// an impostor, sends endless pages.
pub const PAGE_CAP: usize = 50;

/// Fetches page after page. `page` gets the token of the page to fetch (`None` for the first) and returns the token of
/// the next, if any; it collects the rows itself. `request` names the request in errors.
///
/// Fails if a token repeats, or if there are more than [`PAGE_CAP`] pages.
///
/// ```
/// use cloudhost_sdk::http::Request;
/// use cloudhost_sdk::{Error, World, all_pages};
///
/// async fn bodies<W: World>(world: &W) -> Result<Vec<Vec<u8>>, Error> {
///     let bodies = std::cell::RefCell::new(Vec::new());
///     all_pages("GET /types", async |token: Option<String>| {
///         let url = format!("https://api.example.com/types?after={}", token.unwrap_or_default());
///         let answer = Request::get(url).send(world).await?.ok("list of types")?;
///         let next = answer.header("x-next").map(str::to_owned);
///         bodies.borrow_mut().push(answer.body);
///         Ok(next)
///     })
///     .await?;
///     Ok(bodies.into_inner())
/// }
/// ```
pub async fn all_pages<F: Future<Output = Result<Option<String>, Error>>>(
    request: &str,
    mut page: impl FnMut(Option<String>) -> F,
) -> Result<(), Error> {
    let mut seen: Vec<String> = Vec::new();
    loop {
        let Some(next) = page(seen.last().cloned()).await?.filter(|t| !t.is_empty()) else {
            return Ok(());
        };
        if seen.contains(&next) {
            return Err(Error::internal(format!(
                "{request}: repeated page token \"{}\": the pages would never end",
                excerpt(next.as_bytes())
            )));
        }
        if seen.len() + 1 >= PAGE_CAP {
            return Err(Error::internal(format!(
                "{request}: more than {PAGE_CAP} pages; the last page token is \"{}\"",
                excerpt(next.as_bytes())
            )));
        }
        seen.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use rstest::rstest;

    /// Runs against tokens `first, second, ..`; returns the tokens of the requests.
    fn run(tokens: impl Fn(usize) -> Option<String>) -> (Vec<Option<String>>, Result<(), Error>) {
        let mut asked = Vec::new();
        let result = all_pages("DescribeX", |token| {
            asked.push(token);
            futures::future::ready(Ok(tokens(asked.len())))
        })
        .now_or_never()
        .unwrap();
        (asked, result)
    }

    #[rstest]
    #[case(1)]
    #[case(3)]
    #[case(PAGE_CAP)]
    fn ends_with_the_last_page(#[case] pages: usize) {
        let (asked, result) = run(|n| (n < pages).then(|| format!("t{n}")));
        assert_eq!(result, Ok(()));
        assert_eq!(asked.len(), pages);
        assert_eq!(asked[0], None);
        assert_eq!(asked.last().unwrap().is_some(), pages > 1);
    }

    #[test]
    fn an_empty_token_is_none() {
        assert_eq!(run(|_| Some(String::new())).0.len(), 1);
    }

    #[test]
    fn a_repeated_token_is_named() {
        let (asked, result) = run(|n| Some(["a", "b", "a"][n - 1].to_owned()));
        assert_eq!(asked.len(), 3);
        assert!(result.unwrap_err().message.contains("\"a\""));
    }

    #[test]
    fn new_tokens_for_ever_are_cut_off() {
        let (asked, result) = run(|n| Some(format!("token{n}")));
        assert_eq!(asked.len(), PAGE_CAP);
        assert!(result.unwrap_err().message.contains("token50"));
    }
}
