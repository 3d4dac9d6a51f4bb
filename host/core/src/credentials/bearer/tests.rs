//! Locations of tokens, and invalid tokens.

use crate::credentials::{Credentials, CredentialsError, Environment};
use crate::{FilePurpose, Fix, HasRemedy as _, Remedy};
use rstest::rstest;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub(super) const KEY: &str = "secret_of-the-file";
pub(super) const INI: &str = "[default]\nlambdalabs_api_key = secret_of-the-file\n";

pub(super) struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file below the home directory.
    pub fn with(self, path: &str, text: &str, mode: u32) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    pub fn mode(&self, path: &str) -> u32 {
        let metadata = fs::symlink_metadata(self.path().join(path)).unwrap();
        metadata.permissions().mode() & 0o777
    }

    /// `~` in a value stands for this directory.
    pub fn credentials(&self, variables: &[(&str, &str)]) -> Credentials {
        let home = self.path().to_str().unwrap();
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, value.replace('~', home)));
        Credentials::new(Environment::new(variables, Some(self.path().to_owned())))
    }
}

pub(super) fn sent(credentials: &Credentials, name: &str) -> Result<String, CredentialsError> {
    let signed = futures::executor::block_on(credentials.bearer(name))?;
    let [(header, value)] = signed.headers.as_slice() else {
        panic!("one header");
    };
    assert_eq!(header, "authorization");
    assert!(value.is_sensitive());
    let value = value.to_str().unwrap();
    let token = value.strip_prefix("Bearer ").unwrap();
    assert_eq!(signed.secrets().collect::<Vec<_>>(), [token]);
    Ok(token.to_owned())
}

pub(super) const FILE: &str = ".lambdalabs/credentials";

#[rstest]
#[case::own_variable_first(
    &[("LAMBDA_API_KEY", "b"), ("LAMBDALABS_API_KEY", "a"), ("LAMBDALABS_CREDENTIALS_FILE", "~/other")],
    "a", "environment LAMBDALABS_API_KEY"
)]
#[case::other_variable(
    &[("LAMBDA_API_KEY", "b"), ("LAMBDALABS_CREDENTIALS_FILE", "~/other")],
    "b", "environment LAMBDA_API_KEY"
)]
#[case::named_file(&[("LAMBDALABS_CREDENTIALS_FILE", "~/other")], "c", "file ~/other")]
#[case::file(&[], KEY, "file ~/.lambdalabs/credentials")]
#[case::nothing_is_not_a_key(&[("LAMBDALABS_API_KEY", " ")], KEY, "file ~/.lambdalabs/credentials")]
#[case::line_end(&[("LAMBDALABS_API_KEY", "a\n")], "a", "environment LAMBDALABS_API_KEY")]
#[case::another_names_variable(&[("CLOUDHOST_LAMBDALABS_TOKEN", "x")], KEY, "file ~/.lambdalabs/credentials")]
#[tokio::test]
async fn the_first_place_counts(
    #[case] variables: &[(&str, &str)],
    #[case] token: &str,
    #[case] source: &str,
) {
    let home = Home::new().with(FILE, INI, 0o600);
    let home = home.with("other", "[default]\napi_key = c\n", 0o400);
    let credentials = home.credentials(variables);
    assert_eq!(sent(&credentials, "lambdalabs").unwrap(), token);
    let facts = credentials.check("lambdalabs").await.unwrap();
    assert_eq!(facts, credentials.describe("lambdalabs").await);
    assert_eq!(
        (facts.configured, facts.source.as_deref()),
        (true, Some(source))
    );
    assert_eq!(
        credentials.source("lambdalabs").unwrap().as_deref(),
        Some(source)
    );
    let identity = credentials.identity("lambdalabs").unwrap().key;
    let source = source.replace('~', home.path().to_str().unwrap());
    assert_eq!(identity, format!("lambdalabs {source}"));
    let shown = format!("{facts:?} {credentials:?}");
    assert!(token.len() < 2 || !shown.contains(token), "{shown}");
}

fn of_file(fix: Fix) -> Remedy {
    Remedy::Files {
        fix,
        purpose: FilePurpose::Credential,
    }
}

fn set_again() -> Remedy {
    Remedy::SetCredential {
        name: "lambdalabs".to_owned(),
        keyring: false,
    }
}

#[tokio::test]
async fn nothing_is_configured() {
    let credentials = Home::new().credentials(&[]);
    let error = credentials.check("lambdalabs").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no lambdalabs credentials are configured: looked at LAMBDALABS_API_KEY, LAMBDA_API_KEY, \
         LAMBDALABS_CREDENTIALS_FILE and ~/.lambdalabs/credentials"
    );
    let variable = Remedy::variables([("LAMBDALABS_API_KEY", "...")]);
    let remedy = Remedy::any_of([set_again(), variable]);
    assert_eq!(error.remedy(), Some(remedy));
    assert!(matches!(error, CredentialsError::NotConfigured { .. }));
    assert!(!credentials.describe("lambdalabs").await.configured);
    assert_eq!(
        credentials.identity("lambdalabs").unwrap().key,
        "lambdalabs none"
    );
}

/// The location of a token follows from its name alone.
#[rstest]
#[case("hetzner", &[("CLOUDHOST_HETZNER_TOKEN", "a")], Some("a"))]
#[case("my-cloud-2", &[("CLOUDHOST_MY_CLOUD_2_TOKEN", "a")], Some("a"))]
#[case("hetzner", &[], Some("of-the-file"))]
#[case("hetzner", &[("XDG_CONFIG_HOME", "~/xdg")], Some("of-xdg"))]
#[case("hetzner", &[("XDG_CONFIG_HOME", "relative")], Some("of-the-file"))]
#[case("other", &[("CLOUDHOST_HETZNER_TOKEN", "a"), ("OTHER_TOKEN", "b")], None)]
#[case("aws-secret-access-key", &[("AWS_SECRET_ACCESS_KEY", "a")], None)]
fn other_names(
    #[case] name: &str,
    #[case] variables: &[(&str, &str)],
    #[case] token: Option<&str>,
) {
    let home = Home::new()
        .with(
            ".config/cloudhost/credentials/hetzner",
            "of-the-file\n",
            0o600,
        )
        .with("xdg/cloudhost/credentials/hetzner", "of-xdg", 0o600);
    let found = sent(&home.credentials(variables), name);
    match token {
        Some(token) => assert_eq!(found.unwrap(), token),
        None => assert!(matches!(found, Err(CredentialsError::NotConfigured { .. }))),
    }
}

#[rstest]
#[case("aws")]
#[case("../lambdalabs")]
#[case("a/b")]
#[case("A")]
#[case("")]
#[case("a\n")]
fn names_that_have_no_token(#[case] name: &str) {
    let home = Home::new().with(FILE, INI, 0o600);
    let error = sent(&home.credentials(&[("CLOUDHOST__TOKEN", "x")]), name).unwrap_err();
    match error {
        CredentialsError::OtherScheme { .. } => assert_eq!(name, "aws"),
        CredentialsError::Unknown { .. } => assert!(!error.to_string().contains('\n')),
        other => panic!("{other}"),
    }
}

#[rstest]
#[case::group_reads(INI, 0o640, "mode 640", |path| of_file(Fix::MakePrivate(path)))]
#[case::others_read(INI, 0o604, "mode 604", |path| of_file(Fix::MakePrivate(path)))]
#[case::everybody(INI, 0o777, "mode 777", |path| of_file(Fix::MakePrivate(path)))]
#[case::damaged("[default\n", 0o600, "line 1", |_| set_again())]
#[case::no_key("[default]\nx = y\n", 0o600, "neither", |_| set_again())]
#[case::empty_key("[default]\napi_key =\n", 0o600, "is empty", |_| set_again())]
#[case::empty("", 0o600, "neither", |_| set_again())]
#[case::huge(&"#".repeat(70_000), 0o600, "larger than 64 KiB", |path| of_file(Fix::Inspect(path)))]
#[tokio::test]
async fn a_file_that_gives_nothing(
    #[case] text: &str,
    #[case] mode: u32,
    #[case] says: &str,
    #[case] remedy: fn(PathBuf) -> Remedy,
) {
    let home = Home::new().with(FILE, text, mode);
    let credentials = home.credentials(&[]);
    let error = credentials.check("lambdalabs").await.unwrap_err();
    assert!(
        matches!(error, CredentialsError::Unobtainable { .. }),
        "{error}"
    );
    let shown = error.to_string();
    assert!(
        shown.contains(says) && shown.contains("~/.lambdalabs/credentials"),
        "{shown}"
    );
    assert!(!shown.contains(KEY), "{shown}");
    let remedy = remedy(home.path().join(FILE));
    assert_eq!(error.remedy(), Some(remedy));
    // It exists, so no other catalog silently takes its place.
    assert!(credentials.describe("lambdalabs").await.configured);
    let [_, listed] = credentials.list([]).try_into().unwrap();
    assert_eq!(listed.problem, Some(shown));
}

#[rstest]
#[case::not_there("~/nothing", "file not found, named by LAMBDALABS_CREDENTIALS_FILE")]
#[case::a_folder("~", "not a regular file")]
#[case::a_device("/dev/null", "not a regular file")]
#[tokio::test]
async fn a_named_file_that_is_none(#[case] path: &str, #[case] says: &str) {
    let home = Home::new().with(FILE, INI, 0o600);
    let credentials = home.credentials(&[("LAMBDALABS_CREDENTIALS_FILE", path)]);
    let error = credentials.check("lambdalabs").await.unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
}

#[rstest]
#[case("two words")]
#[case("a\r\nX-Injected: 1")]
#[case("naïve")]
fn a_variable_that_is_no_token(#[case] value: &str) {
    let credentials = Home::new().credentials(&[("LAMBDA_API_KEY", value)]);
    let error = sent(&credentials, "lambdalabs").unwrap_err();
    assert!(
        error.to_string().contains("environment LAMBDA_API_KEY"),
        "{error}"
    );
    assert!(!error.to_string().contains(value), "{error}");
    let remedy = Remedy::variables([("LAMBDA_API_KEY", "...")]);
    assert_eq!(error.remedy(), Some(remedy));
}
