//! Settings from environment variables and the shared files, without network, TLS or clock.
//!
//! Formats: the AWS SDKs and Tools Reference Guide, "Shared config and credentials files" and "Environment
//! variables". The files are parsed by the official crate.

use super::super::{CredentialsError, Endpoint, EndpointSetting, Environment, ServiceHosts};
use super::machine;
use crate::capability::Scheme;
use crate::{CredentialStep, Remedy};
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use cloudhost_files::{open_nonblocking, read_within};
use futures::FutureExt;
use std::fmt;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use url::Url;

/// The largest shared file that is read: the largest real ones have some thousand profiles.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The variables that name the two shared files.
const CONFIG_FILE: &str = "AWS_CONFIG_FILE";
const CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";

/// The domains of all services.
const DOMAINS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "api.aws"];

/// The variables that name the selected profile, in the order of the AWS CLI and boto3.
const PROFILE: [&str; 2] = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"];

/// The key of a profile that holds its keys itself.
const ACCESS_KEY: &str = "aws_access_key_id";

/// Properties of a profile that come before keys in the file of credentials.
const BEFORE_KEYS: [&str; 4] = [
    "role_arn",
    "web_identity_token_file",
    "sso_account_id",
    "sso_role_name",
];
/// Properties of a profile that come before keys in the other file.
const BEFORE_KEYS_OF_CONFIG: [&str; 2] = ["login_session", "credential_process"];

/// Properties of a profile that identify the account and hold no secret. A process's command line can hold one, and
/// an external id is one between two companies.
const SAYS_WHOSE: [&str; 9] = [
    "aws_access_key_id",
    "aws_account_id",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The variable that names a role to assume with the credential.
pub const ASSUME_ROLE: &str = "CLOUDHOST_ASSUME_ROLE";

/// The source of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Environment,
    Profile(String),
    WebIdentity,
    Container,
    InstanceMetadata,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::WebIdentity => f.write_str("web identity"),
            Self::Container => f.write_str("container"),
            Self::InstanceMetadata => f.write_str("instance metadata"),
        }
    }
}

/// The user's AWS settings.
pub(super) struct Settings {
    /// The selected profile's name.
    pub profile: String,
    /// The source of the credential; `None` if none is set.
    pub source: Option<Source>,
    /// ARN of the role that is assumed with that credential.
    pub role: Option<String>,
    /// The account, if a setting names it.
    pub account: Option<String>,
    /// The default region.
    pub region: Option<String>,
    /// Both shared files, read once, for the official provider.
    #[cfg_attr(not(feature = "aws"), expect(dead_code))]
    pub files: EnvConfigFiles,
    /// Set if one of them has the selected profile.
    pub profile_exists: bool,
    /// The file that holds the profile's keys, if it uses keys that it holds itself.
    keys: Option<EnvConfigSections>,
    env: Env,
    sections: EnvConfigSections,
    identity: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads the environment and the two files.
    pub(super) fn read(environment: &Environment) -> Result<Self, CredentialsError> {
        let config = environment.get(CONFIG_FILE).unwrap_or("~/.aws/config");
        let config = shared_file(&environment.expand(config), CONFIG_FILE)?;
        let credentials = shared_file(&credentials_file(environment), CREDENTIALS_FILE)?;
        let texts = [
            (EnvConfigFileKind::Config, config),
            (EnvConfigFileKind::Credentials, credentials),
        ];
        let named = PROFILE.iter().find_map(|name| environment.get(name));
        let profile = named.unwrap_or("default");
        let env = Env::from(environment.variables());
        let (files, sections) = parse(&env, profile, &texts)?;
        let property = |key: &str| property(&sections, key);
        let has = |keys: &[&str]| keys.iter().any(|key| property(key).is_some());
        let profile_exists = sections.get_profile(profile).is_some();
        let missing = named.is_some() && !profile_exists;
        let source = configured_source(environment, profile, missing, &has)
            // Requested by name and without a credential: a mistake to report.
            .or_else(|| named.map(|name| Source::Profile(name.to_owned())));
        let mut keys = None;
        if matches!(source, Some(Source::Profile(_))) && has(&[ACCESS_KEY]) && !has(&BEFORE_KEYS) {
            let [config, credentials] = texts;
            let (_, own) = parse(&env, profile, &[credentials])?;
            if self::property(&own, ACCESS_KEY).is_some() {
                keys = Some(own);
            } else if !has(&BEFORE_KEYS_OF_CONFIG) {
                keys = Some(parse(&env, profile, &[config])?.1);
            }
        }
        let setting = |name: &str| environment.get(name).map(str::to_owned);
        let account = match source {
            Some(Source::Profile(_)) => property("aws_account_id")
                .or_else(|| property("sso_account_id"))
                .map(str::to_owned),
            _ => setting("AWS_ACCOUNT_ID"),
        };
        let role = setting(ASSUME_ROLE);
        let mut identity: Vec<_> = match source {
            Some(Source::Environment) => [
                ("aws_access_key_id", setting("AWS_ACCESS_KEY_ID")),
                ("aws_account_id", account.clone()),
            ]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect(),
            Some(Source::Profile(_)) => SAYS_WHOSE
                .iter()
                .filter_map(|key| Some((*key, property(key)?.to_owned())))
                .collect(),
            Some(Source::WebIdentity) => setting("AWS_ROLE_ARN")
                .map(|role| ("role_arn", role))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        // arn:PARTITION:iam::ACCOUNT:role/NAME
        let account = match &role {
            Some(role) => role.split(':').nth(4).map(str::to_owned),
            None => account,
        };
        identity.extend(role.clone().map(|role| ("assumed_role", role)));
        let region = setting("AWS_REGION")
            .or_else(|| setting("AWS_DEFAULT_REGION"))
            .or_else(|| property("region").map(str::to_owned));
        Ok(Self {
            profile: profile.to_owned(),
            source,
            role,
            account,
            region,
            files,
            profile_exists,
            keys,
            env,
            identity,
            sections,
        })
    }

    /// The source in words, with the role.
    pub(super) fn described(&self) -> Option<String> {
        let source = self.source.as_ref()?;
        Some(match &self.role {
            Some(role) => format!("{source}, role {role}"),
            None => source.to_string(),
        })
    }

    /// Reports whether the selected profile holds the keys that it uses.
    pub(super) fn holds_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// A property of the keys that the selected profile holds itself.
    pub(super) fn key(&self, name: &str) -> Option<&str> {
        property(self.keys.as_ref()?, name)
    }

    /// `aws environment aws_access_key_id=AKIA...`, `aws profile build role_arn=...`, `aws none`.
    pub(super) fn identity(&self) -> String {
        let mut key = match &self.source {
            None => "aws none".to_owned(),
            Some(source) => format!("aws {source}"),
        };
        for (name, value) in &self.identity {
            key.push_str(&format!(" {name}={}", value.escape_debug()));
        }
        key
    }

    /// `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the profile's `services` section, its `endpoint_url`.
    pub(super) fn endpoint(&self, service: &str) -> Result<Option<Endpoint>, CredentialsError> {
        let ignored = EnvConfigValue::new()
            .env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .profile("ignore_configured_endpoint_urls");
        let sections = Some(&self.sections);
        if let Some((value, _)) = ignored.load(&self.env, sections)
            && value.trim().eq_ignore_ascii_case("true")
        {
            return Ok(None);
        }
        let lookup = EnvConfigValue::new()
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .service_id(service);
        let Some((value, setting)) = lookup.load(&self.env, sections) else {
            return Ok(None);
        };
        if value.trim().is_empty() {
            return Ok(None);
        }
        match Url::parse(value.trim()) {
            Ok(url) => Ok(Some(Endpoint {
                url,
                setting: name_of(&setting.to_string(), service),
                hosts: Some(ServiceHosts {
                    service: service.to_owned(),
                    domains: &DOMAINS,
                }),
            })),
            Err(error) => Err(CredentialsError::Endpoint {
                setting: name_of(&setting.to_string(), service),
                why: format!("invalid URL: {error}"),
            }),
        }
    }
}

/// The location of an endpoint setting, from the official crate's description, such as "service-specific (`ec2`)
/// environment variable key: ...". The text after that can be the value itself, and is not used.
fn name_of(words: &str, service: &str) -> EndpointSetting {
    let location = words.split(" key: ").next().unwrap_or(words);
    let of_service = location.starts_with("service-specific");
    match (location.ends_with("environment variable"), of_service) {
        (false, _) => EndpointSetting::Named("endpoint_url in ~/.aws/config".to_owned()),
        (true, false) => EndpointSetting::Variable("AWS_ENDPOINT_URL".to_owned()),
        (true, true) => {
            let service = service.to_uppercase().replace(' ', "_");
            EndpointSetting::Variable(format!("AWS_ENDPOINT_URL_{service}"))
        }
    }
}

/// Parses shared files, for this selected profile.
fn parse(
    env: &Env,
    profile: &str,
    texts: &[(EnvConfigFileKind, String)],
) -> Result<(EnvConfigFiles, EnvConfigSections), CredentialsError> {
    let files = texts
        .iter()
        .fold(EnvConfigFiles::builder(), |files, (kind, text)| {
            files.with_contents(*kind, text.clone())
        });
    let files = files.build();
    let configuration = |why: String| CredentialsError::Configuration { why };
    // The contents are given, so that this future never waits.
    let mut source = source::load(env, &Fs::real(), &files)
        .now_or_never()
        .ok_or_else(|| configuration("the shared files cannot be read".to_owned()))?
        .map_err(|error| configuration(error.to_string()))?;
    source.profile = profile.to_owned().into();
    let sections = EnvConfigSections::parse(source)
        .map_err(|error| configuration(format!("~/.aws/config or ~/.aws/credentials: {error}")))?;
    Ok((files, sections))
}

/// A property of the selected profile that is set and not empty.
fn property<'s>(sections: &'s EnvConfigSections, key: &str) -> Option<&'s str> {
    let value = sections.get(key).map(str::trim);
    value.filter(|value| !value.is_empty())
}

/// The one source that the settings name, in the order of the AWS CLI and boto3. A test compares it with botocore's.
fn configured_source(
    environment: &Environment,
    profile: &str,
    missing: bool,
    has: &impl Fn(&[&str]) -> bool,
) -> Option<Source> {
    let set = |name: &str| environment.get(name).is_some();
    let role = has(&["role_arn"]) && !has(&["web_identity_token_file"]);
    let from_profile = has(&BEFORE_KEYS) || has(&[ACCESS_KEY]) || has(&BEFORE_KEYS_OF_CONFIG);
    if set("AWS_ACCESS_KEY_ID") {
        Some(Source::Environment)
    } else if missing || role {
        // A profile that was requested and is missing is a mistake to report, not a reason to use another identity.
        Some(Source::Profile(profile.to_owned()))
    } else if set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        Some(Source::WebIdentity)
    } else if from_profile {
        Some(Source::Profile(profile.to_owned()))
    } else if set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        || set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    {
        Some(Source::Container)
    } else if machine::has_instance_metadata(environment) {
        Some(Source::InstanceMetadata)
    } else {
        None
    }
}

/// The shared file of secrets.
pub(super) fn credentials_file(environment: &Environment) -> PathBuf {
    let file = environment.get(CREDENTIALS_FILE);
    environment.expand(file.unwrap_or(super::FILE))
}

/// A shared file's text; empty if it does not exist.
fn shared_file(path: &Path, variable: &'static str) -> Result<String, CredentialsError> {
    let unreadable = |why: String| CredentialsError::Unreadable {
        path: path.to_owned(),
        why,
        variable,
    };
    let failed = |error: io::Error| unreadable(format!("cannot be read: {error}"));
    let Some(file) = open_nonblocking(path).map_err(failed)? else {
        return Ok(String::new());
    };
    if file.metadata().map_err(failed)?.file_type().is_fifo() {
        return Err(unreadable("is a pipe, not a file".to_owned()));
    }
    let bytes = read_within(file, MAX_BYTES).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable("is larger than 16 MiB".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("is not UTF-8 text".to_owned()))
}

impl Settings {
    /// Remedy for a credential that cannot be obtained.
    pub(super) fn remedy(&self) -> Option<Remedy> {
        let has = |key: &str| self.sections.get(key).is_some();
        let tool = |step, profile| Remedy::CredentialTool {
            scheme: Scheme::SigV4,
            step,
            profile,
        };
        let name = || Some(self.profile.clone());
        Some(match self.source.as_ref()? {
            Source::Profile(_) if !self.profile_exists => tool(CredentialStep::ListProfiles, None),
            Source::Profile(_) if has("sso_session") || has("sso_start_url") => {
                tool(CredentialStep::SignIn, name())
            }
            Source::Profile(_) => tool(CredentialStep::Test, name()),
            Source::Environment => Remedy::variables([
                ("AWS_ACCESS_KEY_ID", "..."),
                ("AWS_SECRET_ACCESS_KEY", "..."),
                ("AWS_SESSION_TOKEN", "..."),
            ]),
            _ => tool(CredentialStep::Test, None),
        })
    }
}
