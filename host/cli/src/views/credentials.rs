//! The answers of `credentials ...`. None has a field that could hold a secret.

use crate::print;
use cloudhost::contract::with_identity::exports::cloudhost::provider::identity::Account;
use cloudhost::credentials::{CredentialsError, Facts, Listed};
use comfy_table::Table;
use serde::Serialize;
use std::path::PathBuf;

/// The answer of `set`.
#[derive(Debug, Serialize)]
pub struct SetView<'a> {
    pub provider: &'a str,
    /// Where it was written; `null`: the system keyring.
    pub path: Option<PathBuf>,
    /// A place that is asked before that one.
    pub shadowed_by: Option<String>,
}

/// The answer of `check`.
#[derive(Debug, Serialize)]
pub struct CheckView<'a> {
    provider: &'a str,
    /// There is one, or there should be.
    configured: bool,
    /// It could be obtained.
    usable: bool,
    source: Option<String>,
    account: Option<String>,
    region: Option<String>,
    /// Why it cannot be used.
    problem: Option<String>,
}

/// The answer of `test`: what the cloud said.
#[derive(Debug, Serialize)]
pub struct TestView<'a> {
    pub provider: &'a str,
    pub source: Option<String>,
    pub account: Option<String>,
    pub principal: Option<String>,
}

/// The answer of `list`.
#[derive(Debug, Serialize)]
pub struct ListedView {
    pub credentials: Vec<Listed>,
}

/// The answer of `path`.
#[derive(Debug, Serialize)]
pub struct PathView<'a> {
    pub provider: &'a str,
    pub path: PathBuf,
    pub exists: bool,
    /// The credential is not in that file, but in the system keyring.
    pub keyring: bool,
}

/// The answer of `remove`.
#[derive(Debug, Serialize)]
pub struct RemovedView<'a> {
    pub provider: &'a str,
    pub path: PathBuf,
    /// The file had one.
    pub removed: bool,
    /// The system keyring had one.
    pub from_keyring: bool,
    /// A place that still has one.
    pub still: Option<String>,
}

impl<'a> CheckView<'a> {
    pub fn new(
        provider: &'a str,
        source: Option<String>,
        checked: &Result<Facts, CredentialsError>,
    ) -> Self {
        let facts = checked.as_ref().ok();
        let missing = matches!(checked, Err(CredentialsError::NotConfigured { .. }));
        Self {
            provider,
            configured: !missing,
            usable: facts.is_some(),
            source: source.filter(|_| !missing),
            account: facts.and_then(|facts| facts.account.clone()),
            region: facts.and_then(|facts| facts.region.clone()),
            problem: checked.as_ref().err().map(ToString::to_string),
        }
    }

    pub fn table(&self) -> Table {
        let row = [
            self.provider,
            yes_or_no(self.configured),
            yes_or_no(self.usable),
            or_none(&self.source),
            or_none(&self.account),
        ];
        let header = ["PROVIDER", "CONFIGURED", "USABLE", "SOURCE", "ACCOUNT"];
        print::table(&header, [row.map(str::to_owned).to_vec()])
    }
}

impl<'a> TestView<'a> {
    pub fn new(provider: &'a str, source: Option<String>, account: Account) -> Self {
        Self {
            provider,
            source,
            account: account.id,
            principal: account.principal,
        }
    }

    pub fn table(&self) -> Table {
        let row = [
            self.provider,
            or_none(&self.source),
            or_none(&self.account),
            or_none(&self.principal),
        ];
        let header = ["PROVIDER", "SOURCE", "ACCOUNT", "PRINCIPAL"];
        print::table(&header, [row.map(str::to_owned).to_vec()])
    }
}

impl ListedView {
    pub fn table(&self) -> Table {
        let row = |one: &Listed| {
            let row = [
                &one.name,
                yes_or_no(one.source.is_some()),
                or_none(&one.source),
                or_none(&one.problem),
            ];
            row.map(str::to_owned).to_vec()
        };
        let header = ["PROVIDER", "CONFIGURED", "SOURCE", "PROBLEM"];
        print::table(&header, self.credentials.iter().map(row))
    }
}

fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn or_none(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("-")
}
