//! Instances, file systems and keys of Lambda Cloud.

use cloudhost_tests::LambdaSettings;
use serde_json::Value;

use super::made;
use crate::support::Lambda;

const TYPE: &str = "gpu_1x_a10";

fn lambda() -> Lambda {
    let lambda = Lambda::new();
    lambda.cloud.set(LambdaSettings::at_once());
    lambda
}

fn create(name: &str) -> [&str; 8] {
    [
        "instance",
        "create",
        name,
        "--region",
        "us-west-1",
        "--instance-type",
        TYPE,
        "-y",
    ]
}

/// Without a key, one is made here, and the cloud gets its public half.
#[test]
fn an_instance_gets_a_key_of_this_machine() {
    let lambda = lambda();
    let operation = lambda.json(&create("dev"), 0);
    let id = made(&operation, "instance");
    let all = lambda.cloud.instances();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].id.as_str(), all[0].name.as_str()), (&*id, "dev"));
    let keys = lambda.cloud.ssh_keys();
    assert_eq!(keys.len(), 1);
    assert_eq!(all[0].ssh_key, keys[0].name);
    assert!(keys[0].public_key.starts_with("ssh-ed25519 "));
    let private = lambda
        .sandbox
        .home()
        .join(".local/state/cloudhost/ssh/id_ed25519");
    assert!(private.is_file());

    let list = lambda.json(&["instance", "list"], 0);
    assert_eq!(list["instances"][0]["ownership"], "ours");
    // The same key serves the next one.
    lambda.json(&create("two"), 0);
    assert_eq!(lambda.cloud.ssh_keys().len(), 1);
    let end = lambda.json(&["instance", "terminate", "dev", "two", "-y"], 0);
    assert_eq!(end["state"], "done");
    assert!(lambda.cloud.instances().iter().all(|one| one.ended));
}

#[test]
fn a_file_system_is_a_volume() {
    let lambda = lambda();
    let make = ["volume", "create", "data", "--region", "us-west-1", "-y"];
    lambda.json(&make, 0);
    let list = lambda.json(&["volume", "list"], 0);
    assert_eq!(list["volumes"][0]["class"], "shared-file-system");
    assert_eq!(list["volumes"][0]["ownership"], "ours");
    let with = [&create("dev")[..], &["--volume", "data"]].concat();
    lambda.json(&with, 0);
    assert_eq!(lambda.cloud.instances()[0].file_systems, ["data"]);
    // There are no snapshots, and stopping is not possible.
    let outcome = lambda.ask(&["instance", "stop", "dev", "-y"], 1);
    assert!(outcome.stderr.contains("error: "), "{outcome}");
    lambda.json(&["instance", "terminate", "dev", "-y"], 0);
    lambda.json(&["volume", "delete", "data", "-y"], 0);
    assert!(lambda.cloud.file_systems().is_empty());
}

#[test]
fn keys_are_added_and_deleted() {
    let lambda = lambda();
    lambda.json(&["ssh-key", "add", "laptop", "-y"], 0);
    let list = lambda.json(&["ssh-key", "list"], 0);
    assert_eq!(list["ssh_keys"][0]["name"], "laptop");
    let again = lambda.json(&["ssh-key", "add", "laptop", "-y"], 0);
    assert_eq!(again["steps"], Value::Array(Vec::new()));
    lambda.json(&["ssh-key", "delete", "laptop", "-y"], 0);
    assert!(lambda.cloud.ssh_keys().is_empty());
}

/// A quota has a status of its own, and the key that was stored for the instance is taken back.
#[test]
fn a_quota_takes_back_what_was_made() {
    let lambda = lambda();
    lambda.cloud.set(LambdaSettings {
        quota: Some(0),
        ..LambdaSettings::at_once()
    });
    let outcome = lambda.ask(&create("dev"), 7);
    assert!(outcome.stderr.contains("quota"), "{outcome}");
    assert!(lambda.cloud.ssh_keys().is_empty());
    let outcome = lambda.ask(&[&create("dev")[..], &["--keep"]].concat(), 7);
    assert!(
        outcome.stderr.contains("cloudhost operation show"),
        "{outcome}"
    );
    assert_eq!(lambda.cloud.ssh_keys().len(), 1);
}
