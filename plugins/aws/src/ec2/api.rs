//! Requests to EC2: the endpoint of a region, an action, and its pages.

use std::cell::RefCell;

use cloudhost_sdk::query::{Action, Endpoint};
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{Error, World, all_pages};

use crate::region::{CREDENTIAL, domain};

/// Client of EC2 for one account.
pub(crate) struct Api<'w, W> {
    world: &'w W,
    /// The region for requests that are not about a region.
    pub home: String,
}

impl<'w, W: World> Api<'w, W> {
    pub fn new(world: &'w W, home: String) -> Api<'w, W> {
        Api { world, home }
    }

    /// Sends an action to a region, and fetches all its pages. `visit` gets each element (see
    /// [`cloudhost_sdk::xml::walk`]).
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

/// Returns the endpoint of a region in its own partition.
pub(crate) fn endpoint(region: &str) -> Endpoint {
    Endpoint {
        url: format!("https://ec2.{region}.{}/", domain(region)),
        credential: CREDENTIAL.to_owned(),
        service: "ec2".to_owned(),
        region: region.to_owned(),
        version: "2016-11-15".to_owned(),
    }
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
}
