//! Changes of clouds by the binary, against stand-ins that behave as the clouds do.

mod crash;
mod faults;
mod instances;
mod lambda;
mod power_loss;
mod volumes;

use cloudhost_tests::{Ec2Cloud, Ec2Settings, Invocation, Outcome, Sandbox};
use serde_json::Value;

/// Documents of the commands that change clouds.
pub const DOCUMENTS: [&str; 14] = [
    "collection",
    "doctor",
    "instance",
    "instances",
    "operation",
    "operations",
    "plan",
    "snapshot",
    "snapshot-prune",
    "snapshots",
    "ssh-keys",
    "volume",
    "volumes",
    "whoami",
];

/// An image of the kit, for amd64.
pub const IMAGE: &str = "ami-aa94c5fea00bc864f";

/// EC2, and a sandbox that uses it.
pub struct Aws {
    pub cloud: Ec2Cloud,
    pub sandbox: Sandbox,
}

impl Aws {
    /// A cloud in which everything happens at once.
    pub fn at_once() -> Self {
        Self::with(&Ec2Settings::at_once())
    }

    pub fn with(settings: &Ec2Settings) -> Self {
        Self {
            cloud: Ec2Cloud::with(settings).unwrap(),
            sandbox: Sandbox::new().unwrap(),
        }
    }

    /// The binary with these arguments, JSON, and this cloud.
    pub fn command(&self, args: &[&str]) -> Invocation {
        let run = self.sandbox.cloudhost(["--output", "json"]).unwrap();
        let run = args.iter().fold(run, |run, arg| run.arg(arg));
        run.aws(&self.cloud.url())
    }

    /// Runs it, and checks its exit status.
    pub fn run(&self, args: &[&str], code: i32) -> Outcome {
        let outcome = self.command(args).run().unwrap();
        assert_eq!(outcome.code, Some(code), "{args:?}\n{outcome}");
        outcome
    }

    /// Runs it, and reads what it prints.
    pub fn json(&self, args: &[&str]) -> Value {
        self.run(args, 0).json().unwrap()
    }

    /// Creates an instance, and returns its identifier.
    pub fn create(&self, name: &str, more: &[&str]) -> String {
        let operation = self.json(&[&create(name), more].concat());
        made(&operation, "instance")
    }

    /// Identifiers of the instances that have not ended.
    pub fn alive(&self) -> Vec<String> {
        let all = self.cloud.instances().unwrap().into_iter();
        all.filter(|one| one.is_alive()).map(|one| one.id).collect()
    }

    /// Number of requests that changed something.
    pub fn effects(&self) -> usize {
        let requests = self.cloud.requests().unwrap();
        requests.iter().filter(|request| request.effect).count()
    }
}

/// Arguments that create an instance.
pub fn create(name: &str) -> Vec<&str> {
    vec![
        "instance",
        "create",
        name,
        "--provider",
        "aws",
        "--region",
        "us-east-1",
        "--instance-type",
        "t3.micro",
        "--image",
        IMAGE,
        "-y",
    ]
}

/// Identifier of what an operation has made of a kind.
pub fn made(operation: &Value, kind: &str) -> String {
    let steps = operation["steps"].as_array().unwrap();
    let step = steps
        .iter()
        .find(|step| step["kind"] == kind && step["resource"].is_object());
    let step = step.unwrap_or_else(|| panic!("no {kind} in {operation:#}"));
    step["resource"]["id"].as_str().unwrap().to_owned()
}
