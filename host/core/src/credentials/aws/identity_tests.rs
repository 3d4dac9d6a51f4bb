//! The identity is the one that AWS's own tools take: botocore is asked about each of many environments.

use super::super::{CredentialsError, Environment};
use super::Aws;
use super::settings::Source;
use cloudhost_tests::python;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

const CASES: usize = 800;
const PROFILES: [&str; 3] = ["default", "work", "other"];

/// Variables and the texts of the two files, in which `DIR` is their directory.
#[derive(Clone, Debug)]
struct Case {
    variables: Vec<(&'static str, &'static str)>,
    config: String,
    credentials: String,
}

/// A variable with one of these values, or not set.
fn variable(
    name: &'static str,
    often: f64,
    values: &'static [&'static str],
) -> impl Strategy<Value = Option<(&'static str, &'static str)>> {
    let value = prop::sample::select(values).prop_map(move |value| (name, value));
    prop::option::weighted(often, value)
}

fn variables() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    const NAMES: &[&str] = &["", "default", "work", "other", "gone"];
    const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    (
        variable("AWS_PROFILE", 0.5, NAMES),
        variable("AWS_DEFAULT_PROFILE", 0.3, NAMES),
        variable("AWS_ACCESS_KEY_ID", 0.2, &["", "AKIDENV", "AKIDENV"]),
        variable(
            "AWS_SECRET_ACCESS_KEY",
            0.4,
            &["", "secret-env", "secret-env"],
        ),
        variable("AWS_SESSION_TOKEN", 0.2, &["", "token-env"]),
        variable("AWS_SECURITY_TOKEN", 0.1, &["", "old-token-env"]),
        variable("AWS_WEB_IDENTITY_TOKEN_FILE", 0.1, &["", "/token"]),
        variable("AWS_ROLE_ARN", 0.3, &["arn:aws:iam::1:role/of-the-pod"]),
        variable(RELATIVE_URI, 0.1, &["", "/keys"]),
    )
        .prop_map(|all| {
            let all = [
                all.0, all.1, all.2, all.3, all.4, all.5, all.6, all.7, all.8,
            ];
            all.into_iter().flatten().collect()
        })
}

/// Properties of a profile, each set as often as the number says.
fn properties(all: &'static [(f64, &'static str)]) -> impl Strategy<Value = String> {
    let one = |(often, lines): &(f64, &'static str)| {
        prop::option::weighted(*often, Just(*lines)).prop_map(Option::unwrap_or_default)
    };
    let all: Vec<_> = all.iter().map(one).collect();
    all.prop_map(|lines| lines.concat())
}

/// A file with some of the profiles. `NAME` in a property is that of the profile.
fn file(
    header: fn(&str) -> String,
    often: f64,
    all: &'static [(f64, &'static str)],
) -> impl Strategy<Value = String> {
    let profile = |name: &'static str| {
        prop::option::weighted(often, properties(all)).prop_map(move |lines| match lines {
            Some(lines) => format!("[{}]\n{}\n", header(name), lines.replace("NAME", name)),
            None => String::new(),
        })
    };
    (PROFILES.map(profile)).prop_map(|profiles| profiles.concat())
}

fn cases() -> impl Strategy<Value = Case> {
    let of_config = |name: &str| match name {
        "default" => name.to_owned(),
        name => format!("profile {name}"),
    };
    let config = file(
        of_config,
        0.7,
        &[
            (0.8, "region = eu-west-1\n"),
            (
                0.3,
                "aws_access_key_id = AKIDCONFIG-NAME\naws_secret_access_key = secret-NAME\n",
            ),
            (0.1, "aws_session_token = token-of-config\n"),
            (0.15, "credential_process = cat DIR/process.json\n"),
            (
                0.1,
                "role_arn = arn:aws:iam::1:role/NAME\nsource_profile = other\n",
            ),
            (0.05, "web_identity_token_file = /token-of-NAME\n"),
            (
                0.1,
                "sso_start_url = https://a.test\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n",
            ),
            (0.05, "login_session = arn:aws:iam::1:user/NAME\n"),
        ],
    );
    let credentials = file(
        str::to_owned,
        0.5,
        &[
            (0.8, "aws_access_key_id = AKIDFILE-NAME\n"),
            (0.95, "aws_secret_access_key = secret-of-file-NAME\n"),
            (0.2, "aws_session_token = token-NAME\n"),
            (0.1, "aws_security_token = old-token-NAME\n"),
        ],
    );
    (variables(), config, credentials).prop_map(|(variables, config, credentials)| Case {
        variables,
        config,
        credentials,
    })
}

/// What botocore takes, as `aws_identity.py` names it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Theirs {
    method: Option<String>,
    keys: Option<Keys>,
    error: Option<String>,
}

/// Access key, secret key, session token.
type Keys = (String, String, Option<String>);

/// Writes the files of a case, and returns its whole environment.
fn environment(case: &Case, number: usize, dir: &Path) -> BTreeMap<String, String> {
    let dir = dir.to_str().unwrap();
    let mut variables: BTreeMap<String, String> = case
        .variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let files = [
        ("AWS_CONFIG_FILE", &case.config),
        ("AWS_SHARED_CREDENTIALS_FILE", &case.credentials),
    ];
    for (name, text) in files {
        let path = format!("{dir}/{name}-{number}");
        fs::write(&path, text.replace("DIR", dir)).unwrap();
        variables.insert(name.to_owned(), path);
    }
    variables.insert("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned());
    variables.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    variables
}

fn theirs(environments: &[BTreeMap<String, String>]) -> Vec<Theirs> {
    // An empty variable counts as unset here; to botocore an empty name is that of a profile.
    let set = |environment: &BTreeMap<String, String>| {
        let mut set = environment.clone();
        set.retain(|_, value| !value.is_empty());
        set
    };
    let given: Vec<_> = environments.iter().map(set).collect();
    let mut child = python::script("aws_identity.py")
        .unwrap()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given = serde_json::to_vec(&given).unwrap();
    child.stdin.take().unwrap().write_all(&given).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn botocore_takes_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let process =
        r#"{"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "secret-of-process"}"#;
    fs::write(dir.path().join("process.json"), process).unwrap();
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..CASES)
        .map(|_| cases().new_tree(&mut runner).unwrap().current())
        .collect();
    let environments: Vec<_> = (0..)
        .zip(&cases)
        .map(|(number, case)| environment(case, number, dir.path()))
        .collect();
    let theirs = theirs(&environments);
    assert_eq!(theirs.len(), CASES);
    let mut seen = BTreeMap::<String, usize>::new();
    for ((case, environment), theirs) in cases.iter().zip(environments).zip(&theirs) {
        let aws = Aws::new(Environment::new(environment, None));
        let settings = aws
            .settings()
            .unwrap_or_else(|error| panic!("{case:#?}: {error}"));
        let (source, own) = (settings.source.as_ref(), settings.holds_keys());
        let profile = matches!(source, Some(Source::Profile(_)));
        let method = theirs.method.as_deref();
        let context =
            || format!("{case:#?}\nbotocore: {theirs:?}\nhere: {source:?}, own keys: {own}");
        let expected = match (theirs.error.as_deref(), method) {
            // It refuses the keys of the environment too, where a profile is missing; here they are used.
            (Some("ProfileNotFound"), _) => {
                source == Some(&Source::Environment) || (profile && !settings.profile_exists)
            }
            (Some("PartialCredentialsError"), _) => source == Some(&Source::Environment) || profile,
            (Some(_), _) => source == Some(&Source::WebIdentity) || (profile && !own),
            (None, Some("env")) => source == Some(&Source::Environment),
            (None, Some("shared-credentials-file" | "config-file")) => profile && own,
            (None, Some("custom-process" | "assume-role" | "sso")) => profile && !own,
            (None, Some("assume-role-with-web-identity")) => {
                source == Some(&Source::WebIdentity) || (profile && !own)
            }
            (None, Some("container-role")) => source == Some(&Source::Container),
            // A profile that was named and has no credential is an error here.
            (None, None) => source.is_none() || (profile && settings.profile_exists && !own),
            (None, Some(other)) => panic!("{other}"),
        };
        assert!(expected, "{}", context());
        let name = theirs.error.clone().or(theirs.method.clone());
        *seen.entry(name.unwrap_or_default()).or_default() += 1;
        let partial = theirs.error.as_deref() == Some("PartialCredentialsError");
        let partial = partial && (own || source == Some(&Source::Environment));
        if theirs.keys.is_none() && !partial {
            // A request would be needed.
            continue;
        }
        let ours = aws.keys().await;
        match (&theirs.keys, ours) {
            (Some((access, secret, token)), Ok(keys)) => {
                let found = &keys.0;
                let found = (
                    found.access_key_id(),
                    found.secret_access_key(),
                    found.session_token(),
                );
                assert_eq!(
                    found,
                    (&**access, &**secret, token.as_deref()),
                    "{}",
                    context()
                );
            }
            (None, Err(CredentialsError::Unobtainable { .. })) => {}
            (_, ours) => panic!("{ours:?}\n{}", context()),
        }
    }
    // Each kind was there.
    for kind in [
        "env",
        "shared-credentials-file",
        "config-file",
        "custom-process",
        "assume-role",
        "assume-role-with-web-identity",
        "sso",
        "container-role",
        "",
        "ProfileNotFound",
        "PartialCredentialsError",
    ] {
        assert!(seen.contains_key(kind), "no {kind:?} in {seen:?}");
    }
}
