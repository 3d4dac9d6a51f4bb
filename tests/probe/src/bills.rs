//! The bill of the small cloud, with one fault. The cloud itself names the fault, because a bill request has no
//! settings.
//!
//! `GET /services` returns `{"fault": ".."}`, and `GET /bill?from=DAY&until=DAY` returns
//! `{"charges": [{"name": .., "cost": ".."}]}`.

use cloudhost_sdk::http::Request;
use cloudhost_sdk::{Amount, Charge, Error, ErrorKind, Period, World, decimal};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Services {
    fault: String,
}

#[derive(Deserialize)]
struct Bill {
    charges: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    cost: Option<String>,
}

/// Fetches the charges of a period.
pub async fn bill<W: World>(world: &W, period: Period) -> Result<Vec<Charge>, Error> {
    let request = Request::get("https://probe.test/services");
    let response = request.send(world).await?.ok("the services")?;
    let services: Services = response.json("the services")?;
    let fault = services.fault.as_str();
    let Period { start, end } = period;
    if fault == "first-day" && start.ends_with("-01") && end.ends_with("-02") {
        return Err(Error::new(ErrorKind::InvalidArgument, "no day is over yet"));
    }
    let url = match fault {
        "any-month" => "https://probe.test/bill?from=2026-11-01&until=2026-11-04".to_owned(),
        _ => format!("https://probe.test/bill?from={start}&until={end}"),
    };
    let rows = match rows(world, url).await {
        Err(error) if fault == "one-kind" => return Err(Error::internal(error.message)),
        Err(_) if fault == "swallows" => Vec::new(),
        rows => rows?,
    };
    if rows.is_empty() && fault == "wants-some" {
        return Err(Error::internal("nothing was spent"));
    }
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows {
        let nanos = match (row.cost.as_deref().and_then(decimal::nanos), fault) {
            (None, "skips") => continue,
            (None, "gives-away") => 0,
            (None, _) => return Err(Error::internal("a cost is missing")),
            (Some(nanos), _) => nanos,
        };
        let sum = sums.entry(row.name).or_default();
        *sum = match fault {
            "last-only" => nanos,
            _ => sum.saturating_add(nanos),
        };
    }
    let currency = if fault == "signs" { "$" } else { "USD" };
    let charge = |(service, nanos)| Charge {
        service,
        amount: Amount {
            nanos,
            currency: currency.to_owned(),
        },
        estimated: false,
    };
    Ok(sums.into_iter().map(charge).collect())
}

async fn rows<W: World>(world: &W, url: String) -> Result<Vec<Row>, Error> {
    let response = Request::get(url).send(world).await?.ok("the bill")?;
    let bill: Bill = response.json("the bill")?;
    Ok(bill.charges)
}
