//! Reads of EC2 for changes: lists, and single resources.

use cloudhost_sdk::change::in_places;
use cloudhost_sdk::query::Action;
use cloudhost_sdk::resources::{ResourceId, ResourceQuery};
use cloudhost_sdk::{Error, ErrorKind, Scope, Timestamp, World, excerpt};

use super::rows::{List, Row, Rows};
use crate::ec2::{Api, endpoint};
use crate::region;
use crate::time::http_date;

/// Fetches all rows of a list in a region, from all pages.
pub(super) async fn rows<W: World>(
    world: &W,
    region: &str,
    action: &'static str,
    of: &'static List,
    ask: impl FnOnce(Action) -> Action,
) -> Result<Vec<Row>, Error> {
    region::check(region)?;
    let mut rows = Rows::of(of);
    let api = Api::new(world, region.to_owned());
    let see = |path: &[&str], step: cloudhost_sdk::xml::Step<'_>| rows.see(path, step);
    let sent = api.ask(region, ask(Action::read(action)), action, see);
    sent.await.map_err(|error| here(error, region))?;
    Ok(rows.finish())
}

/// Fetches rows of one page, and the time of the response by the cloud's clock.
pub(super) async fn dated<W: World>(
    world: &W,
    region: &str,
    action: Action,
    of: &'static List,
) -> Result<(Vec<Row>, Option<Timestamp>), Error> {
    region::check(region)?;
    let mut rows = Rows::of(of);
    let endpoint = endpoint(region);
    let sent = action.send(world, &endpoint, |path, step| rows.see(path, step));
    let answer = sent.await.map_err(|error| here(error, region))?;
    Ok((rows.finish(), answer.header("date").and_then(http_date)))
}

/// Lists resources of the regions of a query, by its tags, in all regions concurrently. `record` makes the record of a
/// row; it gets the region.
pub(super) async fn list<W: World, T>(
    world: &W,
    query: &ResourceQuery,
    action: &'static str,
    of: &'static List,
    ask: impl Fn(Action) -> Action,
    record: impl Fn(&Row, &str) -> T,
) -> Result<(Vec<T>, Vec<Error>), Error> {
    let regions = regions(world, &query.regions).await?;
    in_places(regions, async |region: String| {
        let ask = |action| {
            let tagged = |action: Action, (key, value): &(String, String)| {
                action.filter(&format!("tag:{key}"), [literal(value)])
            };
            query.tags.iter().fold(ask(action), tagged)
        };
        let rows = rows(world, &region, action, of, ask).await?;
        Ok(rows.iter().map(|row| record(row, &region)).collect())
    })
    .await
}

/// Fetches one resource by its identifier. None, or the code of its absence, is the error kind `not-found`.
pub(super) async fn one<W: World>(
    world: &W,
    id: &ResourceId,
    action: &'static str,
    of: &'static List,
    parameter: &str,
) -> Result<Row, Error> {
    let ask = |action: Action| action.param(parameter, &id.id);
    let rows = rows(world, &id.place.region, action, of, ask)
        .await
        .map_err(absent)?;
    rows.into_iter()
        .next()
        .ok_or_else(|| gone(&id.id, &id.place.region))
}

/// Returns the regions of a query: those that it names, or else all that the account can use.
pub(super) async fn regions<W: World>(world: &W, named: &[String]) -> Result<Vec<String>, Error> {
    if named.is_empty() {
        let home = region::home(world, &[]).await?;
        return Api::new(world, home).regions().await;
    }
    named.iter().try_for_each(|name| region::check(name))?;
    Ok(named.to_vec())
}

/// Creates the error for a resource that does not exist.
pub(super) fn gone(id: &str, region: &str) -> Error {
    let id = excerpt(id.as_bytes());
    Error::new(
        ErrorKind::NotFound,
        format!("{id} does not exist in {region}"),
    )
    .in_scope(Scope::Region(region.to_owned()))
}

/// Maps the codes for a resource that does not exist, such as `InvalidInstanceID.NotFound`, to the kind `not-found`.
pub(super) fn absent(mut error: Error) -> Error {
    if is_absence(&error) {
        error.kind = ErrorKind::NotFound;
    }
    error
}

/// Tells whether the cloud says that a resource does not exist.
pub(super) fn is_absence(error: &Error) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.ends_with(".NotFound") || code.ends_with("NotFoundException")
}

/// Sets the scope to a region.
fn here(error: Error, region: &str) -> Error {
    error.in_scope(Scope::Region(region.to_owned()))
}

/// Escapes the characters that have a meaning in the value of a filter.
pub(super) fn literal(value: &str) -> String {
    let special = |c| matches!(c, '*' | '?' | '\\');
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if special(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
