//! Commands that consent to exactly what was shown: they are pinned to its digest.

use crate::quote::{quoted, word};
use cloudhost::install::{Agreement, GrantChoice, Regrant, Signer};
use cloudhost::limits::Limit;
use std::fmt::Display;
use std::path::Path;

/// The command, ready to paste. Where another key signed an update, `KEY` stands for that key.
pub fn of(agreement: &Agreement) -> String {
    let mut command = plugin(agreement.dir.as_deref());
    match &agreement.update {
        Some(name) => command.push_str(&format!(" update {}", word(name))),
        None => command.push_str(" install"),
    }
    command.push_str(&format!(" {}", word(&agreement.source)));
    let mut option = |name: &str, value: &dyn Display| {
        command.push_str(&format!(" --{name} {}", word(&value.to_string())));
    };
    option("digest", &agreement.digest);
    match &agreement.signer {
        Some(Signer::Known(key)) => option("key", key),
        Some(Signer::Unknown) => option("key", &"KEY"),
        None => {}
    }
    if let Some(GrantChoice::These(these)) = &agreement.given {
        for host in &these.hosts {
            option("allow-host", host);
        }
        for name in &these.credentials {
            option("allow-credential", name);
        }
    }
    for one in &agreement.limits {
        option("limit", &limit(one));
    }
    let all = agreement.given == Some(GrantChoice::All);
    let accepted = agreement
        .accept
        .iter()
        .map(|accept| format!(" --accept {accept}"));
    let accepted: String = accepted.collect();
    if all {
        command.push_str(" --grant-all");
    }
    command.push_str(&accepted);
    command
}

/// The command that agrees to a grant which this user has not sealed, ready to paste.
pub fn again(again: &Regrant) -> String {
    let mut command = plugin(again.dir.as_deref());
    command.push_str(&format!(" grant {}", word(&again.plugin)));
    let mut option = |name: &str, value: &dyn Display| {
        command.push_str(&format!(" --{name} {}", word(&value.to_string())));
    };
    option("digest", &again.digest);
    for host in &again.granted.hosts {
        option("host", host);
    }
    for name in &again.granted.credentials {
        option("credential", name);
    }
    for one in &again.limits {
        option("limit", &limit(one));
    }
    command
}

/// The beginning of a command about plugins.
fn plugin(dir: Option<&Path>) -> String {
    let dir = dir.map(|dir| format!(" --plugin-dir {}", quoted(dir)));
    format!("cloudhost plugin{}", dir.unwrap_or_default())
}

fn limit((limit, value): &(Limit, u64)) -> String {
    format!("{}={}", limit.name(), limit.show(*value))
}
