use super::*;
use crate::Hint;
use crate::credentials::{Credentials, CredentialsError, Environment, Listed};
use rstest::rstest;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const KEY: &str = "secret_of-the-file";
const INI: &str = "[default]\nlambdalabs_api_key = secret_of-the-file\n";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file below the home folder.
    fn with(self, path: &str, text: &str, mode: u32) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    fn mode(&self, path: &str) -> u32 {
        let metadata = fs::symlink_metadata(self.path().join(path)).unwrap();
        metadata.permissions().mode() & 0o777
    }

    /// `~` in a value stands for this folder.
    fn credentials(&self, variables: &[(&str, &str)]) -> Credentials {
        let home = self.path().to_str().unwrap();
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, value.replace('~', home)));
        Credentials::new(Environment::new(variables, Some(self.path().to_owned())))
    }
}

fn sent(credentials: &Credentials, name: &str) -> Result<String, CredentialsError> {
    let signed = credentials.bearer(name)?;
    let [(header, value)] = signed.headers.as_slice() else {
        panic!("one header");
    };
    assert_eq!(header, "authorization");
    assert!(value.is_sensitive());
    let value = value.to_str().unwrap();
    let token = value.strip_prefix("Bearer ").unwrap();
    assert_eq!(signed.secrets().collect::<Vec<_>>(), [value, token]);
    Ok(token.to_owned())
}

const FILE: &str = ".lambdalabs/credentials";

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

#[tokio::test]
async fn nothing_is_configured() {
    let credentials = Home::new().credentials(&[]);
    let error = credentials.check("lambdalabs").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no lambdalabs credentials are configured: looked at LAMBDALABS_API_KEY, LAMBDA_API_KEY, \
         LAMBDALABS_CREDENTIALS_FILE and ~/.lambdalabs/credentials"
    );
    assert_eq!(
        error.hint().unwrap(),
        "cloudhost credentials set lambdalabs\nor: export LAMBDALABS_API_KEY=..."
    );
    assert!(matches!(error, CredentialsError::NotConfigured { .. }));
    assert!(!credentials.describe("lambdalabs").await.configured);
    assert_eq!(
        credentials.identity("lambdalabs").unwrap().key,
        "lambdalabs none"
    );
}

/// Where a token is looked up follows from its name alone.
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
#[case::group_reads(INI, 0o640, "mode 640", "chmod 600 ")]
#[case::others_read(INI, 0o604, "mode 604", "chmod 600 ")]
#[case::everybody(INI, 0o777, "mode 777", "chmod 600 ")]
#[case::damaged("[default\n", 0o600, "line 1", "cloudhost credentials set lambdalabs")]
#[case::no_key("[default]\nx = y\n", 0o600, "neither", "credentials set")]
#[case::empty_key("[default]\napi_key =\n", 0o600, "is empty", "credentials set")]
#[case::empty("", 0o600, "neither", "credentials set")]
#[case::huge(&"#".repeat(70_000), 0o600, "too large", "ls -l ")]
#[tokio::test]
async fn a_file_that_gives_nothing(
    #[case] text: &str,
    #[case] mode: u32,
    #[case] says: &str,
    #[case] advice: &str,
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
    assert!(error.hint().unwrap().starts_with(advice) || error.hint().unwrap().contains(advice));
    // It is there, so no other catalog takes its place in silence.
    assert!(credentials.describe("lambdalabs").await.configured);
    let [_, listed] = credentials.list().try_into().unwrap();
    assert_eq!(listed.problem, Some(shown));
}

#[rstest]
#[case::not_there("~/nothing", "which LAMBDALABS_CREDENTIALS_FILE names")]
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
    assert_eq!(error.hint().unwrap(), "export LAMBDA_API_KEY=...");
}

fn token(text: &str) -> Token {
    Token::new(text.to_owned()).unwrap()
}

#[test]
fn set_and_remove() {
    let home = Home::new();
    let credentials = home.credentials(&[]);
    let stored = credentials.set("lambdalabs", &token("new-key")).unwrap();
    assert_eq!(stored.path, home.path().join(FILE));
    assert_eq!(stored.shadowed_by, None);
    assert_eq!(home.read(FILE), "[default]\nlambdalabs_api_key = new-key\n");
    assert_eq!((home.mode(".lambdalabs"), home.mode(FILE)), (0o700, 0o600));
    // It counts at once, also for who asked before.
    assert_eq!(sent(&credentials, "lambdalabs").unwrap(), "new-key");
    assert!(credentials.remove("lambdalabs").unwrap().removed);
    assert!(!stored.path.exists());
    assert!(!credentials.remove("lambdalabs").unwrap().removed);
}

#[test]
fn set_and_remove_of_another_name() {
    let home = Home::new();
    let credentials = home.credentials(&[]);
    let stored = credentials.set("my-cloud", &token("new-key")).unwrap();
    let path = ".config/cloudhost/credentials/my-cloud";
    assert_eq!(stored.path, home.path().join(path));
    assert_eq!(home.read(path), "new-key\n");
    assert_eq!(
        (home.mode(".config/cloudhost/credentials"), home.mode(path)),
        (0o700, 0o600)
    );
    assert_eq!(sent(&credentials, "my-cloud").unwrap(), "new-key");
    credentials.set("my-cloud", &token("newer-key")).unwrap();
    assert_eq!(home.read(path), "newer-key\n");
    assert!(credentials.remove("my-cloud").unwrap().removed);
    assert!(!stored.path.exists());
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
    assert_eq!(stored.path, home.path().join("deep/er/file"));
    assert_eq!(credentials.path("lambdalabs").unwrap(), stored.path);
    let first = Some("environment LAMBDA_API_KEY".to_owned());
    assert_eq!(stored.shadowed_by, first);
    let removed = credentials.remove("lambdalabs").unwrap();
    assert_eq!((removed.removed, removed.left), (true, first));
}

#[test]
fn it_cannot_be_written() {
    // A file where a folder should be: also root cannot write there.
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
    assert!(error.to_string().contains("no home folder"), "{error}");
    assert!(error.hint().unwrap().contains("HOME"));
}

#[test]
fn aws_is_kept_by_its_own_tools() {
    let home = Home::new();
    let credentials = home.credentials(&[]);
    for error in [
        credentials.set("aws", &token("new-key")).unwrap_err(),
        credentials.remove("aws").unwrap_err(),
    ] {
        assert_eq!(error.hint().unwrap(), "aws configure");
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
    let listed = credentials.list();
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
