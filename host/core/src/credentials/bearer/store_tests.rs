//! Storing, listing and removing tokens.

use super::tests::{FILE, Home, INI, KEY, sent};
use super::*;
use crate::credentials::{Credentials, CredentialsError, Environment, Listed};
use crate::{CredentialStep, HasRemedy as _, Remedy};
use std::fs;
use std::os::unix::fs::symlink;

fn token(text: &str) -> Token {
    Token::new(text.to_owned()).unwrap()
}

#[test]
fn set_and_remove() {
    let home = Home::new();
    let credentials = home.credentials(&[]);
    let stored = credentials.set("lambdalabs", &token("new-key")).unwrap();
    assert_eq!(stored.path, Some(home.path().join(FILE)));
    assert_eq!(stored.shadowed_by, None);
    assert_eq!(home.read(FILE), "[default]\nlambdalabs_api_key = new-key\n");
    assert_eq!((home.mode(".lambdalabs"), home.mode(FILE)), (0o700, 0o600));
    // It takes effect at once, also for earlier users of the same credentials.
    assert_eq!(sent(&credentials, "lambdalabs").unwrap(), "new-key");
    assert!(credentials.remove("lambdalabs").unwrap().removed);
    assert!(!stored.path.unwrap().exists());
    assert!(!credentials.remove("lambdalabs").unwrap().removed);
}

#[test]
fn set_and_remove_of_another_name() {
    let home = Home::new();
    let credentials = home.credentials(&[]);
    let stored = credentials.set("my-cloud", &token("new-key")).unwrap();
    let path = ".config/cloudhost/credentials/my-cloud";
    assert_eq!(stored.path, Some(home.path().join(path)));
    assert_eq!(home.read(path), "new-key\n");
    assert_eq!(
        (home.mode(".config/cloudhost/credentials"), home.mode(path)),
        (0o700, 0o600)
    );
    assert_eq!(sent(&credentials, "my-cloud").unwrap(), "new-key");
    credentials.set("my-cloud", &token("newer-key")).unwrap();
    assert_eq!(home.read(path), "newer-key\n");
    assert!(credentials.remove("my-cloud").unwrap().removed);
    assert!(!stored.path.unwrap().exists());
}

#[test]
fn what_else_is_in_the_file_stays() {
    let text = "# mine\n[default]\napi_key = old\nregion = x\n[work]\napi_key = w\n";
    let home = Home::new().with(FILE, text, 0o644);
    let credentials = home.credentials(&[]);
    credentials.set("lambdalabs", &token("new-key")).unwrap();
    assert_eq!(home.read(FILE), text.replace("old", "new-key"));
    assert_eq!(home.mode(FILE), 0o600, "others could read it before");
    assert!(credentials.remove("lambdalabs").unwrap().removed);
    assert_eq!(home.read(FILE), text.replace("api_key = old\n", ""));
    assert_eq!(
        fs::read_dir(home.path().join(".lambdalabs"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn what_makes_no_sense_is_not_overwritten() {
    let home = Home::new().with(FILE, "my key is hush\n", 0o600);
    let credentials = home.credentials(&[]);
    for error in [
        credentials
            .set("lambdalabs", &token("new-key"))
            .unwrap_err(),
        credentials.remove("lambdalabs").unwrap_err(),
    ] {
        assert!(error.to_string().contains("line 1"), "{error}");
    }
    assert_eq!(home.read(FILE), "my key is hush\n");
}

#[test]
fn a_symlink_stays_one() {
    let home = Home::new().with("dotfiles/lambda", INI, 0o600);
    fs::create_dir(home.path().join(".lambdalabs")).unwrap();
    symlink(home.path().join("dotfiles/lambda"), home.path().join(FILE)).unwrap();
    let credentials = home.credentials(&[]);
    credentials.set("lambdalabs", &token("new-key")).unwrap();
    assert!(
        fs::symlink_metadata(home.path().join(FILE))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(home.read("dotfiles/lambda"), INI.replace(KEY, "new-key"));
}

#[test]
fn a_variable_that_comes_first_is_told() {
    let home = Home::new();
    let named = ("LAMBDALABS_CREDENTIALS_FILE", "~/deep/er/file");
    let credentials = home.credentials(&[("LAMBDA_API_KEY", "x"), named]);
    let stored = credentials.set("lambdalabs", &token("new-key")).unwrap();
    assert_eq!(stored.path, Some(home.path().join("deep/er/file")));
    assert_eq!(credentials.path("lambdalabs").ok(), stored.path);
    let first = Some("environment LAMBDA_API_KEY".to_owned());
    assert_eq!(stored.shadowed_by, first);
    let removed = credentials.remove("lambdalabs").unwrap();
    assert_eq!((removed.removed, removed.left), (true, first));
}

#[test]
fn it_cannot_be_written() {
    // A file in place of a directory: not even root can write there.
    let home = Home::new().with(".lambdalabs", "", 0o600);
    let error = home
        .credentials(&[])
        .set("lambdalabs", &token("new-key"))
        .unwrap_err();
    assert!(
        matches!(error, CredentialsError::Unwritable { .. }),
        "{error}"
    );
    let homeless = Credentials::new(Environment::default());
    let error = homeless.set("lambdalabs", &token("new-key")).unwrap_err();
    assert!(error.to_string().contains("no home directory"), "{error}");
    let remedy = Remedy::variables([("HOME", "/path/of/it")]);
    assert_eq!(error.remedy(), Some(remedy));
}

#[test]
fn aws_is_kept_by_its_own_tools() {
    let home = Home::new();
    let credentials = home.credentials(&[]);
    for error in [
        credentials.set("aws", &token("new-key")).unwrap_err(),
        credentials.remove("aws").unwrap_err(),
    ] {
        assert!(matches!(
            error.remedy(),
            Some(Remedy::CredentialTool {
                step: CredentialStep::Configure,
                ..
            })
        ));
    }
    assert_eq!(
        credentials.path("aws").unwrap(),
        home.path().join(".aws/credentials")
    );
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn all_that_are_known() {
    let home = Home::new()
        .with(FILE, INI, 0o600)
        .with(".config/cloudhost/credentials/hetzner", "secret", 0o644)
        .with(".config/cloudhost/credentials/aws", "secret", 0o600)
        .with(
            ".config/cloudhost/credentials/.credentials-x1",
            "secret",
            0o600,
        );
    let credentials = home.credentials(&[
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("CLOUDHOST_MY_CLOUD_TOKEN", "secret"),
        ("CLOUDHOST_AWS_TOKEN", "secret"),
        ("CLOUDHOST_EMPTY_TOKEN", ""),
        ("CLOUDHOST_CACHE_DIR", "/tmp"),
        ("CLOUDHOST_lower_TOKEN", "x"),
    ]);
    let listed = credentials.list([]);
    let shown: Vec<_> = listed
        .iter()
        .map(
            |Listed {
                 name,
                 source,
                 problem,
             }| {
                let source = source.as_deref().unwrap_or("-");
                format!("{name} {source} {}", problem.is_some())
            },
        )
        .collect();
    assert_eq!(
        shown,
        [
            "aws environment false",
            "hetzner file ~/.config/cloudhost/credentials/hetzner true",
            "lambdalabs file ~/.lambdalabs/credentials false",
            "my-cloud environment CLOUDHOST_MY_CLOUD_TOKEN false",
        ]
    );
    let json = serde_json::to_string(&listed).unwrap();
    assert!(!json.contains("secret"), "{json}");
}
