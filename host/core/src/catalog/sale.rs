//! What offers, prices and capacity have in common: a machine type, a place and a market.

use crate::contract::cloudhost::provider::types::{Capacity, Market, Offer, Price};

/// A record about a type that a place sells in a market.
pub(crate) trait Sale {
    /// Name of the type.
    fn instance_type(&self) -> &str;
    /// Name of the region.
    fn region(&self) -> &str;
    /// The zone that it holds for; `None` where it holds for the whole region.
    fn zone(&self) -> Option<&str>;
    /// How it is bought.
    fn market(&self) -> Market;

    /// What tells records apart, in the order of their lists.
    fn key(&self) -> (&str, &str, Option<&str>, u8) {
        let market = self.market() as u8;
        (self.instance_type(), self.region(), self.zone(), market)
    }
}

macro_rules! sale {
    ($($record:ident: $zone:expr;)*) => {$(
        impl Sale for $record {
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
