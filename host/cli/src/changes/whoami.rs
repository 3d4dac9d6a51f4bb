//! `cloudhost whoami` and `cloudhost run PROVIDER whoami`

use super::clouds::{Listed, with_clouds};
use crate::args::SourceArgs;
use crate::exit::Exit;
use crate::session::Session;
use crate::views;
use cloudhost::changes::ChangeError;
use cloudhost::host::{HostError, Provider};
use cloudhost_api::{Account, Accounts};

pub fn execute(
    session: &Session<'_>,
    providers: &[String],
    sources: &SourceArgs,
) -> anyhow::Result<Exit> {
    with_clouds(session, providers, sources, async |clouds| {
        let read = async |provider: &Provider| {
            let account = provider.whoami().await?;
            let account = account.ok_or_else(|| HostError::NoInterface {
                provider: provider.name().to_owned(),
                interface: "identity",
            })?;
            let source = provider.facts().await.source;
            Ok::<_, ChangeError>((vec![(source, account)], Vec::new()))
        };
        let Listed { items, missing } = clouds.list(read).await?;
        let accounts = items
            .into_iter()
            .map(|(provider, (source, account))| Account {
                provider,
                source,
                account: account.id,
                principal: account.principal,
            });
        let record = Accounts {
            accounts: accounts.collect(),
            missing,
        };
        session.print(&record, views::accounts)?;
        Ok(clouds.close(record.accounts.len(), "account", &record.missing))
    })
}
