//! What a plugin may add to [`crate::Provider`]: [`crate::plugin!`] exports it where it is named there.

use crate::{Account, Charge, Error, Money, Period, World};

/// A cloud that can tell whether a credential is good, and whose it is.
pub trait Identity {
    /// Makes one request that changes nothing and succeeds only with a good credential.
    fn whoami<W: World>(world: &W) -> impl Future<Output = Result<Account, Error>>;
}

/// A cloud that can tell what an account has spent.
pub trait Billing {
    /// What the cloud charges for each request of a bill. Free, unless overridden.
    fn request_cost() -> Option<Money> {
        None
    }

    /// The charges of a period, one record a service and currency, in no order.
    fn bill<W: World>(
        world: &W,
        period: Period,
    ) -> impl Future<Output = Result<Vec<Charge>, Error>>;
}
