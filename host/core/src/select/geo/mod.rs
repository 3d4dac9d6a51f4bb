//! Location of the user, and its distance to a region.

pub(super) mod cities;
pub(super) mod zone;

use std::fmt;

use serde::Serialize;

use crate::contract::cloudhost::provider::types::{Location as RegionLocation, Region};
use crate::{Form, HasRemedy, Remedy};
use cities::Cities;

/// Source of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationSource {
    /// An option of the request.
    Given,
    /// The user's configuration.
    Configured,
    /// The system's time zone, by its most populous city.
    TimeZone,
}

impl fmt::Display for LocationSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LocationSource::Given => "given",
            LocationSource::Configured => "configured",
            LocationSource::TimeZone => "time zone",
        })
    }
}

/// A location on earth.
///
/// ```
/// use cloudhost::select::{Location, LocationSource};
///
/// let berlin = Location::parse("Berlin", LocationSource::Given)?;
/// assert_eq!(berlin.name, "Berlin, DE");
/// let seattle = Location::parse("47.6,-122.3", LocationSource::Given)?;
/// assert_eq!(seattle.latitude, 47_600_000);
/// # Ok::<(), cloudhost::select::LocationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// North of the equator, in millionths of a degree; south is negative.
    pub latitude: i32,
    /// East of Greenwich, in millionths of a degree; west is negative.
    pub longitude: i32,
    /// Name for people: a city such as `Berlin, DE`, or the coordinates as given.
    pub name: String,
    /// Source of the location.
    pub how: LocationSource,
    /// Other, smaller cities of the same name, the largest first: `Portland, US-ME`. The user may have meant one of
    /// them.
    pub others: Vec<String>,
}

/// Finds the location of each region that names its city and has none. An unknown city has none.
pub(crate) fn locate(regions: &mut [Region]) {
    let without = |region: &&mut Region| region.location.is_none() && region.place.is_some();
    let mut regions = regions.iter_mut().filter(without).peekable();
    if regions.peek().is_none() {
        return;
    }
    let Ok(cities) = Cities::unpack() else {
        return;
    };
    for region in regions {
        let place = region.place.as_deref().unwrap_or_default();
        let name = match &region.country {
            Some(country) => format!("{place}, {country}"),
            None => place.to_owned(),
        };
        let city = cities.find(&name, LocationSource::Configured).ok();
        region.location = city.map(|city| RegionLocation {
            latitude: city.latitude,
            longitude: city.longitude,
        });
    }
}

/// The location is invalid or unknown.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocationError {
    /// The coordinates are out of range.
    #[error(
        "invalid coordinates {0:?}: expected a latitude from -90 to 90 and a longitude from -180 to 180"
    )]
    Range(
        /// The given text.
        String,
    ),
    /// The city is not in the list.
    #[error(
        "unknown city {name:?}: only the {known} cities with at least 100,000 inhabitants are known"
    )]
    City {
        /// The given name.
        name: String,
        /// Similar names, the most likely first, such as `Berlin, DE`.
        close: Vec<String>,
        /// Number of known cities.
        known: usize,
    },
    /// The country has no such city.
    #[error("there is no city {name} in {country:?}")]
    Country {
        /// Name of the city.
        name: String,
        /// Text after the comma.
        country: String,
        /// Cities of this name, the largest first, such as `London, CA`.
        there_is: Vec<String>,
    },
    /// The list of cities is corrupt: this program was built from damaged data.
    #[error("the built-in list of cities is damaged")]
    Data,
}

impl HasRemedy for LocationError {
    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            LocationError::City { close, .. } if !close.is_empty() => Remedy::GiveLocation {
                close: close.clone(),
            },
            LocationError::Country { there_is, .. } => Remedy::GiveLocation {
                close: there_is.clone(),
            },
            LocationError::Range(_) | LocationError::City { .. } | LocationError::Data => {
                Remedy::WriteAs {
                    form: Form::Coordinates,
                }
            }
        })
    }
}

impl Location {
    /// Returns the first that exists: the given location, the configured one, that of the system's time zone. `None`:
    /// none exists, for example if the time zone is UTC. It reads `TZ`, `/etc/localtime` and `/etc/timezone`, and makes
    /// no network request.
    ///
    /// # Errors
    /// When the given or configured text is not a location. A time zone is never an error.
    pub fn find(
        given: Option<&str>,
        configured: Option<&str>,
    ) -> Result<Option<Location>, LocationError> {
        match (given, configured) {
            (Some(text), _) => Location::parse(text, LocationSource::Given).map(Some),
            (None, Some(text)) => Location::parse(text, LocationSource::Configured).map(Some),
            (None, None) => Ok(zone::system().and_then(|zone| Location::of_time_zone(&zone))),
        }
    }

    /// Parses `47.6,-122.3` (latitude and longitude in degrees), `Berlin`, `London, CA` or `Portland, OR`. Case,
    /// accents and punctuation are ignored. The most populous city of a name is used, and [`Location::others`] lists
    /// the rest.
    ///
    /// # Errors
    /// When coordinates are out of range, or the city is unknown.
    pub fn parse(text: &str, how: LocationSource) -> Result<Location, LocationError> {
        match coordinates(text) {
            Some((latitude, longitude)) => {
                let range = || LocationError::Range(text.to_owned());
                Ok(Location {
                    latitude: microdegrees(latitude, 90.0).ok_or_else(range)?,
                    longitude: microdegrees(longitude, 180.0).ok_or_else(range)?,
                    name: text.trim().to_owned(),
                    how,
                    others: Vec::new(),
                })
            }
            None => Cities::unpack()?.find(text, how),
        }
    }

    /// Returns the most populous city of a time zone, such as `Europe/Berlin`. `None` for a zone without one, such as
    /// `UTC`.
    pub fn of_time_zone(zone: &str) -> Option<Location> {
        Cities::unpack().ok()?.of_time_zone(zone)
    }

    /// Computes the distance to a location, along a great circle of a sphere of 6,371 km, rounded to kilometres. The
    /// error is within 0.6 %.
    pub fn distance_km(&self, there: &RegionLocation) -> u32 {
        // The haversine formula. It is symmetric to the last bit. Differences between processors' mathematics are far
        // below the kilometre that is left after rounding.
        let radians = |microdegrees: i32| (f64::from(microdegrees) / 1e6).to_radians();
        let (here, other) = (radians(self.latitude), radians(there.latitude));
        let north = ((other - here) / 2.0).sin();
        let east = ((radians(there.longitude) - radians(self.longitude)) / 2.0).sin();
        let haversine = north * north + here.cos() * other.cos() * east * east;
        // Rounding can give slightly more than 1 for opposite points; the cast of a float saturates.
        (2.0 * 6371.0 * haversine.min(1.0).sqrt().asin()).round() as u32
    }
}

/// Parses two numbers.
fn coordinates(text: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = text.split_once(',')?;
    let number = |text: &str| text.trim().parse().ok();
    Some((number(latitude)?, number(longitude)?))
}

/// Converts degrees to millionths, if they are a number of at most `most` in either direction.
fn microdegrees(degrees: f64, most: f64) -> Option<i32> {
    (degrees.abs() <= most).then(|| (degrees * 1e6).round() as i32)
}
