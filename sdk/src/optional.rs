//! Optional interfaces beside [`crate::Provider`]: [`crate::plugin!`] exports those that are named in its call.

use crate::{Account, Charge, Error, Money, Period, World};

/// A cloud that can verify a credential and identify its account.
///
/// ```
/// use cloudhost_sdk::http::Request;
/// use cloudhost_sdk::{Account, Error, Identity, World};
///
/// struct Example;
///
/// impl Identity for Example {
///     async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
///         let request = Request::get("https://api.example.com/me").bearer("example");
///         let id: String = request.send(world).await?.ok("who I am")?.json("who I am")?;
///         Ok(Account { id: Some(id), principal: None })
///     }
/// }
/// ```
pub trait Identity {
    /// Makes one request that changes nothing and succeeds only with a valid credential.
    fn whoami<W: World>(world: &W) -> impl Future<Output = Result<Account, Error>>;
}

/// A cloud that reports the charges of an account.
///
/// ```
/// use cloudhost_sdk::{Billing, Charge, Error, ErrorKind, Money, Period, World};
///
/// struct Example;
///
/// impl Billing for Example {
///     fn request_cost() -> Option<Money> {
///         Some(Money { nanos: 10_000_000, currency: "USD".to_owned() })
///     }
///
///     async fn bill<W: World>(_world: &W, period: Period) -> Result<Vec<Charge>, Error> {
///         Err(Error::new(ErrorKind::NotFound, format!("there is no bill since {}", period.start)))
///     }
/// }
/// ```
pub trait Billing {
    /// Returns the cloud's charge for each request of a bill. Free, unless overridden.
    fn request_cost() -> Option<Money> {
        None
    }

    /// Returns the charges of a period: one record per service and currency, in no particular order.
    fn bill<W: World>(
        world: &W,
        period: Period,
    ) -> impl Future<Output = Result<Vec<Charge>, Error>>;
}
