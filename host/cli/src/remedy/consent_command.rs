//! Commands that consent to exactly what was shown: they are pinned to its digest.

use super::operand;
use crate::quote::{quoted, word};
use cloudhost::install::{Agreement, GrantChoice, Signer};
use std::fmt::Display;

/// The command, ready to paste. Where another key signed an update, `KEY` stands for that key.
pub fn of(agreement: &Agreement) -> String {
    let mut command = "cloudhost plugin".to_owned();
    if let Some(dir) = &agreement.dir {
        command.push_str(&format!(" --plugin-dir {}", quoted(dir)));
    }
    match &agreement.update {
        Some(name) => command.push_str(&format!(" update {}", word(name))),
        None => command.push_str(" install"),
    }
    command.push_str(&format!(" {}", operand(&agreement.source)));
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
    let change = matches!(&agreement.given, Some(GrantChoice::These(these)) if these.change);
    for (limit, value) in &agreement.limits {
        option("limit", &format!("{}={}", limit.name(), limit.show(*value)));
    }
    let all = agreement.given == Some(GrantChoice::All);
    let accepted = agreement
        .accept
        .iter()
        .map(|accept| format!(" --accept {accept}"));
    let accepted: String = accepted.collect();
    if change {
        command.push_str(" --allow-change");
    }
    if all {
        command.push_str(" --grant-all");
    }
    command.push_str(&accepted);
    command
}
