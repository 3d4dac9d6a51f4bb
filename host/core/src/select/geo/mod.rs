//! Where the user is, and how far a region is from there.

pub(super) mod cities;
pub(super) mod zone;

use std::fmt;

use serde::Serialize;

use crate::contract::cloudhost::provider::types::Location;
use crate::{Form, HasRemedy, Remedy};
use cities::Cities;

/// How a place came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was given with the question.
    Given,
    /// It is in the user's configuration.
    Configured,
    /// It is the most populous city of the system's time zone.
    TimeZone,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            How::Given => "given",
            How::Configured => "configured",
            How::TimeZone => "time zone",
        })
    }
}

/// A place on earth.
///
/// ```
/// use cloudhost::select::{How, Place};
///
/// let berlin = Place::parse("Berlin", How::Given)?;
/// assert_eq!(berlin.name, "Berlin, DE");
/// let seattle = Place::parse("47.6,-122.3", How::Given)?;
/// assert_eq!(seattle.latitude, 47_600_000);
/// # Ok::<(), cloudhost::select::PlaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// North of the equator, in millionths of a degree; south is negative.
    pub latitude: i32,
    /// East of Greenwich, in millionths of a degree; west is negative.
    pub longitude: i32,
    /// For people: a city as `Berlin, DE`, or the coordinates as they were given.
    pub name: String,
    /// How it came to be known.
    pub how: How,
    /// Other cities of the same name, which are smaller, the largest first: `Portland, US-ME`. The user may have
    /// meant one of them.
    pub others: Vec<String>,
}

/// A place that cannot be found.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaceError {
    /// Coordinates that are not on earth.
    #[error("{0:?} is no place on earth: latitudes go from -90 to 90, longitudes from -180 to 180")]
    Range(
        /// As given.
        String,
    ),
    /// A city that is not in the list.
    #[error(
        "the city {name:?} is not among the {known} that are known, those with at least 100,000 inhabitants"
    )]
    City {
        /// As given.
        name: String,
        /// Cities that it may have meant, the likest first, as `Berlin, DE`.
        close: Vec<String>,
        /// How many cities are known.
        known: usize,
    },
    /// There are such cities, but not in that country.
    #[error("there is no {name} in {country:?}")]
    Country {
        /// Name of the city.
        name: String,
        /// What stood after the comma.
        country: String,
        /// Where there is one, the largest first, as `London, CA`.
        there_is: Vec<String>,
    },
    /// The list of cities cannot be read: this program was built from damaged data.
    #[error("the list of cities inside this program is damaged")]
    Data,
}

impl HasRemedy for PlaceError {
    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            PlaceError::City { close, .. } if !close.is_empty() => Remedy::GiveLocation {
                close: close.clone(),
            },
            PlaceError::Country { there_is, .. } => Remedy::GiveLocation {
                close: there_is.clone(),
            },
            PlaceError::Range(_) | PlaceError::City { .. } | PlaceError::Data => Remedy::WriteAs {
                form: Form::Coordinates,
            },
        })
    }
}

impl Place {
    /// The first of these that there is: what was given, what is configured, the system's time zone. `None`:
    /// nothing of that tells, as with the time zone UTC. It reads `TZ`, `/etc/localtime` and `/etc/timezone`,
    /// and asks no network.
    ///
    /// # Errors
    /// What was given or configured is not a place. A time zone is never an error.
    pub fn find(
        given: Option<&str>,
        configured: Option<&str>,
    ) -> Result<Option<Place>, PlaceError> {
        match (given, configured) {
            (Some(text), _) => Place::parse(text, How::Given).map(Some),
            (None, Some(text)) => Place::parse(text, How::Configured).map(Some),
            (None, None) => Ok(zone::system().and_then(|zone| Place::of_time_zone(&zone))),
        }
    }

    /// Reads `47.6,-122.3` (latitude and longitude in degrees), `Berlin`, `London, CA` or `Portland, OR`. Case,
    /// accents and punctuation do not matter. Of several cities the most populous one counts, and
    /// [`Place::others`] names the rest.
    ///
    /// # Errors
    /// Coordinates that are not on earth, and cities that are not known.
    pub fn parse(text: &str, how: How) -> Result<Place, PlaceError> {
        match coordinates(text) {
            Some((latitude, longitude)) => {
                let range = || PlaceError::Range(text.to_owned());
                Ok(Place {
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

    /// The most populous city of a time zone, as `Europe/Berlin`. `None` for a zone without one, as `UTC`.
    pub fn of_time_zone(zone: &str) -> Option<Place> {
        Cities::unpack().ok()?.of_time_zone(zone)
    }

    /// The distance to a location, along a great circle of a sphere of 6,371 km, rounded to kilometres: within 0.6 %
    /// of the truth.
    pub fn distance_km(&self, there: &Location) -> u32 {
        // The haversine formula. It is symmetric to the last bit, and what processors' mathematics may differ in is
        // far below the kilometre that is left after rounding.
        let radians = |microdegrees: i32| (f64::from(microdegrees) / 1e6).to_radians();
        let (here, other) = (radians(self.latitude), radians(there.latitude));
        let north = ((other - here) / 2.0).sin();
        let east = ((radians(there.longitude) - radians(self.longitude)) / 2.0).sin();
        let haversine = north * north + here.cos() * other.cos() * east * east;
        // Rounding can give a hair more than 1 for opposite points; a float that is cast stops at the ends.
        (2.0 * 6371.0 * haversine.min(1.0).sqrt().asin()).round() as u32
    }
}

/// The two numbers, where the text is two numbers.
fn coordinates(text: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = text.split_once(',')?;
    let number = |text: &str| text.trim().parse().ok();
    Some((number(latitude)?, number(longitude)?))
}

/// Degrees in millionths, where they are not more than `most` either way. Not for what is no number.
fn microdegrees(degrees: f64, most: f64) -> Option<i32> {
    (degrees.abs() <= most).then(|| (degrees * 1e6).round() as i32)
}
