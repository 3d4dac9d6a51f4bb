//! Common key of offers, prices and capacity: an instance type, a location and a market.

use crate::contract::cloudhost::provider::types::{Capacity, Market, Offer, Price};

/// A record about an instance type in a location and a market.
pub(crate) trait HasOfferKey {
    /// Name of the type.
    fn instance_type(&self) -> &str;
    /// Name of the region.
    fn region(&self) -> &str;
    /// The zone that it holds for; `None` if it holds for the whole region.
    fn zone(&self) -> Option<&str>;
    /// The market.
    fn market(&self) -> Market;

    /// The key of a record, which orders the lists.
    fn key(&self) -> (&str, &str, Option<&str>, u8) {
        let market = self.market() as u8;
        (self.instance_type(), self.region(), self.zone(), market)
    }
}

macro_rules! sale {
    ($($record:ident: $zone:expr;)*) => {$(
        impl HasOfferKey for $record {
            fn instance_type(&self) -> &str {
                &self.instance_type
            }

            fn region(&self) -> &str {
                &self.region
            }

            fn zone(&self) -> Option<&str> {
                let zone: fn(&Self) -> Option<&str> = $zone;
                zone(self)
            }

            fn market(&self) -> Market {
                self.market
            }
        }
    )*};
}

sale! {
    Offer: |_| None;
    Price: |price| price.zone.as_deref();
    Capacity: |capacity| capacity.zone.as_deref();
}
