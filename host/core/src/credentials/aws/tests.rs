use super::*;
use crate::{FilePurpose, Fix, HasRemedy as _};
use rstest::rstest;
use std::path::Path;

fn home(config: &str, credentials: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(".aws");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("config"), config).unwrap();
    std::fs::write(dir.join("credentials"), credentials).unwrap();
    home
}

fn aws(variables: &[(&str, &str)], home: Option<&Path>) -> Aws {
    Aws::new(Environment::new(
        variables.iter().copied(),
        home.map(Path::to_owned),
    ))
}

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDENV"),
    ("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-environment"),
];

const CONFIG: &str = "\
[default]
region = eu-north-1
[profile build]
region = eu-west-1
aws_account_id = 123456789012
credential_process = /bin/false --token hush-hush
[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 210987654321
sso_role_name = Reader
";
const CREDENTIALS: &str = "\
[default]
aws_access_key_id = AKIDFILE
aws_secret_access_key = the-secret-of-the-file
";

#[tokio::test]
async fn nothing_is_configured() {
    let aws = aws(&[("AWS_REGION", "eu-central-1")], None);
    let error = aws.check().await.unwrap_err();
    assert!(matches!(error, CredentialsError::NotConfigured { .. }));
    let Some(Remedy::AnyOf(all)) = error.remedy() else {
        panic!("{error:?}");
    };
    assert_eq!(all.first(), Some(&configure()));
    assert_eq!(aws.identity().unwrap(), "aws none");
    let facts = aws.describe().await;
    assert!(!facts.configured);
    assert_eq!(facts.region.as_deref(), Some("eu-central-1"));
}

#[rstest]
#[case::environment_first(&KEYS, "environment", "aws environment aws_access_key_id=AKIDENV")]
#[case::file(&[], "profile default", "aws profile default aws_access_key_id=AKIDFILE")]
#[tokio::test]
async fn found(#[case] variables: &[(&str, &str)], #[case] source: &str, #[case] identity: &str) {
    let home = home(CONFIG, CREDENTIALS);
    let aws = aws(variables, Some(home.path()));
    let facts = aws.check().await.unwrap();
    assert!(facts.configured);
    assert_eq!(facts.source.as_deref(), Some(source));
    assert_eq!(aws.identity().unwrap(), identity);
}

/// Data and operations of a role are not those of the credential that assumes it.
#[test]
fn a_role_is_part_of_the_identity() {
    let role = (ASSUME_ROLE, "arn:aws:iam::123456789012:role/deploy");
    let aws = aws(&[KEYS[0], KEYS[1], role], None);
    assert_eq!(
        aws.identity().unwrap(),
        format!(
            "aws environment aws_access_key_id=AKIDENV assumed_role={}",
            role.1
        )
    );
    let source = aws.source().unwrap().unwrap();
    assert_eq!(source, format!("environment, role {}", role.1));
    let settings = aws.settings().unwrap();
    assert_eq!(settings.account.as_deref(), Some("123456789012"));
}

#[rstest]
#[case::process(
    "build",
    "profile build",
    Some("123456789012"),
    CredentialStep::Test,
    true
)]
#[case::sso(
    "sso",
    "profile sso",
    Some("210987654321"),
    CredentialStep::SignIn,
    true
)]
#[case::unknown("nope", "profile nope", None, CredentialStep::ListProfiles, false)]
#[tokio::test]
async fn configured_but_not_to_be_had(
    #[case] profile: &str,
    #[case] origin: &str,
    #[case] account: Option<&str>,
    #[case] step: CredentialStep,
    #[case] names_it: bool,
) {
    let home = home(CONFIG, CREDENTIALS);
    let aws = aws(&[("AWS_PROFILE", profile)], Some(home.path()));
    let error = aws.check().await.unwrap_err();
    assert!(error.to_string().contains(origin), "{error}");
    assert!(!error.to_string().contains("hush"), "{error}");
    let remedy = Remedy::CredentialTool {
        scheme: Scheme::SigV4,
        step,
        profile: names_it.then(|| profile.to_owned()),
    };
    assert_eq!(error.remedy(), Some(remedy));
    // It is configured: a run must report why it failed, and not behave as if nothing were configured.
    assert!(aws.describe().await.configured);
    let identity = aws.identity().unwrap();
    assert!(identity.starts_with(&format!("aws {origin}")), "{identity}");
    assert!(!identity.contains("hush"), "{identity}");
    if let Some(account) = account {
        assert!(identity.contains(account), "{identity}");
    }
}

#[tokio::test]
async fn half_a_key_is_an_error() {
    let aws = aws(&KEYS[..1], None);
    let error = aws.check().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("AWS_SECRET_ACCESS_KEY is not set"),
        "{error}"
    );
}

#[rstest]
#[case(&[("AWS_REGION", "a"), ("AWS_DEFAULT_REGION", "b")], Some("a"))]
#[case(&[("AWS_DEFAULT_REGION", "b")], Some("b"))]
#[case(&[], Some("eu-north-1"))]
#[case(&[("AWS_PROFILE", "build")], Some("eu-west-1"))]
#[case(&[("AWS_PROFILE", "sso")], None)]
#[case(&[("AWS_DEFAULT_PROFILE", "build")], Some("eu-west-1"))]
#[case(&[("AWS_DEFAULT_PROFILE", "build"), ("AWS_PROFILE", "sso")], Some("eu-west-1"))]
#[case(&[("AWS_DEFAULT_PROFILE", ""), ("AWS_PROFILE", "build")], Some("eu-west-1"))]
#[case(&[("AWS_PROFILE", "")], Some("eu-north-1"))]
fn region(#[case] variables: &[(&str, &str)], #[case] expected: Option<&str>) {
    let home = home(CONFIG, CREDENTIALS);
    let region = aws(variables, Some(home.path())).region().unwrap();
    assert_eq!(region.as_deref(), expected);
}

const SERVICES: &str = "\
[default]
services = dev
endpoint_url = http://localhost:3
[services dev]
ec2 =
  endpoint_url = http://localhost:2
";

#[rstest]
#[case::service_variable(&[("AWS_ENDPOINT_URL_EC2", "http://localhost:1"), ("AWS_ENDPOINT_URL", "http://localhost:9")], "ec2", Some(1))]
#[case::variable(&[("AWS_ENDPOINT_URL", "http://localhost:9")], "ec2", Some(9))]
#[case::services_section(&[], "ec2", Some(2))]
#[case::profile(&[], "sts", Some(3))]
#[case::ignored(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), ("AWS_ENDPOINT_URL", "http://localhost:9")], "ec2", None)]
fn endpoint(#[case] variables: &[(&str, &str)], #[case] service: &str, #[case] port: Option<u16>) {
    let home = home(SERVICES, "");
    let endpoint = aws(variables, Some(home.path())).endpoint(service).unwrap();
    assert_eq!(endpoint.and_then(|endpoint| endpoint.url.port()), port);
}

#[rstest]
#[case("ec2.eu-west-1.amazonaws.com", true)]
#[case("ec2.cn-north-1.amazonaws.com.cn", true)]
#[case("ec2.eu-west-1.api.aws", true)]
#[case("ec2.amazonaws.com", true)]
#[case("ec2-fips.us-gov-west-1.amazonaws.com", true)]
#[case("api.ec2.eu-west-1.amazonaws.com", true)]
#[case("sts.eu-west-1.amazonaws.com", false)]
#[case("ec2.s3.amazonaws.com", false)]
#[case("ec2.s3.eu-west-1.amazonaws.com", false)]
#[case("evil.s3.eu-west-1.amazonaws.com", false)]
#[case("evil.execute-api.eu-west-1.amazonaws.com", false)]
#[case("ec2.execute-api.amazonaws.com", false)]
#[case("evil.ec2.eu-west-1.amazonaws.com", false)]
#[case("ec2.eu-west-1.evil-1.amazonaws.com", false)]
#[case("amazonaws.com", false)]
#[case("evilamazonaws.com", false)]
#[case("ec2.amazonaws.com.evil.test", false)]
#[case("collect.evil.test", false)]
fn an_endpoint_serves_its_service(#[case] host: &str, #[case] expected: bool) {
    let endpoint = aws(&[("AWS_ENDPOINT_URL", "http://localhost:9")], None).endpoint("ec2");
    assert_eq!(endpoint.unwrap().unwrap().serves(host), expected);
}

#[test]
fn an_endpoint_that_is_no_url_is_told() {
    let error = aws(&[("AWS_ENDPOINT_URL", "localhost")], None)
        .endpoint("ec2")
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("the endpoint from AWS_ENDPOINT_URL "),
        "{text}"
    );
    assert!(text.contains("invalid URL"), "{text}");
    let remedy = Remedy::variables([("AWS_ENDPOINT_URL", "https://host")]);
    assert_eq!(error.remedy(), Some(remedy));
}

#[rstest]
#[case::variable(&[("AWS_ENDPOINT_URL", "http://localhost:9")], "sts", "AWS_ENDPOINT_URL")]
#[case::of_a_service(&[("AWS_ENDPOINT_URL_EC2", "http://localhost:1")], "ec2", "AWS_ENDPOINT_URL_EC2")]
#[case::services_section(&[], "ec2", "endpoint_url in ~/.aws/config")]
#[case::profile(&[], "sts", "endpoint_url in ~/.aws/config")]
fn an_endpoint_says_where_it_is_from(
    #[case] variables: &[(&str, &str)],
    #[case] service: &str,
    #[case] setting: &str,
) {
    let home = home(SERVICES, "");
    let endpoint = aws(variables, Some(home.path())).endpoint(service);
    let found = endpoint.unwrap().unwrap().setting;
    assert_eq!(found.to_string(), format!("from {setting}"));
}

#[test]
fn a_file_that_is_no_text_is_told() {
    let home = home("", "");
    std::fs::write(home.path().join(".aws/credentials"), b"[default]\n\xff").unwrap();
    let error = aws(&[], Some(home.path())).identity().unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("/.aws/credentials is not UTF-8 text"),
        "{error}"
    );
    let file = home.path().join(".aws/credentials");
    let remedy = look_at(file, "AWS_SHARED_CREDENTIALS_FILE");
    assert_eq!(error.remedy(), Some(remedy));

    let folder = home.path().to_str().unwrap();
    let error = aws(&[("AWS_CONFIG_FILE", folder)], None)
        .identity()
        .unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
    let remedy = look_at(home.path().to_owned(), "AWS_CONFIG_FILE");
    assert_eq!(error.remedy(), Some(remedy));
}

/// Remedy for a file that cannot be read, and that this variable names.
fn look_at(file: PathBuf, variable: &str) -> Remedy {
    let look = Remedy::Files {
        fix: Fix::Inspect(file),
        purpose: FilePurpose::Credential,
    };
    Remedy::any_of([look, Remedy::variables([(variable, "another-file")])])
}

#[rstest]
#[case("AWS_SESSION_TOKEN")]
#[case("AWS_SECRET_ACCESS_KEY")]
#[tokio::test]
async fn a_variable_with_a_line_break_is_named(#[case] name: &str) {
    let mut variables = KEYS.to_vec();
    variables.retain(|(other, _)| *other != name);
    variables.push((name, "hush\r\nhush"));
    let error = aws(&variables, None).check().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("credentials from the environment"), "{text}");
    assert!(text.contains(name) && !text.contains("hush"), "{text}");
    let Some(Remedy::SetVariables { variables }) = error.remedy() else {
        panic!("{error:?}");
    };
    assert!(variables.iter().any(|(known, _)| known == name));
}

#[test]
fn a_broken_file_is_told() {
    let home = home("[default\nregion", "");
    let error = aws(&[], Some(home.path())).identity().unwrap_err();
    assert!(
        matches!(error, CredentialsError::Configuration { .. }),
        "{error}"
    );
}

/// Hundreds of requests that need a credential at once start one process, not hundreds.
#[tokio::test]
async fn obtained_once_for_all_who_wait() {
    let home = home("", "");
    let count = home.path().join("count");
    let process = format!(
        "[default]\ncredential_process = sh -c \"echo x >> {}; sleep 0.1; \
         echo '{{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKID\\\",\\\"SecretAccessKey\\\":\\\"s\\\"}}'\"\n",
        count.display()
    );
    std::fs::write(home.path().join(".aws/config"), process).unwrap();
    let aws = aws(&[], Some(home.path()));
    let all = futures::future::join_all((0..100).map(|_| aws.check())).await;
    for facts in all {
        assert_eq!(facts.unwrap().source.as_deref(), Some("profile default"));
    }
    assert_eq!(std::fs::read_to_string(count).unwrap(), "x\n");
}

/// The pipe has no writer: waiting for one would never end. A source that is no file and has an end is read.
#[rstest]
#[case::config("AWS_CONFIG_FILE")]
#[case::credentials("AWS_SHARED_CREDENTIALS_FILE")]
fn a_pipe_is_refused(#[case] variable: &str) {
    let home = home(CONFIG, "");
    let pipe = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let error = aws(&[(variable, pipe.to_str().unwrap())], Some(home.path()))
        .source()
        .unwrap_err();
    assert!(
        error.to_string().ends_with("pipe is a pipe, not a file"),
        "{error}"
    );
    assert_eq!(error.remedy(), Some(look_at(pipe, variable)));
    let nothing = aws(&[(variable, "/dev/null")], Some(home.path()));
    nothing.source().unwrap();
}
