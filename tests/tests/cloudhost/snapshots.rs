//! What people see, word for word.
//!
//! The catalog is the bundled one where it does for the purpose: its words are the same on every machine.

use cloudhost_tests::{Outcome, Sandbox};
use insta::{assert_snapshot, with_settings};

use crate::support::{generated, url};

/// What differs from run to run or from machine to machine, and what stands for it.
const FILTERS: [(&str, &str); 6] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
    (r"\d{4}-\d\d-\d\d", "[DATE]"),
    (r"\d+ (s|min|h|days) old", "[AGE] old"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    (r"[0-9a-f]{32,64}", "[DIGEST]"),
    (r"\d+(\.\d+)? (B|KB|KiB|MB|MiB)\b", "[SIZE]"),
];

fn shown(sandbox: &Sandbox, outcome: &Outcome) -> String {
    outcome.to_string().replace(&sandbox.path().display().to_string(), "[DIR]")
}

/// One snapshot; a macro, because the text must stand where the call is.
macro_rules! snapshot {
    ($sandbox:expr, $outcome:expr, @$text:literal) => {
        with_settings!({ filters => FILTERS.to_vec() }, {
            assert_snapshot!(shown(&$sandbox, &$outcome), @$text);
        });
    };
}

fn nobody(args: &[&str]) -> (Sandbox, Outcome) {
    let sandbox = Sandbox::new().unwrap();
    let outcome = sandbox.cloudhost(args).unwrap().run().unwrap();
    (sandbox, outcome)
}

#[test]
fn help() {
    let (sandbox, outcome) = nobody(&["--help"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn help_of_a_generation() {
    let (sandbox, outcome) = nobody(&["run", "aws", "generate-kconfig", "-h"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn plugin_list() {
    let (sandbox, outcome) = nobody(&["plugin", "list"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn plugin_inspect() {
    let (sandbox, outcome) = nobody(&["plugin", "inspect", "aws"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn cache_status_of_nothing() {
    let (sandbox, outcome) = nobody(&["cache", "status"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn cache_status_and_clear() {
    let sandbox = generated();
    let outcome = sandbox.cloudhost(["cache", "status"]).unwrap().run().unwrap();
    snapshot!(sandbox, outcome, @"");
    let outcome = sandbox.cloudhost(["cache", "clear"]).unwrap().run().unwrap();
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_list_of_machine_types() {
    let sandbox = generated();
    let args = ["run", "aws", "instance-types", "list", "--offline", "--family", "g5", "--region", "eu-north-1"];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_list_of_regions() {
    let sandbox = generated();
    let args = ["run", "aws", "regions", "list", "--offline", "--region", "eu-north-1"];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_list_of_images() {
    let sandbox = generated();
    let args = ["run", "aws", "images", "list", "--offline", "--arch", "arm64"];
    let outcome = sandbox.cloudhost(args).unwrap().aws(&url()).run().unwrap();
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_generation_as_json() {
    let sandbox = generated();
    let args = ["--offline", "--family", "m5", "--output", "json", "--quiet"];
    let outcome = sandbox.generate(args).unwrap().aws(&url()).run().unwrap();
    let mut json = outcome.json().unwrap();
    json["files"]["removed"] = json["files"]["removed"].as_array().unwrap().len().into();
    json["catalog"]["age_seconds"] = 0.into();
    with_settings!({ filters => FILTERS.to_vec() }, {
        assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @"");
    });
}

#[test]
fn a_provider_that_there_is_not() {
    let (sandbox, outcome) = nobody(&["run", "awz", "regions", "list"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_region_that_there_is_not() {
    let (sandbox, outcome) = nobody(&["run", "aws", "instance-types", "list", "--region", "eu-nowhere-1"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_setting_that_there_is_not() {
    let (sandbox, outcome) = nobody(&["run", "aws", "regions", "list", "--set", "speed=11"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_wrong_option() {
    let (sandbox, outcome) = nobody(&["run", "aws", "regions", "list", "--regoin", "x"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn no_credentials() {
    let (sandbox, outcome) = nobody(&["run", "aws", "generate-kconfig", "--refresh"]);
    snapshot!(sandbox, outcome, @"");
}

#[test]
fn a_plugin_that_is_no_plugin() {
    let sandbox = Sandbox::new().unwrap();
    std::fs::write(sandbox.path().join("x.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let outcome = sandbox.cloudhost(["plugin", "inspect", "x.wasm"]).unwrap().run().unwrap();
    snapshot!(sandbox, outcome, @"");
    let outcome = sandbox.cloudhost(["plugin", "inspect", "y.wasm"]).unwrap().run().unwrap();
    snapshot!(sandbox, outcome, @"");
}
