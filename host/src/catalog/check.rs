//! What a plugin returned is checked here before anything believes it.
//!
//! A plugin, or the cloud behind it, can return too much, contradict itself, or hide terminal sequences in
//! a name. After [`check`]: lists are sorted and bounded; each key occurs once; names are not empty, not
//! long, and printable; offers and images name regions and types that the same answer lists; no number that
//! must exist is 0. Nothing is repaired by guessing: a contradiction is an error that names it. Messages of
//! gaps, which quote a cloud's own words, are the exception: they are cleaned.

use jiff::Timestamp;
mod answer;
mod records;
mod text;

use super::{Kinds, kind_name};
use crate::contract::cloudhost::provider::types::{self as t, DataKind, Gap};
use crate::contract::exports::cloudhost::provider::catalog::Listing;
pub use answer::AnswerError;
use records::Record;
pub(crate) use text::acts;
pub(super) use text::clean;

/// Most entries of a listing, by kind: far above any cloud's real numbers (AWS has 1,400 types), and low
/// enough that a hostile answer does not fill the memory.
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

/// How old the parts of a listing are.
#[derive(Clone, Copy)]
pub(super) enum Ages<'a> {
    /// All parts are one answer: a contradiction between them is an error.
    One,
    /// Some parts are older than others, by these times: entries that name what an older part does not list are
    /// dropped, and a gap says so, which makes that part be asked for again. Entries that name what a newer part
    /// does not list any more are only dropped.
    Mixed(&'a Kinds<Option<Timestamp>>),
}

/// Sorts and checks a listing, as the module says.
pub(super) fn check(mut listing: Listing, ages: Ages<'_>) -> Result<Listing, AnswerError> {
    gaps(&mut listing.missing)?;
    if let Listing {
        regions: None,
        instance_types: None,
        offers: None,
        images: None,
        prices: None,
        capacity: None,
        ..
    } = listing
    {
        return Err(AnswerError::Nothing);
    }
    let Listing {
        regions,
        instance_types,
        offers,
        images,
        prices,
        capacity,
        missing,
    } = &mut listing;
    table(regions, DataKind::Regions)?;
    table(instance_types, DataKind::InstanceTypes)?;
    table(offers, DataKind::Offers)?;
    table(images, DataKind::Images)?;
    table(prices, DataKind::Prices)?;
    table(capacity, DataKind::Capacity)?;

    if let Some(regions) = regions {
        let names = regions.iter().map(|region| region.name.as_str()).collect();
        let link = |of| Link {
            of,
            to: DataKind::Regions,
            ages,
        };
        listed(
            offers,
            &names,
            link(DataKind::Offers),
            |o| &o.region,
            missing,
        )?;
        listed(
            images,
            &names,
            link(DataKind::Images),
            |i| &i.region,
            missing,
        )?;
        listed(
            prices,
            &names,
            link(DataKind::Prices),
            |p| &p.region,
            missing,
        )?;
        listed(
            capacity,
            &names,
            link(DataKind::Capacity),
            |c| &c.region,
            missing,
        )?;
    }
    if let Some(types) = instance_types {
        let names = types.iter().map(|kind| kind.name.as_str()).collect();
        let link = |of| Link {
            of,
            to: DataKind::InstanceTypes,
            ages,
        };
        listed(
            offers,
            &names,
            link(DataKind::Offers),
            |o| &o.instance_type,
            missing,
        )?;
        listed(
            prices,
            &names,
            link(DataKind::Prices),
            |p| &p.instance_type,
            missing,
        )?;
        listed(
            capacity,
            &names,
            link(DataKind::Capacity),
            |c| &c.instance_type,
            missing,
        )?;
    }
    Ok(listing)
}

/// Checks, sorts and deduplicates one list.
fn table<R: Record>(list: &mut Option<Vec<R>>, kind: DataKind) -> Result<(), AnswerError> {
    let Some(list) = list else { return Ok(()) };
    too_many(kind_name(kind), list.len(), limit(kind))?;
    for record in list.iter_mut() {
        record.check()?;
    }
    unique(list)
}

/// Sorts by key and drops repeated records; two different ones of one key are an error.
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

/// A field of one kind of record that names a record of another kind.
struct Link<'a> {
    of: DataKind,
    to: DataKind,
    ages: Ages<'a>,
}

impl Link<'_> {
    /// Records that name what is not listed are no contradiction: public price lists have more than one account can
    /// see, and a newer list says what there is now.
    fn may_dangle(&self) -> bool {
        self.of == DataKind::Prices
            || matches!(self.ages, Ages::Mixed(times) if times.get(self.of) < times.get(self.to))
    }
}

/// Sees to it that each record names something that is listed.
///
/// Where the listing says itself that the other list is incomplete, the record is dropped: what it names
/// is part of that gap.
fn listed<R: Record>(
    list: &mut Option<Vec<R>>,
    names: &std::collections::HashSet<&str>,
    link: Link<'_>,
    name: fn(&R) -> &String,
    missing: &mut Vec<Gap>,
) -> Result<(), AnswerError> {
    let Some(list) = list else { return Ok(()) };
    let known = |record: &R| names.contains(name(record).as_str());
    let Some(stranger) = list.iter().find(|record| !known(record)) else {
        return Ok(());
    };

    if link.may_dangle() {
        list.retain(known);
        return Ok(());
    }
    let field = if link.to == DataKind::Regions {
        "region"
    } else {
        "type"
    };
    let (owner, value) = (stranger.owner(), text::quoted(name(stranger)));
    let explained = missing.iter().any(|gap| gap.kind == link.to);
    if !explained && matches!(link.ages, Ages::One) {
        return Err(AnswerError::Unlisted {
            owner,
            field,
            value,
        });
    }
    let before = list.len();
    list.retain(known);
    if !explained {
        let (count, of, to) = (before - list.len(), kind_name(link.of), kind_name(link.to));
        let message = format!(
            "{count} {of} name a {field} that the older list of {to} does not have, as {value}"
        );
        missing.push(Gap {
            kind: link.to,
            error: gap_error(message),
        });
    }
    Ok(())
}

/// The error of a gap that the check itself found.
fn gap_error(message: String) -> t::Error {
    t::Error {
        kind: t::ErrorKind::FailedPrecondition,
        scope: t::Scope::Provider,
        code: None,
        message,
        request_id: None,
        retry_after_ms: None,
    }
}

/// Bounds, cleans and sorts the gaps; repeated ones are dropped.
fn gaps(missing: &mut Vec<Gap>) -> Result<(), AnswerError> {
    too_many("gaps", missing.len(), GAPS)?;
    for gap in missing.iter_mut() {
        clean_error(&mut gap.error);
    }
    missing.sort_by_cached_key(|gap| format!("{} {:?}", kind_name(gap.kind), gap.error));
    missing.dedup();
    Ok(())
}

/// Makes an error, which quotes a cloud's own words, fit for a terminal.
pub(crate) fn clean_error(error: &mut t::Error) {
    error.message = clean(&error.message);
    error.code = error.code.as_deref().map(clean);
    error.request_id = error.request_id.as_deref().map(clean);
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

/// A time of the contract, which must lie before the year 10000.
pub(super) fn timestamp(owner: &str, seconds: u64) -> Result<Timestamp, AnswerError> {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.ok_or_else(|| AnswerError::Time {
        owner: owner.to_owned(),
        seconds,
    })
}
