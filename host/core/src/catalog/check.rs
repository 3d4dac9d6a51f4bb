//! Validation of plugin results, before they are used.
//!
//! A plugin, or the cloud behind it, can return too much, contradict itself, or hide terminal sequences in a name.
//! After [`check`]: lists are sorted and bounded; each key occurs once; names are non-empty, bounded and printable;
//! offers and images name regions and types that the same result lists (an image without a region is one of all); no number that must exist is 0. Nothing is
//! repaired by guessing: a contradiction is an error that names it. Messages of gaps quote a cloud's own words and
//! are the exception: they are cleaned.
//!
//! Names of regions, zones, types and images become values of menus, of scripts and of command lines. A record with one
//! that [`value_fault`] does not accept is left out, with a gap that names it.

use std::collections::HashSet;

use jiff::Timestamp;

mod answer;
mod records;
mod text;

use super::{PerKind, kind_name};
use crate::contract::cloudhost::provider::types::{self as t, DataKind, ErrorKind, Gap};
use crate::contract::exports::cloudhost::provider::catalog::Listing;
use crate::contract::value_fault;
pub use answer::AnswerError;
use records::Record;
pub(crate) use text::clean;

/// Most entries of a listing, by kind: far above any cloud's real numbers (the largest has 1,400 types), and low
/// enough that a hostile result does not exhaust the memory.
fn limit(kind: DataKind) -> usize {
    match kind {
        DataKind::Regions => 10_000,
        DataKind::InstanceTypes => 100_000,
        DataKind::Offers => 5_000_000,
        DataKind::Images => 1_000_000,
        DataKind::Prices => 5_000_000,
        DataKind::Capacity => 5_000_000,
    }
}

/// Most gaps of a listing.
const GAPS: usize = 10_000;

/// Age of the parts of a listing.
#[derive(Clone, Copy)]
pub(super) enum Ages<'a> {
    /// All parts are one result: a contradiction between them is an error.
    One,
    /// Some parts are older than others, by these times. An older list that lacks what newer records name is dropped,
    /// so that the next run that needs it fetches it. Records that name entries removed from a newer list are
    /// dropped.
    Mixed(&'a PerKind<Option<Timestamp>>),
}

/// Sorts and checks a listing that is one result, without storing it.
#[cfg(feature = "authoring")]
pub fn checked(listing: Listing) -> Result<Listing, AnswerError> {
    check(listing, Ages::One)
}

/// Sorts and checks a listing. See the [module](self).
pub(super) fn check(mut listing: Listing, ages: Ages<'_>) -> Result<Listing, AnswerError> {
    let Listing {
        regions,
        instance_types,
        offers,
        images,
        prices,
        capacity,
        missing,
    } = &mut listing;
    let reported = missing.len();
    let any = table(regions, DataKind::Regions, missing)?
        | table(instance_types, DataKind::InstanceTypes, missing)?
        | table(offers, DataKind::Offers, missing)?
        | table(images, DataKind::Images, missing)?
        | table(prices, DataKind::Prices, missing)?
        | table(capacity, DataKind::Capacity, missing)?;
    if !any {
        return Err(match missing.get(reported) {
            Some(odd) => AnswerError::names(odd.kind, odd.error.message.clone()),
            None => AnswerError::Nothing,
        });
    }
    gaps(missing)?;

    if let Some(list) = &*regions {
        let names = list.iter().map(|region| region.name.as_str());
        let list = List::new(DataKind::Regions, names, ages, missing);
        let whole = list.has(offers, DataKind::Offers, |one| Some(&one.region))?
            & list.has(images, DataKind::Images, |one| one.region.as_ref())?
            & list.has(prices, DataKind::Prices, |one| Some(&one.region))?
            & list.has(capacity, DataKind::Capacity, |one| Some(&one.region))?;
        if !whole {
            *regions = None;
        }
    }
    if let Some(list) = &*instance_types {
        let names = list.iter().map(|kind| kind.name.as_str());
        let list = List::new(DataKind::InstanceTypes, names, ages, missing);
        let whole = list.has(offers, DataKind::Offers, |one| Some(&one.instance_type))?
            & list.has(prices, DataKind::Prices, |one| Some(&one.instance_type))?
            & list.has(capacity, DataKind::Capacity, |one| Some(&one.instance_type))?;
        if !whole {
            *instance_types = None;
        }
    }
    Ok(listing)
}

/// Checks, sorts and deduplicates one list, and leaves out records with odd names. A list of which nothing is left is
/// unknown, because an empty one states that the cloud has none. Returns false if there is no list.
fn table<R: Record>(
    table: &mut Option<Vec<R>>,
    kind: DataKind,
    missing: &mut Vec<Gap>,
) -> Result<bool, AnswerError> {
    let Some(list) = table else { return Ok(false) };
    too_many(kind_name(kind), list.len(), limit(kind))?;
    for record in list.iter_mut() {
        record.check()?;
    }
    unique(list)?;
    let mut odd = Odd::default();
    list.retain_mut(|record| record.has_names(&mut odd));
    let Some(message) = odd.message() else {
        return Ok(true);
    };
    let any = !list.is_empty();
    if !any {
        *table = None;
        // Nothing can be done without these.
        if matches!(kind, DataKind::Regions | DataKind::InstanceTypes) {
            return Err(AnswerError::names(kind, message));
        }
    }
    missing.push(Gap {
        kind,
        error: t::Error {
            kind: ErrorKind::Unsupported,
            scope: t::Scope::Request,
            code: None,
            message,
            request_id: None,
            retry_after_ms: None,
            advice: None,
        },
    });
    Ok(any)
}

/// Names in a list that cannot be values.
#[derive(Default)]
struct Odd {
    /// The first ones, quoted.
    named: Vec<String>,
    more: usize,
    reason: Option<&'static str>,
}

impl Odd {
    /// Most names in a message.
    const NAMED: usize = 3;

    /// Reports whether a name can be a value, and notes it if it cannot.
    fn fits(&mut self, name: &str) -> bool {
        let Some(reason) = value_fault(name) else {
            return true;
        };
        let quoted = text::quoted(name);
        if self.named.contains(&quoted) {
            return false;
        }
        self.reason.get_or_insert(reason);
        if self.named.len() < Self::NAMED {
            self.named.push(quoted);
        } else {
            self.more += 1;
        }
        false
    }

    fn message(&self) -> Option<String> {
        let more = match self.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (named, reason) = (self.named.join(", "), self.reason?);
        Some(format!("left out {named}{more}: the name {reason}"))
    }
}

/// Sorts by key and drops repeated records. Two different records with one key are an error.
fn unique<R: Record>(list: &mut Vec<R>) -> Result<(), AnswerError> {
    list.sort_by(R::order);
    let twin = list
        .iter()
        .zip(list.iter().skip(1))
        .find(|(a, b)| a.order(b).is_eq() && a != b);
    if let Some((twin, _)) = twin {
        return Err(AnswerError::Conflict {
            owner: twin.owner(),
        });
    }
    list.dedup_by(|a, b| a.order(b).is_eq());
    Ok(())
}

/// The names of a list that records of other kinds refer to.
struct List<'a> {
    of: DataKind,
    names: HashSet<&'a str>,
    ages: Ages<'a>,
    /// The listing itself marks the list as incomplete.
    incomplete: bool,
}

impl<'a> List<'a> {
    fn new(
        of: DataKind,
        names: impl Iterator<Item = &'a str>,
        ages: Ages<'a>,
        missing: &[Gap],
    ) -> Self {
        List {
            of,
            names: names.collect(),
            ages,
            incomplete: missing.iter().any(|gap| gap.kind == of),
        }
    }

    /// Returns `true` if the list has what each record names. `false`: the list is older than these records and lacks
    /// some of their names; it must be dropped.
    ///
    /// Drops a record with an unknown name if that is not a contradiction: the list is marked as incomplete, a newer
    /// list has removed the name, or the record is from a public price list, which has more than one account can see.
    fn has<R: Record>(
        &self,
        records: &mut Option<Vec<R>>,
        kind: DataKind,
        name: fn(&R) -> Option<&String>,
    ) -> Result<bool, AnswerError> {
        let Some(records) = records else {
            return Ok(true);
        };
        let known = |record: &R| name(record).is_none_or(|name| self.names.contains(name.as_str()));
        let Some(stranger) = records.iter().find(|record| !known(record)) else {
            return Ok(true);
        };
        let may_dangle = match self.ages {
            _ if self.incomplete || kind == DataKind::Prices => true,
            Ages::One => false,
            Ages::Mixed(times) => times.get(kind) < times.get(self.of),
        };
        match self.ages {
            _ if may_dangle => {
                records.retain(known);
                Ok(true)
            }
            Ages::Mixed(times) if times.get(kind) > times.get(self.of) => Ok(false),
            Ages::One | Ages::Mixed(_) => Err(AnswerError::Unlisted {
                owner: stranger.owner(),
                field: match self.of {
                    DataKind::Regions => "region",
                    _ => "type",
                },
                value: text::quoted(name(stranger).map_or("", String::as_str)),
            }),
        }
    }
}

/// Bounds, cleans and sorts the gaps, and drops repeated ones.
fn gaps(missing: &mut Vec<Gap>) -> Result<(), AnswerError> {
    too_many("gaps", missing.len(), GAPS)?;
    for gap in missing.iter_mut() {
        clean_error(&mut gap.error);
    }
    missing.sort_by_cached_key(|gap| format!("{} {:?}", kind_name(gap.kind), gap.error));
    missing.dedup();
    Ok(())
}

/// Makes an error, which quotes a cloud's own words, safe for a terminal.
pub(crate) fn clean_error(error: &mut t::Error) {
    error.message = clean(&error.message);
    error.code = error.code.as_deref().map(clean);
    error.request_id = error.request_id.as_deref().map(clean);
    error.advice = error.advice.as_deref().map(clean);
    if let t::Scope::Zone(name) | t::Scope::Region(name) = &mut error.scope {
        *name = clean(name);
    }
}

fn too_many(what: &'static str, count: usize, limit: usize) -> Result<(), AnswerError> {
    if count > limit {
        Err(AnswerError::TooMany { what, count, limit })
    } else {
        Ok(())
    }
}

/// Converts a time of the contract, which must lie before the year 10000.
pub(super) fn timestamp(
    owner: impl FnOnce() -> String,
    seconds: u64,
) -> Result<Timestamp, AnswerError> {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.ok_or_else(|| AnswerError::Time {
        owner: owner(),
        seconds,
    })
}
