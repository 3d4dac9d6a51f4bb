//! Tokens of client credentials (OAuth 2.0, RFC 6749, 4.4): the host exchanges an identifier and a secret for a token, and
//! keeps it in memory until shortly before it ends.

use super::FetchError;
use super::client::Owner;
use super::send::PreparedRequest;
use super::session::Inner;
use crate::credentials::{Credentials, CredentialsError, Signed, Token};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use hyper::body::Bytes;
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use url::{Url, form_urlencoded};

/// A token is renewed this long before it ends, or after half of its time if that is sooner.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// Validity of a token whose server states none.
const SHORT: u64 = 60;
/// Longest validity that is believed.
const LONGEST: u64 = 24 * 3600;

/// A token, and the end of its use.
type Cached = Arc<tokio::sync::Mutex<Option<(Token, SystemTime)>>>;

/// The tokens of a host: by credential, URL and scope.
#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<(String, String, String), Cached>>);

/// A successful response (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

/// An error response (RFC 6749, 5.2).
#[derive(Deserialize)]
struct Refused {
    error: String,
}

fn form(id: &str, secret: &str, scope: Option<&str>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials")
        .append_pair("client_id", id)
        .append_pair("client_secret", secret);
    if let Some(scope) = scope {
        form.append_pair("scope", scope);
    }
    form.finish()
}

impl Tokens {
    fn of(&self, name: &str, url: &Url, scope: Option<&str>) -> Cached {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (
            name.to_owned(),
            url.to_string(),
            scope.unwrap_or_default().to_owned(),
        );
        all.entry(key).or_default().clone()
    }
}

impl Inner {
    /// `Authorization: Bearer`, with the token that the credential was exchanged for. Concurrent requests share one exchange.
    pub(super) async fn exchanged(
        &self,
        name: &str,
        url: &Url,
        scope: Option<&str>,
    ) -> Result<Signed, FetchError> {
        self.policy.allow_url(url)?;
        let cached = self.shared.tokens.of(name, url, scope);
        let mut cached = cached.lock().await;
        if let Some((token, until)) = cached.as_ref()
            && crate::clock::now() < *until
        {
            return Ok(Credentials::bearer_of(token)?);
        }
        let (token, until) = self.new_token(name, url, scope).await?;
        let signed = Credentials::bearer_of(&token)?;
        *cached = Some((token, until));
        Ok(signed)
    }

    async fn new_token(
        &self,
        name: &str,
        url: &Url,
        scope: Option<&str>,
    ) -> Result<(Token, SystemTime), FetchError> {
        let (id, secret) = self.shared.credentials.client(name).await?;
        let form = form(&id, secret.expose_secret(), scope);
        let (to, way, host, instead) = self.way(url, None, true)?;
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, kind);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let request = PreparedRequest {
            owner: Owner {
                plugin: self.plugin().to_owned(),
                credential: Some(name.to_owned()),
                way,
            },
            url: url.clone(),
            method: Method::POST,
            headers,
            body: Some(Bytes::from(form)),
            to,
            instead,
            host,
            signs: Vec::new(),
            rate: None,
            reads: true,
        };
        // A server that repeats it to the plugin must not be heard.
        let sent = Credentials::secret_alone(secret.expose_secret());
        self.secrets.note(&request.origin(), &sent)?;
        self.trail
            .signed(name, request.host(), request.instead.as_deref());
        let client = self.connections.of(&request.owner)?;
        let answer = request.exchange(client, self, Vec::new());
        let after = self.shared.config.attempt_timeout;
        let answer = tokio::time::timeout(after, answer).await;
        let answer = answer.map_err(|_| FetchError::Timeout {
            host: request.host().to_owned(),
            after,
        })??;
        let body = Zeroizing::new(answer.body);
        let failed = |why: String| {
            FetchError::from(CredentialsError::Unobtainable {
                title: name.to_owned(),
                origin: url.host_str().unwrap_or_default().to_owned(),
                why,
                remedy: None,
            })
        };
        if !answer.status.is_success() {
            let code = serde_json::from_slice::<Refused>(&body).ok();
            let code = code.map(|refused| refused.error);
            // The codes of the standard, and no text that could repeat the secret.
            let code = code.filter(|code| {
                code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            });
            let status = answer.status.as_u16();
            return Err(failed(match code {
                Some(code) => format!("HTTP {status}: {code}"),
                None => format!("HTTP {status}"),
            }));
        }
        let granted = serde_json::from_slice::<Granted>(&body);
        let granted = granted.map_err(|_| failed("the response has no token".to_owned()))?;
        let token = Token::new(granted.access_token)
            .map_err(|_| failed("the response has no valid token".to_owned()))?;
        let valid = Duration::from_secs(granted.expires_in.unwrap_or(SHORT).min(LONGEST));
        let used = valid.saturating_sub(RENEW_BEFORE).max(valid / 2);
        Ok((token, crate::clock::now() + used))
    }
}
