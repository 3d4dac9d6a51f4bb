//! SSH keys: EC2's key pairs, of public keys alone.

use cloudhost_sdk::instances::{SshKey, SshKeyList};
use cloudhost_sdk::query::Action as Query;
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::ssh::PublicKey;
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

/// Returns true for the types of keys that EC2 takes.
pub(super) fn is_taken(public: &PublicKey<'_>) -> bool {
    matches!(public.algorithm(), "ssh-ed25519" | "ssh-rsa")
}

/// Creates the error for a key that EC2 does not take.
pub(super) fn not_taken(text: &str) -> Error {
    let start = excerpt(
        text.split_ascii_whitespace()
            .next()
            .unwrap_or_default()
            .as_bytes(),
    );
    let message =
        format!("EC2 takes public keys of the types ssh-ed25519 and ssh-rsa, and not \"{start}\"");
    Error::new(ErrorKind::InvalidArgument, message)
}

/// Creates the request that stores a public key.
fn import(public: &PublicKey<'_>, name: &str) -> Call {
    Call::new("ImportKeyPair")
        .set("KeyName", name)
        .set("PublicKeyMaterial", base64(public.text().as_bytes()))
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
    let public = PublicKey::parse(public_key);
    let public = public
        .filter(is_taken)
        .ok_or_else(|| not_taken(public_key))?;
    let keys = all(world, &place.region).await?;
    match keys.iter().find(|row| row.text("keyName") == name) {
        Some(row) if public.is(row.text("publicKey")) => Ok(Vec::new()),
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
    import(public, name).on(Step::create(ResourceKind::SshKey, name, place, summary))
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
