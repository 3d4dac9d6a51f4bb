//! SSH keys, which belong to the whole account.

use cloudhost_sdk::change::Plan;
use cloudhost_sdk::instances::{SshKey, SshKeyList};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, Step};
use cloudhost_sdk::ssh::PublicKey;
use cloudhost_sdk::{Error, ErrorKind, World, excerpt};
use serde::Deserialize;

use super::call::Call;
use super::{EVERYWHERE, gone};
use crate::api::ask;

/// A stored public key.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub id: String,
    pub name: String,
    pub public_key: String,
}

impl Row {
    fn id(&self) -> ResourceId {
        let id = ResourceId::new(ResourceKind::SshKey, &self.id, Place::region(EVERYWHERE));
        id.named(&self.name)
    }
}

/// Fetches all keys.
pub(super) async fn all<W: World>(world: &W) -> Result<Vec<Row>, Error> {
    ask(world, "ssh-keys").await
}

/// Lists the keys. Lambda gives no fingerprints.
pub(super) async fn list<W: World>(world: &W) -> Result<SshKeyList, Error> {
    let key = |row: &Row| SshKey {
        id: row.id(),
        fingerprint: None,
    };
    Ok(SshKeyList {
        ssh_keys: all(world).await?.iter().map(key).collect(),
        missing: Vec::new(),
    })
}

/// Plans a new key; nothing, if the account has it by this name.
pub(super) async fn add<W: World>(
    world: &W,
    name: String,
    public_key: &str,
) -> Result<Vec<Step>, Error> {
    let Some(public) = PublicKey::parse(public_key) else {
        let shown = excerpt(public_key.as_bytes());
        let message = format!("\"{shown}\" is no public key in OpenSSH's form");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    };
    match all(world).await?.iter().find(|row| row.name == name) {
        Some(row) if public.is(&row.public_key) => Ok(Vec::new()),
        Some(_) => {
            let message = format!("the account has another key by the name {name}");
            let error = Error::new(ErrorKind::AlreadyExists, message);
            Err(error.advice("give it another name, or delete the old one first"))
        }
        None => Ok(vec![step(&public, &name)?]),
    }
}

fn step(public: &PublicKey<'_>, name: &str) -> Result<Step, Error> {
    let call = Call::AddKey {
        name: name.to_owned(),
        public_key: public.text(),
    };
    let summary = format!("store the public SSH key {name}");
    call.on(Step::create(
        ResourceKind::SshKey,
        name,
        Place::region(EVERYWHERE),
        summary,
    ))
}

/// Returns the name of a key, and the step that stores it first if the account does not have it.
pub(super) fn named(
    wanted: &str,
    found: &[Row],
    plan: &mut Plan,
) -> Result<(String, Option<u32>), Error> {
    let Some(public) = PublicKey::parse(wanted) else {
        if found.iter().any(|row| row.name == wanted) {
            return Ok((wanted.to_owned(), None));
        }
        let shown = excerpt(wanted.as_bytes());
        let message = format!("the account has no SSH key by the name {shown}");
        let error = Error::new(ErrorKind::NotFound, message);
        return Err(error.advice("give the public key itself, or store it first"));
    };
    if let Some(row) = found.iter().find(|row| public.is(&row.public_key)) {
        return Ok((row.name.clone(), None));
    }
    let name = public.name();
    let before = plan.add(step(&public, &name)?);
    Ok((name, Some(before)))
}

/// Plans the end of a key.
pub(super) async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let rows = all(world).await?;
    let row = rows
        .iter()
        .find(|row| row.id == id.id)
        .ok_or_else(|| gone(&id.id))?;
    let summary = format!("delete the SSH key {}; instances keep it", row.name);
    let call = Call::DeleteKey { id: row.id.clone() };
    Ok(vec![call.on(Step::change(
        Action::Delete,
        &row.id(),
        summary,
    ))?])
}
