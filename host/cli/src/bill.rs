//! `cloudhost run PROVIDER bill`

use crate::args::BillArgs;
use crate::exit::Exit;
use crate::session::ProviderSession;
use crate::text::count;
use crate::unsupported::Unsupported;
use crate::{prompt, report, views};
use anyhow::bail;
use cloudhost::billing::Month;
use cloudhost::host::FetchPolicy;
use cloudhost::select::amount;
use cloudhost_api::Bill;

pub async fn execute(session: &ProviderSession<'_>, args: &BillArgs) -> anyhow::Result<Exit> {
    let name = session.name();
    if session.request.sources == FetchPolicy::Offline {
        let text = "--offline cannot be used here: bills are not cached\n";
        clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, text).exit();
    }
    let today = session
        .session
        .record_replay
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let month = Month::find(args.month.as_deref(), today)?;
    let Some(cost) = session.provider.request_cost().await? else {
        return Err(Unsupported::billing(name).into());
    };
    if let Some(cost) = cost
        && !args.yes
        && session.session.cli.replay.is_none()
    {
        let cost = format!("{} {}", amount(cost.nanos), cost.currency);
        if !agreed(name, &cost)? {
            return Ok(Exit::Failed);
        }
    }
    let Some(bills) = session.provider.bill(&month).await? else {
        return Err(Unsupported::billing(name).into());
    };
    let bill = Bill::new(name, &month, bills);
    session.session.print(&bill, views::bill)?;
    let requests = session.provider.activity().requests;
    let requests = count(requests as usize, "request");
    let queried = session.session.record_replay.responses_from();
    let mut parts = vec![
        format!("{name}: {queried} with {requests}"),
        views::total(&bill),
    ];
    parts.extend(report::audited(session.provider.audited()));
    session.session.close(&parts);
    Ok(Exit::Done)
}

/// Prompts the user to agree to the cost of the request.
fn agreed(provider: &str, cost: &str) -> anyhow::Result<bool> {
    let cost = format!("{provider} charges {cost} for each request of a bill");
    if !prompt::possible() {
        bail!("{cost}: add -y to agree");
    }
    prompt::agreed(&format!("{cost}. Ask?"))
}
