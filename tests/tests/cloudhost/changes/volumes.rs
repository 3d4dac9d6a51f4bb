//! Volumes and snapshots of EC2.

use super::{Aws, made};

/// Arguments for AWS, with agreement.
fn of<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--provider", "aws", "-y"]].concat()
}

fn volume(aws: &Aws, name: &str) -> String {
    let args = [
        "volume",
        "create",
        name,
        "--zone",
        "us-east-1a",
        "--region",
        "us-east-1",
        "--size",
        "8",
    ];
    made(&aws.json(&of(&args)), "volume")
}

#[test]
fn a_volume_from_creation_to_end() {
    let aws = Aws::at_once();
    let instance = aws.create("dev", &["--zone", "us-east-1a"]);
    let id = volume(&aws, "data");
    aws.json(&of(&["volume", "attach", "data", "--instance", "dev"]));
    let attached = |id: &str| {
        let all = aws.cloud.volumes().unwrap();
        let one = all.into_iter().find(|one| one.id == id).unwrap();
        one.attached_to
    };
    assert_eq!(attached(&id), [instance.as_str()]);
    let shown = aws.json(&["volume", "get", "data", "--provider", "aws"]);
    assert_eq!(shown["attached_to"][0], instance.as_str());
    assert_eq!(shown["ownership"], "ours");
    aws.json(&of(&["volume", "detach", "data"]));
    assert_eq!(attached(&id), [""; 0]);
    aws.json(&of(&["volume", "delete", "data"]));
    assert!(!aws.cloud.volumes().unwrap().iter().any(|one| one.id == id));
}

#[test]
fn snapshots_are_made_restored_and_pruned() {
    let aws = Aws::at_once();
    let id = volume(&aws, "data");
    for name in ["one", "two", "three"] {
        aws.json(&of(&[
            "volume", "snapshot", "create", "data", "--name", name,
        ]));
    }
    let list = [
        "volume",
        "snapshot",
        "list",
        "--provider",
        "aws",
        "--volume",
        &id,
    ];
    let all = aws.json(&list);
    assert_eq!(all["snapshots"].as_array().unwrap().len(), 3, "{all:#}");
    let restore = [
        "volume",
        "snapshot",
        "restore",
        "two",
        "--name",
        "again",
        "--zone",
        "us-east-1b",
        "--region",
        "us-east-1",
    ];
    let restored = made(&aws.json(&of(&restore)), "volume");
    let volumes = aws.cloud.volumes().unwrap();
    let restored = volumes.iter().find(|one| one.id == restored).unwrap();
    assert!(!restored.snapshot.is_empty());
    assert_eq!(restored.zone, "us-east-1b");
    let prune = of(&["volume", "snapshot", "prune", "--keep", "1"]);
    let pruned = aws.run(&prune, 0);
    assert!(pruned.stderr.contains("2 to delete, 1 kept"), "{pruned}");
    assert_eq!(aws.cloud.snapshots().unwrap().len(), 1);
}

/// A copy into another zone goes through a snapshot, which is gone afterwards.
#[test]
fn a_clone_goes_through_a_snapshot() {
    let aws = Aws::at_once();
    volume(&aws, "data");
    let clone = [
        "volume",
        "clone",
        "data",
        "--name",
        "copy",
        "--to-zone",
        "us-east-1b",
        "--to-region",
        "us-east-1",
    ];
    let id = made(&aws.json(&of(&clone)), "volume");
    let all = aws.cloud.volumes().unwrap();
    let one = all.iter().find(|one| one.id == id).unwrap();
    assert_eq!(one.zone, "us-east-1b");
    assert_eq!(aws.cloud.snapshots().unwrap().len(), 0);
}
