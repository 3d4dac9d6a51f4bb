//! Price of a plan: from the catalog, and unknown where it has none.

use crate::catalog::Catalog;
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::resources::{Action, Priced, Step};
use crate::contract::cloudhost::provider::types::Money;

/// Hours of a month, as clouds count them.
pub const HOURS_A_MONTH: i128 = 730;

/// Price of a plan by the hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanPrice {
    /// The instances cost so much more; negative: less. Disks, addresses and traffic are not in it.
    Known {
        /// Nano-units of the currency.
        nanos: i128,
        /// ISO 4217 code.
        currency: String,
    },
    /// No step has instances.
    Nothing,
    /// The price of an instance is unknown, and so is the sum.
    Unknown(String),
}

/// Adds up what the steps cost by the hour. Where zones differ and the cloud chooses, the highest price counts.
pub fn price(steps: &[Step], catalog: Option<&Catalog>) -> PlanPrice {
    let mut sum: Option<(i128, String)> = None;
    for step in steps {
        let sign = match step.action {
            Action::Delete | Action::Stop => -1,
            _ => 1,
        };
        for priced in &step.priced {
            let Some(money) = catalog.and_then(|catalog| per_hour(catalog, step, priced)) else {
                return PlanPrice::Unknown(format!(
                    "the catalog has no {} price of {} in {}",
                    priced.market.as_str(),
                    priced.instance_type,
                    step.place.region
                ));
            };
            let amount = sign * i128::from(money.nanos) * i128::from(priced.count);
            sum = match sum {
                None => Some((amount, money.currency)),
                Some((sum, currency)) if currency == money.currency => {
                    Some((sum + amount, currency))
                }
                Some((_, currency)) => {
                    return PlanPrice::Unknown(format!(
                        "it is in {currency} and in {}",
                        money.currency
                    ));
                }
            };
        }
    }
    match sum {
        Some((nanos, currency)) => PlanPrice::Known { nanos, currency },
        None => PlanPrice::Nothing,
    }
}

fn per_hour(catalog: &Catalog, step: &Step, priced: &Priced) -> Option<Money> {
    let of_type = catalog.prices.iter().filter(|price| {
        price.instance_type == priced.instance_type
            && price.market == priced.market
            && price.region == step.place.region
    });
    let here = of_type.filter(|price| match (&price.zone, &step.place.zone) {
        (Some(of), Some(zone)) => of == zone,
        _ => true,
    });
    let highest = here.max_by_key(|price| (price.per_hour.nanos, price.zone.is_some()))?;
    Some(highest.per_hour.clone())
}
