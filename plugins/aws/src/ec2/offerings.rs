//! Offers of instance types: `DescribeInstanceTypeOfferings`, by region and by zone.
//!
//! By zone this is the largest response of all, some 64,000 rows, so a row is stored as a number for the type and a bit
//! for the zone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use cloudhost_sdk::query::Action;
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{Error, Offer, World, Zone, join_all};

use super::api::Api;
use super::regions::Place;

/// Names of instance types, each stored once for all regions.
#[derive(Debug, Default)]
pub(super) struct Names(RefCell<Interned>);

#[derive(Debug, Default)]
struct Interned {
    ids: BTreeMap<Rc<str>, usize>,
    names: Vec<Rc<str>>,
}

impl Names {
    fn id(&self, name: &str) -> usize {
        let mut interned = self.0.borrow_mut();
        if let Some(id) = interned.ids.get(name) {
            return *id;
        }
        let (id, name) = (interned.names.len(), Rc::<str>::from(name));
        interned.names.push(name.clone());
        interned.ids.insert(name, id);
        id
    }

    /// Returns the name of a type.
    pub fn name(&self, id: usize) -> Rc<str> {
        let interned = self.0.borrow();
        interned.names.get(id).cloned().unwrap_or_else(|| "".into())
    }
}

/// The types that a region offers, and the zones: bit 0 is zone `a`. No bits if zones were not requested.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Offered(pub BTreeMap<usize, u32>);

impl<W: World> Api<'_, W> {
    /// Fetches the types that a region offers.
    pub(super) async fn offered_in_region(
        &self,
        region: &str,
        names: &Names,
    ) -> Result<Offered, Error> {
        let action = by("region");
        self.offered(region, action, region, names).await
    }

    /// Fetches the types that each zone of a region offers, with one request per zone: one for all would be pages of a
    /// thousand rows, one after the other.
    pub(super) async fn offered_in_zones(
        &self,
        region: &str,
        zones: &[Zone],
        names: &Names,
    ) -> Result<Offered, Error> {
        let asked = zones.iter().map(|zone| {
            let action = by("availability-zone").filter("location", [zone.name.as_str()]);
            self.offered(region, action, &zone.name, names)
        });
        let mut all = Offered::default();
        for zone in join_all(asked).await {
            for (id, bits) in zone?.0 {
                *all.0.entry(id).or_default() |= bits;
            }
        }
        Ok(all)
    }

    async fn offered(
        &self,
        region: &str,
        action: Action,
        place: &str,
        names: &Names,
    ) -> Result<Offered, Error> {
        let mut offered = Offered::default();
        let (mut id, mut bits) = (None, Some(0));
        let seen = |path: &[&str], step: Step<'_>| match (path, step) {
            (["instanceTypeOfferingSet", "item", "instanceType"], Step::Close(Some(name))) => {
                id = Some(names.id(name)).filter(|_| !name.is_empty());
            }
            (["instanceTypeOfferingSet", "item", "location"], Step::Close(Some(location))) => {
                bits = if location == region {
                    Some(0)
                } else {
                    zone_bit(region, location)
                };
            }
            (["instanceTypeOfferingSet", "item"], Step::Close(_)) => {
                if let (Some(id), Some(bits)) = (id.take(), bits) {
                    *offered.0.entry(id).or_default() |= bits;
                }
            }
            _ => {}
        };
        let title = format!("DescribeInstanceTypeOfferings of {place}");
        self.ask(region, action, &title, seen).await?;
        Ok(offered)
    }
}

fn by(kind: &str) -> Action {
    Action::read("DescribeInstanceTypeOfferings")
        .param("LocationType", kind)
        .param("MaxResults", "1000")
}

/// Returns the bit of an availability zone, whose name is that of its region and one letter. Local zones and Wavelength
/// zones have longer names; they are not zones of the region and have no bit.
fn zone_bit(region: &str, zone: &str) -> Option<u32> {
    match zone.strip_prefix(region)?.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(1 << (letter - b'a')),
        _ => None,
    }
}

/// Returns the offers of a region: one for each type, in the zones that are known to offer it.
pub(super) fn offers<'a>(
    place: &'a Place,
    names: &'a Names,
) -> impl Iterator<Item = Offer> + use<'a> {
    let known = |zone: &String| {
        let zones = place.zones.as_ref();
        zones.is_none_or(|zones| zones.iter().any(|z| z.name == *zone))
    };
    place.offered.0.keys().map(move |id| {
        let in_zones = place.in_zones.as_ref().and_then(|zones| zones.0.get(id));
        let bits = in_zones.copied().unwrap_or_default();
        let letters = (b'a'..=b'z').filter(|letter| bits & (1 << (letter - b'a')) != 0);
        let zones = letters.map(|letter| format!("{}{}", place.name, char::from(letter)));
        Offer {
            zones: zones.filter(known).collect(),
            ..Offer::on_demand(&*names.name(*id), &place.name)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("us-east-1a", Some(1))]
    #[case("us-east-1f", Some(32))]
    #[case("us-east-1-bos-1a", None)]
    #[case("us-east-1-wl1-bos-wlz-1", None)]
    #[case("us-east-1", None)]
    #[case("us-east-1A", None)]
    #[case("eu-west-1a", None)]
    fn zones_have_bits(#[case] zone: &str, #[case] bit: Option<u32>) {
        assert_eq!(zone_bit("us-east-1", zone), bit);
    }
}
