//! Built-in list of regions, and their locations.

use cloudhost_sdk::{Location, Region, is_name};

/// A region in the API's words.
struct Known {
    name: &'static str,
    description: &'static str,
}

/// Regions that offered instances at the time of writing. Names are those of SkyPilot's catalog of Lambda Cloud
/// (skypilot-org/skypilot-catalog, catalogs/v8/lambda/vms.csv), descriptions those of `GET /regions` (recorded in
/// brevdev/cloud, v1/providers/lambdalabs). The API may return others: this list removes none.
const KNOWN: [Known; 17] = [
    known("asia-northeast-1", "Osaka, Japan"),
    known("asia-northeast-2", "Tokyo, Japan"),
    known("asia-south-1", "India"),
    known("australia-east-1", "Sydney, Australia"),
    known("europe-central-1", "Germany"),
    known("europe-south-1", "Italy"),
    known("me-west-1", "Israel"),
    known("us-east-1", "Virginia, USA"),
    known("us-east-2", "Washington D.C, USA"),
    known("us-east-3", "Washington D.C, USA"),
    known("us-midwest-1", "Illinois, USA"),
    known("us-south-1", "Texas, USA"),
    known("us-south-2", "North Texas, USA"),
    known("us-south-3", "Central Texas, USA"),
    known("us-west-1", "California, USA"),
    known("us-west-2", "Arizona, USA"),
    known("us-west-3", "Utah, USA"),
];

const fn known(name: &'static str, description: &'static str) -> Known {
    Known { name, description }
}

/// Locations of the places in descriptions, in millionths of a degree. States and countries: the points of Google's
/// public "DSPL canonical concepts" (states.csv, countries.csv). Cities: GeoNames. North Texas is located at Dallas,
/// Central Texas at Austin.
const LOCATIONS: [(&str, i32, i32); 16] = [
    ("Arizona, USA", 34_048_928, -111_093_731),
    ("California, USA", 36_778_261, -119_417_932),
    ("Central Texas, USA", 30_267_150, -97_743_060),
    ("Germany", 51_165_691, 10_451_526),
    ("Illinois, USA", 40_633_125, -89_398_528),
    ("India", 20_593_684, 78_962_880),
    ("Israel", 31_046_051, 34_851_612),
    ("Italy", 41_871_940, 12_567_380),
    ("North Texas, USA", 32_783_060, -96_806_670),
    ("Osaka, Japan", 34_693_790, 135_501_070),
    ("Sydney, Australia", -33_867_850, 151_207_320),
    ("Texas, USA", 31_968_599, -99_901_813),
    ("Tokyo, Japan", 35_689_500, 139_691_710),
    ("Utah, USA", 39_320_980, -111_093_731),
    ("Virginia, USA", 37_431_573, -78_656_894),
    ("Washington D.C, USA", 38_895_110, -77_036_370),
];

/// Returns the built-in regions, sorted by name.
pub(crate) fn all() -> impl Iterator<Item = Region> {
    KNOWN
        .iter()
        .map(|known| region(known.name, Some(known.description)))
}

/// Creates a region from its name and the API's description, if that is known and valid; otherwise the built-in one is
/// used. The description gives the location, so that a new region in a known place has one, too.
pub(crate) fn region(name: &str, description: Option<&str>) -> Region {
    let own = || KNOWN.iter().find(|known| known.name == name);
    let description = description.filter(|text| is_name(text));
    let description = description.or_else(|| own().map(|known| known.description));
    Region {
        place: None,
        country: None,
        name: name.to_owned(),
        description: description.map(str::to_owned),
        zones: Vec::new(),
        location: description.and_then(location),
    }
}

fn location(description: &str) -> Option<Location> {
    let mut all = LOCATIONS.iter();
    let (_, latitude, longitude) = all.find(|(of, _, _)| of.eq_ignore_ascii_case(description))?;
    Some(Location {
        latitude: *latitude,
        longitude: *longitude,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn every_known_region_has_a_place_on_its_continent() {
        for region in all() {
            let at = region.location.unwrap();
            let (latitude, longitude) = (at.latitude / 1_000_000, at.longitude / 1_000_000);
            let (south, north, west, east) = match region.name.split('-').next().unwrap() {
                "us" => (24, 50, -125, -66),
                "europe" => (35, 60, -10, 30),
                "me" => (12, 42, 25, 60),
                "asia" => (5, 46, 60, 146),
                "australia" => (-44, -10, 112, 154),
                other => panic!("{other}"),
            };
            assert!((south..north).contains(&latitude), "{region:?}");
            assert!((west..east).contains(&longitude), "{region:?}");
        }
    }

    #[rstest]
    #[case("us-west-4", Some("arizona, USA"), Some(34_048_928))]
    #[case("us-west-1", None, Some(36_778_261))]
    #[case("us-west-1", Some("Elsewhere"), None)]
    #[case("new", None, None)]
    fn locations(#[case] name: &str, #[case] said: Option<&str>, #[case] latitude: Option<i32>) {
        let region = region(name, said);
        assert_eq!(region.location.map(|at| at.latitude), latitude);
        assert!(said.is_none() || region.description.as_deref() == said);
    }
}
