//! Every request is signed as botocore signs it, for the real host. The secret appears nowhere.

use std::fs;
use std::path::Path;

use cloudhost_tests::{ACCESS_KEY, SECRET_KEY, verify_signatures};

use crate::support::{generate, generated, proxy};

#[test]
fn botocore_computes_the_same_signature_for_every_request() {
    let sandbox = generated();
    let proxy = proxy();
    let outcome = generate(&sandbox, ["--refresh"], &proxy.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let exchanges = proxy.exchanges();
    assert!(exchanges.len() > 50, "{}", exchanges.len());
    verify_signatures(&exchanges, SECRET_KEY).unwrap();
    for exchange in &exchanges {
        let host = format!("ec2.{}.amazonaws.com", exchange.region);
        assert!(
            exchange.header("host").unwrap().starts_with(&host),
            "{exchange:?}"
        );
    }
}

#[test]
fn a_session_token_is_signed_and_sent() {
    let sandbox = generated();
    let proxy = proxy();
    let token = "AQoDYXdzEPT//////////wEXAMPLE==";
    let run = sandbox
        .generate(["--refresh"])
        .unwrap()
        .aws(&proxy.url())
        .env("AWS_SESSION_TOKEN", token);
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let exchanges = proxy.exchanges();
    verify_signatures(&exchanges, SECRET_KEY).unwrap();
    assert!(
        exchanges
            .iter()
            .all(|e| e.header("x-amz-security-token") == Some(token))
    );
    assert!(exchanges.iter().all(|e| {
        e.header("authorization")
            .unwrap()
            .contains("x-amz-security-token")
    }));
}

#[test]
fn a_profile_gives_key_and_region() {
    let sandbox = generated();
    let proxy = proxy();
    fs::create_dir(sandbox.home().join(".aws")).unwrap();
    let credentials = format!(
        "[build]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    );
    fs::write(sandbox.home().join(".aws/credentials"), credentials).unwrap();
    fs::write(
        sandbox.home().join(".aws/config"),
        "[profile build]\nregion = eu-central-1\n",
    )
    .unwrap();
    let run = sandbox
        .generate(["--refresh"])
        .unwrap()
        .env("AWS_PROFILE", "build")
        .env("AWS_ENDPOINT_URL", proxy.url());
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let exchanges = proxy.exchanges();
    verify_signatures(&exchanges, SECRET_KEY).unwrap();
    assert_eq!(exchanges[0].region, "eu-central-1");
}

#[test]
fn nothing_that_is_written_or_said_holds_the_secret() {
    let sandbox = generated();
    let proxy = proxy();
    let outcome = generate(&sandbox, ["--refresh", "-vv"], &proxy.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        outcome.stderr.lines().count() > 1,
        "-vv logs more: {outcome}"
    );
    assert!(
        !outcome.stderr.contains(SECRET_KEY) && !outcome.stdout.contains(SECRET_KEY),
        "{outcome}"
    );
    assert!(!outcome.stderr.contains("Signature="), "{outcome}");
    none_holds(sandbox.path(), SECRET_KEY.as_bytes());
}

fn none_holds(folder: &Path, secret: &[u8]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            none_holds(&path, secret);
        } else {
            let bytes = fs::read(&path).unwrap();
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret),
                "{}",
                path.display()
            );
        }
    }
}
