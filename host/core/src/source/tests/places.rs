//! Sources of components, and redirects that are followed.

use super::*;
use rstest::rstest;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[rstest]
fn a_place_is_written_as_it_was_read(
    #[values(
        "plugin.wasm",
        "./some folder/plugin.wasm",
        "https://plugins.example/a/hetzner.wasm",
        "https://plugins.example/a/hetzner.wasm?raw=1",
        "http://127.0.0.1:8000/hetzner.wasm",
        "http://localhost/hetzner.wasm",
        "http://[::1]:8000/hetzner.wasm",
        "oci://ghcr.io/someone/hetzner:1.2",
        "oci://ghcr.io/someone/plugins/hetzner:latest",
        "oci://localhost:5000/hetzner:1",
        "oci://localhost/hetzner:1",
        "oci://Registry-1.example:443/a__b/c.d_e--f/0:V1.0_x-",
        &format!("oci://ghcr.io/someone/hetzner@{DIGEST}"),
        &format!("oci://ghcr.io/someone/hetzner:1@{DIGEST}")
    )]
    text: &str,
) {
    assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
}

#[rstest]
#[case("", "empty")]
#[case("http://plugins.example/hetzner.wasm", "this machine only")]
#[case("http://10.0.0.1/hetzner.wasm", "this machine only")]
#[case("http://localhost.evil.test/hetzner.wasm", "this machine only")]
#[case("http://127.0.0.1@evil.test/hetzner.wasm", "this machine only")]
#[case("ftp://plugins.example/hetzner.wasm", "expected a file")]
#[case("file:///etc/passwd", "expected a file")]
#[case("https://", "invalid URL")]
#[case("https://user:secret@plugins.example/hetzner.wasm", "password")]
#[case("https://plugins.example/hetzner.wasm#part", "fragment (`#`)")]
#[case("oci://", "expected oci://REGISTRY")]
#[case("oci://ghcr.io", "expected oci://REGISTRY")]
#[case("oci://someone/hetzner", "the registry is missing")]
#[case("oci://ghcr.io/", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/Someone/hetzner", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone/../hetzner", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone/hetzner:a b", "expected oci://REGISTRY")]
#[case("oci://user:secret@ghcr.io/hetzner", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone/hetzner@sha256:abc", "invalid digest")]
#[case("oci://ghcr.io/someone/hetzner:", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone/hetzner:-1", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone/-hetzner", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone/a..b", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone/a___b", "expected oci://REGISTRY")]
#[case("oci://ghcr.io/someone//b", "expected oci://REGISTRY")]
#[case("oci://-ghcr.io/someone/b", "expected oci://REGISTRY")]
#[case("oci://ghcr..io/someone/b", "expected oci://REGISTRY")]
#[case("oci://ghcr.io:x/someone/b", "expected oci://REGISTRY")]
#[case(&format!("oci://ghcr.io/{}", "a".repeat(256)), "expected oci://REGISTRY")]
#[case(&format!("oci://ghcr.io/a:{}", "a".repeat(129)), "expected oci://REGISTRY")]
#[case(&format!("oci://ghcr.io/a/b@{}", DIGEST.to_uppercase().replace("SHA", "sha")), "lower-case")]
#[case(&format!("oci://ghcr.io/a/b@sha512:{0}{0}", &DIGEST[7..]), "sha256")]
fn what_is_no_place(#[case] text: &str, #[case] why: &str) {
    let error = text.parse::<Source>().unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
    assert!(error.remedy().is_some());
}

#[test]
fn docker_hub_is_named_where_it_could_be_meant() {
    let error = "oci://someone/hetzner".parse::<Source>().unwrap_err();
    let source = "oci://docker.io/someone/hetzner".to_owned();
    assert_eq!(error.remedy(), Some(Remedy::UseSource { source }));
}

/// As docker does.
#[rstest]
#[case("oci://docker.io/hetzner", "oci://docker.io/library/hetzner:latest")]
#[case("oci://index.docker.io/hetzner:1", "oci://docker.io/library/hetzner:1")]
#[case(
    "oci://docker.io/someone/hetzner",
    "oci://docker.io/someone/hetzner:latest"
)]
#[case("oci://ghcr.io/hetzner", "oci://ghcr.io/hetzner:latest")]
fn short_names(#[case] text: &str, #[case] whole: &str) {
    assert_eq!(text.parse::<Source>().unwrap().to_string(), whole);
}

#[test]
fn a_digest_from_elsewhere_is_checked() {
    let reference: OciReference = "oci://ghcr.io/someone/hetzner:1".parse().unwrap();
    let pinned = reference.pinned(DIGEST).unwrap().to_string();
    assert_eq!(pinned, format!("oci://ghcr.io/someone/hetzner@{DIGEST}"));
    assert!(reference.pinned("sha256:../../x").is_err());
}

/// A remote location leads to nothing nearby; http leads to this machine only, and only from http.
#[rstest]
#[case("https://a.example", "https://b.example", true, true)]
#[case("https://a.example", "https://127.0.0.1", false, true)]
#[case("https://a.example", "https://localhost", false, true)]
#[case("https://a.example", "https://[::1]", false, true)]
#[case("https://a.example", "https://10.1.2.3", false, true)]
#[case("https://a.example", "https://169.254.169.254", false, true)]
#[case("https://a.example", "https://[fd00:ec2::254]", false, true)]
#[case("http://127.0.0.1:1", "https://a.example", true, true)]
#[case("http://127.0.0.1:1", "http://127.0.0.1:2", true, true)]
#[case("https://a.example", "http://a.example", false, false)]
#[case("https://a.example", "http://127.0.0.1", false, false)]
#[case("https://a.example", "http://localhost", false, false)]
#[case("http://127.0.0.1:1", "http://a.example", false, false)]
#[case("https://a.example", "file:///etc/passwd", false, false)]
#[case("https://a.example", "ftp://a.example", false, false)]
fn redirects(#[case] from: Url, #[case] to: Url, #[case] far: bool, #[case] near: bool) {
    let followed = [false, true].map(|near| download::refusal(&from, &to, near).is_none());
    assert_eq!(followed, [far, near]);
}

#[test]
fn what_a_server_says_is_quoted_short_and_without_secrets() {
    let shown = error::shown("https://a.example/x?X-Amz-Signature=secret");
    assert_eq!(shown, "https://a.example/x");
    assert_eq!(error::shown(&"é".repeat(500)).chars().count(), 123);
    assert_eq!(error::shown("a b?"), "a b?");
}
