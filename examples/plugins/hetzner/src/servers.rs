//! Servers as instances: lists, and plans that are made by reads alone.
//!
//! | request | data |
//! |---|---|
//! | `GET /servers` | instances |
//! | `GET /ssh_keys` | the keys that a new server can have |

use std::collections::BTreeMap;

use cloudhost_sdk::change::{encode, state};
use cloudhost_sdk::instances::{Instance, InstanceList, InstanceSpec, InstanceState, Instances};
use cloudhost_sdk::resources::{
    Action, Place, ResourceId, ResourceKind, ResourceQuery, Step, has_tags,
};
use cloudhost_sdk::ssh::PublicKey;
use cloudhost_sdk::{Error, ErrorKind, Market, World, excerpt, timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::operations::Call;
use crate::{Hetzner, api};

/// The default image.
const IMAGE: &str = "debian-13";

const STATES: [(&str, InstanceState); 6] = [
    ("initializing", InstanceState::Pending),
    ("starting", InstanceState::Pending),
    ("running", InstanceState::Running),
    ("stopping", InstanceState::Stopping),
    ("off", InstanceState::Stopped),
    ("deleting", InstanceState::Terminating),
];

/// A row of `GET /servers`.
#[derive(Debug, Deserialize)]
pub(crate) struct Server {
    pub id: u64,
    pub name: String,
    pub status: String,
    created: String,
    location: Named,
    server_type: Named,
    public_net: PublicNet,
    private_net: Vec<Address>,
    protection: Protection,
    pub labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct PublicNet {
    /// `null` for a server without one.
    ipv4: Option<Address>,
}

#[derive(Debug, Deserialize)]
struct Address {
    ip: String,
}

#[derive(Debug, Deserialize)]
struct Protection {
    delete: bool,
}

#[derive(Deserialize)]
struct Key {
    id: u64,
    name: String,
    public_key: String,
}

impl Server {
    pub fn id(&self) -> ResourceId {
        let place = Place::region(&self.location.name);
        ResourceId::new(ResourceKind::Instance, self.id.to_string(), place).named(&self.name)
    }

    fn instance(self) -> Instance {
        let now = state(&self.status, &STATES, InstanceState::Other);
        Instance {
            market: Some(Market::OnDemand),
            public_ip: self.public_net.ipv4.map(|at| at.ip),
            private_ip: self.private_net.into_iter().next().map(|at| at.ip),
            login: Some("root".to_owned()),
            created: timestamp(&self.created),
            protected: Some(self.protection.delete),
            status: Some(self.status),
            tags: self.labels.into_iter().collect(),
            ..Instance::new(
                ResourceId::new(
                    ResourceKind::Instance,
                    self.id.to_string(),
                    Place::region(self.location.name),
                )
                .named(self.name),
                now,
                self.server_type.name,
            )
        }
    }
}

/// Fetches all servers with this filter.
pub(crate) async fn all<W: World>(
    world: &W,
    filter: &[(&str, &str)],
) -> Result<Vec<Server>, Error> {
    let rows = api::rows(world, "servers", filter).await?;
    rows.into_iter().map(|row| parse(row, "server")).collect()
}

/// Fetches the server of an identifier.
async fn one<W: World>(world: &W, id: &ResourceId) -> Result<Server, Error> {
    let all = all(world, &[]).await?;
    let found = all
        .into_iter()
        .find(|server| server.id.to_string() == id.id);
    found.ok_or_else(|| {
        let id = excerpt(id.id.as_bytes());
        Error::new(ErrorKind::NotFound, format!("server {id} does not exist"))
    })
}

impl Instances for Hetzner {
    async fn list<W: World>(world: &W, query: ResourceQuery) -> Result<InstanceList, Error> {
        let servers = all(world, &[]).await?;
        let wanted = |instance: &Instance| {
            let regions = &query.regions;
            (regions.is_empty() || regions.contains(&instance.id.place.region))
                && has_tags(&instance.tags, &query.tags)
        };
        Ok(InstanceList {
            instances: servers
                .into_iter()
                .map(Server::instance)
                .filter(wanted)
                .collect(),
            missing: Vec::new(),
        })
    }

    async fn get<W: World>(world: &W, id: ResourceId) -> Result<Instance, Error> {
        Ok(one(world, &id).await?.instance())
    }

    async fn create<W: World>(world: &W, spec: InstanceSpec) -> Result<Vec<Step>, Error> {
        check(&spec)?;
        let same_name = all(world, &[("name", &spec.name)]).await?;
        if let Some(server) = same_name.first() {
            let message = format!("the project has a server by the name {}", server.name);
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        let rows = api::rows(world, "ssh_keys", &[]).await?;
        let keys = rows.into_iter().map(|row| parse(row, "SSH key"));
        let keys: Vec<Key> = keys.collect::<Result<_, Error>>()?;
        let keys = spec.ssh_keys.iter().map(|wanted| key(wanted, &keys));
        let image = spec.image.as_deref().unwrap_or(IMAGE);
        let mut body = BTreeMap::from([
            ("name", json!(spec.name)),
            ("server_type", json!(spec.instance_type)),
            ("location", json!(spec.place.region)),
            ("image", json!(image)),
            (
                "ssh_keys",
                json!(keys.collect::<Result<Vec<u64>, Error>>()?),
            ),
        ]);
        if let Some(data) = &spec.user_data {
            let text = std::str::from_utf8(data).map_err(|_| {
                Error::new(
                    ErrorKind::InvalidArgument,
                    "Hetzner takes user data of text alone",
                )
            })?;
            body.insert("user_data", json!(text));
        }
        if let Some(network) = &spec.network {
            body.insert("networks", json!([number(network)?]));
        }
        if !spec.security_groups.is_empty() {
            let rule = |id: &String| Ok(json!({"firewall": number(id)?}));
            let rules = spec.security_groups.iter().map(rule);
            body.insert("firewalls", rules.collect::<Result<Value, Error>>()?);
        }
        if let Some(public) = spec.public_address {
            body.insert(
                "public_net",
                json!({"enable_ipv4": public, "enable_ipv6": public}),
            );
        }
        let (name, region) = (&spec.name, &spec.place.region);
        let summary = format!(
            "server {name}, {} in {region}, image {image}",
            spec.instance_type
        );
        let step = Step::create(ResourceKind::Instance, name, Place::region(region), summary)
            .priced(&spec.instance_type, Market::OnDemand, 1);
        let body = body.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        Ok(vec![step.data(encode(&Call::Create { body })?)])
    }

    async fn delete<W: World>(world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        let server = one(world, &id).await?;
        if server.protection.delete {
            let message = format!("server {} is protected against deletion", server.name);
            let error = Error::new(ErrorKind::FailedPrecondition, message);
            return Err(error.advice("remove the protection first, in the console"));
        }
        let summary = format!("delete server {}, with its disk", server.name);
        let step = Step::change(Action::Delete, &server.id(), summary).priced(
            server.server_type.name,
            Market::OnDemand,
            1,
        );
        Ok(vec![step.data(encode(&Call::Delete { id: server.id })?)])
    }
}

/// Rejects what Hetzner, or this example, cannot do.
fn check(spec: &InstanceSpec) -> Result<(), Error> {
    let cannot = [
        (spec.market != Market::OnDemand, "spot servers"),
        (spec.disk_gib.is_some(), "disks of a size to choose"),
        (spec.subnet.is_some(), "subnets to choose"),
        (spec.role.is_some(), "roles of servers"),
        (
            !spec.volumes.is_empty(),
            "volumes at the start, in this example",
        ),
        (spec.protected, "protection at the start, in this example"),
    ];
    if let Some((_, what)) = cannot.into_iter().find(|(is, _)| *is) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("there are no {what}"),
        ));
    }
    if spec.ssh_keys.is_empty() {
        // Without one, the response has a password of the server: no plugin may see it.
        let message = "a server needs an SSH key";
        let error = Error::new(ErrorKind::InvalidArgument, message);
        return Err(error.advice("name an SSH key of the project"));
    }
    Ok(())
}

/// Returns the identifier of a key, given by its name, or by itself.
fn key(wanted: &str, keys: &[Key]) -> Result<u64, Error> {
    let public = PublicKey::parse(wanted);
    let is = |key: &&Key| match &public {
        Some(public) => public.is(&key.public_key),
        None => key.name == wanted,
    };
    let found = keys.iter().find(is).map(|key| key.id);
    found.ok_or_else(|| {
        let message = format!("the project has no SSH key {}", excerpt(wanted.as_bytes()));
        let error = Error::new(ErrorKind::NotFound, message);
        error.advice("add it to the project, in the console")
    })
}

fn number(id: &str) -> Result<u64, Error> {
    id.parse().map_err(|_| {
        let message = format!("\"{}\" is no identifier of Hetzner", excerpt(id.as_bytes()));
        Error::new(ErrorKind::InvalidArgument, message)
    })
}

/// Parses a row that is as documented.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(row: Value, what: &str) -> Result<T, Error> {
    serde_json::from_value(row).map_err(|error| {
        let why = excerpt(error.to_string().as_bytes());
        Error::internal(format!("a {what} is not as documented: {why}"))
    })
}

#[cfg(test)]
mod tests;
