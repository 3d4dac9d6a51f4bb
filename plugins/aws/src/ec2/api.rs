//! One way to ask EC2: the endpoint of a region, the action, and its pages.

use std::cell::RefCell;

use cloudhost_sdk::query::{Action, Endpoint};
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{Error, World, all_pages};

use super::CREDENTIAL;

/// EC2 as one account sees it.
pub(super) struct Api<'w, W> {
    world: &'w W,
    /// The region that answers what is not about a region.
    pub home: String,
}

impl<'w, W: World> Api<'w, W> {
    pub fn new(world: &'w W, home: String) -> Api<'w, W> {
        Api { world, home }
    }

    /// Asks one region, and as many pages as there are. `visit` sees each element (see [`cloudhost_sdk::xml::walk`]).
    pub async fn ask(
        &self,
        region: &str,
        action: Action,
        title: &str,
        visit: impl FnMut(&[&str], Step<'_>),
    ) -> Result<(), Error> {
        let endpoint = endpoint(region);
        let visit = RefCell::new(visit);
        let title = format!("{title} in {region}");
        all_pages(&title, |token| {
            let action = match token {
                Some(token) => action.clone().param("NextToken", token),
                None => action.clone(),
            };
            let (endpoint, visit) = (&endpoint, &visit);
            async move {
                let mut next = None;
                let see = |path: &[&str], step: Step<'_>| match (path, step) {
                    (["nextToken"], Step::Close(Some(token))) => next = Some(token.to_owned()),
                    _ => (visit.borrow_mut())(path, step),
                };
                action.send(self.world, endpoint, see).await?;
                Ok(next)
            }
        })
        .await
    }
}

/// The partition of a region: a part of AWS with accounts of its own.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The endpoint of a region in its own partition.
fn endpoint(region: &str) -> Endpoint {
    let domain = match partition(region) {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    Endpoint {
        url: format!("https://ec2.{region}.{domain}/"),
        credential: CREDENTIAL.to_owned(),
        service: "ec2".to_owned(),
        region: region.to_owned(),
        version: "2016-11-15".to_owned(),
    }
}

/// Whether this can be a region's name. It becomes a part of a host name, so nothing else may pass.
pub(super) fn is_region_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&name.len())
        && name.chars().all(legal)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("us-east-1", "https://ec2.us-east-1.amazonaws.com/")]
    #[case("us-gov-west-1", "https://ec2.us-gov-west-1.amazonaws.com/")]
    #[case("cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn/")]
    fn endpoints(#[case] region: &str, #[case] url: &str) {
        assert_eq!(endpoint(region).url, url);
    }

    #[rstest]
    #[case("us-east-1", true)]
    #[case("", false)]
    #[case("evil.example.com/", false)]
    #[case("US-EAST-1", false)]
    #[case("-a", false)]
    #[case("a@b", false)]
    fn names(#[case] name: &str, #[case] is: bool) {
        assert_eq!(is_region_name(name), is);
    }
}
