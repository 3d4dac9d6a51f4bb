use super::*;
use aws_credential_types::Credentials;
use cloudhost_tests::python;
use rstest::rstest;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, UNIX_EPOCH};

/// 2015-08-30T12:36:00Z, as in AWS's own test suite.
const TIME: u64 = 1_440_938_160;

fn keys(token: Option<&str>) -> Keys {
    let credentials = Credentials::new(
        "AKIDEXAMPLE",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        token.map(str::to_owned),
        None,
        "test",
    );
    Keys(credentials)
}

fn signed(
    method: Method,
    url: &str,
    headers: &[(&'static str, &'static str)],
    body: &str,
    service: &str,
    token: Option<&str>,
) -> Signed {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect();
    let request = SignRequest {
        method: &method,
        url: &Url::parse(url).unwrap(),
        headers: &headers,
        body: body.as_bytes(),
        service,
        region: "us-east-1",
    };
    sign_at(
        &keys(token),
        request,
        UNIX_EPOCH + Duration::from_secs(TIME),
    )
    .unwrap()
}

fn header(signed: &Signed, name: &str) -> Option<String> {
    let found = signed.headers.iter().find(|(have, _)| have == name)?;
    Some(found.1.to_str().unwrap().to_owned())
}

/// Two of AWS's published vectors ("Signature Version 4 test suite").
#[rstest]
#[case::get_vanilla(
    Method::GET, &[], "",
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
)]
#[case::post_form(
    Method::POST, &[("content-type", "application/x-www-form-urlencoded")], "Param1=value1",
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
)]
fn published_vectors(
    #[case] method: Method,
    #[case] headers: &[(&'static str, &'static str)],
    #[case] body: &str,
    #[case] signature: &str,
) {
    let signed = signed(
        method,
        "https://example.amazonaws.com/",
        headers,
        body,
        "service",
        None,
    );
    let value = header(&signed, "authorization").unwrap();
    assert!(
        value.ends_with(&format!("Signature={signature}")),
        "{value}"
    );
    assert_eq!(header(&signed, "x-amz-date").unwrap(), "20150830T123600Z");
}

#[test]
fn knows_what_in_it_is_secret() {
    let signed = signed(
        Method::GET,
        "https://a.com/",
        &[],
        "",
        "ec2",
        Some("the-token"),
    );
    let secrets: Vec<&str> = signed.secrets().collect();
    let authorization = header(&signed, "authorization").unwrap();
    let (_, signature) = authorization.split_once("Signature=").unwrap();
    assert_eq!(signed.signature(), Some(signature));
    assert!(!secrets.contains(&signature), "it is of one request");
    assert!(secrets.contains(&"the-token"));
    assert!(
        !secrets.contains(&"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        "it is in no request"
    );
    assert_eq!(
        header(&signed, "x-amz-security-token").unwrap(),
        "the-token"
    );
    let shown = format!("{:?}", signed.headers);
    assert!(
        !shown.contains("the-token") && !shown.contains(&authorization),
        "{shown}"
    );
}

#[test]
fn only_the_storage_service_is_told_the_body_hash() {
    let of = |service| signed(Method::GET, "https://a.com/", &[], "", service, None);
    assert!(header(&of("s3"), "x-amz-content-sha256").is_some());
    assert!(header(&of("ec2"), "x-amz-content-sha256").is_none());
}

/// An independent signer, botocore, gives the same signature.
#[rstest]
#[case::query(
    Method::POST,
    "https://ec2.eu-west-1.amazonaws.com/",
    "Action=DescribeRegions&Version=2016-11-15",
    "ec2",
    None
)]
#[case::token(
    Method::POST,
    "https://ec2.eu-west-1.amazonaws.com/",
    "Action=X",
    "ec2",
    Some("tok/en+with=signs")
)]
#[case::path(
    Method::GET,
    "https://eks.us-east-1.amazonaws.com/clusters/a%20b%2Fc?x=1&a=%2F&a=%20",
    "",
    "eks",
    None
)]
#[case::unicode(
    Method::GET,
    "https://eks.us-east-1.amazonaws.com/clusters/é?q=ü",
    "",
    "eks",
    None
)]
#[case::port(
    Method::PUT,
    "https://eks.us-east-1.amazonaws.com:8443/x",
    "{}",
    "eks",
    None
)]
fn botocore_agrees(
    #[case] method: Method,
    #[case] url: &str,
    #[case] body: &str,
    #[case] service: &str,
    #[case] token: Option<&str>,
) {
    let kind = (
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    let ours = signed(method.clone(), url, &[kind], body, service, token);
    let script = r#"
import sys, json, datetime
import botocore.auth, botocore.compat
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
given = json.load(sys.stdin)
now = datetime.datetime.fromtimestamp(given["time"], datetime.timezone.utc)
botocore.auth.get_current_datetime = lambda *a, **k: now.replace(tzinfo=None)
request = AWSRequest(method=given["method"], url=given["url"], data=given["body"].encode(), headers={"content-type": given["kind"]})
credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", given["token"])
botocore.auth.SigV4Auth(credentials, given["service"], "us-east-1").add_auth(request)
print(request.headers["Authorization"])
"#;
    let given = serde_json::json!({
        "time": TIME, "method": method.as_str(), "url": Url::parse(url).unwrap().as_str(),
        "body": body, "kind": kind.1, "token": token, "service": service,
    });
    let mut child = python::command()
        .unwrap()
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(given.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(header(&ours, "authorization").unwrap(), theirs.trim());
}
