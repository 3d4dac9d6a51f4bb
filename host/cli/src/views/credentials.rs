//! Tables of credentials. None has a column that could hold a secret.

use super::{or_dash, yes_or_no};
use crate::print;
use cloudhost_api::{Credential, CredentialCheck, CredentialList, CredentialTest};
use comfy_table::Table;

pub fn credential_check(record: &CredentialCheck) -> Table {
    let row = vec![
        record.provider.clone(),
        yes_or_no(Some(record.configured)),
        yes_or_no(Some(record.usable)),
        or_dash(&record.source),
        or_dash(&record.account),
    ];
    let header = ["PROVIDER", "CONFIGURED", "USABLE", "SOURCE", "ACCOUNT"];
    print::table(&header, [row])
}

pub fn credential_test(record: &CredentialTest) -> Table {
    let row = vec![
        record.provider.clone(),
        or_dash(&record.source),
        or_dash(&record.account),
        or_dash(&record.principal),
    ];
    let header = ["PROVIDER", "SOURCE", "ACCOUNT", "PRINCIPAL"];
    print::table(&header, [row])
}

pub fn credential_list(record: &CredentialList) -> Table {
    let row = |one: &Credential| {
        vec![
            one.name.clone(),
            yes_or_no(Some(one.source.is_some())),
            or_dash(&one.source),
            or_dash(&one.problem),
        ]
    };
    let header = ["PROVIDER", "CONFIGURED", "SOURCE", "PROBLEM"];
    print::table(&header, record.credentials.iter().map(row))
}
