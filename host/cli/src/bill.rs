//! `cloudhost run PROVIDER bill`

use super::args::BillArgs;
use super::unsupported::Unsupported;
use super::run::Session;
use super::views::BillView;
use super::{Exit, print, question, report};
use anyhow::bail;
use cloudhost::billing::Month;
use cloudhost::host::Sources;
use cloudhost::select::amount;

pub async fn execute(session: &Session<'_>, args: &BillArgs) -> anyhow::Result<Exit> {
    let name = session.provider.name();
    if session.request.sources == Sources::Offline {
        let text = "--offline asks nobody, and no bill is kept: leave it out\n";
        clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, text).exit();
    }
    let today = session
        .cli
        .tape
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let month = Month::find(args.month.as_deref(), today)?;
    let Some(cost) = session.provider.request_cost().await? else {
        return Err(Unsupported::billing(name).into());
    };
    if let Some(cost) = cost
        && !args.yes
        && session.cli.replay.is_none()
    {
        let cost = format!("{} {}", amount(cost.nanos), cost.currency);
        if !agreed(name, &cost)? {
            return Ok(Exit::Failed);
        }
    }
    let Some(bills) = session.provider.bill(&month).await? else {
        return Err(Unsupported::billing(name).into());
    };
    let view = BillView::new(name, &month, bills);
    print::result(session.cli.output, &view, |view| Some(view.table()))?;
    if !session.cli.quiet {
        let requests = session.provider.activity().requests;
        let requests = report::count(requests as usize, "request");
        let mut parts = vec![
            format!("{name}: {} with {requests}", session.cli.tape.asked()),
            view.line(),
        ];
        parts.extend(report::audited(session.provider.audited()));
        report::closing(&parts);
    }
    Ok(Exit::Done)
}

/// Whether the user agrees to what the question costs. Asked once, on a terminal.
fn agreed(provider: &str, cost: &str) -> anyhow::Result<bool> {
    let question = format!("{provider} charges {cost} for each request of a bill");
    if !question::possible() {
        bail!("{question}: add -y to agree");
    }
    question::agreed(&format!("{question}. Ask?"))
}
