//! Location of the user.

use std::ffi::OsStr;

use proptest::prelude::*;
use rstest::rstest;

use super::super::geo::{Location, LocationError, LocationSource, cities::fold, zone};
use crate::contract::cloudhost::provider::types::Location as RegionLocation;
use crate::{Form, HasRemedy as _, Remedy};

#[rstest]
#[case("47.6,-122.3", 47_600_000, -122_300_000)]
#[case("-33.9,151.2", -33_900_000, 151_200_000)]
#[case(" 47.60621 , -122.33207 ", 47_606_210, -122_332_070)]
#[case("0,0", 0, 0)]
#[case("90,-180", 90_000_000, -180_000_000)]
#[case("-90,180", -90_000_000, 180_000_000)]
fn coordinates(#[case] text: &str, #[case] latitude: i32, #[case] longitude: i32) {
    let place = Location::parse(text, LocationSource::Given).unwrap();
    assert_eq!((place.latitude, place.longitude), (latitude, longitude));
    assert_eq!(place.name, text.trim());
}

#[rstest]
#[case("91,0")]
#[case("-90.000001,0")]
#[case("0,180.1")]
#[case("inf,0")]
#[case("0,nan")]
fn not_on_earth(#[case] text: &str) {
    let error = Location::parse(text, LocationSource::Given).unwrap_err();
    assert_eq!(error, LocationError::Range(text.to_owned()));
    let form = Form::Coordinates;
    assert_eq!(error.remedy(), Some(Remedy::WriteAs { form }));
}

#[rstest]
#[case("Berlin", "Berlin, DE")]
#[case("berlin", "Berlin, DE")]
#[case("Köln", "Köln, DE")]
#[case("Cologne", "Köln, DE")]
#[case("Koeln", "Köln, DE")]
#[case("SAO PAULO", "São Paulo, BR")]
#[case("sa\u{303}o paulo", "São Paulo, BR")]
#[case("Łódź", "Łódź, PL")]
#[case("lodz", "Łódź, PL")]
#[case("København", "Copenhagen, DK")]
#[case("Xi'an", "Xi’an, CN")]
#[case("new york", "New York City, US-NY")]
#[case("London, CA", "London, CA")]
#[case("London , ca", "London, CA")]
#[case("Portland, OR", "Portland, US-OR")]
#[case("Springfield, US-IL", "Springfield, US-IL")]
#[case("Ontario, CA", "Ontario, US-CA")]
#[case("Naples, IT", "Naples, IT")]
fn cities(#[case] text: &str, #[case] name: &str) {
    assert_eq!(
        Location::parse(text, LocationSource::Configured)
            .unwrap()
            .name,
        name
    );
}

#[test]
fn the_most_populous_city_counts_and_the_others_are_named() {
    let springfield = Location::parse("Springfield", LocationSource::Given).unwrap();
    assert_eq!(springfield.name, "Springfield, US-MO");
    assert_eq!(
        springfield.others,
        ["Springfield, US-MA", "Springfield, US-IL"]
    );
    let london = Location::parse("london", LocationSource::Given).unwrap();
    assert_eq!(
        (london.name.as_str(), london.how),
        ("London, GB", LocationSource::Given)
    );
    assert_eq!((london.latitude, london.longitude), (51_509_000, -126_000));
    assert_eq!(london.others, ["London, CA"]);
    let alone = Location::parse("London, CA", LocationSource::Given).unwrap();
    assert!(alone.others.is_empty());
}

#[test]
fn unknown_cities() {
    let error = Location::parse("Sydnee", LocationSource::Given).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(r#"unknown city "Sydnee": only the 6336 cities"#)
    );
    let Some(Remedy::GiveLocation { close }) = error.remedy() else {
        panic!("{error:?}");
    };
    assert_eq!(close[0], "Sydney, AU");
    let error = Location::parse("London, FR", LocationSource::Given).unwrap_err();
    assert_eq!(error.to_string(), r#"there is no city London in "FR""#);
    let close = ["London, GB", "London, CA"].map(str::to_owned).to_vec();
    assert_eq!(error.remedy(), Some(Remedy::GiveLocation { close }));
    for nothing in ["", ",", "47.6", "\u{0}", &"x".repeat(100_000)] {
        let error = Location::parse(nothing, LocationSource::Given).unwrap_err();
        assert!(matches!(error, LocationError::City { .. }), "{error}");
    }
}

#[rstest]
#[case("Europe/Berlin", Some("Berlin, DE"))]
#[case("America/Los_Angeles", Some("Los Angeles, US-CA"))]
#[case("US/Pacific", Some("Los Angeles, US-CA"))]
#[case("Asia/Calcutta", Some("Mumbai, IN"))]
#[case("Europe/Oslo", Some("Oslo, NO"))]
#[case("Atlantic/Reykjavik", Some("Reykjavík, IS"))]
#[case("UTC", None)]
#[case("Etc/UTC", None)]
#[case("CET-1CEST", None)]
#[case("", None)]
fn time_zones(#[case] zone: &str, #[case] city: Option<&str>) {
    let place = Location::of_time_zone(zone);
    assert_eq!(place.as_ref().map(|place| place.name.as_str()), city);
    assert!(place.is_none_or(|place| place.how == LocationSource::TimeZone));
}

#[rstest]
#[case::unset(None, Some("from/files"))]
#[case::empty(Some(""), Some("from/files"))]
#[case::name(Some("Europe/Berlin"), Some("Europe/Berlin"))]
#[case::colon(Some(":Europe/Berlin"), Some("Europe/Berlin"))]
#[case::path(Some(":/usr/share/zoneinfo/Europe/Berlin"), Some("Europe/Berlin"))]
#[case::utc(Some("UTC"), Some("UTC"))]
fn tz_variable(#[case] value: Option<&str>, #[case] expected: Option<&str>) {
    let zone = zone::named(value.map(OsStr::new), || Some("from/files".into()));
    assert_eq!(zone.as_deref(), expected);
}

#[test]
fn what_was_given_counts_before_what_is_configured() {
    let find = |given, configured| Location::find(given, configured).unwrap().unwrap();
    let given = find(Some("Berlin"), Some("Paris"));
    assert_eq!(
        (given.name.as_str(), given.how),
        ("Berlin, DE", LocationSource::Given)
    );
    let configured = find(None, Some("Paris"));
    let expected = ("Paris, FR", LocationSource::Configured);
    assert_eq!((configured.name.as_str(), configured.how), expected);
    // A mistake in the configuration is not passed over.
    assert!(Location::find(None, Some("nowhere at all")).is_err());
    // The system's time zone, whatever it is, is no error.
    Location::find(None, None).unwrap();
}

#[rstest]
#[case("Köln", "koln")]
#[case("Ko\u{308}ln", "koln")]
#[case("St. Louis", "st louis")]
#[case("Saint-Denis", "saint denis")]
#[case("ISTANBUL", "istanbul")]
#[case("Straße", "strasse")]
#[case("  two   words ", "two words")]
fn folded(#[case] name: &str, #[case] expected: &str) {
    assert_eq!(fold(name), expected);
}

/// Distances that tables of great circles give, to half a percent.
#[rstest]
#[case("London, GB", "New York", 5_570)]
#[case("Sydney", "Santiago", 11_350)]
#[case("Tokyo", "San Francisco", 8_280)]
#[case("Auckland", "Madrid", 19_590)]
#[case("0,179", "0,-179", 222)]
#[case("90,0", "-90,0", 20_015)]
#[case("Berlin", "Berlin", 0)]
fn distances(#[case] from: &str, #[case] to: &str, #[case] expected: u32) {
    let there = Location::parse(to, LocationSource::Given).unwrap();
    let found = Location::parse(from, LocationSource::Given)
        .unwrap()
        .distance_km(&location(&there));
    assert!(found.abs_diff(expected) <= expected / 200, "{found}");
}

fn location(place: &Location) -> RegionLocation {
    RegionLocation {
        latitude: place.latitude,
        longitude: place.longitude,
    }
}

fn anywhere() -> impl Strategy<Value = Location> {
    let degrees = (-90_000_000..=90_000_000, -180_000_000..=180_000_000);
    degrees.prop_map(|(latitude, longitude)| Location {
        latitude,
        longitude,
        name: String::new(),
        how: LocationSource::Given,
        others: vec![],
    })
}

proptest! {
    #[test]
    fn distance_is_a_distance(a in anywhere(), b in anywhere(), c in anywhere()) {
        let between = |one: &Location, other: &Location| one.distance_km(&location(other));
        prop_assert_eq!(between(&a, &a), 0);
        prop_assert_eq!(between(&a, &b), between(&b, &a));
        prop_assert!(between(&a, &b) <= 20_015);
        // Each is rounded by up to a half.
        prop_assert!(between(&a, &c) <= between(&a, &b) + between(&b, &c) + 1);
    }

    /// Coordinates come back as they were written.
    #[test]
    fn coordinates_are_exact(latitude in -90_000_000..=90_000_000_i32, longitude in -180_000_000..=180_000_000_i32) {
        let text = format!("{},{}", f64::from(latitude) / 1e6, f64::from(longitude) / 1e6);
        let place = Location::parse(&text, LocationSource::Given).unwrap();
        prop_assert_eq!((place.latitude, place.longitude), (latitude, longitude));
    }

    /// Whatever is typed, there is an answer.
    #[test]
    fn any_text(text in ".{0,40}") {
        if let Err(error) = Location::parse(&text, LocationSource::Given) {
            prop_assert!(error.remedy().is_some());
        }
    }
}
