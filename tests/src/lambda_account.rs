//! Account in the stand-in for Lambda Cloud: instances, file systems and SSH keys, and their changes.
//!
//! The rules are those of the published OpenAPI description, version 1.10.0, by operation:
//! - `launchInstance`: the fields of `InstanceLaunchRequest`; "exactly one SSH key must be specified"; a name of at most
//!   64 characters; user data of at most 1 MB; tags at launch alone; no idempotency token, so that the same request
//!   twice makes two instances. 400 `global/invalid-parameters`, `global/quota-exceeded`,
//!   `instance-operations/launch/insufficient-capacity` (the region is not in the type's
//!   `regions_with_capacity_available`) and `.../file-system-in-wrong-region`; 404 `global/object-does-not-exist` for an
//!   unknown type, key, file system or image. The field `quantity` is gone (skypilot-org/skypilot#7084).
//! - `terminateInstance`, `restartInstance`: a list of ids, and the instances in the response; 404 if one of them is
//!   unknown, and then nothing happens.
//! - `listInstances`, `getInstance`: `InstanceStatus` booting, active, unhealthy, terminating, terminated, preempted.
//!   A change takes polls; the address is there once the instance is active. `actions` says what is possible, with
//!   `vm-has-not-launched` and `vm-is-terminating`.
//! - `postInstance`: renames.
//! - `listFilesystems` is `GET /file-systems`; `createFilesystem` and `filesystemDelete` are below `/filesystems`. 400
//!   `global/duplicate` and `filesystems/filesystem-in-use`, 404 `global/object-does-not-exist`.
//! - `addSSHKey`, `deleteSSHKey`: without a public key, the response has a private key. Their only error of status 400 is
//!   `global/invalid-parameters`, so a taken name and an unknown id are that.
//!
//! Two rules are not in the description, and no program may rely on their absence: lists lag behind a launch, and what
//! has ended stays listed for a while.

use serde_json::{Map, Value, json};

use crate::lambda_content::Content;

/// Token of the JupyterLab of every instance. It must not appear in any output.
pub const LAMBDA_JUPYTER_TOKEN: &str = "53968f128c4a4489b688c2c0a181d083";

const DOES_NOT_EXIST: &str = "global/object-does-not-exist";
const INVALID: &str = "global/invalid-parameters";

/// Behaviour of the stand-in. Numbers are of lists, or of requests for the one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LambdaSettings {
    /// Lists that do not have a new instance yet; by its id it is unknown.
    pub lag: u32,
    /// Lists that show each passing state.
    pub polls: u32,
    /// Lists that still have an instance after its end.
    pub gone_lag: u32,
    /// Limit of instances.
    pub quota: Option<usize>,
}

impl Default for LambdaSettings {
    fn default() -> Self {
        Self {
            lag: 1,
            polls: 1,
            gone_lag: 1,
            quota: None,
        }
    }
}

impl LambdaSettings {
    /// Everything happens at once.
    pub fn at_once() -> Self {
        Self {
            lag: 0,
            polls: 0,
            gone_lag: 0,
            quota: None,
        }
    }
}

/// An instance as the stand-in has it, without lag and passing states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaInstance {
    /// Id.
    pub id: String,
    /// Name, or empty.
    pub name: String,
    /// Region.
    pub region: String,
    /// Instance type.
    pub type_name: String,
    /// Status that the next list shows.
    pub status: String,
    /// It was terminated.
    pub ended: bool,
    /// Tags of its launch.
    pub tags: Vec<(String, String)>,
    /// Name of its SSH key.
    pub ssh_key: String,
    /// Names of its file systems.
    pub file_systems: Vec<String>,
    /// Made by [`crate::LambdaCloud::by_another_hand`].
    pub foreign: bool,
    hostname: String,
    hidden: u32,
    polls: u32,
    /// Lists left that have it; counted after its end.
    left: u32,
    number: u32,
}

/// Now, as Lambda Cloud writes times.
fn now() -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00");
    now.to_string()
}

/// A file system or an SSH key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaResource {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Region of a file system, or empty.
    pub region: String,
    /// Public key, or empty.
    pub public_key: String,
    /// Time of its creation, as Lambda Cloud writes it.
    pub created: String,
    /// Made by [`crate::LambdaCloud::by_another_hand`].
    pub foreign: bool,
}

/// An error of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub suggestion: Option<&'static str>,
}

/// Data of a response, and true if the request changed something.
pub(crate) type Outcome = Result<(Value, bool), Refused>;

/// Everything of one account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub settings: LambdaSettings,
    pub instances: Vec<LambdaInstance>,
    pub file_systems: Vec<LambdaResource>,
    pub ssh_keys: Vec<LambdaResource>,
    /// Resources made now are foreign.
    pub foreign: bool,
    made: u32,
}

impl Account {
    /// Carries a request out; `None` if no operation has this method and path.
    pub(crate) fn act(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
        content: &Content,
    ) -> Option<Outcome> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let outcome = match (method, parts.as_slice()) {
            ("GET", ["instances"]) => Ok((self.list(content), false)),
            ("GET", ["instances", id]) => self.get(id, content).map(|data| (data, false)),
            ("POST", ["instances", id]) => self.rename(id, body, content),
            ("POST", ["instance-operations", "launch"]) => self.launch(body, content),
            ("POST", ["instance-operations", "terminate"]) => self.terminate(body, content),
            ("POST", ["instance-operations", "restart"]) => self.restart(body, content),
            ("GET", ["file-systems"]) => Ok((self.list_file_systems(content), false)),
            ("POST", ["filesystems"]) => self.create_file_system(body, content),
            ("DELETE", ["filesystems", id]) => self.delete_file_system(id),
            ("GET", ["ssh-keys"]) => Ok((self.ssh_keys.iter().map(key).collect(), false)),
            ("POST", ["ssh-keys"]) => self.add_key(body),
            ("DELETE", ["ssh-keys", id]) => self.delete_key(id),
            _ => return None,
        };
        Some(outcome)
    }

    /// Forgets everything but the settings.
    pub(crate) fn reset(&mut self) {
        *self = Self {
            settings: self.settings,
            ..Self::default()
        };
    }

    /// Changes the status of an instance at once, as preemption or a broken machine does.
    pub(crate) fn set_status(&mut self, id: &str, status: &str) {
        for instance in self.instances.iter_mut().filter(|one| one.id == id) {
            instance.status = status.to_owned();
            instance.polls = 0;
            if matches!(status, "terminated" | "preempted") {
                instance.ended = true;
                instance.left = self.settings.gone_lag;
            }
        }
    }

    fn list(&mut self, content: &Content) -> Value {
        let mut shown = Vec::new();
        for instance in &mut self.instances {
            if instance.poll() {
                shown.push(instance.json(content, &self.file_systems));
                instance.pass();
            }
        }
        shown.into()
    }

    fn get(&mut self, id: &str, content: &Content) -> Result<Value, Refused> {
        let instance = self.instances.iter_mut().find(|one| one.id == id);
        let instance = instance.ok_or_else(unknown_instance)?;
        if !instance.poll() {
            return Err(unknown_instance());
        }
        let shown = instance.json(content, &self.file_systems);
        instance.pass();
        Ok(shown)
    }

    fn rename(&mut self, id: &str, body: &Value, content: &Content) -> Outcome {
        let name = match body.get("name") {
            Some(name) => name_of(name)?,
            None => String::new(),
        };
        let instance = self.instances.iter_mut().find(|one| one.id == id);
        let instance = instance.filter(|one| one.hidden == 0 && one.left > 0);
        let instance = instance.ok_or_else(unknown_instance)?;
        instance.name = name;
        Ok((instance.json(content, &self.file_systems), true))
    }

    fn launch(&mut self, body: &Value, content: &Content) -> Outcome {
        let wanted = Launch::read(body)?;
        let missing = |what: &str| Refused {
            suggestion: Some("Check the name, then try again."),
            ..refused(404, DOES_NOT_EXIST, &format!("{what} was not found."))
        };
        if !content
            .regions
            .iter()
            .any(|one| one.get("name") == Some(&json!(wanted.region)))
        {
            return Err(refused(400, INVALID, "Invalid request data."));
        }
        let offered = content.types.get(&wanted.type_name);
        let offered = offered.ok_or_else(|| missing("Instance type"))?;
        if !self.ssh_keys.iter().any(|one| one.name == wanted.ssh_key) {
            return Err(missing("SSH key"));
        }
        if let Some((field, value)) = &wanted.image {
            let fits = |image: &Value| image.get(field) == Some(&json!(value));
            if !content.images.iter().any(fits) {
                return Err(missing("Image"));
            }
        }
        for name in &wanted.file_systems {
            let found = self.file_systems.iter().find(|one| one.name == *name);
            if found.ok_or_else(|| missing("Filesystem"))?.region != wanted.region {
                let code = "instance-operations/launch/file-system-in-wrong-region";
                let message = "The filesystem is in another region than the instance.";
                return Err(refused(400, code, message));
            }
        }
        let running = self.instances.iter().filter(|one| !one.ended).count();
        if self.settings.quota.is_some_and(|quota| running >= quota) {
            return Err(Refused {
                suggestion: Some("Contact Support to raise your quota."),
                ..refused(400, "global/quota-exceeded", "Quota exceeded.")
            });
        }
        let free = offered.get("regions_with_capacity_available");
        let free = free.and_then(Value::as_array).into_iter().flatten();
        if !free
            .into_iter()
            .any(|one| one.get("name") == Some(&json!(wanted.region)))
        {
            let code = "instance-operations/launch/insufficient-capacity";
            let message = "Not enough capacity to fulfill launch request.";
            return Err(refused(400, code, message));
        }
        let id = self.id();
        let number = self.made;
        let hostname = match wanted.hostname {
            hostname if hostname.is_empty() => format!("192-0-2-{}", number % 250 + 1),
            hostname => hostname,
        };
        self.instances.push(LambdaInstance {
            id: id.clone(),
            name: wanted.name,
            region: wanted.region,
            type_name: wanted.type_name,
            status: if self.settings.polls > 0 {
                "booting"
            } else {
                "active"
            }
            .to_owned(),
            ended: false,
            tags: wanted.tags,
            ssh_key: wanted.ssh_key,
            file_systems: wanted.file_systems,
            foreign: self.foreign,
            hostname,
            hidden: if self.foreign { 0 } else { self.settings.lag },
            polls: self.settings.polls,
            left: 1,
            number,
        });
        Ok((json!({ "instance_ids": [id] }), true))
    }

    fn terminate(&mut self, body: &Value, content: &Content) -> Outcome {
        let settings = self.settings;
        let changed = self.change(body, content, |instance| {
            if !instance.ended {
                instance.ended = true;
                instance.polls = settings.polls;
                instance.status = "terminating".to_owned();
                instance.left = settings.polls + settings.gone_lag;
                if settings.polls == 0 {
                    instance.status = "terminated".to_owned();
                }
            }
        })?;
        Ok((json!({ "terminated_instances": changed }), true))
    }

    fn restart(&mut self, body: &Value, content: &Content) -> Outcome {
        let polls = self.settings.polls;
        let changed = self.change(body, content, |instance| {
            if !instance.ended && polls > 0 {
                instance.polls = polls;
                instance.status = "booting".to_owned();
            }
        })?;
        Ok((json!({ "restarted_instances": changed }), true))
    }

    /// Changes all instances of a request, or none.
    fn change(
        &mut self,
        body: &Value,
        content: &Content,
        apply: impl Fn(&mut LambdaInstance),
    ) -> Result<Value, Refused> {
        let ids = body.get("instance_ids").and_then(Value::as_array);
        let ids = ids.ok_or_else(|| refused(400, INVALID, "Invalid request data."))?;
        let known = |id: &&Value| {
            let mut instances = self.instances.iter();
            instances.any(|one| **id == json!(one.id) && one.hidden == 0 && one.left > 0)
        };
        if !ids.iter().all(|id| known(&id)) {
            return Err(unknown_instance());
        }
        let mut changed = Vec::new();
        for instance in &mut self.instances {
            if ids.contains(&json!(instance.id)) {
                apply(instance);
                changed.push(instance.json(content, &self.file_systems));
            }
        }
        Ok(changed.into())
    }

    fn list_file_systems(&self, content: &Content) -> Value {
        let one = |system: &LambdaResource| self.file_system(system, content);
        self.file_systems.iter().map(one).collect()
    }

    fn file_system(&self, system: &LambdaResource, content: &Content) -> Value {
        json!({
            "id": system.id, "name": system.name, "mount_point": format!("/lambda/nfs/{}", system.name),
            "created": system.created, "is_in_use": self.uses(system), "bytes_used": 0,
            "created_by": {"id": "0123456789abcdef0123456789abcdef", "email": "user@example.org", "status": "active"},
            "region": region(&system.region, content),
        })
    }

    /// True while an instance has the file system.
    fn uses(&self, system: &LambdaResource) -> bool {
        let mut alive = self.instances.iter().filter(|one| !one.ended);
        alive.any(|one| one.region == system.region && one.file_systems.contains(&system.name))
    }

    fn create_file_system(&mut self, body: &Value, content: &Content) -> Outcome {
        let (name, region) = (text(body, "name")?, text(body, "region")?);
        if !content
            .regions
            .iter()
            .any(|one| one.get("name") == Some(&json!(region)))
        {
            return Err(refused(400, INVALID, "Invalid request data."));
        }
        if self.file_systems.iter().any(|one| one.name == name) {
            let message = "A filesystem with this name exists.";
            return Err(refused(400, "global/duplicate", message));
        }
        let made = LambdaResource {
            id: self.id(),
            name,
            region,
            public_key: String::new(),
            created: now(),
            foreign: self.foreign,
        };
        let shown = self.file_system(&made, content);
        self.file_systems.push(made);
        Ok((shown, true))
    }

    fn delete_file_system(&mut self, id: &str) -> Outcome {
        let at = self.file_systems.iter().position(|one| one.id == id);
        let at = at.ok_or_else(|| refused(404, DOES_NOT_EXIST, "Filesystem was not found."))?;
        let used = self.file_systems.get(at).is_some_and(|one| self.uses(one));
        if used {
            let message = "The filesystem is mounted to an instance.";
            return Err(refused(400, "filesystems/filesystem-in-use", message));
        }
        self.file_systems.remove(at);
        Ok((json!({ "deleted_ids": [id] }), true))
    }

    fn add_key(&mut self, body: &Value) -> Outcome {
        let name = text(body, "name")?;
        if name.len() > 64 || self.ssh_keys.iter().any(|one| one.name == name) {
            return Err(refused(400, INVALID, "Invalid request data."));
        }
        let given = body.get("public_key").and_then(Value::as_str);
        let made = LambdaResource {
            id: self.id(),
            name,
            region: String::new(),
            public_key: given.unwrap_or("ssh-ed25519 AAAATEST generated").to_owned(),
            created: now(),
            foreign: self.foreign,
        };
        let mut shown = key(&made);
        if let (None, Value::Object(fields)) = (given, &mut shown) {
            let private =
                "-----BEGIN OPENSSH PRIVATE KEY-----\nTEST\n-----END OPENSSH PRIVATE KEY-----\n";
            fields.insert("private_key".to_owned(), private.into());
        }
        self.ssh_keys.push(made);
        Ok((shown, true))
    }

    fn delete_key(&mut self, id: &str) -> Outcome {
        let at = self.ssh_keys.iter().position(|one| one.id == id);
        let at = at.ok_or_else(|| refused(400, INVALID, "Invalid request data."))?;
        self.ssh_keys.remove(at);
        Ok((json!({}), true))
    }

    /// Returns a new id, of 32 hexadecimal digits as the real ones.
    fn id(&mut self) -> String {
        self.made += 1;
        let number = u128::from(self.made);
        format!(
            "{:032x}",
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        )
    }
}

impl LambdaInstance {
    /// Counts a list, and returns true if it has this instance.
    fn poll(&mut self) -> bool {
        if self.hidden > 0 {
            self.hidden -= 1;
            return false;
        }
        self.left > 0
    }

    /// Goes on after a list that had it.
    fn pass(&mut self) {
        if self.polls > 0 {
            self.polls -= 1;
            if self.polls == 0 {
                let done = if self.ended { "terminated" } else { "active" };
                self.status = done.to_owned();
            }
        }
        if self.ended {
            self.left -= 1;
        }
    }

    fn json(&self, content: &Content, file_systems: &[LambdaResource]) -> Value {
        let machine = content.types.get(&self.type_name);
        let machine = machine.and_then(|item| item.get("instance_type")).cloned();
        let address = format!("192.0.2.{}", self.number % 250 + 1);
        let (started, ended) = (self.status != "booting", self.ended);
        let action = |available: bool| match (available, ended) {
            (true, _) => json!({ "available": true }),
            (false, true) => blocked("vm-is-terminating", "The instance is terminating."),
            (false, false) => blocked("vm-has-not-launched", "The instance has not launched yet."),
        };
        let up = started && !ended;
        let mut shown = json!({
            "id": self.id, "status": self.status, "ssh_key_names": [self.ssh_key],
            "file_system_names": self.file_systems, "region": region(&self.region, content),
            "instance_type": machine, "hostname": self.hostname, "actions": {
                "migrate": action(false), "rebuild": action(false), "restart": action(up),
                "cold_reboot": action(up), "terminate": action(!ended),
            },
        });
        let Value::Object(fields) = &mut shown else {
            return shown;
        };
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        if !self.name.is_empty() {
            put("name", self.name.clone().into());
        }
        if !self.tags.is_empty() {
            let tag = |(key, value): &(String, String)| json!({ "key": key, "value": value });
            put("tags", self.tags.iter().map(tag).collect());
        }
        if !self.file_systems.is_empty() {
            let mounted = file_systems.iter();
            let mounted = mounted.filter(|one| self.file_systems.contains(&one.name));
            let mount = |one: &LambdaResource| json!({ "mount_point": format!("/lambda/nfs/{}", one.name), "file_system_id": one.id });
            put("file_system_mounts", mounted.map(mount).collect());
        }
        if up {
            put("ip", address.into());
            put(
                "private_ip",
                format!("10.19.0.{}", self.number % 250 + 1).into(),
            );
            put("jupyter_token", LAMBDA_JUPYTER_TOKEN.into());
            let url = format!(
                "https://jupyter-{}.lambdaspaces.com/?token={LAMBDA_JUPYTER_TOKEN}",
                self.id
            );
            put("jupyter_url", url.into());
        }
        shown
    }
}

/// A launch request whose form is right.
struct Launch {
    region: String,
    type_name: String,
    ssh_key: String,
    name: String,
    hostname: String,
    file_systems: Vec<String>,
    tags: Vec<(String, String)>,
    /// Field and value that an image must have.
    image: Option<(&'static str, String)>,
}

impl Launch {
    fn read(body: &Value) -> Result<Self, Refused> {
        const KNOWN: [&str; 11] = [
            "region_name",
            "instance_type_name",
            "ssh_key_names",
            "file_system_names",
            "file_system_mounts",
            "hostname",
            "name",
            "image",
            "user_data",
            "tags",
            "firewall_rulesets",
        ];
        let invalid = || refused(400, INVALID, "Invalid request data.");
        let fields: &Map<String, Value> = body.as_object().ok_or_else(invalid)?;
        if fields.keys().any(|name| !KNOWN.contains(&name.as_str())) {
            return Err(invalid());
        }
        let list = |name: &str| -> Result<Vec<String>, Refused> {
            let Some(values) = body.get(name) else {
                return Ok(Vec::new());
            };
            let values = values.as_array().ok_or_else(invalid)?.iter();
            let values = values.map(|value| value.as_str().map(str::to_owned));
            values.collect::<Option<_>>().ok_or_else(invalid)
        };
        let keys = list("ssh_key_names")?;
        let [ssh_key] = keys.as_slice() else {
            return Err(invalid());
        };
        let size = body.get("user_data").and_then(Value::as_str).map(str::len);
        if size.is_some_and(|size| size > 1_000_000) {
            return Err(invalid());
        }
        let tag = |tag: &Value| {
            Some((
                tag.get("key")?.as_str()?.to_owned(),
                tag.get("value")?.as_str()?.to_owned(),
            ))
        };
        let tags = body.get("tags").and_then(Value::as_array);
        let tags = tags.into_iter().flatten().map(tag).collect::<Option<_>>();
        let image = match body.get("image") {
            None => None,
            Some(image) => {
                let by = |field| Some((field, image.get(field)?.as_str()?.to_owned()));
                Some(by("id").or_else(|| by("family")).ok_or_else(invalid)?)
            }
        };
        Ok(Self {
            region: text(body, "region_name")?,
            type_name: text(body, "instance_type_name")?,
            ssh_key: ssh_key.clone(),
            name: body.get("name").map_or(Ok(String::new()), name_of)?,
            hostname: body
                .get("hostname")
                .map_or(Ok(String::new()), hostname_of)?,
            file_systems: list("file_system_names")?,
            tags: tags.ok_or_else(invalid)?,
            image,
        })
    }
}

fn name_of(name: &Value) -> Result<String, Refused> {
    let name = name.as_str().filter(|name| name.chars().count() <= 64);
    let invalid = || refused(400, INVALID, "Invalid request data.");
    name.map(str::to_owned).ok_or_else(invalid)
}

/// Accepts `^[a-z0-9][0-9a-z-]{0,62}$`.
fn hostname_of(name: &Value) -> Result<String, Refused> {
    let known = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let fits = |name: &&str| {
        name.len() <= 63
            && name.starts_with(known)
            && name.chars().all(|letter| known(letter) || letter == '-')
    };
    let invalid = || refused(400, INVALID, "Invalid request data.");
    name.as_str()
        .filter(fits)
        .map(str::to_owned)
        .ok_or_else(invalid)
}

fn text(body: &Value, name: &str) -> Result<String, Refused> {
    let value = body.get(name).and_then(Value::as_str);
    let value = value.filter(|value| !value.is_empty());
    let invalid = || refused(400, INVALID, "Invalid request data.");
    value.map(str::to_owned).ok_or_else(invalid)
}

fn key(key: &LambdaResource) -> Value {
    json!({ "id": key.id, "name": key.name, "public_key": key.public_key })
}

fn region(name: &str, content: &Content) -> Value {
    let found = content
        .regions
        .iter()
        .find(|one| one.get("name") == Some(&json!(name)));
    found.cloned().unwrap_or_default()
}

fn blocked(code: &str, description: &str) -> Value {
    json!({ "available": false, "reason_code": code, "reason_description": description })
}

fn unknown_instance() -> Refused {
    refused(404, DOES_NOT_EXIST, "Specified instance does not exist.")
}

fn refused(status: u16, code: &'static str, message: &str) -> Refused {
    Refused {
        status,
        code,
        message: message.to_owned(),
        suggestion: None,
    }
}
