//! Owner of a credential: `GetCallerIdentity` of STS (version 2011-06-15), which needs no permission.

use cloudhost_sdk::query::{Action, Endpoint};
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{Account, Error, World};

use crate::region::{self, CREDENTIAL};

/// Fetches the account and the ARN, from the endpoint of the credential's own region.
pub(crate) async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
    let region = region::home(world, &[]).await?;
    let endpoint = Endpoint {
        url: format!("https://sts.{region}.{}/", region::domain(&region)),
        credential: CREDENTIAL.to_owned(),
        service: "sts".to_owned(),
        region,
        version: "2011-06-15".to_owned(),
    };
    let mut account = Account {
        id: None,
        principal: None,
    };
    let see = |path: &[&str], step: Step<'_>| {
        let Step::Close(Some(text)) = step else {
            return;
        };
        let slot = match path {
            ["GetCallerIdentityResult", "Account"] => &mut account.id,
            ["GetCallerIdentityResult", "Arn"] => &mut account.principal,
            _ => return,
        };
        *slot = Some(text.to_owned()).filter(|text| !text.is_empty());
    };
    let action = Action::read("GetCallerIdentity");
    action.send(world, &endpoint, see).await?;
    if account.id.is_none() {
        return Err(Error::internal(format!(
            "GetCallerIdentity in {}: the response has no account",
            endpoint.region
        )));
    }
    Ok(account)
}
