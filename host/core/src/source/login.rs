//! Logins of registries.
//!
//! Logins are those that `docker login` stores. One is sent to its own registry only, or to the token server that this
//! registry names, over https; and only after the registry requested it.
//! Protocol: <https://distribution.github.io/distribution/spec/auth/token/>.

use super::SourceError;
use super::download::Downloads;
use super::reference::OciReference;
use super::registry::base;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use http::Method;
use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http_auth::ChallengeRef;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use url::Url;

/// Size limit on the response of a token server, in bytes.
const MAX_TOKEN: usize = 64 << 10;

/// Permission of a token.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    Pull,
    Push,
}

/// A user name and its password.
pub(super) struct Login {
    user: String,
    password: SecretString,
}

/// Credentials of a request.
pub(super) enum Authorization {
    Basic(Login),
    Bearer(SecretString),
}

impl Authorization {
    /// The header of a request; `None`: it has characters that no header can have.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::Basic(Login { user, password }) => {
                let both = format!("{user}:{}", password.expose_secret());
                format!("Basic {}", STANDARD.encode(both))
            }
            Self::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        };
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Response of a token server, which uses either name.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// Responds to the challenge of a registry (status 401).
pub(super) async fn authorize(
    downloads: &Downloads,
    headers: &HeaderMap,
    reference: &OciReference,
    scope: Scope,
    docker_config: Option<&Path>,
) -> Result<Authorization, SourceError> {
    let registry = reference.registry();
    let challenge = |why: &str| SourceError::Challenge {
        registry: registry.to_owned(),
        why: why.to_owned(),
    };
    let lines = headers.get_all(WWW_AUTHENTICATE).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let parsed = lines
        .iter()
        .filter_map(|line| http_auth::parse_challenges(line).ok());
    let challenges: Vec<ChallengeRef<'_>> = parsed.flatten().collect();
    let of = |scheme: &str| {
        challenges
            .iter()
            .find(|c| c.scheme.eq_ignore_ascii_case(scheme))
    };
    let login = login(registry, docker_config).await?;
    if let Some(bearer) = of("Bearer") {
        return token(downloads, bearer, reference, scope, login).await;
    }
    match (of("Basic"), login) {
        (Some(_), Some(login)) => Ok(Authorization::Basic(login)),
        (Some(_), None) => Err(refused(reference, None)),
        (None, _) => Err(challenge("expected Basic or Bearer")),
    }
}

async fn token(
    downloads: &Downloads,
    challenge: &ChallengeRef<'_>,
    reference: &OciReference,
    scope: Scope,
    login: Option<Login>,
) -> Result<Authorization, SourceError> {
    let wrong = |why: String| SourceError::Challenge {
        registry: reference.registry().to_owned(),
        why,
    };
    let param = |name: &str| {
        let mut params = challenge.params.iter();
        let found = params.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_unescaped())
    };
    let realm = param("realm").unwrap_or_default();
    let url = Url::parse(&realm).ok();
    let mut url = url.ok_or_else(|| wrong("it names no token server".to_owned()))?;
    let actions = match scope {
        Scope::Pull => "pull",
        Scope::Push => "pull,push",
    };
    let wanted = format!("repository:{}:{actions}", reference.repository());
    url.query_pairs_mut().append_pair("scope", &wanted);
    if let Some(service) = param("service") {
        url.query_pairs_mut().append_pair("service", &service);
    }
    let user = login.as_ref().map(|login| login.user.clone());
    let login = login.map(Authorization::Basic);
    let ask = downloads.ask(Method::GET, &url, login.as_ref());
    let response = downloads.send(ask.named_by(&base(reference)?), MAX_TOKEN);
    let response = response.await.map_err(|error| match error {
        SourceError::TooLarge { .. } => wrong("its token server returned too much".to_owned()),
        other => other,
    })?;
    if matches!(response.status.as_u16(), 400 | 401 | 403) {
        return Err(refused(reference, user));
    }
    let response = response.success(&url.origin().ascii_serialization())?;
    let token: Token = serde_json::from_slice(&response.body)
        .map_err(|_| wrong("invalid response of its token server".to_owned()))?;
    let token = token.token.or(token.access_token);
    token
        .filter(|token| HeaderValue::from_str(token).is_ok())
        .map(|token| Authorization::Bearer(token.into()))
        .ok_or_else(|| wrong("its token server returned no token".to_owned()))
}

/// Builds the error for a registry that rejects a login.
pub(super) fn refused(reference: &OciReference, user: Option<String>) -> SourceError {
    SourceError::Login {
        registry: reference.registry().to_owned(),
        user,
    }
}

impl Authorization {
    /// Returns the user name, if known.
    pub(super) fn user(&self) -> Option<String> {
        match self {
            Self::Basic(login) => Some(login.user.clone()),
            Self::Bearer(_) => None,
        }
    }
}

/// Reads the login that docker stores for a registry. This can run a helper program.
async fn login(registry: &str, config: Option<&Path>) -> Result<Option<Login>, SourceError> {
    let Some(path) = config.map(Path::to_owned).or_else(docker_config) else {
        return Ok(None);
    };
    let server = match registry {
        "docker.io" => "https://index.docker.io/v1/".to_owned(),
        other => other.to_owned(),
    };
    let unusable = |why: String| SourceError::Credentials {
        registry: registry.to_owned(),
        why,
    };
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(format!("{}: {error}", path.display()))),
    };
    let read = move || {
        let file = std::io::BufReader::new(file);
        docker_credential::get_credential_from_reader(file, &server)
    };
    let found = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| unusable(error.to_string()))?;
    use CredentialRetrievalError::{HelperFailure, NoCredentialConfigured};
    match found {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Some(Login {
            user,
            password: password.into(),
        })),
        Ok(DockerCredential::IdentityToken(_)) => Err(unusable(
            "it is an identity token; expected a user name with a password or an access token"
                .to_owned(),
        )),
        Err(NoCredentialConfigured) => Ok(None),
        // Output of helpers that have no login for a registry.
        Err(HelperFailure { stdout, .. }) if stdout.contains("credentials not found") => Ok(None),
        // Output of a helper can be a secret.
        Err(HelperFailure { helper, .. }) => Err(unusable(format!("`{helper}` failed"))),
        Err(error) => Err(unusable(format!("{}: {error}", path.display()))),
    }
}

/// Docker's default path.
fn docker_config() -> Option<PathBuf> {
    let folder = match std::env::var_os("DOCKER_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None => cloudhost_files::home_dir()?.join(".docker"),
    };
    Some(folder.join("config.json"))
}
