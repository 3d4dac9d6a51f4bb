//! Components built against earlier supported versions of the contract run with this host. For other versions, the
//! error names who has to act. `tests/contract` is the source of the stored components.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloudhost::audit::Trail;
use cloudhost::capability::{Denial, Grant, Policy};
use cloudhost::contract::cloudhost::provider::pools::{PoolSpec, Scaling};
use cloudhost::contract::cloudhost::provider::resources::{
    Action, Place, Priced, ResourceId, ResourceKind, ResourceQuery, Step,
};
use cloudhost::contract::cloudhost::provider::types::Market;
use cloudhost::contract::with_capacity_on_request::exports::cloudhost::provider::capacity_on_request::Demand;
use cloudhost::contract::with_clusters::exports::cloudhost::provider::clusters::ClusterSpec;
use cloudhost::contract::with_instances::exports::cloudhost::provider::instances::InstanceSpec;
use cloudhost::contract::with_operations::exports::cloudhost::provider::operations::{
    Intent, Operation,
};
use cloudhost::contract::with_storage::exports::cloudhost::provider::storage::{
    VolumeClass, VolumeSpec,
};
use cloudhost::credentials::{Credentials, Environment};
use cloudhost::egress::{CallLimits, Egress, EgressConfig, Permit};
use cloudhost::plugin::{Artifact, Compiler, Digest, Limits, Plugin, Runtime};
use cloudhost_tests::{HostileRegistry, Invocation, Outcome, Sandbox};
use futures::future::BoxFuture;
use rstest::rstest;
use serde_json::Value;

use crate::plugins::changed;
use crate::support::ended;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("contract/kept")
        .join(name)
}

/// A cloud that serves the fixture, and a sandbox that has the fixture installed.
struct Cloud {
    sandbox: Sandbox,
    server: HostileRegistry,
}

impl Cloud {
    fn with(component: &[u8]) -> Self {
        let sandbox = Sandbox::new().unwrap();
        fs::write(sandbox.path().join("fixture.wasm"), component).unwrap();
        let install = ["plugin", "install", "fixture.wasm", "--grant-all"];
        let refused = ended(sandbox.cloudhost(&install[..3]).unwrap(), 9);
        let of_0_1 = component
            .windows(6)
            .any(|part| part == b"@0.1.0" || part == b"@0.1.7");
        for line in match of_0_1 {
            // Its manifest is older than the list of settings, and its requests say by themselves what they do.
            true => [
                "+ settings that its manifest does not list\n",
                "+ reads by each POST request that the plugin calls a read\n",
            ],
            false => [
                "+ reads by POST api.fixture.test/post\n",
                "+ changes the cloud, in operations that you start: it can make and delete",
            ],
        } {
            assert!(refused.stderr.contains(line), "{line} {refused}");
        }
        ended(sandbox.cloudhost(install).unwrap(), 0);
        let server = HostileRegistry::start().unwrap();
        let text = [("content-type", "text/plain")];
        server.say("/get", 200, &text, b"got");
        server.say_to("Bearer the-token", "/bearer", &[], b"known");
        server.say_to("Bearer the-token", "/me", &[], b"me");
        server.say("/", 200, &text, b"signed");
        server.say("/post", 201, &text, b"posted");
        for path in ["/basic", "/header", "/query"] {
            server.say(path, 200, &text, b"known too");
        }
        Self { sandbox, server }
    }

    fn run(&self, args: &[&str], code: i32) -> Outcome {
        let run: Invocation = self.sandbox.cloudhost(args).unwrap();
        let run = run
            .arg("--endpoint")
            .arg(format!("fixture={}", self.server.url()))
            .env("CLOUDHOST_FIXTURE_TOKEN", "the-token")
            .env("CLOUDHOST_USER_TOKEN", "me:the-password")
            .env("CLOUDHOST_KEY_TOKEN", "the-key")
            .env("CLOUDHOST_PARAM_TOKEN", "the-parameter")
            .env("AWS_ACCESS_KEY_ID", cloudhost_tests::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", cloudhost_tests::SECRET_KEY);
        ended(run, code)
    }
}

/// Returns true if everything in `then` is unchanged in `now`. A later host may report more.
fn holds(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => then
            .iter()
            .all(|(name, then)| now.get(name).is_some_and(|now| holds(now, then))),
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| holds(now, then))
        }
        (now, then) => now == then,
    }
}

#[rstest]
fn a_component_of_then_runs_now(#[files("contract/kept/*.wasm")] path: PathBuf) {
    let cloud = Cloud::with(&fs::read(&path).unwrap());

    // Its listings, fetched and bundled, in every field.
    let mut now = cloud
        .run(&["cache", "export", "fixture"], 0)
        .json()
        .unwrap();
    // Times and the origin differ between runs.
    now.as_object_mut()
        .unwrap()
        .retain(|name, _| name == "listing");
    let expected = path.with_extension("json");
    if std::env::var_os("CLOUDHOST_KEEP").is_some() {
        fs::write(&expected, serde_json::to_vec_pretty(&now).unwrap()).unwrap();
    }
    let then: Value = serde_json::from_slice(&fs::read(&expected).unwrap()).unwrap();
    assert!(holds(&now, &then), "{now:#}");
    let requests = cloud.server.asked();
    let signed = requests.iter().find(|one| one.target == "/").unwrap();
    let signature = signed.authorization.as_deref().unwrap();
    assert!(
        signature.contains("/eu-west-1/ec2/aws4_request"),
        "{signature}"
    );
    let offline = [
        "run",
        "fixture",
        "regions",
        "list",
        "--offline",
        "--set",
        "fail=x",
    ];
    let bundled = cloud.run(&offline, 0);
    assert!(bundled.stdout.contains("bundled"), "{bundled}");

    // Its errors, its account, its bill.
    let failed = cloud.run(&["run", "fixture", "regions", "list", "--set", "fail=x"], 7);
    for word in ["as was asked for", "TooMany", "zone eu-west-1a", "r-1"] {
        assert!(failed.stderr.contains(word), "{failed}");
    }
    let account = cloud.run(&["credentials", "test", "fixture"], 0);
    assert!(account.stdout.contains("user/fixture"), "{account}");
    let bill = cloud.run(&["run", "fixture", "bill", "-y", "--month", "2026-01"], 0);
    assert!(bill.stdout.contains("2.00"), "{bill}");

    // Its menus, in both dialects.
    for dialect in ["kdevops", "plain"] {
        let generate = ["run", "fixture", "generate-kconfig", "--output-dir", "out"];
        cloud.run(&[&generate[..], &["--dialect", dialect]].concat(), 0);
        let read = |name: &str| fs::read_to_string(cloud.sandbox.out().join(name)).unwrap();
        let top = read("Kconfig.fixture.generated");
        assert!(
            top.contains("source \"out/Kconfig.inner.generated\""),
            "{top}"
        );
        assert!(top.contains("config TERRAFORM_FIXTURE_TYPE_LARGE"), "{top}");
        assert_eq!(
            read("Kconfig.inner.generated").contains("output yaml"),
            dialect == "kdevops"
        );
    }
}

/// A patch version changes only documentation, wherever the version is named.
#[test]
fn another_patch_is_the_same_contract() {
    let component = fs::read(kept("0.1.0.wasm")).unwrap();
    let component = changed(&component, "@0.1.0", "@0.1.7");
    let component = changed(&component, "contract = \"0.1.0\"", "contract = \"0.1.7\"");
    let cloud = Cloud::with(&component);
    let list = cloud.run(&["run", "fixture", "regions", "list"], 0);
    assert!(list.stdout.contains("got"), "{list}");
}

#[rstest]
#[case::newer(&[("contract = \"0.1.0\"", "contract = \"0.3.0\"")], "0.3.0", "update cloudhost")]
#[case::newer_inside(&[("@0.1.0", "@0.9.0")], "0.9.0", "update cloudhost")]
#[case::older(&[("contract = \"0.1.0\"", "contract = \"0.0.9\"")], "0.0.9", "rebuild it with cloudhost-sdk 0.2")]
#[case::older_inside(&[("@0.1.0", "@0.0.1")], "0.0.1", "rebuild it with cloudhost-sdk 0.2")]
fn another_version_says_who_has_to_act(
    #[case] changes: &[(&str, &str)],
    #[case] theirs: &str,
    #[case] act: &str,
) {
    let mut component = fs::read(kept("0.1.0.wasm")).unwrap();
    for (from, to) in changes {
        component = changed(&component, from, to);
    }
    let sandbox = Sandbox::new().unwrap();
    fs::write(sandbox.path().join("fixture.wasm"), component).unwrap();
    let install = ["plugin", "install", "fixture.wasm", "--grant-all"];
    let refused = ended(sandbox.cloudhost(install).unwrap(), 1);
    for word in [theirs, "this cloudhost supports 0.1", act] {
        assert!(refused.stderr.contains(word), "{refused}");
    }
}

/// `wit/` is the published contract: a change of more than documentation needs a new version, and a new file here.
#[test]
fn the_contract_is_the_one_that_was_published() {
    let mut resolve = wit_parser::Resolve::new();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_dir(wit).unwrap();
    let mut printer = wit_component::WitPrinter::default();
    printer.emit_docs(false);
    printer.print(&resolve, package, &[]).unwrap();
    let now = printer.output.to_string();
    let version = resolve.packages[package].name.version.clone().unwrap();
    let published = kept(&format!("{version}.wit"));
    if std::env::var_os("CLOUDHOST_KEEP").is_some() {
        fs::write(&published, &now).unwrap();
    }
    assert_eq!(fs::read_to_string(published).unwrap(), now);
}

/// A permit that notes nothing.
struct Free;

impl Permit for Free {
    fn sending(&self, _: Digest) -> BoxFuture<'_, Result<(), Denial>> {
        Box::pin(async { Ok(()) })
    }
}

/// Calls each function of the interfaces beside the catalog, and returns their results by name.
async fn calls(artifact: &Artifact, server: &HostileRegistry) -> Value {
    let runtime = Runtime::new(None, Compiler::InProcess).unwrap();
    let prepared = runtime.prepare(artifact, &Limits::default()).await.unwrap();
    let plugin = Plugin {
        name: "fixture",
        runtime: &runtime,
        prepared: &prepared,
        limits: Limits::default(),
    };
    let mut config = EgressConfig::default();
    let url = server.url().parse().unwrap();
    config.endpoints.insert("fixture".to_owned(), url);
    let variables = [("CLOUDHOST_FIXTURE_TOKEN", "the-token")];
    let credentials = Credentials::new(Environment::new(variables, None));
    let egress = Egress::new(config, Arc::new(credentials)).unwrap();
    let grant = Grant::all_of(&artifact.manifest);
    let policy = Arc::new(Policy::new(&artifact.manifest, &grant));
    let session = || {
        let trail = Trail::new("fixture", artifact.digest, None);
        egress.session(trail, policy.clone(), CallLimits::default())
    };
    let place = || Place {
        region: "eu-west-1".to_owned(),
        zone: None,
    };
    let id = |id: &str| ResourceId {
        kind: ResourceKind::Instance,
        id: id.to_owned(),
        name: "name".to_owned(),
        place: place(),
        parent: Some("parent".to_owned()),
    };
    let query = || ResourceQuery {
        regions: vec!["eu-west-1".to_owned()],
        tags: vec![("a".to_owned(), "b".to_owned())],
    };
    let pairs = || vec![("a".to_owned(), "b".to_owned())];
    let spec = InstanceSpec {
        name: "one".to_owned(),
        place: place(),
        instance_type: "large".to_owned(),
        image: Some("img-1".to_owned()),
        ssh_keys: vec!["ssh-ed25519 AAAA me".to_owned()],
        login: Some("debian".to_owned()),
        user_data: Some(b"#cloud-config".to_vec()),
        market: Market::Spot,
        disk_gib: Some(20),
        network: Some("net-1".to_owned()),
        subnet: Some("subnet-1".to_owned()),
        security_groups: vec!["sg-1".to_owned()],
        public_address: Some(true),
        role: Some("role".to_owned()),
        volumes: vec![id("vol-1")],
        protected: true,
        settings: pairs(),
    };
    let volume = VolumeSpec {
        name: "one".to_owned(),
        place: place(),
        size_gib: Some(10),
        class: Some(VolumeClass::Balanced),
        iops: Some(3_000),
        snapshot: Some(id("snap-1")),
        protected: false,
        settings: pairs(),
    };
    let scaling = || Scaling {
        desired: 2,
        min: 1,
        max: 3,
        autoscale: true,
    };
    let pool = || PoolSpec {
        name: "default".to_owned(),
        instance_type: "large".to_owned(),
        scaling: scaling(),
        market: Market::OnDemand,
        version: Some("1.34".to_owned()),
        disk_gib: Some(50),
        role: None,
        subnets: Vec::new(),
        labels: pairs(),
        taints: vec!["gpu=true:NoSchedule".to_owned()],
        settings: pairs(),
    };
    let cluster = ClusterSpec {
        name: "dev".to_owned(),
        place: place(),
        version: Some("1.34".to_owned()),
        network: Some("net-1".to_owned()),
        subnets: vec!["subnet-1".to_owned()],
        role: Some("role".to_owned()),
        pools: vec![pool()],
        protected: true,
        settings: pairs(),
    };
    let step = |action| Step {
        action,
        kind: ResourceKind::Instance,
        id: Some("i-1".to_owned()),
        name: "one".to_owned(),
        place: place(),
        parent: None,
        summary: "one".to_owned(),
        priced: vec![Priced {
            instance_type: "large".to_owned(),
            market: Market::CapacityBlock,
            count: 2,
        }],
        after: vec![0],
        data: "running".to_owned(),
    };
    let intent = || Intent {
        token: "6f1c1f0e-6f0a-4f53-8d0a-2d3a7c1c9b11".to_owned(),
        tags: pairs(),
        ends_at: Some(1_793_232_000),
    };
    let operation = |handle: &str| Operation {
        handle: handle.to_owned(),
        action: Action::Create,
        target: id("i-1"),
    };
    let demand = |count| Demand {
        instance_type: "large".to_owned(),
        place: place(),
        market: Market::OnDemand,
        count,
    };
    let made = || vec![(0, id("key-1"))];
    let mut results = serde_json::Map::new();
    macro_rules! call {
        ($($name:literal $function:ident($($argument:expr),*);)*) => {$(
            let result = plugin.$function(session(), $($argument),*).await.unwrap();
            results.insert($name.to_owned(), serde_json::to_value(result.unwrap()).unwrap());
        )*};
    }
    call! {
        "guarantees" guarantees(ResourceKind::Instance, Action::Create);
        "guarantees of a copy" guarantees(ResourceKind::SshKey, Action::Copy);
        "run" run(Arc::new(Free), step(Action::Create), made(), intent());
        "run at once" run(Arc::new(Free), step(Action::Delete), Vec::new(), intent());
        "undo" undo(Arc::new(Free), step(Action::Create), id("i-1"), intent());
        "cancel" cancel(Arc::new(Free), operation("running"));
        "poll" poll(["running", "failed", "cancelled", "done"].map(operation).to_vec());
        "recover" recover(step(Action::Create), made(), intent());
        "protect" protect(id("i-1"), true);
        "set-end" set_end(id("i-1"), None);
        "instances.list" list_instances(query());
        "instances.get" get_instance(id("i-2"));
        "instances.create" create_instance(spec);
        "instances.start" start_instance(id("i-1"));
        "instances.stop" stop_instance(id("i-1"));
        "instances.delete" delete_instance(id("i-1"));
        "list-ssh-keys" list_ssh_keys(query());
        "add-ssh-key" add_ssh_key(place(), "key".to_owned(), "ssh-ed25519 AAAA".to_owned());
        "delete-ssh-key" delete_ssh_key(id("key-1"));
        "list-volumes" list_volumes(query());
        "get-volume" get_volume(id("vol-1"));
        "create-volume" create_volume(volume);
        "clone-volume" clone_volume(id("vol-1"), place(), "two".to_owned());
        "attach-volume" attach_volume(id("vol-1"), id("i-1"));
        "detach-volume" detach_volume(id("vol-1"), None);
        "delete-volume" delete_volume(id("vol-1"));
        "list-snapshots" list_snapshots(query());
        "get-snapshot" get_snapshot(id("snap-1"));
        "create-snapshot" create_snapshot(id("vol-1"), "snap".to_owned());
        "copy-snapshot" copy_snapshot(id("snap-1"), place(), "copy".to_owned());
        "delete-snapshot" delete_snapshot(id("snap-1"));
        "clusters.list" list_clusters(query());
        "clusters.get" get_cluster(id("c-1"));
        "clusters.versions" cluster_versions(place());
        "clusters.connect" connect_cluster(id("token"));
        "clusters.connect presigned" connect_cluster(id("presigned"));
        "clusters.connect kubeconfig" connect_cluster(id("kubeconfig"));
        "clusters.create" create_cluster(cluster);
        "clusters.upgrade" upgrade_cluster(id("c-1"), "1.35".to_owned(), true);
        "clusters.delete" delete_cluster(id("c-1"));
        "node-pools.list" list_node_pools(id("c-1"));
        "node-pools.create" create_node_pool(id("c-1"), pool());
        "node-pools.scale" scale_node_pool(id("p-1"), scaling());
        "node-pools.upgrade" upgrade_node_pool(id("p-1"), "1.35".to_owned());
        "node-pools.delete" delete_node_pool(id("p-1"));
        "quotas" quotas(vec!["eu-west-1".to_owned()]);
        "may" may(ResourceKind::Volume, Action::Delete, place());
        "ask" ask_capacity(vec![demand(1), demand(0)]);
    }
    Value::Object(results)
}

/// Each function that a component of then has beside the catalog.
#[tokio::test]
async fn each_function_of_then_can_be_called() {
    let path = kept("0.2.0.wasm");
    let artifact = Artifact::open(&path).unwrap();
    let server = HostileRegistry::start().unwrap();
    for target in ["/run", "/undo", "/cancel", "/me"] {
        server.say_to("Bearer the-token", target, &[], b"i-9");
    }
    let now = calls(&artifact, &server).await;
    let expected = path.with_extension("calls.json");
    if std::env::var_os("CLOUDHOST_KEEP").is_some() {
        fs::write(&expected, serde_json::to_vec_pretty(&now).unwrap()).unwrap();
    }
    let then: Value = serde_json::from_slice(&fs::read(&expected).unwrap()).unwrap();
    assert!(holds(&now, &then), "{now:#}");
}

/// An older component has none of these interfaces, and nothing of it can change a cloud.
#[tokio::test]
async fn an_older_component_has_no_changes() {
    let artifact = Artifact::open(&kept("0.1.0.wasm")).unwrap();
    let runtime = Runtime::new(None, Compiler::InProcess).unwrap();
    let prepared = runtime
        .prepare(&artifact, &Limits::default())
        .await
        .unwrap();
    let plugin = Plugin {
        name: "fixture",
        runtime: &runtime,
        prepared: &prepared,
        limits: Limits::default(),
    };
    let credentials = Arc::new(Credentials::new(Environment::default()));
    let egress = Egress::new(EgressConfig::default(), credentials).unwrap();
    let grant = Grant::all_of(&artifact.manifest);
    assert!(!grant.change);
    let policy = Arc::new(Policy::new(&artifact.manifest, &grant));
    let trail = Trail::new("fixture", artifact.digest, None);
    let session = egress.session(trail, policy, CallLimits::default());
    let promise = plugin.guarantees(session, ResourceKind::Instance, Action::Create);
    assert!(promise.await.unwrap().is_none());
}
