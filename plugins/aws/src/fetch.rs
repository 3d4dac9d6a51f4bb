//! The fetch of a catalog: concurrent requests to EC2 and to the price lists.

use cloudhost_sdk::{DataKind, Error, ErrorKind, Listing, Query, World, most_telling};
use futures::future::join;

use crate::prices::Plan;
use crate::{ec2, region};

/// Fetches the wanted data. If only one of EC2 and the price lists fails, the listing has the data of the other, and
/// gaps; an error means that nothing could be fetched.
pub(crate) async fn fetch<W: World>(world: &W, query: &Query) -> Result<Listing, Error> {
    let home = region::home(world, &query.settings).await?;
    let wants_prices = query.wanted.contains(&DataKind::Prices);
    let plan = wants_prices.then(|| Plan::new(&home, &query.settings));
    // An invalid setting is the caller's mistake; a partition without prices is only a gap.
    let plan = match plan.transpose() {
        Err(error) if error.kind == ErrorKind::InvalidArgument => return Err(error),
        plan => plan,
    };
    let prices = async {
        match &plan {
            Ok(None) => None,
            Ok(Some(plan)) => Some(plan.fetch(world).await),
            Err(error) => Some(Err(error.clone())),
        }
    };
    let (listing, prices) = join(ec2::fetch(world, &home, &query.wanted), prices).await;
    let Some(prices) = prices else {
        return listing;
    };

    let of_ec2 = query.wanted.iter().filter(|kind| ec2::tells(**kind));
    let nothing_else = of_ec2.clone().next().is_none();
    match (listing, prices) {
        (Err(listing), Err(prices)) => {
            let told = most_telling([listing, prices]);
            Err(told.unwrap_or_else(|| Error::internal("no request was sent")))
        }
        (Ok(_), Err(error)) if nothing_else => Err(error),
        (Ok(mut listing), Err(error)) => {
            listing.missing.push(error.into_gap(DataKind::Prices));
            Ok(listing)
        }
        (listing, Ok((prices, gaps))) => {
            let mut listing = listing.unwrap_or_else(|error| Listing {
                missing: of_ec2.map(|kind| error.clone().into_gap(*kind)).collect(),
                ..Listing::default()
            });
            let listed = listing.regions.as_deref().unwrap_or_default();
            let unasked = plan.ok().flatten().map(|plan| plan.unasked(listed));
            listing.prices = Some(prices);
            listing.missing.extend(gaps);
            listing.missing.extend(unasked.unwrap_or_default());
            Ok(listing)
        }
    }
}
