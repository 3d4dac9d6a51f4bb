//! JSON Schemas of the records, made from the types.

use crate::{
    Accounts, Availability, Bill, BuiltPlugin, CacheCleared, CacheStatus, Collection,
    CredentialCheck, CredentialList, CredentialPath, CredentialRemoved, CredentialStored,
    CredentialTest, Doctor, GeneratedKconfig, Images, Instance, InstanceTypes, Instances,
    NewProject, Operation, Operations, Plan, Plugin, PluginList, PluginVerification,
    PriceComparison, Prices, Pruned, PushedPlugin, Regions, Selection, Snapshot, Snapshots,
    SshKeys, TestReport, TierList, Volume, Volumes,
};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Record that is printed or served as one JSON document.
pub trait Record: Serialize + JsonSchema {
    /// Name of its schema. Stable, as are the fields; a breaking change of them raises the number in `$id`.
    const NAME: &'static str;
}

/// Schema of one [`Record`].
///
/// ```
/// use cloudhost_api::Schema;
///
/// let schema = Schema::find("regions").map(Schema::document);
/// assert!(schema.is_some_and(|schema| schema["$id"] == "urn:cloudhost:schema:regions:1"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Name of the schema, in kebab-case.
    pub name: &'static str,
    make: fn() -> Value,
}

/// Gives each record its name.
macro_rules! records {
    ($($name:literal: $record:ty,)*) => {
        $(impl Record for $record {
            const NAME: &'static str = $name;
        })*

        impl Schema {
            /// All schemas, sorted by name.
            pub const ALL: &'static [Self] = &[$(Self { name: $name, make: document::<$record> }),*];
        }
    };
}

records! {
    "availability": Availability,
    "bill": Bill,
    "cache-clear": CacheCleared,
    "cache-status": CacheStatus,
    "collection": Collection,
    "credentials-check": CredentialCheck,
    "credentials-list": CredentialList,
    "credentials-path": CredentialPath,
    "credentials-remove": CredentialRemoved,
    "credentials-set": CredentialStored,
    "credentials-test": CredentialTest,
    "doctor": Doctor,
    "generate-kconfig": GeneratedKconfig,
    "images": Images,
    "instance": Instance,
    "instance-types": InstanceTypes,
    "instances": Instances,
    "operation": Operation,
    "operations": Operations,
    "plan": Plan,
    "plugin": Plugin,
    "plugin-build": BuiltPlugin,
    "plugin-list": PluginList,
    "plugin-new": NewProject,
    "plugin-push": PushedPlugin,
    "plugin-test": TestReport,
    "plugin-verify": PluginVerification,
    "price-comparison": PriceComparison,
    "prices": Prices,
    "regions": Regions,
    "schema-list": SchemaList,
    "selection": Selection,
    "snapshot": Snapshot,
    "snapshot-prune": Pruned,
    "snapshots": Snapshots,
    "ssh-keys": SshKeys,
    "tiers": TierList,
    "volume": Volume,
    "volumes": Volumes,
    "whoami": Accounts,
}

/// Makes the schema of a record as it is written.
fn document<T: Record>() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert(
        "$id".to_owned(),
        format!("urn:cloudhost:schema:{}:1", T::NAME).into(),
    );
    schema.insert("title".to_owned(), T::NAME.into());
    schema.to_value()
}

impl Schema {
    /// Finds a schema by name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|schema| schema.name == name)
    }

    /// The schema as a JSON document of draft 2020-12.
    pub fn document(&self) -> Value {
        (self.make)()
    }
}

/// Names of all schemas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaList {
    /// The schemas, sorted by name.
    pub schemas: Vec<SchemaName>,
}

/// Name of one schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaName {
    /// Name of the schema.
    pub name: String,
    /// Description of the record.
    pub description: String,
    /// Commands that print it.
    pub commands: Vec<String>,
}

impl SchemaList {
    /// Lists all schemas, each with the commands of a program that print it.
    pub fn all(commands: impl Fn(&str) -> Vec<String>) -> Self {
        let name = |schema: &Schema| SchemaName {
            name: schema.name.to_owned(),
            description: schema
                .document()
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            commands: commands(schema.name),
        };
        Self {
            schemas: Schema::ALL.iter().map(name).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        let names: Vec<_> = Schema::ALL.iter().map(|schema| schema.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }

    /// Every object lists and describes all of its fields, and allows no others.
    #[test]
    fn schemas_are_strict_and_described() {
        fn check(at: &str, schema: &Value) {
            let Some(object) = schema.as_object() else {
                return;
            };
            for (name, field) in object
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                assert!(
                    field.get("description").is_some(),
                    "{at}: {name} has no description"
                );
                assert_eq!(schema["additionalProperties"], Value::Bool(false), "{at}");
            }
            for (name, part) in object {
                check(&format!("{at}/{name}"), part);
            }
        }
        for schema in Schema::ALL {
            let document = schema.document();
            let description = document["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{}: {description}", schema.name);
            check(schema.name, &document);
        }
    }
}
