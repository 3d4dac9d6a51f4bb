//! SSH keys: EC2's key pairs, of public keys alone.

use cloudhost_sdk::instances::{SshKey, SshKeyList};
use cloudhost_sdk::query::Action as Query;
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::{Error, ErrorKind, World, excerpt};

use super::api;
use super::base64;
use super::call::Call;
use super::rows::{List, Row, TAG_KEY, TAG_VALUE};

/// Key pairs in the response of `DescribeKeyPairs`.
pub(super) static KEYS: List = List {
    at: "keySet/item",
    fields: &[
        "keyPairId",
        "keyName",
        "keyFingerprint",
        "publicKey",
        TAG_KEY,
        TAG_VALUE,
    ],
};

/// A public key in OpenSSH's form, without its comment.
#[derive(Debug, PartialEq)]
pub(super) struct PublicKey<'t> {
    algorithm: &'t str,
    blob: &'t str,
}

impl<'t> PublicKey<'t> {
    /// Parses `ssh-ed25519 AAAA.. comment`; `None` for anything else, such as the name of a key.
    pub fn parse(text: &'t str) -> Option<PublicKey<'t>> {
        let mut words = text.split_ascii_whitespace();
        let (algorithm, blob) = (words.next()?, words.next()?);
        let known = matches!(algorithm, "ssh-ed25519" | "ssh-rsa");
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        (known && blob.len() >= 16 && blob.chars().all(legal))
            .then_some(PublicKey { algorithm, blob })
    }

    /// Returns a name for it: the end of the key, which no two keys share.
    pub fn name(&self) -> String {
        let legal: Vec<char> = self
            .blob
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let end = legal.len().saturating_sub(16);
        let end: String = legal.iter().skip(end).collect();
        format!("cloudhost-{end}")
    }

    /// Returns true if a row has this key.
    pub fn is(&self, row: &Row) -> bool {
        PublicKey::parse(row.text("publicKey")).as_ref() == Some(self)
    }

    /// Creates the request that stores it.
    pub fn import(&self, name: &str) -> Call {
        let text = format!("{} {}", self.algorithm, self.blob);
        Call::new("ImportKeyPair")
            .set("KeyName", name)
            .set("PublicKeyMaterial", base64(text.as_bytes()))
    }
}

/// Fetches the key pairs of a region, with their public keys.
pub(super) async fn all<W: World>(world: &W, region: &str) -> Result<Vec<Row>, Error> {
    let ask = |action: Query| action.param("IncludePublicKey", "true");
    api::rows(world, region, "DescribeKeyPairs", &KEYS, ask).await
}

/// Lists the key pairs.
pub(super) async fn list<W: World>(world: &W, query: &ResourceQuery) -> Result<SshKeyList, Error> {
    let listed = api::list(
        world,
        query,
        "DescribeKeyPairs",
        &KEYS,
        |action| action,
        key,
    );
    let (ssh_keys, missing) = listed.await?;
    Ok(SshKeyList { ssh_keys, missing })
}

fn key(row: &Row, region: &str) -> SshKey {
    let id = ResourceId::new(
        ResourceKind::SshKey,
        row.text("keyPairId"),
        Place::region(region),
    );
    SshKey {
        id: id.named(row.text("keyName")),
        fingerprint: row.owned("keyFingerprint"),
    }
}

/// Plans a new key pair; nothing, if the region has this key by this name.
pub(super) async fn add<W: World>(
    world: &W,
    place: Place,
    name: String,
    public_key: &str,
) -> Result<Vec<Step>, Error> {
    let Some(public) = PublicKey::parse(public_key) else {
        let shown = excerpt(public_key.as_bytes());
        let message = format!(
            "EC2 takes public keys of the types ssh-ed25519 and ssh-rsa, and not: \"{shown}\""
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    };
    let keys = all(world, &place.region).await?;
    match keys.iter().find(|row| row.text("keyName") == name) {
        Some(row) if public.is(row) => Ok(Vec::new()),
        Some(_) => {
            let message = format!("{} has another key by the name {name}", place.region);
            let error = Error::new(ErrorKind::AlreadyExists, message);
            Err(error.advice("give it another name, or delete the old one first"))
        }
        None => Ok(vec![step(&public, &name, Place::region(place.region))?]),
    }
}

/// Creates the step that stores a key.
pub(super) fn step(public: &PublicKey<'_>, name: &str, place: Place) -> Result<Step, Error> {
    let summary = format!("store the public SSH key {name}");
    public
        .import(name)
        .on(Step::create(ResourceKind::SshKey, name, place, summary))
}

/// Plans the end of a key pair.
pub(super) async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
    let row = api::one(world, &id, "DescribeKeyPairs", &KEYS, "KeyPairId.1").await?;
    let now = key(&row, &id.place.region);
    let summary = format!("delete the SSH key {}; instances keep it", now.id.name);
    let call = Call::new("DeleteKeyPair").set("KeyPairId", &now.id.id);
    Ok(vec![call.on(Step::change(
        Action::Delete,
        &now.id,
        summary,
    ))?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+/x= me@home",
        Some("cloudhost-lZDI1NTE5AAAAIJx")
    )]
    #[case(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+/x=",
        Some("cloudhost-lZDI1NTE5AAAAIJx")
    )]
    #[case("build", None)]
    #[case("my key", None)]
    #[case("ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIJ", None)]
    fn public_keys(#[case] text: &str, #[case] name: Option<&str>) {
        let named = PublicKey::parse(text).map(|key| key.name());
        assert_eq!(named.as_deref(), name);
    }
}
