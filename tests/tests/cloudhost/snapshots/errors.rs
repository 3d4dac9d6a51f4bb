//! Errors and hints.

use cloudhost_tests::Sandbox;

use super::{nobody, snapshot};

#[test]
fn a_provider_that_there_is_not() {
    let (sandbox, outcome) = nobody(&["run", "awz", "regions", "list"]);
    snapshot!(sandbox, outcome, @"
    exit: 2
    --- stdout
    --- stderr
    error: unknown provider `awz`; known providers: aws, lambdalabs
      hint: cloudhost plugin list
    ");
}

#[test]
fn a_region_that_there_is_not() {
    let (sandbox, outcome) = nobody(&[
        "run",
        "aws",
        "instance-types",
        "list",
        "--region",
        "eu-nowhere-1",
    ]);
    snapshot!(sandbox, outcome, @r#"
    exit: 2
    --- stdout
    --- stderr
    error: the catalog has no region "eu-nowhere-1"
      hint: of the 20 names, the closest are: eu-north-1, eu-west-1, eu-south-1, eu-west-2, eu-west-3
    "#);
}

#[test]
fn a_setting_that_there_is_not() {
    let (sandbox, outcome) = nobody(&["run", "aws", "regions", "list", "--set", "speed=11"]);
    snapshot!(sandbox, outcome, @"
    exit: 2
    --- stdout
    --- stderr
    error: provider aws has no setting `speed`; known settings: home-region, price-source, price-regions
      hint: cloudhost plugin inspect aws
    ");
}

#[test]
fn a_wrong_option() {
    let (sandbox, outcome) = nobody(&["run", "aws", "regions", "list", "--regoin", "x"]);
    snapshot!(sandbox, outcome, @"
    exit: 2
    --- stdout
    --- stderr
    error: unexpected argument '--regoin' found

      tip: a similar argument exists: '--region'

    Usage: cloudhost run <PROVIDER> regions list [OPTIONS]

    For more information, try '--help'.
    ");
}

#[test]
fn no_credentials() {
    let (sandbox, outcome) = nobody(&["run", "aws", "generate-kconfig", "--refresh"]);
    snapshot!(sandbox, outcome, @"
    exit: 3
    --- stdout
    --- stderr
    error: no AWS credentials are configured: looked at AWS_ACCESS_KEY_ID, profile default in ~/.aws, web identity, container and instance metadata
      hint: aws configure
            or: export AWS_PROFILE=name
            or: export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...
    ");
}

#[test]
fn a_plugin_that_is_no_plugin() {
    let sandbox = Sandbox::new().unwrap();
    std::fs::write(sandbox.path().join("x.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let outcome = sandbox
        .cloudhost(["plugin", "inspect", "x.wasm"])
        .unwrap()
        .run()
        .unwrap();
    snapshot!(sandbox, outcome, @"
    exit: 1
    --- stdout
    --- stderr
    error: not a WebAssembly component: this is a core module; plugins are components (target wasm32-wasip2)
      hint: build it with `cargo build --release --target wasm32-wasip2`
    ");
    let outcome = sandbox
        .cloudhost(["plugin", "inspect", "y.wasm"])
        .unwrap()
        .run()
        .unwrap();
    snapshot!(sandbox, outcome, @"
    exit: 1
    --- stdout
    --- stderr
    error: cannot read y.wasm
      caused by: No such file or directory (os error 2)
      hint: check the name: ls .
    ");
}

/// An error about a missing thing names it, and the way to those that exist.
#[rstest::rstest]
#[case::plugin(&["plugin", "inspect", "nope"], 2, "hint: cloudhost plugin list\n")]
#[case::pushed(&["plugin", "push", "nope.wasm", "oci://127.0.0.1:1/x:1"], 1, "hint: check the name: ls .\n")]
#[case::signature(
    &["plugin", "push", "x.wasm", "oci://127.0.0.1:1/x:1", "--signature", "x.minisig"],
    1,
    "hint: check the name: ls .\n"
)]
#[case::installed(&["plugin", "install", "/nope/x.wasm"], 1, "hint: check the name: ls /\n")]
#[case::reference(
    &["plugin", "install", "ghcr.io/someone/x:1"],
    1,
    "\n        or: write FILE, https://HOST/PATH or oci://REGISTRY/REPOSITORY:TAG\n"
)]
#[case::replayed(
    &["run", "aws", "regions", "list", "--replay", "rec"],
    2,
    "hint: check the name: ls .\n        or: record it again with --record rec\n"
)]
#[case::device(&["cache", "status", "--cache-dir", "/dev/null/x"], 6, "hint: use another directory with --cache-dir DIR\n")]
fn what_there_is_not(#[case] args: &[&str], #[case] code: i32, #[case] hint: &str) {
    let sandbox = Sandbox::new().unwrap();
    std::fs::write(sandbox.path().join("x.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
    let outcome = crate::support::ended(sandbox.cloudhost(args).unwrap(), code);
    assert!(outcome.stderr.ends_with(hint), "{outcome}");
}
