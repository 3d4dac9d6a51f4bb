//! Errors and closing lines, for people.

use crate::exit::{Exit, Failure};
use crate::failure;
use crate::stderr::{advice, line, printable};
use crate::text::{age, count};
use cloudhost::audit::Counts;
use cloudhost::catalog::{MadeBy, Source, kind_name};
use cloudhost::contract::cloudhost::provider::types::Gap;
use cloudhost::host::Summary;

/// Number of gaps that the closing line names.
const NAMED_GAPS: usize = 3;

/// Prints an error with its causes and its hint, and returns its exit status.
pub fn failed(error: &anyhow::Error) -> Exit {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let mut last = printable(&error.to_string());
    line(format_args!("{red}error{red:#}: {last}"));
    for cause in error.chain().skip(1) {
        let text = printable(&cause.to_string());
        // A transparent error repeats itself as its cause.
        if !last.contains(&text) {
            line(format_args!("  caused by: {text}"));
        }
        last = text;
    }
    let failure = failure::of(error);
    if let Some(hint) = failure.and_then(Failure::hint) {
        advice(&hint);
    }
    failure.map_or(Exit::Failed, Failure::exit)
}

/// An error with its causes, on one line.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // A transparent error repeats itself as its cause.
        if !text.contains(&said) {
            text.push_str(&format!(": {said}"));
        }
        cause = error.source();
    }
    text
}

/// Source and age of the data.
pub fn origin(
    provider: &str,
    summary: &Summary,
    why_bundled: &str,
    queried: &str,
    requests: u32,
) -> String {
    let age = age(summary.fetched_at);
    let account = summary.account.as_ref();
    let account = account.map_or(String::new(), |account| format!(" of account {account}"));
    match &summary.source {
        Source::Bundled(text) => {
            format!(
                "{provider}: {why_bundled}: this is the catalog bundled in the plugin, {age} old, from {text}"
            )
        }
        Source::Live(_) if requests > 0 => {
            let requests = count(requests as usize, "request");
            format!("{provider}: {queried}{account} with {requests}")
        }
        Source::Live(_) => {
            let made_by = summary.former.as_ref().map(former).unwrap_or_default();
            format!("{provider}: stored catalog{account}, {age} old{made_by}")
        }
    }
}

/// Reason for the bundled catalog.
pub fn why_bundled(offline: bool) -> &'static str {
    match offline {
        true => "--offline, and nothing is stored",
        false => "no credentials are configured",
    }
}

/// The plugin that made a catalog and is not the installed one.
fn former(made_by: &MadeBy) -> String {
    let MadeBy {
        version, digest, ..
    } = made_by;
    format!(", made by {version} ({digest}), which is no longer installed")
}

/// Missing data, if any.
pub fn missing(gaps: &[Gap]) -> Option<String> {
    if gaps.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = gaps.iter().map(gap).collect();
    lines.dedup();
    let more = lines.len().saturating_sub(NAMED_GAPS);
    lines.truncate(NAMED_GAPS);
    let mut text = format!("missing: {}", lines.join(", "));
    if more > 0 {
        text.push_str(&format!(" and {more} more (see --output json)"));
    }
    Some(text)
}

fn gap(gap: &Gap) -> String {
    format!(
        "{}: {}",
        kind_name(gap.kind),
        cloudhost::host::describe(&gap.error)
    )
}

/// Counts of audit events, if any, such as `2 denied, 134 signed`.
pub fn audited(counts: Counts) -> Option<String> {
    let Counts {
        denied,
        signed,
        limited,
        crashed,
        refused,
    } = counts;
    let parts = [
        (denied, "denied"),
        (signed, "signed"),
        (limited, "limited"),
        (crashed, "crashed"),
        (refused, "refused"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Counts the instance types of which this is unknown, if there are any.
pub fn unknown(what: &str, types: usize) -> Option<String> {
    let types = (types > 0).then(|| count(types, "instance type"))?;
    Some(format!("the {what} of {types} is unknown"))
}

/// Counts the instance types that a filter excludes because this is unknown, if there are any.
pub fn excluded(what: &str, types: usize) -> Option<String> {
    unknown(what, types).map(|text| format!("{text}: excluded"))
}
