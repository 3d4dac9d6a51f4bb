//! Places of a change: the regions and zones that a user names, in order.

use super::ChangeError;
use crate::contract::cloudhost::provider::resources::Place;
use crate::contract::cloudhost::provider::types::Region;

/// Returns the places in their order: each zone in its region, then the regions that no zone is of.
///
/// # Errors
/// When there is no region, or the region of a zone is unknown.
pub fn places(
    provider: &str,
    regions: &[String],
    zones: &[String],
    known: &[Region],
) -> Result<Vec<Place>, ChangeError> {
    let mut places = Vec::new();
    for zone in zones {
        let region = match regions {
            [region] => region.clone(),
            regions => region_of(zone, regions, known).ok_or_else(|| ChangeError::UnknownZone {
                provider: provider.to_owned(),
                zone: zone.clone(),
            })?,
        };
        places.push(Place {
            region,
            zone: Some(zone.clone()),
        });
    }
    for region in regions {
        if !places.iter().any(|place| place.region == *region) {
            places.push(Place {
                region: region.clone(),
                zone: None,
            });
        }
    }
    match places.is_empty() {
        true => Err(ChangeError::NoRegion {
            provider: provider.to_owned(),
        }),
        false => Ok(places),
    }
}

/// Finds the region of a zone; if regions are given, among them.
fn region_of(zone: &str, regions: &[String], known: &[Region]) -> Option<String> {
    let mut given = known
        .iter()
        .filter(|region| regions.is_empty() || regions.contains(&region.name));
    let of = given.find(|region| region.zones.iter().any(|one| one.name == zone))?;
    Some(of.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::cloudhost::provider::types::Zone;
    use rstest::rstest;

    #[rstest]
    #[case::one(&["e"], &[], Some("e"))]
    #[case::zone(&["e"], &["e1"], Some("e/e1"))]
    #[case::new_zone(&["e"], &["e9"], Some("e/e9"))]
    #[case::zone_alone(&[], &["w1"], Some("w/w1"))]
    #[case::order(&["e", "w"], &["w1", "e1"], Some("w/w1 e/e1"))]
    #[case::mixed(&["e", "w"], &["w1"], Some("w/w1 e"))]
    #[case::unknown(&[], &["x1"], None)]
    #[case::elsewhere(&["e", "x"], &["w1"], None)]
    #[case::nothing(&[], &[], None)]
    fn in_order(#[case] regions: &[&str], #[case] zones: &[&str], #[case] expected: Option<&str>) {
        let region = |name: &str| Region {
            name: name.to_owned(),
            description: None,
            zones: [1, 2]
                .map(|number| Zone {
                    name: format!("{name}{number}"),
                    id: None,
                })
                .to_vec(),
            location: None,
            place: None,
            country: None,
        };
        let known = [region("e"), region("w")];
        let owned = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let found = places("acme", &owned(regions), &owned(zones), &known).ok();
        let found = found.map(|places| {
            let text = places.iter().map(|place| match &place.zone {
                Some(zone) => format!("{}/{zone}", place.region),
                None => place.region.clone(),
            });
            text.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(found.as_deref(), expected);
    }
}
