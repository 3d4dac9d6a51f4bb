//! Tables and closing lines of plugins.

use super::{known, yes_or_no};
use crate::print;
use crate::text::count;
use cloudhost::limits::Limit;
use cloudhost_api::{Granted, Plugin, PluginCredential, PluginGrant, PluginList, PluginSetting};
use comfy_table::Table;

pub fn plugin_list(record: &PluginList) -> Table {
    let header = [
        "PROVIDER", "VERSION", "CONTRACT", "GRANTED", "SIGNER", "ORIGIN", "DIGEST",
    ];
    let rows = record.plugins.iter().map(|plugin| {
        let origin = plugin.source.clone();
        vec![
            plugin.name.clone(),
            plugin.version.clone(),
            plugin.contract.clone(),
            plugin.granted.as_str().to_owned(),
            super::or_dash(&plugin.signer),
            origin.unwrap_or_else(|| "built in".to_owned()),
            plugin.digest.clone(),
        ]
    });
    print::table(&header, rows)
}

pub fn plugin(record: &Plugin) -> Table {
    let credential = |one: &PluginCredential| {
        let mut text = format!("{} ({}", one.name, one.scheme);
        if !one.services.is_empty() {
            text.push_str(&format!(" for {}", one.services.join(", ")));
        }
        for place in one.place.iter() {
            text.push_str(&format!(" {place}"));
        }
        text.push_str(if one.optional { ", optional)" } else { ")" });
        text
    };
    let rates: Vec<String> = record
        .rates
        .iter()
        .map(|rate| {
            let requests = count(rate.requests as usize, "request");
            let burst = match rate.burst {
                1 => String::new(),
                burst => format!(", {burst} at once"),
            };
            format!("{}: {requests} in {} s{burst}", rate.host, rate.seconds)
        })
        .collect();
    let credentials: Vec<String> = record.credentials.iter().map(credential).collect();
    let interfaces = |names: &Option<Vec<String>>| known(names.as_ref().map(|all| all.join("\n")));
    let mut rows = vec![
        ("version", record.version.clone()),
        ("contract", record.contract.clone()),
        ("digest", record.digest.clone()),
        ("size", format!("{} bytes", record.size_bytes)),
    ];
    rows.extend(grant(record));
    rows.extend([
        ("hosts", record.hosts.join("\n")),
        ("rates", rates.join("\n")),
        ("credentials", credentials.join("\n")),
        ("change", yes_or_no(Some(record.change))),
        ("reads", record.reads.join("\n")),
        ("settings", settings(record)),
        ("imports", interfaces(&record.imports)),
        ("exports", interfaces(&record.exports)),
    ]);
    let rows = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value]);
    print::table(&["PLUGIN", &record.name], rows)
}

fn grant(record: &Plugin) -> Vec<(&'static str, String)> {
    let granted = match (&record.source, record.builtin, record.granted) {
        (_, true, _) => "built in: granted all that its manifest requests",
        (None, ..) => "a file: granted nothing",
        (Some(_), _, Granted::All) => "installed: granted all that its manifest requests",
        (Some(_), _, Granted::None) => "installed: granted nothing",
        (Some(_), _, Granted::Broken) => "installed: not as it was granted, and does not run",
        (Some(_), _, Granted::Unsealed) => {
            "not sealed by this user on this machine: does not run until you agree"
        }
        (Some(_), ..) => "installed: granted a part of what its manifest requests",
    };
    let mut rows = vec![("grant", granted.to_owned())];
    if let Some(source) = &record.source {
        rows.push(("granted", items(&record.grant).join("\n")));
        rows.push(("not granted", items(&record.not_granted).join("\n")));
        let limits = record.limits.iter().filter_map(|(name, value)| {
            let limit = Limit::find(name).ok()?;
            Some(format!("{name}={}", limit.show(*value)))
        });
        rows.push(("limits", limits.collect::<Vec<_>>().join("\n")));
        rows.push(("source", source.clone()));
        rows.extend(record.pinned.clone().map(|pinned| ("pinned", pinned)));
        let unsigned = || "not verified: no key was given".to_owned();
        let signer = record.signer.clone();
        rows.push(("signed by", signer.unwrap_or_else(unsigned)));
    }
    rows
}

fn settings(record: &Plugin) -> String {
    let Some(settings) = &record.settings else {
        return "unknown until it runs".to_owned();
    };
    let one = |setting: &PluginSetting| {
        let help = setting.help.as_ref();
        let help = help.map_or(String::new(), |help| format!(": {help}"));
        let default = setting.default.as_ref();
        let default = default.map_or(String::new(), |value| format!(" [default: {value}]"));
        format!("{}{help}{default}", setting.name)
    };
    settings.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Grant of a plugin, and the requested permissions that are not granted.
pub fn may(record: &Plugin) -> String {
    let mut text = match items(&record.grant).join(", ") {
        none if none.is_empty() => "no access".to_owned(),
        given => format!("granted {given}"),
    };
    let not_granted = items(&record.not_granted).join(", ");
    if !not_granted.is_empty() {
        text.push_str(&format!("; not granted {not_granted}"));
    }
    text
}

/// Hosts, credentials and changes, each with its kind.
fn items(grant: &PluginGrant) -> Vec<String> {
    let hosts = grant.hosts.iter().map(|host| format!("host {host}"));
    let names = grant.credentials.iter();
    let names = names.map(|name| format!("credential {name}"));
    let change = grant.change.then(|| "changes of the cloud".to_owned());
    hosts.chain(names).chain(change).collect()
}
