//! Limits and permissions of an account.

pub use crate::bindings::account::exports::cloudhost::provider::account::{
    Quota, QuotaList, Verdict,
};
use crate::resources::{Action, Place, ResourceKind};
use crate::{Error, World};

/// A cloud that reports the limits of an account. It changes nothing.
pub trait AccountLimits {
    /// Reads the limits; no regions: all that the account can use.
    fn quotas<W: World>(
        world: &W,
        regions: Vec<String>,
    ) -> impl Future<Output = Result<QuotaList, Error>>;

    /// Tests a permission, without the change. Unless overridden, [`Verdict::Unknown`].
    fn may<W: World>(
        _world: &W,
        _kind: ResourceKind,
        _action: Action,
        _place: Place,
    ) -> impl Future<Output = Result<Verdict, Error>> {
        async { Ok(Verdict::Unknown) }
    }
}
