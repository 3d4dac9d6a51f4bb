//! Tables of an account's resources.

use super::{known, or_dash, yes_or_no};
use crate::print;
use crate::text::age;
use cloudhost_api::{Accounts, Instance, Instances, Snapshot, Snapshots, SshKeys, Volume, Volumes};
use comfy_table::Table;

pub fn instances(record: &Instances) -> Table {
    let row = |one: &Instance| {
        vec![
            one.provider.clone(),
            named(&one.name),
            one.id.clone(),
            place(&one.region, &one.zone),
            one.instance_type.clone(),
            state(&one.state, &one.status),
            or_dash(&one.public_ip),
            one.created.map_or_else(|| "unknown".to_owned(), age),
            one.ownership.as_str().to_owned(),
        ]
    };
    let header = [
        "PROVIDER", "NAME", "ID", "PLACE", "TYPE", "STATE", "ADDRESS", "AGE", "OWNER",
    ];
    print::table(&header, record.instances.iter().map(row))
}

pub fn instance(one: &Instance) -> Table {
    let mut rows = vec![
        ("provider", one.provider.clone()),
        ("name", named(&one.name)),
        ("id", one.id.clone()),
        ("region", one.region.clone()),
        ("zone", or_dash(&one.zone)),
        ("instance type", one.instance_type.clone()),
        ("market", known(one.market.as_ref())),
        ("state", state(&one.state, &one.status)),
        ("public address", or_dash(&one.public_ip)),
        ("private address", or_dash(&one.private_ip)),
        ("login", known(one.login.as_ref())),
        ("created", known(one.created)),
        (
            "ends at",
            one.ends_at
                .map_or_else(|| "-".to_owned(), |at| at.to_string()),
        ),
        ("protected", yes_or_no(one.protected)),
        ("owner", one.ownership.as_str().to_owned()),
    ];
    rows.extend(one.message.iter().map(|text| ("message", text.clone())));
    fields(rows, &one.tags)
}

pub fn volumes(record: &Volumes) -> Table {
    let row = |one: &Volume| {
        vec![
            one.provider.clone(),
            named(&one.name),
            one.id.clone(),
            place(&one.region, &one.zone),
            known(one.class.as_ref()),
            known(one.size_gib),
            state(&one.state, &one.status),
            attached(one),
            one.ownership.as_str().to_owned(),
        ]
    };
    let header = [
        "PROVIDER",
        "NAME",
        "ID",
        "PLACE",
        "CLASS",
        "GIB",
        "STATE",
        "ATTACHED TO",
        "OWNER",
    ];
    print::table(&header, record.volumes.iter().map(row))
}

pub fn volume(one: &Volume) -> Table {
    let mut rows = vec![
        ("provider", one.provider.clone()),
        ("name", named(&one.name)),
        ("id", one.id.clone()),
        ("region", one.region.clone()),
        ("zone", or_dash(&one.zone)),
        ("class", known(one.class.as_ref())),
        ("size in GiB", known(one.size_gib)),
        ("state", state(&one.state, &one.status)),
        ("attached to", attached(one)),
        ("created", known(one.created)),
        ("protected", yes_or_no(one.protected)),
        ("owner", one.ownership.as_str().to_owned()),
    ];
    rows.extend(one.message.iter().map(|text| ("message", text.clone())));
    fields(rows, &one.tags)
}

pub fn snapshots(record: &Snapshots) -> Table {
    let row = |one: &Snapshot| {
        vec![
            one.provider.clone(),
            named(&one.name),
            one.id.clone(),
            place(&one.region, &one.zone),
            known(one.volume.as_ref()),
            known(one.size_gib),
            progress(one),
            one.created.map_or_else(|| "unknown".to_owned(), age),
            one.ownership.as_str().to_owned(),
        ]
    };
    let header = [
        "PROVIDER", "NAME", "ID", "PLACE", "VOLUME", "GIB", "STATE", "AGE", "OWNER",
    ];
    print::table(&header, record.snapshots.iter().map(row))
}

pub fn snapshot(one: &Snapshot) -> Table {
    let mut rows = vec![
        ("provider", one.provider.clone()),
        ("name", named(&one.name)),
        ("id", one.id.clone()),
        ("region", one.region.clone()),
        ("zone", or_dash(&one.zone)),
        ("volume", known(one.volume.as_ref())),
        ("size in GiB", known(one.size_gib)),
        ("state", progress(one)),
        ("can be restored in", one.reach.clone()),
        ("created", known(one.created)),
        ("owner", one.ownership.as_str().to_owned()),
    ];
    rows.extend(one.message.iter().map(|text| ("message", text.clone())));
    fields(rows, &one.tags)
}

pub fn ssh_keys(record: &SshKeys) -> Table {
    let row = |one: &cloudhost_api::SshKey| {
        vec![
            one.provider.clone(),
            one.name.clone(),
            one.id.clone(),
            match one.region.as_str() {
                "" => "-".to_owned(),
                region => region.to_owned(),
            },
            known(one.fingerprint.as_ref()),
        ]
    };
    let header = ["PROVIDER", "NAME", "ID", "REGION", "FINGERPRINT"];
    print::table(&header, record.ssh_keys.iter().map(row))
}

pub fn accounts(record: &Accounts) -> Table {
    let row = |one: &cloudhost_api::Account| {
        vec![
            one.provider.clone(),
            known(one.account.as_ref()),
            known(one.principal.as_ref()),
            known(one.source.as_ref()),
        ]
    };
    let header = ["PROVIDER", "ACCOUNT", "PRINCIPAL", "SOURCE"];
    print::table(&header, record.accounts.iter().map(row))
}

/// Fields of one resource, and its tags.
fn fields(rows: Vec<(&str, String)>, tags: &std::collections::BTreeMap<String, String>) -> Table {
    let rows = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value]);
    let tags = tags
        .iter()
        .map(|(key, value)| vec!["tag".to_owned(), format!("{key}={value}")]);
    print::table(&["FIELD", "VALUE"], rows.chain(tags))
}

fn named(name: &str) -> String {
    match name {
        "" => "-".to_owned(),
        name => name.to_owned(),
    }
}

/// The zone, or else the region.
fn place(region: &str, zone: &Option<String>) -> String {
    zone.clone().unwrap_or_else(|| region.to_owned())
}

/// The state, with the cloud's own word where the contract has none.
fn state(state: &str, status: &Option<String>) -> String {
    match (state, status) {
        ("other", Some(status)) => status.clone(),
        (state, _) => state.to_owned(),
    }
}

fn progress(one: &Snapshot) -> String {
    match one.percent {
        Some(percent) if one.state == "pending" => format!("pending {percent} %"),
        _ => state(&one.state, &one.status),
    }
}

fn attached(one: &Volume) -> String {
    match one.attached_to.as_deref() {
        None => "unknown".to_owned(),
        Some([]) => "-".to_owned(),
        Some(all) => all.join(", "),
    }
}
