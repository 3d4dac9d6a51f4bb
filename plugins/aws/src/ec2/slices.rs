//! Details of instance types, and the choice of the regions to fetch them from.
//!
//! `DescribeInstanceTypes` knows only the types that its region offers, and takes a hundred names a request. So the
//! home region is queried for all types that it offers, and as few others as possible for the rest, all slices
//! concurrently.

use std::collections::BTreeSet;
use std::rc::Rc;

use cloudhost_sdk::query::Action;
use cloudhost_sdk::xml::Step;
use cloudhost_sdk::{DataKind, Error, ErrorKind, Gap, Scope, World, join_all};

use super::api::Api;
use super::offerings::{Names, Offered};
use super::types::Parser;
use super::{Types, worst};

/// Most names in one request.
const SLICE: usize = 100;

/// Returns true if the account may not list offers in any region.
pub(super) fn all_denied(offered: &[Result<Offered, Error>]) -> bool {
    let denied = |answer: &Result<Offered, Error>| matches!(answer, Err(error) if error.kind == ErrorKind::PermissionDenied);
    !offered.is_empty() && offered.iter().all(denied)
}

/// Fetches the details of every type that some region offers. `listed` has the home region first, and `offered` is in
/// the same order. Fails if all slices failed.
pub(super) async fn fetch<W: World>(
    api: &Api<'_, W>,
    listed: &[String],
    offered: &[Result<Offered, Error>],
    names: &Names,
) -> Result<Types, Error> {
    if all_denied(offered) {
        return every_page(api).await;
    }
    let sets: Vec<(&str, BTreeSet<usize>)> = listed
        .iter()
        .zip(offered)
        .filter_map(|(region, offered)| Some((region.as_str(), offered.as_ref().ok()?)))
        .map(|(region, offered)| (region, offered.0.keys().copied().collect()))
        .collect();
    let plan = cover(sets).into_iter().flat_map(|(region, ids)| {
        let mut sorted: Vec<Rc<str>> = ids.into_iter().map(|id| names.name(id)).collect();
        sorted.sort();
        let slices: Vec<Vec<Rc<str>>> = sorted.chunks(SLICE).map(<[_]>::to_vec).collect();
        slices.into_iter().map(move |slice| (region, slice))
    });
    let answers = join_all(plan.map(|(region, slice)| one(api, region, slice))).await;

    let (mut types, mut gaps) = (Vec::new(), Vec::new());
    for (found, missing) in answers {
        types.extend(found);
        gaps.extend(missing);
    }
    if types.is_empty() && !gaps.is_empty() {
        return Err(worst(gaps.into_iter().map(|gap| gap.error)));
    }
    Ok((types, gaps))
}

/// Assigns every type to one region: the first region takes all its types, then repeatedly the region with most of the
/// remaining ones (of equals the earlier). This makes few requests, and the same ones each time.
fn cover(mut sets: Vec<(&str, BTreeSet<usize>)>) -> Vec<(&str, BTreeSet<usize>)> {
    let mut plan = Vec::new();
    let mut next = 0;
    while next < sets.len() {
        let (region, taken) = sets.remove(next);
        for (_, rest) in &mut sets {
            rest.retain(|id| !taken.contains(id));
        }
        if !taken.is_empty() {
            plan.push((region, taken));
        }
        sets.retain(|(_, rest)| !rest.is_empty());
        let most = sets.iter().map(|(_, rest)| rest.len()).max();
        next = sets
            .iter()
            .position(|(_, rest)| Some(rest.len()) == most)
            .unwrap_or(usize::MAX);
    }
    plan
}

/// Fetches one slice. If the region does not know some of the names that it offers, the others are requested again.
async fn one<W: World>(api: &Api<'_, W>, region: &str, mut slice: Vec<Rc<str>>) -> Types {
    let mut gaps = Vec::new();
    let mut answer = ask(api, region, &slice).await;
    if let Err(error) = &answer
        && error.code.as_deref() == Some("InvalidInstanceType")
    {
        let named = named_in(&error.message);
        let (known, unknown): (Vec<_>, Vec<_>) = slice
            .iter()
            .cloned()
            .partition(|name| !named.contains(&**name));
        if !unknown.is_empty() {
            let error = error
                .clone()
                .context(&format!("left out {}", few(&unknown)));
            gaps.push(gap(region, error));
            slice = known;
            answer = match slice.is_empty() {
                true => Ok(Parser::default()),
                false => ask(api, region, &slice).await,
            };
        }
    }
    match answer {
        Ok(parser) => {
            let (types, incomplete) = parser.finish();
            let had: BTreeSet<&str> = types.iter().map(|t| t.name.as_str()).collect();
            let absent = |name: &&Rc<str>| !had.contains(&***name);
            let absent: Vec<Rc<str>> = slice.iter().filter(absent).cloned().collect();
            if !absent.is_empty() {
                let error = Error::unusable(format!(
                    "DescribeInstanceTypes in {region}: the response lacks {}{}",
                    few(&absent),
                    if incomplete.is_empty() {
                        ""
                    } else {
                        ", or their vCPUs or memory"
                    },
                ));
                gaps.push(gap(region, error));
            }
            (types, gaps)
        }
        Err(error) => {
            let error = error.context(&format!("no details of {}", few(&slice)));
            gaps.push(gap(region, error));
            (Vec::new(), gaps)
        }
    }
}

async fn ask<W: World>(api: &Api<'_, W>, region: &str, slice: &[Rc<str>]) -> Result<Parser, Error> {
    let action = Action::read("DescribeInstanceTypes").list("InstanceType", slice);
    let mut parser = Parser::default();
    let see = |path: &[&str], step: Step<'_>| parser.see(path, step);
    api.ask(region, action, "DescribeInstanceTypes", see)
        .await?;
    Ok(parser)
}

/// Fetches all types of the home region, page by page, if offers may not be listed.
async fn every_page<W: World>(api: &Api<'_, W>) -> Result<Types, Error> {
    let action = Action::read("DescribeInstanceTypes").param("MaxResults", SLICE.to_string());
    let mut parser = Parser::default();
    let see = |path: &[&str], step: Step<'_>| parser.see(path, step);
    api.ask(&api.home, action, "DescribeInstanceTypes", see)
        .await?;
    let (types, incomplete) = parser.finish();
    let gaps = (!incomplete.is_empty()).then(|| {
        let names: Vec<Rc<str>> = incomplete.iter().map(|name| name.as_str().into()).collect();
        let error = Error::unusable(format!(
            "no vCPUs or memory in the response for {}",
            few(&names)
        ));
        gap(&api.home, error)
    });
    Ok((types, gaps.into_iter().collect()))
}

fn gap(region: &str, error: Error) -> Gap {
    error
        .in_scope(Scope::Region(region.to_owned()))
        .into_gap(DataKind::InstanceTypes)
}

/// Returns the words of a message such as `The following supplied instance types do not exist: [a.b, c.d]`.
fn named_in(message: &str) -> BTreeSet<&str> {
    let separator = |c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-');
    message
        .split(separator)
        .map(|word| word.trim_end_matches('.'))
        .collect()
}

/// Formats names as `a, b and 98 more`.
fn few(names: &[Rc<str>]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(|name| &**name).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Exposes [`cover`] to tests.
#[cfg(test)]
pub(super) fn plan<'a>(sets: &[(&'a str, &[usize])]) -> Vec<(&'a str, Vec<usize>)> {
    let sets = sets
        .iter()
        .map(|(name, ids)| (*name, ids.iter().copied().collect()));
    let plan = cover(sets.collect()).into_iter();
    plan.map(|(name, ids)| (name, ids.into_iter().collect()))
        .collect()
}
