//! The keyring, with programs in place of `secret-tool`. The real one is tested in `tests/`.

use super::tests::{FILE, Home, INI, sent};
use super::*;
use crate::credentials::{Credentials, CredentialsError};
use crate::{HasRemedy as _, Remedy};
use rstest::rstest;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

/// Stores one text beside itself, and logs its arguments.
const KEEPS: &str = r#"here=$(dirname "$0"); echo "$@" >>"$here/called"
case $1 in
store) cat >"$here/kept" ;;
lookup) cat "$here/kept" 2>/dev/null ;;
clear) rm "$here/kept" 2>/dev/null ;;
esac"#;

/// Credentials of a home in which this script is the keyring's program.
fn with_program(home: &Home, script: Option<&str>) -> Credentials {
    let tool = home.path().join("bin/secret-tool");
    std::fs::create_dir_all(tool.parent().unwrap()).unwrap();
    if let Some(script) = script {
        std::fs::write(&tool, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    let path = match script {
        Some(_) => "~/bin:/usr/bin:/bin",
        None => "~/bin",
    };
    home.credentials(&[("PATH", path)])
}

fn token(text: &str) -> Token {
    Token::new(text.to_owned()).unwrap()
}

/// A home in which a token was stored in the keyring, and then this program replaced the other one.
fn stored(script: Option<&str>) -> (Home, Credentials) {
    let home = Home::new();
    let credentials = with_program(&home, Some(KEEPS));
    let stored = credentials
        .set_in_keyring("lambdalabs", &token("kr_secret"))
        .unwrap();
    assert_eq!((stored.path, stored.shadowed_by), (None, None));
    std::fs::remove_file(home.path().join("bin/secret-tool")).unwrap();
    let credentials = with_program(&home, script);
    (home, credentials)
}

#[tokio::test]
async fn from_the_keyring_and_out_of_it() {
    let (home, credentials) = stored(Some(KEEPS));
    assert_eq!(sent(&credentials, "lambdalabs").unwrap(), "kr_secret");
    let facts = credentials.check("lambdalabs").await.unwrap();
    assert_eq!(facts.source.as_deref(), Some("the system keyring"));
    assert_eq!(
        credentials.identity("lambdalabs").unwrap().key,
        "lambdalabs keyring"
    );
    assert!(credentials.is_in_keyring("lambdalabs").unwrap());
    let called = home.read("bin/called");
    assert!(!called.contains("kr_secret"), "never an argument: {called}");
    assert!(called.starts_with("store --label=cloudhost: token of lambdalabs application cloudhost credential lambdalabs\n"), "{called}");
    // Only the keyring has it.
    assert!(!home.path().join(FILE).exists());
    assert_eq!(home.read(".config/cloudhost/keyring/lambdalabs"), "");

    let removed = credentials.remove("lambdalabs").unwrap();
    assert_eq!((removed.removed, removed.from_keyring), (false, true));
    assert!(!credentials.describe("lambdalabs").await.configured);
    let again = credentials.remove("lambdalabs").unwrap();
    assert_eq!((again.removed, again.from_keyring), (false, false));
}

/// A variable and a file take precedence: then the keyring is not accessed, nor if nothing was stored in it.
#[tokio::test]
async fn it_is_asked_last() {
    let (home, credentials) = stored(Some(KEEPS));
    let calls = || home.read("bin/called").lines().count();
    let before = calls();
    let home_with_file = home.path().join(FILE);
    credentials
        .set("lambdalabs", &token("file_secret"))
        .unwrap();
    assert_eq!(sent(&credentials, "lambdalabs").unwrap(), "file_secret");
    let path = "~/bin:/usr/bin:/bin";
    let variable = home.credentials(&[("LAMBDA_API_KEY", "v_secret"), ("PATH", path)]);
    assert_eq!(sent(&variable, "lambdalabs").unwrap(), "v_secret");
    assert!(!credentials.describe("my-cloud").await.configured);
    assert_eq!(calls(), before);

    let shadowed = credentials.set_in_keyring("lambdalabs", &token("kr_secret"));
    let file = "file ~/.lambdalabs/credentials";
    assert_eq!(shadowed.unwrap().shadowed_by.as_deref(), Some(file));
    std::fs::remove_file(home_with_file).unwrap();
    assert_eq!(sent(&credentials, "lambdalabs").unwrap(), "kr_secret");
}

#[tokio::test]
async fn another_name_is_listed() {
    let home = Home::new().with(FILE, INI, 0o600);
    let credentials = with_program(&home, Some(KEEPS));
    credentials
        .set_in_keyring("my-cloud", &token("kr_secret"))
        .unwrap();
    let listed = credentials.list([]);
    let one = listed.iter().find(|one| one.name == "my-cloud").unwrap();
    assert_eq!(one.source.as_deref(), Some("the system keyring"));
    assert_eq!(one.problem, None);
    assert_eq!(sent(&credentials, "my-cloud").unwrap(), "kr_secret");
}

fn set_again(keyring: bool) -> Remedy {
    Remedy::SetCredential {
        name: "lambdalabs".to_owned(),
        keyring,
    }
}

fn unlock() -> Remedy {
    Remedy::any_of([Remedy::UnlockKeyring, set_again(false)])
}

#[rstest]
#[case::not_installed(None, "secret-tool is not installed", Remedy::InstallPackage { package: "libsecret-tools" })]
#[case::no_bus(
    Some("echo 'Cannot autolaunch D-Bus' >&2; exit 1"),
    "Cannot autolaunch D-Bus",
    unlock()
)]
#[case::not_there(Some("exit 1"), "it has no token of this name", unlock())]
#[case::empty(Some("exit 0"), "it has no token of this name", unlock())]
#[case::not_a_token(Some("printf 'two words'"), "character 4 is a space", set_again(true))]
#[case::too_much(
    Some("head -c 60000 /dev/zero | tr '\\0' x"),
    "limit of 4096",
    set_again(true)
)]
// Its child holds the pipe, and is not waited for.
#[case::left_behind(Some("sleep 60 & exit 1"), "it has no token of this name", unlock())]
#[tokio::test]
async fn a_keyring_that_gives_nothing(
    #[case] script: Option<&str>,
    #[case] says: &str,
    #[case] remedy: Remedy,
) {
    let (_home, credentials) = stored(script);
    let started = Instant::now();
    let error = credentials.check("lambdalabs").await.unwrap_err();
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    let text = error.to_string();
    assert!(
        text.contains("the lambdalabs credentials from the system keyring"),
        "{text}"
    );
    assert!(text.contains(says), "{text}");
    assert_eq!(error.remedy(), Some(remedy));
    assert!(matches!(error, CredentialsError::Unobtainable { .. }));
}

/// A locked keyring waits for a person, and a broken one for ever. A run times out, and its other work goes on.
#[tokio::test]
async fn a_keyring_that_hangs() {
    let (_home, credentials) = stored(Some("exec sleep 600"));
    let started = Instant::now();
    let early = tokio::time::timeout(Duration::from_millis(200), credentials.check("lambdalabs"));
    assert!(early.await.is_err());
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    let error = credentials.check("lambdalabs").await.unwrap_err();
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
    assert!(
        error.to_string().contains("did not respond within 5 s"),
        "{error}"
    );
}

/// A token that could not be stored is not reported as stored.
#[tokio::test]
async fn a_keyring_that_takes_nothing() {
    let home = Home::new();
    let credentials = with_program(&home, Some("echo 'no such collection' >&2; exit 1"));
    let error = credentials
        .set_in_keyring("lambdalabs", &token("kr_secret"))
        .unwrap_err();
    assert!(error.to_string().contains("no such collection"), "{error}");
    assert!(!credentials.describe("lambdalabs").await.configured);
    let aws = credentials.set_in_keyring("aws", &token("kr_secret"));
    assert!(matches!(aws, Err(CredentialsError::KeptElsewhere { .. })));
}
