//! Cities bundled in this program.

use std::io::Read as _;

use icu_normalizer::DecomposingNormalizer;

use super::{Location, LocationError, LocationSource};
use crate::catalog::nearest;

/// Cities from GeoNames (<https://www.geonames.org>, CC BY 4.0), described in README.md in this directory.
const PACKED: &[u8] = include_bytes!("cities.deflate");

/// The unpacked list: a line for each time zone, an empty line, and a line for each city, in descending order of
/// population.
pub(super) struct Cities(String);

/// One city.
#[derive(Clone, Copy)]
struct City<'t> {
    name: &'t str,
    /// ISO 3166-1 code, and in the USA the state: `DE`, `US-OR`.
    country: &'t str,
    /// In thousandths of a degree.
    latitude: i32,
    longitude: i32,
    /// Number of the line of its time zone, counted from 0.
    zone: usize,
    /// Names in other languages, folded, separated by commas.
    other_names: &'t str,
}

impl<'t> City<'t> {
    fn read(line: &'t str) -> Option<City<'t>> {
        let mut fields = line.split('\t');
        Some(City {
            name: fields.next()?,
            country: fields.next()?,
            latitude: fields.next()?.parse().ok()?,
            longitude: fields.next()?.parse().ok()?,
            zone: fields.next()?.parse().ok()?,
            other_names: fields.next()?,
        })
    }

    /// Formats it as `Portland, US-OR`.
    fn full_name(&self) -> String {
        format!("{}, {}", self.name, self.country)
    }

    fn location(&self, how: LocationSource, others: Vec<String>) -> Location {
        Location {
            latitude: self.latitude * 1000,
            longitude: self.longitude * 1000,
            name: self.full_name(),
            how,
            others,
        }
    }

    /// Ranks the match of a folded name with this city: its own name, then one in another language, then the first
    /// words of its own, such as New York City. Lower is better.
    fn fits(&self, name: &str) -> Option<u8> {
        let own = fold(self.name);
        if name.is_empty() {
            None
        } else if own == name {
            Some(0)
        } else if self.other_names.split(',').any(|other| other == name) {
            Some(1)
        } else {
            let rest = own.strip_prefix(name)?;
            rest.starts_with(' ').then_some(2)
        }
    }

    /// Ranks the match of a code with its country: the country itself, then a state of the USA. Lower is better.
    fn is_in(&self, code: &str) -> Option<u8> {
        let (country, state) = self.country.split_once('-').unwrap_or((self.country, ""));
        if code == self.country || code == country {
            Some(0)
        } else {
            (code == state).then_some(1)
        }
    }
}

impl Cities {
    /// Unpacks the list, in about a millisecond.
    pub fn unpack() -> Result<Cities, LocationError> {
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(PACKED)
            .read_to_string(&mut text)
            .map_err(|_| LocationError::Data)?;
        Ok(Cities(text))
    }

    fn zones(&self) -> impl Iterator<Item = &str> {
        self.0.lines().take_while(|line| !line.is_empty())
    }

    fn cities(&self) -> impl Iterator<Item = City<'_>> {
        let lines = self.0.lines().skip_while(|line| !line.is_empty());
        lines.skip(1).filter_map(City::read)
    }

    /// Finds the most populous city of this name, and lists the others.
    pub fn find(&self, text: &str, how: LocationSource) -> Result<Location, LocationError> {
        let (name, code) = match text.rsplit_once(',') {
            Some((name, code)) => (name, Some(code.trim().to_uppercase())),
            None => (text, None),
        };
        let wanted = fold(name);
        let named: Vec<(u8, City)> = self
            .cities()
            .filter_map(|city| Some((city.fits(&wanted)?, city)))
            .collect();
        if named.is_empty() {
            return Err(self.unknown(text, &wanted));
        }
        let Some(code) = code else {
            return location(&best(named), how).ok_or(LocationError::Data);
        };
        let there = named
            .iter()
            .filter_map(|(fits, city)| Some(((*fits, city.is_in(&code)?), *city)))
            .collect();
        location(&best(there), how).ok_or_else(|| LocationError::Country {
            name: name.trim().to_owned(),
            country: code.clone(),
            there_is: best(named).iter().map(City::full_name).collect(),
        })
    }

    fn unknown(&self, text: &str, wanted: &str) -> LocationError {
        // Compare by folded names, then map back to the cities.
        let folded: Vec<(String, City)> =
            self.cities().map(|city| (fold(city.name), city)).collect();
        let likest = nearest(wanted, folded.iter().map(|(name, _)| name.as_str()));
        let close = likest.iter().filter_map(|name| {
            let (_, city) = folded.iter().find(|(folded, _)| folded == name)?;
            Some(city.full_name())
        });
        LocationError::City {
            name: text.to_owned(),
            close: close.collect(),
            known: folded.len(),
        }
    }

    /// Finds the most populous city of a time zone, by any of the zone's names.
    pub fn of_time_zone(&self, name: &str) -> Option<Location> {
        let zone = self
            .zones()
            .position(|names| names.split('\t').any(|one| one == name))?;
        let city = self.cities().find(|city| city.zone == zone)?;
        Some(city.location(LocationSource::TimeZone, Vec::new()))
    }
}

/// Returns the best matches, in their original order.
fn best<'t, R: Ord>(ranked: Vec<(R, City<'t>)>) -> Vec<City<'t>> {
    let best = ranked.iter().map(|(rank, _)| rank).min();
    let best = ranked.iter().filter(|(rank, _)| Some(rank) == best);
    best.map(|(_, city)| *city).collect()
}

/// Makes a location of the first city; the rest are the others.
fn location(cities: &[City], how: LocationSource) -> Option<Location> {
    let (first, others) = cities.split_first()?;
    Some(first.location(how, others.iter().map(City::full_name).collect()))
}

/// Folds case, accents and punctuation: `Sao Paulo`, `SÃO PAULO` and `São Paulo` become equal, and so do `Xi'an` and
/// `Xian`, `Saint-Denis` and `Saint Denis`.
pub(in crate::select) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let mut letter = |letter: char| match letter {
        // Letters that do not decompose into a plain one and an accent.
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'þ' => folded.push_str("th"),
        'ø' => folded.push('o'),
        'ł' => folded.push('l'),
        'đ' | 'ð' => folded.push('d'),
        'ħ' => folded.push('h'),
        'ı' => folded.push('i'),
        _ if letter.is_alphanumeric() => folded.push(letter),
        _ if letter.is_whitespace() || "-–/".contains(letter) => folded.push(' '),
        // Accents and punctuation.
        _ => {}
    };
    let lower = name.to_lowercase();
    match lower.is_ascii() {
        true => lower.chars().for_each(&mut letter),
        false => DecomposingNormalizer::new_nfd()
            .normalize_iter(lower.chars())
            .for_each(&mut letter),
    }
    while folded.contains("  ") {
        folded = folded.replace("  ", " ");
    }
    folded.trim().to_owned()
}
