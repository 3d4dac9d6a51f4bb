//! Charges: `GetCostAndUsage` of Cost Explorer, by service.
//!
//! Cost Explorer has one endpoint for a partition, and charges a cent for each request (AWS Cost Explorer pricing:
//! "$0.01 per paginated API request"). An incomplete bill would be worse than none: an invalid amount fails the whole
//! bill.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cloudhost_sdk::{
    Amount, Charge, Error, ErrorKind, Money, Period, World, all_pages, decimal, excerpt,
};
use serde::Deserialize;
use serde_json::json;

use crate::amazon_json::Service;
use crate::region;

const COST_EXPLORER: Service<'static> = Service {
    host: "ce.us-east-1.amazonaws.com",
    signs_as: "ce",
    region: "us-east-1",
    target: "AWSInsightsIndexService",
};

const ACTION: &str = "GetCostAndUsage";

/// The requested metric: the cost of each line as charged, before discounts are spread over accounts.
const METRIC: &str = "UnblendedCost";

/// Returns the price of a request: a cent.
pub(crate) fn request_cost() -> Option<Money> {
    Money::from_cents(1)
}

/// Fetches the charges of a period, sorted by service and currency.
pub(crate) async fn bill<W: World>(world: &W, period: Period) -> Result<Vec<Charge>, Error> {
    let home = region::home(world, &[]).await?;
    if region::partition(&home) != "aws" {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "bills are not supported in the partition of {home}: use the credential of an account in the commercial regions"
            ),
        ));
    }
    let results = RefCell::new(Vec::new());
    all_pages(ACTION, |token| {
        let mut question = json!({
            "TimePeriod": {"Start": period.start, "End": period.end},
            "Granularity": "MONTHLY",
            "Metrics": [METRIC],
            "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
        });
        if let (Some(token), Some(fields)) = (token, question.as_object_mut()) {
            fields.insert("NextPageToken".to_owned(), token.into());
        }
        let results = &results;
        async move {
            let page: Page = COST_EXPLORER.ask(world, ACTION, &question).await?;
            results.borrow_mut().extend(page.results);
            Ok(page.next)
        }
    })
    .await?;
    let mut bill = Bill::default();
    for result in results.into_inner() {
        for group in result.groups {
            bill.add(group, result.estimated)?;
        }
    }
    Ok(bill.charges())
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "ResultsByTime")]
    results: Vec<ResultByTime>,
    #[serde(rename = "NextPageToken")]
    next: Option<String>,
}

/// One month, or the part of it that is in the period.
#[derive(Deserialize)]
struct ResultByTime {
    #[serde(rename = "Groups")]
    groups: Vec<Group>,
    #[serde(rename = "Estimated", default)]
    estimated: bool,
}

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "Keys")]
    keys: Vec<String>,
    #[serde(rename = "Metrics")]
    metrics: Metrics,
}

#[derive(Deserialize)]
struct Metrics {
    #[serde(rename = "UnblendedCost")]
    cost: Cost,
}

#[derive(Deserialize)]
struct Cost {
    #[serde(rename = "Amount")]
    amount: String,
    #[serde(rename = "Unit")]
    unit: String,
}

/// Sums by service and currency: nano-units, and `true` if they can still change.
#[derive(Default)]
struct Bill(BTreeMap<(String, String), (i64, bool)>);

impl Bill {
    fn add(&mut self, group: Group, estimated: bool) -> Result<(), Error> {
        let service = group.keys.join(", ");
        let Cost { amount, unit } = group.metrics.cost;
        let odd = |what: &str, text: &str| {
            let (service, text) = (excerpt(service.as_bytes()), excerpt(text.as_bytes()));
            Error::internal(format!(
                "{ACTION}: invalid {what} of {service}: \"{text}\"; the bill would be incomplete"
            ))
        };
        if unit.len() != 3 || !unit.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(odd("currency", &unit));
        }
        let nanos = decimal::nanos(&amount).ok_or_else(|| odd("cost", &amount))?;
        let too_much = odd("sum", &amount);
        let (sum, open) = self.0.entry((service, unit)).or_default();
        *sum = sum.checked_add(nanos).ok_or(too_much)?;
        *open |= estimated;
        Ok(())
    }

    fn charges(self) -> Vec<Charge> {
        let charge = |((service, currency), (nanos, estimated))| Charge {
            service,
            amount: Amount { nanos, currency },
            estimated,
        };
        self.0.into_iter().map(charge).collect()
    }
}
