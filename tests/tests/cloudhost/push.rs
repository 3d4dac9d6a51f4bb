//! `cloudhost plugin push` to Debian's docker-registry.

use std::fs;

use cloudhost_tests::{HostileRegistry, REGISTRY_PASSWORD, Registry, Sandbox, Signer, plugin_dir};

fn with_plugin() -> Sandbox {
    let sandbox = Sandbox::new().unwrap();
    let plugin = plugin_dir().join("cloudhost_plugin_lambdalabs.wasm");
    fs::copy(plugin, sandbox.path().join("plugin.wasm")).unwrap();
    sandbox
}

#[test]
fn a_plugin_is_pushed_with_its_signature() {
    let (sandbox, registry) = (with_plugin(), Registry::start().unwrap());
    let to = format!("oci://{}/someone/lambda:1", registry.name());
    let push = ["plugin", "push", "plugin.wasm", &to, "--output", "json"];
    let run = sandbox.cloudhost(push).unwrap().run().unwrap();
    assert_eq!(run.code, Some(0), "{run}");
    let unsigned: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(unsigned["signed"], false);
    assert_eq!(unsigned["name"], "lambdalabs");

    let file = sandbox.path().join("plugin.wasm");
    let signature = Signer::new().unwrap().sign(&file, &[]).unwrap();
    let run = sandbox.cloudhost(push).unwrap().run().unwrap();
    let signed: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(signed["signed"], true);
    assert_ne!(signed["reference"], unsigned["reference"]);
    assert_eq!(signed["digest"], unsigned["digest"]);
    let reference = signed["reference"].as_str().unwrap();
    assert!(
        run.stderr
            .contains(&format!("cloudhost plugin install {reference}"))
    );

    // The same with the signature in another place. The registry has exactly this signature.
    let elsewhere = sandbox.path().join("signature");
    fs::rename(&signature, &elsewhere).unwrap();
    let run = sandbox.cloudhost(push).unwrap();
    let run = run.arg("--signature").arg(&elsewhere).run().unwrap();
    let again: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(again, signed);
    let digest = reference.split('@').nth(1).unwrap();
    let url = format!("{}/v2/someone/lambda/manifests/{digest}", registry.url());
    let accept = "Accept: application/vnd.oci.image.manifest.v1+json";
    let curl = sandbox.command("curl").arg("--silent").arg("--header");
    let manifest = curl.arg(accept).arg(url).run().unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest.stdout).unwrap();
    assert_eq!(
        manifest["annotations"]["io.github.cloudhost.minisig"],
        fs::read_to_string(&elsewhere).unwrap()
    );
}

#[test]
fn what_is_no_plugin_is_not_pushed() {
    let (sandbox, registry) = (Sandbox::new().unwrap(), Registry::start().unwrap());
    fs::write(sandbox.path().join("plugin.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let to = format!("oci://{}/someone/lambda:1", registry.name());
    let run = sandbox.cloudhost(["plugin", "push", "plugin.wasm", &to]);
    let run = run.unwrap().run().unwrap();
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("core module"), "{run}");
    assert!(
        !registry
            .data()
            .join("docker/registry/v2/repositories/someone")
            .exists()
    );
}

#[test]
fn a_registry_that_wants_a_login() {
    let (sandbox, registry) = (with_plugin(), Registry::with_login().unwrap());
    let to = format!("oci://{}/someone/lambda:1", registry.name());
    let push = || {
        sandbox
            .cloudhost(["plugin", "push", "plugin.wasm", &to])
            .unwrap()
    };
    let run = push().run().unwrap();
    assert_eq!(run.code, Some(3), "{run}");
    let hint = format!("hint: docker login {}", registry.name());
    assert!(run.stderr.contains(&hint), "{run}");

    fs::create_dir(sandbox.home().join(".docker")).unwrap();
    let config = sandbox.home().join(".docker/config.json");
    registry.write_login(&config, "not the password").unwrap();
    let run = push().run().unwrap();
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("the login of `pusher`"), "{run}");
    assert!(!run.stderr.contains("not the password"), "{run}");

    let elsewhere = sandbox.path().join("docker");
    fs::create_dir(&elsewhere).unwrap();
    registry
        .write_login(&elsewhere.join("config.json"), REGISTRY_PASSWORD)
        .unwrap();
    let run = push()
        .env("DOCKER_CONFIG", &elsewhere)
        .arg("-vv")
        .run()
        .unwrap();
    assert_eq!(run.code, Some(0), "{run}");
    assert!(!run.stderr.contains(REGISTRY_PASSWORD), "{run}");
}

/// A login is sent only to its own registry, even if the environment names a proxy.
#[test]
fn no_proxy_sees_the_login() {
    let (sandbox, registry) = (with_plugin(), Registry::with_login().unwrap());
    let config = sandbox.path().join("config.json");
    registry.write_login(&config, REGISTRY_PASSWORD).unwrap();
    let proxy = HostileRegistry::start().unwrap();
    let to = format!("oci://{}/someone/lambda:1", registry.name());
    let mut push = sandbox
        .cloudhost(["plugin", "push", "plugin.wasm", &to])
        .unwrap();
    for name in ["http_proxy", "https_proxy", "ALL_PROXY"] {
        push = push.env(name, proxy.url());
    }
    let run = push.env("DOCKER_CONFIG", sandbox.path()).run().unwrap();
    assert_eq!(run.code, Some(0), "{run}");
    assert_eq!(proxy.asked().len(), 0);
}

#[test]
fn places_that_cannot_be_pushed_to() {
    let sandbox = with_plugin();
    for (to, code, part) in [
        ("ghcr.io/someone/lambda:1", 2, "expected oci://REGISTRY"),
        ("oci://someone/lambda:1", 2, "the registry is missing"),
        (
            "oci://127.0.0.1:1/someone/lambda:1",
            4,
            "cannot reach http://127.0.0.1:1\n",
        ),
    ] {
        let run = sandbox.cloudhost(["plugin", "push", "plugin.wasm", to]);
        let run = run.unwrap().run().unwrap();
        assert_eq!(run.code, Some(code), "{run}");
        assert!(run.stderr.contains(part), "{run}");
    }
}
