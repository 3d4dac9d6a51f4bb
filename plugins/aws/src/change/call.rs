//! The request of a step: an action of EC2 and its parameters, kept as the step's data.

use std::collections::BTreeMap;

use cloudhost_sdk::Error;
use cloudhost_sdk::change::{decode, encode, made, tags};
use cloudhost_sdk::operations::{Intent, Made};
use cloudhost_sdk::query::Action;
use cloudhost_sdk::resources::Step;
use serde::{Deserialize, Serialize};

/// Tag of a resource that EC2 finds by no client token: the token of the attempt that made it.
pub(super) const TOKEN_TAG: &str = "cloudhost-token";

/// An action that changes something, as EC2's model describes it.
#[derive(Debug)]
pub(super) struct Known {
    /// Name.
    pub name: &'static str,
    /// `true` if it has the parameter `ClientToken`.
    pub token: bool,
    /// Types of the resources that it makes and tags.
    pub tagged: &'static [&'static str],
    /// Path of the identifier of what it makes, from below the root of the response; `None` if it makes nothing.
    pub makes: Option<&'static [&'static str]>,
    /// Parameter with the identifier of what it changes; empty if it makes something.
    pub subject: &'static str,
    /// `true` if it goes on after the response.
    pub goes_on: bool,
}

const fn makes(
    name: &'static str,
    token: bool,
    tagged: &'static [&'static str],
    path: &'static [&'static str],
) -> Known {
    Known {
        name,
        token,
        tagged,
        makes: Some(path),
        subject: "",
        goes_on: true,
    }
}

const fn changes(name: &'static str, subject: &'static str, goes_on: bool) -> Known {
    Known {
        name,
        token: false,
        tagged: &[],
        makes: None,
        subject,
        goes_on,
    }
}

/// All changes that this plugin can send. Tokens, tags and paths are those of botocore's model of EC2, version 2016-11-15.
static ACTIONS: [Known; 14] = [
    makes(
        "RunInstances",
        true,
        &["instance", "volume"],
        &["instancesSet", "item", "instanceId"],
    ),
    makes("CreateVolume", true, &["volume"], &["volumeId"]),
    makes("CreateSnapshot", false, &["snapshot"], &["snapshotId"]),
    makes("CopySnapshot", false, &["snapshot"], &["snapshotId"]),
    Known {
        goes_on: false,
        ..makes("ImportKeyPair", false, &["key-pair"], &["keyPairId"])
    },
    changes("StartInstances", "InstanceId.1", true),
    changes("StopInstances", "InstanceId.1", true),
    changes("TerminateInstances", "InstanceId.1", true),
    changes("ModifyInstanceAttribute", "InstanceId", false),
    changes("AttachVolume", "VolumeId", true),
    changes("DetachVolume", "VolumeId", true),
    changes("DeleteVolume", "VolumeId", true),
    changes("DeleteSnapshot", "SnapshotId", false),
    changes("DeleteKeyPair", "KeyPairId", false),
];

/// A parameter of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Value {
    /// Text.
    Text(String),
    /// Identifier of what an earlier step of the plan made.
    Made {
        /// Index of the step.
        made: u32,
    },
}

/// An action and its parameters, without those that an intent adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    action: String,
    params: BTreeMap<String, Value>,
}

impl Call {
    pub fn new(action: &str) -> Call {
        Call {
            action: action.to_owned(),
            params: BTreeMap::new(),
        }
    }

    /// Reads the data of a step.
    pub fn of(step: &Step) -> Result<Call, Error> {
        decode(&step.data, "the data of the step")
    }

    /// Adds a parameter.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Call {
        self.params.insert(name.into(), Value::Text(value.into()));
        self
    }

    /// Adds a parameter that is there or not.
    pub fn set_some(self, name: &str, value: Option<impl Into<String>>) -> Call {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Adds `PREFIX.1`, `PREFIX.2` and so on.
    pub fn list<S: AsRef<str>>(self, prefix: &str, values: impl IntoIterator<Item = S>) -> Call {
        let one =
            |call: Call, (n, value): (u32, S)| call.set(format!("{prefix}.{n}"), value.as_ref());
        (1..).zip(values).fold(self, one)
    }

    /// Adds the identifier of what an earlier step makes.
    pub fn made(mut self, name: &str, step: u32) -> Call {
        self.params
            .insert(name.to_owned(), Value::Made { made: step });
        self
    }

    /// Returns a parameter that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.params.get(name)? {
            Value::Text(text) => Some(text),
            Value::Made { .. } => None,
        }
    }

    /// Makes it the data of a step.
    pub fn on(&self, step: Step) -> Result<Step, Error> {
        Ok(step.data(encode(self)?))
    }

    /// Returns the action.
    pub fn known(&self) -> Result<&'static Known, Error> {
        let found = ACTIONS.iter().find(|known| known.name == self.action);
        found.ok_or_else(|| {
            let name = cloudhost_sdk::excerpt(self.action.as_bytes());
            Error::internal(format!("the step has an unknown action: {name}"))
        })
    }

    /// Puts the results of earlier steps in the place of their indices.
    pub fn with(&self, results: &[Made]) -> Result<Call, Error> {
        let text = |(name, value): (&String, &Value)| {
            let text = match value {
                Value::Text(text) => text.clone(),
                Value::Made { made: step } => made(results, *step)?.id.clone(),
            };
            Ok((name.clone(), Value::Text(text)))
        };
        Ok(Call {
            action: self.action.clone(),
            params: self.params.iter().map(text).collect::<Result<_, Error>>()?,
        })
    }

    /// Creates the request, with the token and the tags of an intent: the same arguments give the same bytes.
    pub fn request(&self, name: &str, intent: &Intent) -> Result<Action, Error> {
        let known = self.known()?;
        let mut call = self.clone();
        if known.token {
            call = call.set("ClientToken", &intent.token);
        }
        let mut more = Vec::new();
        if !name.is_empty() {
            more.push(("Name", name));
        }
        if known.name != "RunInstances" {
            more.push((TOKEN_TAG, &intent.token));
        }
        let tags = tags(intent, more);
        for (n, of) in (1..).zip(known.tagged) {
            call = call.set(format!("TagSpecification.{n}.ResourceType"), *of);
            for (t, (key, value)) in (1..).zip(&tags) {
                let tag = format!("TagSpecification.{n}.Tag.{t}");
                call = call
                    .set(format!("{tag}.Key"), key)
                    .set(format!("{tag}.Value"), value);
            }
        }
        let mut action = Action::change(known.name);
        for (name, value) in call.params {
            let Value::Text(text) = value else {
                return Err(Error::internal(format!("{name} is not known yet")));
            };
            action = action.param(name, text);
        }
        Ok(action)
    }
}
