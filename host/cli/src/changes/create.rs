//! Requests for new resources: from options, from a file, or from both.

use super::clouds::usage;
use crate::args::{InstanceCreateArgs, NewArgs, VolumeCreateArgs, VolumePlaceArgs};
use crate::change_errors::InvalidRequest;
use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudhost::changes::{SshKeyError, public_key};
use cloudhost::contract::cloudhost::provider::resources::{Place, ResourceId};
use cloudhost::contract::cloudhost::provider::types::Market;
use cloudhost::contract::with_instances::exports::cloudhost::provider::instances::InstanceSpec;
use cloudhost::contract::with_storage::exports::cloudhost::provider::storage::{
    VolumeClass, VolumeSpec,
};
use cloudhost::contract::{Label as _, value_fault};
use cloudhost_api::{InstanceRequest, VolumeRequest};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// Longest file of a request, or of data for the first start.
const LIMIT: u64 = 1 << 20;

/// The request for an instance: the file, and the options over it.
pub fn instance(
    args: &InstanceCreateArgs,
    settings: &[(String, String)],
) -> anyhow::Result<InstanceRequest> {
    let mut request: InstanceRequest = match &args.from {
        Some(path) => from_file(path, "instance")?,
        None => InstanceRequest::default(),
    };
    let keys = args.ssh_key.iter().map(|key| ssh_key(key));
    let keys = keys.collect::<Result<Vec<String>, SshKeyError>>()?;
    replace(&mut request.name, &args.name);
    replace_all(&mut request.regions, &args.region);
    replace_all(&mut request.zones, &args.zone);
    replace_all(&mut request.instance_types, &args.instance_type);
    replace_option(&mut request.image, &args.image);
    replace_all(&mut request.ssh_keys, &keys);
    replace_option(&mut request.login, &args.login);
    request.spot |= args.spot;
    replace_option(&mut request.disk_gib, &args.disk);
    replace_option(&mut request.network, &args.network);
    replace_option(&mut request.subnet, &args.subnet);
    replace_all(&mut request.security_groups, &args.security_group);
    replace_option(&mut request.role, &args.role);
    replace_all(&mut request.volumes, &args.volume);
    if let Some(path) = &args.user_data {
        let data = read(path)?;
        (request.user_data, request.user_data_base64) = match String::from_utf8(data) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
        };
    }
    new(
        &args.new,
        &mut request.tags,
        &mut request.protect,
        &mut request.expires_in_seconds,
    );
    request.settings.extend(settings.iter().cloned());
    check_name(&request.name);
    if request.instance_types.is_empty() {
        usage("an instance type is needed: --instance-type TYPE\n");
    }
    Ok(request)
}

/// The request for a volume: the file, and the options over it.
pub fn volume(
    args: &VolumeCreateArgs,
    settings: &[(String, String)],
) -> anyhow::Result<VolumeRequest> {
    let mut request: VolumeRequest = match &args.from {
        Some(path) => from_file(path, "volume")?,
        None => VolumeRequest::default(),
    };
    replace(&mut request.name, &args.name);
    replace_option(&mut request.size_gib, &args.size);
    replace_option(&mut request.snapshot, &args.snapshot);
    placed(&mut request, &args.place, settings);
    check_name(&request.name);
    Ok(request)
}

/// Puts these options into a request.
pub fn placed(request: &mut VolumeRequest, args: &VolumePlaceArgs, settings: &[(String, String)]) {
    replace_all(&mut request.regions, &args.region);
    replace_all(&mut request.zones, &args.zone);
    replace_option(&mut request.class, &args.class);
    replace_option(&mut request.iops, &args.iops);
    new(
        &args.new,
        &mut request.tags,
        &mut request.protect,
        &mut request.expires_in_seconds,
    );
    request.settings.extend(settings.iter().cloned());
}

fn new(
    args: &NewArgs,
    tags: &mut BTreeMap<String, String>,
    protect: &mut bool,
    expires: &mut Option<u64>,
) {
    tags.extend(args.tag.iter().cloned());
    *protect |= args.protect;
    replace_option(expires, &args.expires_in);
}

/// Rejects a name that could pass for something else in a command or a file.
pub fn check_name(name: &str) {
    if let Some(fault) = value_fault(name) {
        usage(&format!("the name `{}` {fault}\n", name.escape_debug()));
    }
}

/// The specification of an instance in one place.
pub fn instance_spec(
    request: &InstanceRequest,
    place: &Place,
    instance_type: &str,
    volumes: &[ResourceId],
) -> anyhow::Result<InstanceSpec> {
    let user_data = match (&request.user_data, &request.user_data_base64) {
        (Some(text), _) => Some(text.clone().into_bytes()),
        (None, Some(text)) => Some(
            STANDARD
                .decode(text)
                .context("`user_data_base64` is no base64")?,
        ),
        (None, None) => None,
    };
    Ok(InstanceSpec {
        name: request.name.clone(),
        place: place.clone(),
        instance_type: instance_type.to_owned(),
        image: request.image.clone(),
        ssh_keys: request.ssh_keys.clone(),
        login: request.login.clone(),
        user_data,
        market: match request.spot {
            true => Market::Spot,
            false => Market::OnDemand,
        },
        disk_gib: request.disk_gib,
        network: request.network.clone(),
        subnet: request.subnet.clone(),
        security_groups: request.security_groups.clone(),
        public_address: request.public_address,
        role: request.role.clone(),
        volumes: volumes.to_vec(),
        protected: request.protect,
        settings: request.settings.clone().into_iter().collect(),
    })
}

/// The specification of a volume in one place.
pub fn volume_spec(
    request: &VolumeRequest,
    place: &Place,
    snapshot: Option<ResourceId>,
) -> VolumeSpec {
    VolumeSpec {
        name: request.name.clone(),
        place: place.clone(),
        size_gib: request.size_gib,
        class: request.class.as_deref().and_then(VolumeClass::parse),
        iops: request.iops,
        snapshot,
        protected: request.protect,
        settings: request.settings.clone().into_iter().collect(),
    }
}

/// A key as it is given: the public key in a file of this name, else the name of a key that the cloud has.
fn ssh_key(given: &str) -> Result<String, SshKeyError> {
    let path = Path::new(given);
    match path.is_file() || given.contains('/') {
        true => public_key(path),
        false => Ok(given.to_owned()),
    }
}

/// Reads a request from a file: the request itself, or a plan that has it in this field.
fn from_file<T: DeserializeOwned>(path: &Path, field: &str) -> anyhow::Result<T> {
    let invalid = |why: String| InvalidRequest {
        path: path.to_owned(),
        why,
    };
    let bytes = read(path)?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("it is no text".to_owned()))?;
    let mut value: serde_json::Value =
        serde_saphyr::from_str(&text).map_err(|error| invalid(error.to_string()))?;
    if let Some(inner) = value.get_mut(field) {
        value = inner.take();
    }
    Ok(serde_json::from_value(value).map_err(|error| invalid(error.to_string()))?)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = cloudhost_files::read_regular(path, LIMIT);
    Ok(read.map_err(|error| InvalidRequest {
        path: path.to_owned(),
        why: error.to_string(),
    })?)
}

fn replace(value: &mut String, given: &Option<String>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

fn replace_option<T: Clone>(value: &mut Option<T>, given: &Option<T>) {
    if given.is_some() {
        value.clone_from(given);
    }
}

fn replace_all(value: &mut Vec<String>, given: &[String]) {
    if !given.is_empty() {
        *value = given.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command, InstanceCommand};
    use clap::Parser as _;

    fn request(extra: &[&str]) -> anyhow::Result<InstanceRequest> {
        let words = ["cloudhost", "instance", "create"];
        let cli = Cli::parse_from(words.iter().chain(extra));
        let Command::Instance(resources) = &cli.command else {
            panic!("{cli:?}");
        };
        let InstanceCommand::Create(args) = &resources.command else {
            panic!("{cli:?}");
        };
        instance(args, &resources.sources.set)
    }

    /// A printed plan can be given again, and options stand over it.
    #[test]
    fn a_file_gives_the_same_request() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::write(&data, [0, 255, 10]).unwrap();
        let given = request(&[
            "dev",
            "--region",
            "east",
            "--instance-type",
            "small",
            "--user-data",
            data.to_str().unwrap(),
            "--tag",
            "team=a",
            "--spot",
            "--expires-in",
            "8h",
            "--set",
            "a=b",
        ])
        .unwrap();
        assert_eq!(given.user_data_base64.as_deref(), Some("AP8K"));
        for plan in [false, true] {
            let value = match plan {
                true => serde_json::json!({ "instance": given, "title": "t" }),
                false => serde_json::to_value(&given).unwrap(),
            };
            let file = folder.path().join("file.yaml");
            std::fs::write(&file, serde_saphyr::to_string(&value).unwrap()).unwrap();
            let from = ["--from", file.to_str().unwrap()];
            assert_eq!(request(&from).unwrap(), given);
            let other = request(&[
                "--from",
                file.to_str().unwrap(),
                "--zone",
                "east-1",
                "other",
            ]);
            let other = other.unwrap();
            assert_eq!((other.name.as_str(), other.zones.len()), ("other", 1));
            assert_eq!(other.tags, given.tags);
        }
        let file = folder.path().join("file.yaml");
        std::fs::write(&file, "name: a\nregiones: [b]\n").unwrap();
        let error = request(&["--from", file.to_str().unwrap()]).unwrap_err();
        assert!(error.to_string().contains("regiones"), "{error}");
    }
}
