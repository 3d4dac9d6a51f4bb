//! Debian's docker-registry, and skopeo and curl as others who use it.

use super::*;
use crate::plugin::Artifact;
use cloudhost_tests::{REGISTRY_PASSWORD, Registry, Signer, plugin_dir, program};

fn artifact(name: &str) -> Artifact {
    let path = plugin_dir().join(format!("cloudhost_plugin_{name}.wasm"));
    Artifact::open(&path).unwrap()
}

fn reference(registry: &Registry, rest: &str) -> OciReference {
    let text = format!("oci://{}/{rest}", registry.name());
    text.parse().unwrap()
}

async fn put(registry: &Registry, rest: &str, artifact: &Artifact) -> OciReference {
    let to = reference(registry, rest);
    push(&to, artifact, None, &options()).await.unwrap()
}

async fn get(reference: &OciReference) -> Result<Fetched, SourceError> {
    Source::Oci(reference.clone()).fetch(&options()).await
}

fn run(name: &str, args: &[&str]) -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let mut command = program::command(name).unwrap();
    let done = command.args(args).env("HOME", home.path()).output();
    let done = done.unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{name}: {said}");
    done.stdout
}

#[tokio::test]
async fn what_is_pushed_is_what_is_pulled() {
    let registry = Registry::start().unwrap();
    let pushed = artifact("lambdalabs");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plugin.wasm");
    std::fs::write(&file, &pushed.bytes).unwrap();
    let signer = Signer::new().unwrap();
    let signature = Signature::open(&signer.sign(&file, &[]).unwrap()).unwrap();

    let tag = reference(&registry, "someone/lambdalabs:1");
    let pinned = push(&tag, &pushed, Some(&signature), &options())
        .await
        .unwrap();
    for place in [&tag, &pinned] {
        let fetched = get(place).await.unwrap();
        assert!(fetched.bytes == *pushed.bytes);
        assert_eq!(fetched.digest, pushed.digest);
        assert_eq!(fetched.pinned.as_deref(), pinned.digest());
        assert_eq!(fetched.signature.as_ref(), Some(&signature));
        let key = std::fs::read_to_string(signer.public_file()).unwrap();
        let key: SignerKey = key.parse().unwrap();
        key.verify(&fetched.bytes, &signature).unwrap();
    }
    // Nothing of it depends on the time.
    let again = push(&tag, &pushed, Some(&signature), &options())
        .await
        .unwrap();
    assert_eq!(again, pinned);
    let unsigned = put(&registry, "someone/lambdalabs:1", &pushed).await;
    assert_ne!(unsigned, pinned);
    assert_eq!(get(&tag).await.unwrap().signature, None);
}

/// With clients that know nothing of cloudhost.
#[tokio::test]
async fn what_is_pushed_is_the_standard_artifact() {
    let registry = Registry::start().unwrap();
    let pushed = artifact("lambdalabs");
    let pinned = put(&registry, "someone/lambdalabs:1", &pushed).await;

    let place = format!("docker://{}/someone/lambdalabs:1", registry.name());
    let raw = run(
        "skopeo",
        &["inspect", "--tls-verify=false", "--raw", &place],
    );
    assert_eq!(Some(&*Digest::of(&raw).to_string()), pinned.digest());
    let manifest: Value = serde_json::from_slice(&raw).unwrap();
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(
        manifest["mediaType"],
        "application/vnd.oci.image.manifest.v1+json"
    );
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.wasm.config.v0+json"
    );
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    let layer = &manifest["layers"][0];
    assert_eq!(layer["mediaType"], "application/wasm");
    assert_eq!(layer["size"], pushed.bytes.len());
    assert_eq!(layer["digest"], pushed.digest.to_string());

    let blob = |digest: &Value| {
        let digest = digest.as_str().unwrap();
        let url = format!("{}/v2/someone/lambdalabs/blobs/{digest}", registry.url());
        run("curl", &["--silent", "--fail", &url])
    };
    assert!(blob(&layer["digest"]) == *pushed.bytes);
    let config: Value = serde_json::from_slice(&blob(&manifest["config"]["digest"])).unwrap();
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["os"], "wasip2");
    assert_eq!(config["layerDigests"], json!([pushed.digest.to_string()]));
    assert_eq!(config["component"]["exports"], json!(pushed.exports));
    assert_eq!(config["component"]["imports"], json!(pushed.imports));

    // skopeo pulls it whole, and what it pushes elsewhere is taken.
    let copy = format!("docker://{}/copies/lambdalabs:2", registry.name());
    let unchecked = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    let copied = ["--insecure-policy", "copy", "--preserve-digests"];
    run(
        "skopeo",
        &[&copied[..], &unchecked, &[&place, &copy]].concat(),
    );
    let fetched = get(&reference(&registry, "copies/lambdalabs:2"))
        .await
        .unwrap();
    assert_eq!(fetched.digest, pushed.digest);
    assert_eq!(fetched.pinned.as_deref(), pinned.digest());
}

#[tokio::test]
async fn a_tag_that_moved_is_seen_and_a_digest_stays() {
    let registry = Registry::start().unwrap();
    let (first, second) = (artifact("lambdalabs"), artifact("aws"));
    let pinned = put(&registry, "plugins/one:1", &first).await;
    let moved = put(&registry, "plugins/one:1", &second).await;
    let tag = get(&reference(&registry, "plugins/one:1")).await.unwrap();
    assert_eq!(tag.digest, second.digest);
    assert_eq!(tag.pinned.as_deref(), moved.digest());
    assert_eq!(get(&pinned).await.unwrap().digest, first.digest);
}

#[tokio::test]
async fn what_is_not_there() {
    let registry = Registry::start().unwrap();
    let error = get(&reference(&registry, "no/thing:1")).await.unwrap_err();
    assert!(
        matches!(error, SourceError::Status { status: 404, .. }),
        "{error}"
    );
    let pinned = put(&registry, "plugins/one:1", &artifact("lambdalabs")).await;
    let error = push(&pinned, &artifact("aws"), None, &options()).await;
    assert!(matches!(error, Err(SourceError::Unclear { .. })));
}

#[tokio::test]
async fn a_registry_that_wants_a_login() {
    let registry = Registry::with_login().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.json");
    let options = FetchOptions {
        docker_config: Some(config.clone()),
        ..options()
    };
    let pushed = artifact("lambdalabs");
    let tag = reference(&registry, "plugins/one:1");
    let source = Source::Oci(tag.clone());

    let nobody = push(&tag, &pushed, None, &options).await.unwrap_err();
    assert!(
        matches!(nobody, SourceError::Login { user: None, .. }),
        "{nobody:?}"
    );
    let named = Some(registry.name());
    assert_eq!(nobody.remedy(), Some(Remedy::LogIn { registry: named }));

    registry.write_login(&config, "wrong").unwrap();
    let wrong = push(&tag, &pushed, None, &options).await.unwrap_err();
    assert!(matches!(&wrong, SourceError::Login { user: Some(user), .. } if user == "pusher"));
    assert!(!format!("{wrong:?}{wrong}").contains("wrong"), "{wrong:?}");
    let wrong = source.fetch(&options).await.unwrap_err();
    assert!(
        matches!(wrong, SourceError::Login { user: Some(_), .. }),
        "{wrong}"
    );

    registry.write_login(&config, REGISTRY_PASSWORD).unwrap();
    let pinned = push(&tag, &pushed, None, &options).await.unwrap();
    let fetched = source.fetch(&options).await.unwrap();
    assert_eq!(fetched.digest, pushed.digest);
    assert_eq!(fetched.pinned.as_deref(), pinned.digest());

    std::fs::write(&config, "{").unwrap();
    let broken = source.fetch(&options).await.unwrap_err();
    assert!(
        matches!(broken, SourceError::Credentials { .. }),
        "{broken}"
    );
}
