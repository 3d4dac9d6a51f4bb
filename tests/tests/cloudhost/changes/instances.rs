//! Instances of EC2, from creation to end.

use std::collections::BTreeMap;

use cloudhost_tests::{Ec2Settings, Sandbox, schema_faults};
use serde_json::Value;

use super::{Aws, DOCUMENTS, create, made};

#[test]
fn an_instance_from_creation_to_end() {
    let aws = Aws::with(&Ec2Settings::default());
    let operation = aws.json(&[&create("dev")[..], &["--tag", "team=storage"]].concat());
    assert_eq!(operation["state"], "done");
    let id = made(&operation, "instance");
    let made = aws.cloud.instances().unwrap();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0].id, id);
    assert_eq!(made[0].tags["Name"], "dev");
    assert_eq!(made[0].tags["team"], "storage");
    assert_eq!(
        made[0].tags["cloudhost-operation"],
        operation["id"].as_str().unwrap()
    );
    // The token is that of the request.
    assert!(!made[0].token.is_empty());

    let list = aws.json(&["run", "aws", "instance", "list", "--region", "us-east-1"]);
    let one = &list["instances"][0];
    assert_eq!(one["id"], id.as_str());
    assert_eq!(one["ownership"], "ours");
    assert_eq!(one["instance_type"], "t3.micro");
    let one = aws.json(&["instance", "get", "dev", "--provider", "aws"]);
    assert_eq!(one["id"], id.as_str());

    let wait = ["instance", "wait", "dev", "--provider", "aws"];
    assert_eq!(aws.json(&wait)["state"], "running");
    let stop = ["run", "aws", "instance", "stop", "dev", "-y"];
    assert_eq!(aws.json(&stop)["state"], "done");
    let one = aws.json(&["instance", "get", &id, "--provider", "aws"]);
    assert_eq!(one["state"], "stopped");
    let start = ["run", "aws", "instance", "start", &id, "-y"];
    assert_eq!(aws.json(&start)["state"], "done");

    let end = ["instance", "terminate", "dev", "--provider", "aws", "-y"];
    assert_eq!(aws.json(&end)["state"], "done");
    assert_eq!(aws.alive(), [""; 0]);
    let wait = [&wait[..], &["--for", "terminated"]].concat();
    aws.run(&wait, 0);

    let list = aws.json(&["operation", "list"]);
    let titles: Vec<&str> = list["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles.len(), 4, "{titles:?}");
    assert_eq!(titles[3], "create instance dev");
    let id = operation["id"].as_str().unwrap();
    let shown = aws.json(&["operation", "show", &id[..8]]);
    assert_eq!(shown["id"], id);
    assert_eq!(shown["steps"], operation["steps"]);
}

/// Nothing is sent before the user agrees.
#[test]
fn nothing_is_changed_without_agreement() {
    let aws = Aws::at_once();
    let mut args = create("dev");
    args.retain(|arg| *arg != "-y");
    let outcome = aws.run(&args, 2);
    assert!(outcome.stderr.contains("add -y"), "{outcome}");
    let plan = aws.json(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(plan["title"], "create instance dev");
    assert!(!plan["steps"].as_array().unwrap().is_empty());
    assert_eq!(aws.effects(), 0);
    // A plan leaves no operation behind.
    let list = aws.json(&["operation", "list"]);
    assert_eq!(list["operations"].as_array().unwrap().len(), 0);
}

#[test]
fn a_printed_plan_can_be_given_again() {
    let aws = Aws::at_once();
    let data = aws.sandbox.path().join("data");
    std::fs::write(&data, "#cloud-config\n").unwrap();
    let options = ["--user-data", "data", "--disk", "20", "--dry-run"];
    let args = [&create("dev")[..], &options].concat();
    let run = aws.sandbox.cloudhost(["--output", "yaml"]).unwrap();
    let run = args.iter().fold(run, |run, arg| run.arg(arg));
    let yaml = run.aws(&aws.cloud.url()).run().unwrap();
    assert_eq!(yaml.code, Some(0), "{yaml}");
    std::fs::write(aws.sandbox.path().join("dev.yaml"), &yaml.stdout).unwrap();
    let from = [
        "run", "aws", "instance", "create", "--from", "dev.yaml", "-y",
    ];
    let operation = aws.json(&from);
    assert_eq!(operation["state"], "done");
    let requests = aws.cloud.requests().unwrap();
    let run = requests
        .iter()
        .find(|one| one.action == "RunInstances")
        .unwrap();
    assert_eq!(run.params["UserData"], "I2Nsb3VkLWNvbmZpZwo=");
    assert_eq!(run.params["BlockDeviceMapping.1.Ebs.VolumeSize"], "20");
}

#[test]
fn the_same_name_is_made_once() {
    let aws = Aws::at_once();
    let id = aws.create("dev", &[]);
    let outcome = aws.run(&create("dev"), 2);
    assert!(outcome.stderr.contains(&id), "{outcome}");
    assert!(outcome.stderr.contains("give another name"), "{outcome}");
    assert_eq!(aws.alive(), [id]);
}

#[test]
fn what_is_not_ours_is_not_changed() {
    let aws = Aws::at_once();
    let id = aws
        .cloud
        .foreign_instance("us-east-1", ("Name", "theirs"))
        .unwrap();
    let list = aws.json(&["instance", "list", "--provider", "aws"]);
    assert_eq!(list["instances"][0]["ownership"], "foreign");
    let end = ["instance", "terminate", "theirs", "--provider", "aws", "-y"];
    let outcome = aws.run(&end, 2);
    assert!(outcome.stderr.contains("add --not-mine"), "{outcome}");
    assert_eq!(aws.alive(), [id]);
    aws.run(&[&end[..], &["--not-mine"]].concat(), 0);
    assert_eq!(aws.alive(), [""; 0]);
}

/// The owner's tag alone is no proof: another installation has no journal of it.
#[test]
fn another_installation_does_not_own_it() {
    let aws = Aws::at_once();
    let id = aws.create("dev", &[]);
    let other = Aws {
        cloud: aws.cloud,
        sandbox: Sandbox::new().unwrap(),
    };
    let end = ["instance", "terminate", &id, "--provider", "aws", "-y"];
    other.run(&end, 2);
    assert_eq!(other.alive(), [id]);
}

#[test]
fn a_protected_instance_ends_only_without_its_protection() {
    let aws = Aws::at_once();
    let id = aws.create("dev", &["--protect"]);
    let end = ["instance", "terminate", "dev", "--provider", "aws", "-y"];
    let outcome = aws.run(&end, 2);
    assert!(outcome.stderr.contains("add --unprotect"), "{outcome}");
    assert_eq!(aws.alive(), [id]);
    aws.run(&[&end[..], &["--unprotect"]].concat(), 0);
    assert_eq!(aws.alive(), [""; 0]);
}

#[test]
fn zones_are_tried_in_order() {
    let capacity = [("us-east-1a".to_owned(), 0)].into();
    let aws = Aws::with(&Ec2Settings {
        capacity,
        ..Ec2Settings::at_once()
    });
    let zones = ["--zone", "us-east-1a", "--zone", "us-east-1b"];
    aws.create("dev", &zones);
    let made = aws.cloud.instances().unwrap();
    assert_eq!((made.len(), made[0].zone.as_str()), (1, "us-east-1b"));
}

#[test]
fn no_capacity_and_no_quota_have_a_status() {
    let capacity = [("us-east-1a".to_owned(), 0)].into();
    let aws = Aws::with(&Ec2Settings {
        capacity,
        ..Ec2Settings::at_once()
    });
    let outcome = aws.run(&[&create("dev")[..], &["--zone", "us-east-1a"]].concat(), 7);
    assert!(
        outcome.stderr.contains("InsufficientInstanceCapacity"),
        "{outcome}"
    );
    assert!(outcome.stderr.contains("--zone"), "{outcome}");
    let quota: BTreeMap<String, u32> = [("vcpus".to_owned(), 1)].into();
    aws.cloud
        .set(&Ec2Settings {
            quota,
            ..Ec2Settings::at_once()
        })
        .unwrap();
    let outcome = aws.run(&create("dev"), 7);
    assert!(outcome.stderr.contains("VcpuLimitExceeded"), "{outcome}");
    assert_eq!(aws.alive(), [""; 0]);
}

#[test]
fn a_public_key_of_the_user_is_imported_once() {
    let aws = Aws::at_once();
    let add = ["ssh-key", "add", "laptop", "--provider", "aws", "-y"];
    aws.run(&add, 0);
    let list = aws.json(&["ssh-key", "list", "--provider", "aws"]);
    assert_eq!(list["ssh_keys"][0]["name"], "laptop");
    let key = aws.sandbox.home().join(".local/state/cloudhost/ssh");
    let public = key.join("id_ed25519.pub");
    let private = std::fs::read_to_string(key.join("id_ed25519")).unwrap();
    assert!(private.contains("OPENSSH PRIVATE KEY"));
    // The private half is nobody's business.
    let private: Vec<&str> = private.lines().skip(1).collect();
    for request in aws.cloud.requests().unwrap() {
        for value in request.params.values() {
            assert!(!value.contains(private[2]), "{request:?}");
        }
    }
    aws.create("dev", &["--ssh-key", public.to_str().unwrap()]);
    let keys = aws.cloud.resources().unwrap();
    let keys = keys.iter().filter(|one| one.kind == "key-pair").count();
    assert_eq!(keys, 1);
    let outcome = aws.run(
        &[
            &create("other")[..],
            &["--ssh-key", key.join("id_ed25519").to_str().unwrap()],
        ]
        .concat(),
        2,
    );
    assert!(outcome.stderr.contains("it is a private key"), "{outcome}");
    aws.run(
        &["ssh-key", "delete", "laptop", "--provider", "aws", "-y"],
        0,
    );
}

/// Each document fits its schema.
#[test]
fn documents_fit_their_schemas() {
    let aws = Aws::at_once();
    let mut documents = Vec::new();
    let mut add = |schema: &str, document: Value| documents.push((schema.to_owned(), document));
    add(
        "plan",
        aws.json(&[&create("dev")[..], &["--dry-run"]].concat()),
    );
    add("operation", aws.json(&create("dev")));
    add("operations", aws.json(&["operation", "list"]));
    let of = ["--provider", "aws"];
    let json = |args: &[&str]| aws.json(&[args, &of[..]].concat());
    add("instance", json(&["instance", "get", "dev"]));
    add("instances", json(&["instance", "list"]));
    add("volumes", json(&["volume", "list"]));
    let volumes = json(&["volume", "list"]);
    let volume = volumes["volumes"][0]["id"].as_str().unwrap();
    add("volume", json(&["volume", "get", volume]));
    json(&["volume", "snapshot", "create", volume, "--name", "s", "-y"]);
    add("snapshots", json(&["volume", "snapshot", "list"]));
    add("snapshot", json(&["volume", "snapshot", "get", "s"]));
    let prune = ["volume", "snapshot", "prune", "--keep", "0", "--dry-run"];
    add("snapshot-prune", json(&prune));
    add("ssh-keys", json(&["ssh-key", "list"]));
    add("whoami", json(&["whoami"]));
    add("collection", json(&["gc", "--dry-run"]));
    let doctor = aws.command(&["doctor", "--provider", "aws"]).run().unwrap();
    add("doctor", doctor.json().unwrap());
    let mut names: Vec<&str> = documents.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, DOCUMENTS);
    let schemas = documents.iter().map(|(name, _)| {
        let schema = aws.sandbox.cloudhost(["schema", name]).unwrap().run();
        (name.clone(), schema.unwrap().json().unwrap())
    });
    let schemas: BTreeMap<String, Value> = schemas.collect();
    assert_eq!(
        schema_faults(&schemas, &documents).unwrap(),
        Vec::<String>::new()
    );
}

#[test]
fn the_account_is_named() {
    let aws = Aws::at_once();
    let all = aws.json(&["run", "aws", "whoami"]);
    assert_eq!(all["accounts"][0]["account"], "123456789012");
    // What could not be asked is said.
    let outcome = aws.run(&["whoami"], 5);
    assert!(outcome.stderr.contains("missing: lambdalabs"), "{outcome}");
    let list = aws.run(&["instance", "list"], 5);
    assert!(list.stderr.contains("missing: lambdalabs"), "{list}");
}

#[test]
fn a_role_is_assumed() {
    let aws = Aws::at_once();
    let role = [
        "--assume-role",
        "arn:aws:iam::123456789012:role/deploy",
        "--provider",
        "aws",
    ];
    let all = aws.json(&[&["whoami"], &role[..]].concat());
    let principal = all["accounts"][0]["principal"].as_str().unwrap();
    assert!(
        principal.ends_with(":assumed-role/deploy/cloudhost"),
        "{all:#}"
    );
    let operation = aws.json(&[&create("dev")[..], &role[..2]].concat());
    let requests = aws.cloud.requests().unwrap();
    let run = requests.iter().find(|one| one.action == "RunInstances");
    assert_ne!(run.unwrap().key, cloudhost_tests::ACCESS_KEY);
    assert_eq!(aws.alive(), [made(&operation, "instance")]);
    let wrong = ["--assume-role", "deploy", "--provider", "aws"];
    let outcome = aws.run(&[&["whoami"], &wrong[..]].concat(), 2);
    assert!(outcome.stderr.contains("arn:aws:iam::"), "{outcome}");
}

#[test]
fn a_role_a_subnet_and_spot_are_asked_for() {
    let aws = Aws::at_once();
    let plan = aws.json(&[&create("dev")[..], &["--spot", "--dry-run"]].concat());
    assert_eq!(plan["instance"]["spot"], true);
    aws.create("dev", &["--spot"]);
    assert!(aws.cloud.instances().unwrap()[0].spot);
    let outcome = aws
        .command(&[&create("two")[..], &["--image", "ami-0123456789abcdef0"]].concat())
        .run()
        .unwrap();
    assert_ne!(outcome.code, Some(0), "{outcome}");
    assert_eq!(aws.alive().len(), 1);
}
