//! What results look like for programs and for people.
//!
//! These records are the stable JSON: the contract can grow without changing them.

mod author;
mod bill;
mod choice;
mod conformance;
mod credentials;
mod generated;
mod images;
mod instance_types;
mod kept;
mod plugins;
mod prices;
mod push;
mod regions;
mod verified;

pub use author::{BuiltView, NewView};
pub use bill::BillView;
pub use choice::{AvailabilityView, ChoiceView, TiersView};
pub use conformance::TestedView;
pub use credentials::{CheckView, ListedView, PathView, RemovedView, SetView, TestView};
pub use generated::GeneratedView;
pub use images::ImagesView;
pub use instance_types::InstanceTypesView;
pub use kept::{ClearedView, StatusView};
pub use plugins::{PluginView, PluginsView};
pub use prices::{PricesView, VerifyView};
pub use push::PushedView;
pub use regions::RegionsView;
pub use verified::VerifiedView;

use super::report;
use cloudhost::catalog::kind_name;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{Gap, Scope};
use cloudhost::host::Summary;
use cloudhost::select::amount;
use serde::Serialize;

/// Where the data of an answer came from.
#[derive(Debug, Serialize)]
pub struct CatalogView {
    source: &'static str,
    /// From where, in words.
    origin: String,
    /// RFC 3339.
    fetched_at: String,
    age_seconds: u64,
    account: Option<String>,
}

impl CatalogView {
    pub fn new(summary: &Summary) -> Self {
        Self {
            source: summary.source.label(),
            origin: summary.source.text().to_owned(),
            fetched_at: summary.fetched_at.to_string(),
            age_seconds: report::age_seconds(summary.fetched_at),
            account: summary.account.clone(),
        }
    }
}

/// One thing that could not be had.
#[derive(Debug, Serialize)]
pub struct GapView {
    kind: &'static str,
    region: Option<String>,
    zone: Option<String>,
    error: &'static str,
    code: Option<String>,
    message: String,
    request_id: Option<String>,
}

impl From<&Gap> for GapView {
    fn from(gap: &Gap) -> Self {
        let (region, zone) = match &gap.error.scope {
            Scope::Region(region) => (Some(region.clone()), None),
            Scope::Zone(zone) => (None, Some(zone.clone())),
            Scope::Request | Scope::Provider => (None, None),
        };
        Self {
            kind: kind_name(gap.kind),
            region,
            zone,
            error: gap.error.kind.as_str(),
            code: gap.error.code.clone(),
            message: gap.error.message.clone(),
            request_id: gap.error.request_id.clone(),
        }
    }
}

fn gaps(summary: &Summary) -> Vec<GapView> {
    summary.missing.iter().map(GapView::from).collect()
}

/// An amount of money as people write it: `$0.75`, or `18.50 CNY`.
fn money(nanos: u64, currency: &str) -> String {
    match currency {
        "USD" => format!("${}", amount(nanos)),
        _ => format!("{} {currency}", amount(nanos)),
    }
}

/// Yes, no, or that it is not known.
fn yes_or_no(known: Option<bool>) -> String {
    match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
    .to_owned()
}

/// A number, or that there is none.
fn known(number: Option<usize>) -> String {
    number.map_or_else(|| "unknown".to_owned(), |number| number.to_string())
}

fn joined<T>(items: &[T], one: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        return "-".to_owned();
    }
    items.iter().map(one).collect::<Vec<_>>().join(", ")
}
