//! JSON output: each command's output is validated against the schema of its name by PyPI's `jsonschema`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use cloudhost_tests::{LambdaFault, Outcome, Registry, Sandbox, plugin_dir, schema_faults};
use serde_json::{Value, json};

use crate::authoring::faults::recording;
use crate::billing::{Account, september};
use crate::changes::DOCUMENTS;
use crate::plugins::changed;
use crate::prices::Priced;
use crate::support::{Lambda, ended, plugin};

/// Commands that contact Lambda Cloud, their exit status, and the schema of their output.
const LAMBDA: &[(&[&str], i32, &str)] = &[
    (
        &["run", "lambdalabs", "instance-types", "list"],
        0,
        "instance-types",
    ),
    (&["run", "lambdalabs", "regions", "list"], 0, "regions"),
    (
        &[
            "run",
            "lambdalabs",
            "regions",
            "list",
            "--with-availability",
        ],
        0,
        "regions",
    ),
    (&["run", "lambdalabs", "images", "list"], 0, "images"),
    (&["run", "lambdalabs", "pricing", "list"], 0, "prices"),
    (
        &["run", "lambdalabs", "instance-types", "get-cheapest"],
        0,
        "selection",
    ),
    (
        &["run", "lambdalabs", "smart-select", "--explain"],
        0,
        "selection",
    ),
    (
        &[
            "run",
            "lambdalabs",
            "smart-select",
            "--mode",
            "balanced",
            "--near",
            "Portland",
            "--explain",
        ],
        0,
        "selection",
    ),
    (
        &[
            "run",
            "lambdalabs",
            "smart-select",
            "--tier",
            "h100-or-less",
            "--explain",
        ],
        0,
        "selection",
    ),
    (
        &["run", "lambdalabs", "smart-select", "--list-tiers"],
        0,
        "tiers",
    ),
    (
        &[
            "run",
            "lambdalabs",
            "check-availability",
            "gpu_1x_a10",
            "us-west-1",
        ],
        0,
        "availability",
    ),
    (
        &[
            "run",
            "lambdalabs",
            "generate-kconfig",
            "--output-dir",
            "out",
        ],
        0,
        "generate-kconfig",
    ),
    (
        &["credentials", "test", "lambdalabs"],
        0,
        "credentials-test",
    ),
];

/// Commands that contact no server, one after the other in one sandbox.
const HERE: &[(&[&str], i32, &str)] = &[
    (&["schema"], 0, "schema-list"),
    (
        &["credentials", "check", "lambdalabs"],
        3,
        "credentials-check",
    ),
    (&["credentials", "set", "lambdalabs"], 0, "credentials-set"),
    (
        &["credentials", "check", "lambdalabs"],
        0,
        "credentials-check",
    ),
    (&["credentials", "list"], 0, "credentials-list"),
    (
        &["credentials", "path", "lambdalabs"],
        0,
        "credentials-path",
    ),
    (
        &["credentials", "remove", "lambdalabs"],
        0,
        "credentials-remove",
    ),
    (&["plugin", "inspect", "aws"], 0, "plugin"),
    (&["plugin", "inspect", "probe.wasm"], 0, "plugin"),
    (
        &[
            "plugin",
            "install",
            "probe.wasm",
            "--grant-all",
            "--limit",
            "memory=300MiB",
        ],
        0,
        "plugin",
    ),
    (&["plugin", "inspect", "probe"], 0, "plugin"),
    (
        &["plugin", "update", "probe", "new.wasm", "--grant-all"],
        0,
        "plugin",
    ),
    (&["plugin", "update"], 0, "plugin-list"),
    (&["plugin", "revoke", "probe"], 0, "plugin"),
    (&["plugin", "grant", "probe", "--all"], 0, "plugin"),
    (&["plugin", "list"], 0, "plugin-list"),
    (&["plugin", "verify"], 0, "plugin-verify"),
    (&["plugin", "remove", "probe"], 0, "plugin"),
    (
        &["plugin", "new", "my-cloud", "--lang", "python"],
        0,
        "plugin-new",
    ),
    (
        &["plugin", "pack", "bare.wasm", "--manifest", "manifest.toml"],
        0,
        "plugin-build",
    ),
    (&["plugin", "test", "aws"], 0, "plugin-test"),
    (
        &[
            "plugin",
            "test",
            "probe.wasm",
            "--recordings",
            "probe.jsonl",
            "--set",
            "do=faulty",
            "--set",
            "fault=swallows",
        ],
        1,
        "plugin-test",
    ),
];

/// Checks that `cloudhost schema` names these commands beside their schemas.
#[test]
fn the_list_names_the_commands() {
    let sandbox = Sandbox::new().unwrap();
    let list = ended(
        sandbox.cloudhost(["schema", "--output", "json"]).unwrap(),
        0,
    );
    let list = list.json().unwrap();
    let list = list["schemas"].as_array().unwrap();
    for (args, _, schema) in LAMBDA.iter().chain(HERE) {
        let typed = args.join(" ").replace("run lambdalabs", "run PROVIDER");
        let typed = typed.replace("plugin update probe", "plugin update NAME");
        let one = list.iter().find(|one| one["name"] == *schema).unwrap();
        let named = one["commands"].as_array().unwrap().iter();
        let mut named = named.map(|command| command.as_str().unwrap());
        assert!(
            named.any(|command| typed.starts_with(command)),
            "{schema}: {typed}"
        );
    }
}

/// Printed documents, each with the name of its schema.
#[derive(Default)]
struct Printed(Vec<(String, Value)>);

impl Printed {
    fn add(&mut self, schema: &str, outcome: &Outcome) {
        let document = outcome.json().unwrap();
        self.0.push((schema.to_owned(), document));
    }
}

#[test]
fn every_result_fits_its_schema() {
    let mut printed = Printed::default();
    lambda(&mut printed);
    here(&mut printed);
    let priced = Priced::new();
    let compared = priced.json(&["pricing", "verify", "--region", "us-east-1"], 0);
    printed.0.push(("price-comparison".to_owned(), compared));
    let account = Account::with(&[september()]);
    let bill = account.json(&["--month", "2026-09"]);
    printed.0.push(("bill".to_owned(), bill));

    let schemas = schemas();
    let faults = schema_faults(&schemas, &printed.0).unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let tried: BTreeSet<&String> = printed.0.iter().map(|(name, _)| name).collect();
    // Those of changes are tried where the clouds are.
    let here = |name: &&String| !DOCUMENTS.contains(&name.as_str());
    let known: BTreeSet<&String> = schemas.keys().filter(here).collect();
    assert_eq!(tried, known, "every schema is tried");

    // A document with a missing or an additional field is invalid.
    for (name, document) in &printed.0 {
        let fields = document.as_object().unwrap();
        let mut changed: Vec<(String, Value)> = Vec::new();
        for field in fields.keys().filter(|field| *field != "explanation") {
            let mut without = fields.clone();
            without.remove(field);
            changed.push((name.clone(), Value::Object(without)));
        }
        let mut with = fields.clone();
        with.insert("new".to_owned(), json!(1));
        changed.push((name.clone(), Value::Object(with)));
        let faults = schema_faults(&schemas, &changed).unwrap();
        assert_eq!(faults.len(), changed.len(), "{name}: {}", faults.join("\n"));
    }
}

fn lambda(printed: &mut Printed) {
    let lambda = Lambda::new();
    let run = |args: &[&str], code: i32| {
        ended(
            lambda.command(&[args, &["--output", "json"]].concat()),
            code,
        )
    };
    for (args, code, schema) in LAMBDA {
        printed.add(schema, &run(args, *code));
    }
    // With a gap, and from the cache.
    lambda
        .cloud
        .fail(Some("/images"), LambdaFault::Answer(500, "{}".to_owned()));
    let gap = [
        "run",
        "lambdalabs",
        "generate-kconfig",
        "--refresh",
        "--output-dir",
        "out",
    ];
    let outcome = lambda
        .command(&[&gap[..], &["--output", "json"]].concat())
        .run()
        .unwrap();
    printed.add("generate-kconfig", &outcome);
    lambda.cloud.heal();
    for (command, schema) in [("status", "cache-status"), ("clear", "cache-clear")] {
        let args = ["cache", command, "--output", "json"];
        printed.add(schema, &ended(lambda.sandbox.cloudhost(args).unwrap(), 0));
    }
}

fn here(printed: &mut Printed) {
    let sandbox = Sandbox::new().unwrap();
    let probe = fs::read(plugin_dir().join("cloudhost_probe.wasm")).unwrap();
    let new = changed(&probe, "version = \"0.1.0\"", "version = \"0.2.0\"");
    let at = |name: &str| sandbox.path().join(name);
    fs::write(at("probe.wasm"), &probe).unwrap();
    fs::write(at("new.wasm"), new).unwrap();
    fs::write(at("probe.jsonl"), recording()).unwrap();
    fs::write(at("bare.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
    let manifest = "name = \"mine\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\n";
    fs::write(at("manifest.toml"), manifest).unwrap();
    for (args, code, schema) in HERE {
        let run = sandbox
            .cloudhost(*args)
            .unwrap()
            .arg("--output")
            .arg("json");
        let pipe = "printf secret_lab_0123456789 | \"$@\"";
        let outcome = ended(run.under(["sh", "-c", pipe, "sh"]), *code);
        printed.add(schema, &outcome);
    }
    let registry = Registry::start().unwrap();
    let to = format!("oci://{}/someone/probe:1", registry.name());
    let push = plugin(&sandbox, &["push", "probe.wasm", &to, "--output", "json"]);
    printed.add("plugin-push", &ended(push, 0));
}

/// Returns all schemas, as the program prints them.
fn schemas() -> BTreeMap<String, Value> {
    let sandbox = Sandbox::new().unwrap();
    let run = |args: &[&str]| ended(sandbox.cloudhost(args).unwrap(), 0).json().unwrap();
    let list = run(&["schema", "--output", "json"]);
    let names = list["schemas"].as_array().unwrap().iter();
    let names = names.map(|one| one["name"].as_str().unwrap().to_owned());
    names
        .map(|name| {
            let schema = run(&["schema", &name]);
            assert_eq!(schema["$id"], format!("urn:cloudhost:schema:{name}:1"));
            (name, schema)
        })
        .collect()
}

#[test]
fn a_schema_that_there_is_not_is_an_error_with_the_likest() {
    let sandbox = Sandbox::new().unwrap();
    let outcome = ended(sandbox.cloudhost(["schema", "regoins"]).unwrap(), 2);
    assert!(outcome.stderr.contains("regions"), "{outcome}");
}
