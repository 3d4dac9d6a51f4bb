//! Limits and permissions, and capacity on request.

use crate::Fixture;
use crate::changes::missing;
use cloudhost_sdk::account::{AccountLimits, Quota, QuotaList, Verdict};
use cloudhost_sdk::capacity_on_request::{CapacityOnRequest, Demand, Outlook};
use cloudhost_sdk::resources::{Action, Place, ResourceKind};
use cloudhost_sdk::{Error, ErrorKind, World};

impl AccountLimits for Fixture {
    async fn quotas<W: World>(_world: &W, regions: Vec<String>) -> Result<QuotaList, Error> {
        Ok(QuotaList {
            quotas: vec![Quota {
                name: "instances".to_owned(),
                region: regions.into_iter().next(),
                limit: Some(10),
                used: Some(3),
            }],
            missing: missing(),
        })
    }

    async fn may<W: World>(
        _world: &W,
        _kind: ResourceKind,
        action: Action,
        _place: Place,
    ) -> Result<Verdict, Error> {
        Ok(match action {
            Action::Create => Verdict::Allowed,
            Action::Delete => Verdict::Denied,
            _ => Verdict::Unknown,
        })
    }
}

impl CapacityOnRequest for Fixture {
    async fn ask<W: World>(
        _world: &W,
        demands: Vec<Demand>,
    ) -> Result<Vec<Result<Outlook, Error>>, Error> {
        let outlook = |demand: Demand| match demand.count {
            0 => Err(Error::new(ErrorKind::InvalidArgument, "none is wanted")),
            _ => Ok(Outlook {
                available: Some(true),
                percent: Some(80),
                score: Some("8/10".to_owned()),
                zones: vec![("eu-west-1a".to_owned(), Some(false))],
            }),
        };
        Ok(demands.into_iter().map(outlook).collect())
    }
}
