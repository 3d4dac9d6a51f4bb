//! The secret itself, from the source that the settings name.

use super::super::{CredentialsError, Environment, Keys};
use super::settings::{Settings, Source};
use crate::Remedy;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use std::error::Error;
use std::time::Duration;

/// A provider that takes longer is stuck: each contacts one service or runs one command.
const LONGEST: Duration = Duration::from_secs(30);

/// Obtains the credential. Only the source that the settings name is used: an identity that the user did not intend
/// is worse than none.
pub(super) async fn resolve(
    environment: &Environment,
    settings: &Settings,
) -> Result<Keys, CredentialsError> {
    let Some(source) = &settings.source else {
        return Err(not_configured(settings));
    };
    let credentials = async {
        let own = match source {
            Source::Environment => from_environment(environment),
            Source::Profile(_) if settings.holds_keys() => from_profile(settings),
            #[cfg(feature = "aws")]
            source => super::official::credentials(source, environment, settings).await,
            #[cfg(not(feature = "aws"))]
            _ => Err(ProviderError::invalid_configuration(
                "this program is built without the feature `aws`: it uses keys of the environment and of profiles only",
            )),
        }?;
        match &settings.role {
            None => Ok(own),
            #[cfg(feature = "aws")]
            Some(role) => super::official::assume(role, own, settings).await,
            #[cfg(not(feature = "aws"))]
            Some(_) => Err(ProviderError::invalid_configuration(
                "this program is built without the feature `aws`: it assumes no roles",
            )),
        }
    };
    let outcome = tokio::time::timeout(LONGEST, credentials)
        .await
        .unwrap_or_else(|_| Err(ProviderError::provider_timed_out(LONGEST)));
    match outcome {
        Ok(credentials) => Ok(Keys(credentials)),
        // An EC2 instance without a role has no credentials.
        Err(ProviderError::CredentialsNotLoaded(_)) if *source == Source::InstanceMetadata => {
            Err(not_configured(settings))
        }
        Err(error) => Err(unobtainable(settings, source, &error)),
    }
}

fn not_configured(settings: &Settings) -> CredentialsError {
    CredentialsError::NotConfigured {
        title: super::TITLE.to_owned(),
        looked_at: format!(
            "AWS_ACCESS_KEY_ID, profile {} in ~/.aws, web identity, container and instance metadata",
            settings.profile
        ),
        remedy: Some(Box::new(Remedy::any_of([
            super::configure(),
            Remedy::variables([("AWS_PROFILE", "name")]),
            Remedy::variables([
                ("AWS_ACCESS_KEY_ID", "..."),
                ("AWS_SECRET_ACCESS_KEY", "..."),
            ]),
        ]))),
    }
}

pub(super) fn from_environment(environment: &Environment) -> Result<Credentials, ProviderError> {
    let wrong = |why: String| ProviderError::invalid_configuration(why);
    let value = |name: &str| match environment.get(name) {
        Some(value) if !value.bytes().all(|byte| byte.is_ascii_graphic()) => Err(wrong(format!(
            "{name} has a line break, a space or another invalid character"
        ))),
        value => Ok(value),
    };
    let needed = |name: &str| value(name)?.ok_or_else(|| wrong(format!("{name} is not set")));
    let mut credentials = Credentials::builder()
        .access_key_id(needed("AWS_ACCESS_KEY_ID")?)
        .secret_access_key(needed("AWS_SECRET_ACCESS_KEY")?)
        .provider_name("environment");
    // The older name comes first, as in the AWS CLI and boto3.
    let token = match value("AWS_SECURITY_TOKEN")? {
        None => value("AWS_SESSION_TOKEN")?,
        token => token,
    };
    credentials.set_session_token(token.map(str::to_owned));
    credentials.set_account_id(environment.get("AWS_ACCOUNT_ID").map(Into::into));
    Ok(credentials.build())
}

/// Keys that the selected profile holds itself.
fn from_profile(settings: &Settings) -> Result<Credentials, ProviderError> {
    let needed = |name: &str| {
        let missing = || ProviderError::invalid_configuration(format!("the profile has no {name}"));
        settings.key(name).ok_or_else(missing)
    };
    let mut credentials = Credentials::builder()
        .access_key_id(needed("aws_access_key_id")?)
        .secret_access_key(needed("aws_secret_access_key")?)
        .provider_name("profile");
    let token = settings.key("aws_security_token");
    let token = token.or_else(|| settings.key("aws_session_token"));
    credentials.set_session_token(token.map(str::to_owned));
    credentials.set_account_id(settings.key("aws_account_id").map(Into::into));
    Ok(credentials.build())
}

fn unobtainable(settings: &Settings, source: &Source, error: &ProviderError) -> CredentialsError {
    let why = if matches!(source, Source::Profile(_)) && !settings.profile_exists {
        "no file in ~/.aws has a profile of this name".to_owned()
    } else {
        chain_of(error)
    };
    CredentialsError::Unobtainable {
        title: super::TITLE.to_owned(),
        origin: match (source, &settings.role) {
            (_, Some(role)) => format!("role {role}"),
            (Source::Environment, None) => "the environment".to_owned(),
            (source, None) => source.to_string(),
        },
        why,
        remedy: settings.remedy().map(Box::new),
    }
}

/// The error and its causes in one line, each once.
pub(in super::super) fn chain_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
