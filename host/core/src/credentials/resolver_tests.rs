//! Calls of a resolver, their number, and the visible part of its results.

use super::*;
use http::{HeaderMap, Method};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const TOKEN: &str = "the-token-of-the-vault";
const SECRET: &str = "the-secret-key-of-the-vault";

/// Knows `lambdalabs` as a token, `aws` as keys that expire in this many seconds, and `broken`.
struct Vault {
    lifetime: u64,
    asked: AtomicUsize,
}

impl Resolver for Vault {
    fn look(&self, name: &str) -> Option<CredentialInfo> {
        let known = ["aws", "lambdalabs", "broken"].contains(&name);
        known.then(|| CredentialInfo {
            identity: "team\nblue".to_owned(),
            account: Some("123456789012".to_owned()),
            region: None,
        })
    }

    fn obtain<'a>(&'a self, name: &'a str) -> Obtained<'a> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let end = crate::clock::now() + Duration::from_secs(self.lifetime);
            match name {
                "aws" => Ok(Secret::Keys(Keys::new(
                    "AKIDVAULT",
                    SECRET,
                    None,
                    Some(end),
                ))),
                "lambdalabs" => Ok(Secret::Token(Token::new(TOKEN.to_owned())?)),
                _ => Err("the vault is sealed".into()),
            }
        })
    }
}

fn vault(lifetime: u64) -> (Arc<Vault>, Credentials) {
    let asked = AtomicUsize::new(0);
    let vault = Arc::new(Vault { lifetime, asked });
    (vault.clone(), Credentials::resolved_by(vault))
}

async fn sign(credentials: &Credentials, name: &str) -> Result<Signed, CredentialsError> {
    let request = SignRequest {
        method: &Method::GET,
        url: &Url::parse("https://ec2.eu-west-1.amazonaws.com/").unwrap(),
        headers: &HeaderMap::new(),
        body: b"",
        service: "ec2",
        region: "eu-west-1",
    };
    credentials.sign(name, request).await
}

#[tokio::test]
async fn keys_sign_and_are_obtained_once_for_all() {
    let (vault, credentials) = vault(3600);
    let all = (0..100).map(|_| sign(&credentials, "aws"));
    for signed in futures::future::join_all(all).await {
        let signed = signed.unwrap();
        let header = |name| {
            signed
                .headers
                .iter()
                .find(|(have, _)| have == name)
                .unwrap()
        };
        let (_, value) = header("authorization");
        assert!(value.to_str().unwrap().contains("Credential=AKIDVAULT/"));
        assert!(value.is_sensitive());
        assert!(signed.secrets().eq(["AKIDVAULT"]));
    }
    credentials.check("aws").await.unwrap();
    assert_eq!(vault.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn keys_that_ended_are_obtained_again() {
    let (vault, credentials) = vault(0);
    for _ in 0..3 {
        sign(&credentials, "aws").await.unwrap();
    }
    assert_eq!(vault.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_token_is_asked_for_each_time() {
    let (vault, credentials) = vault(3600);
    for _ in 0..3 {
        let signed = credentials.bearer("lambdalabs").await.unwrap();
        assert!(signed.secrets().any(|secret| secret == TOKEN));
    }
    assert_eq!(vault.asked.load(Ordering::Relaxed), 3);
    credentials.check("lambdalabs").await.unwrap();
}

#[tokio::test]
async fn looking_obtains_nothing() {
    let (vault, credentials) = vault(3600);
    let facts = credentials.describe("aws").await;
    assert!(facts.configured);
    assert_eq!(facts.account.as_deref(), Some("123456789012"));
    let identity = |name| credentials.identity(name).unwrap().key;
    assert_eq!(identity("aws"), "aws of team\\nblue");
    assert_eq!(identity("other"), "other none");
    assert!(!credentials.describe("other").await.configured);
    assert!(credentials.endpoint("aws", "ec2").unwrap().is_none());
    assert_eq!(vault.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn why_there_is_none() {
    let (vault, credentials) = vault(3600);
    let unknown = credentials.bearer("other").await.err().unwrap();
    assert!(
        matches!(unknown, CredentialsError::NotConfigured { .. }),
        "{unknown}"
    );
    let name = credentials.check("../x").await.unwrap_err();
    assert!(matches!(name, CredentialsError::Unknown { .. }), "{name}");
    assert_eq!(vault.asked.load(Ordering::Relaxed), 0);

    let broken = credentials.check("broken").await.unwrap_err();
    assert!(
        broken.to_string().contains("the vault is sealed"),
        "{broken}"
    );
    let other = credentials.bearer("aws").await.err().unwrap();
    assert!(
        matches!(other, CredentialsError::OtherScheme { .. }),
        "{other}"
    );
    let other = sign(&credentials, "lambdalabs").await.err().unwrap();
    assert!(
        matches!(other, CredentialsError::OtherScheme { .. }),
        "{other}"
    );

    let token = Token::new(TOKEN.to_owned()).unwrap();
    let set = credentials.set("lambdalabs", &token).unwrap_err();
    assert!(
        matches!(set, CredentialsError::KeptElsewhere { .. }),
        "{set}"
    );
}

/// A cancelled call leaves nothing behind that the next one would wait for.
#[tokio::test]
async fn a_dropped_future_holds_up_nobody() {
    let (vault, credentials) = vault(3600);
    let first = tokio::time::timeout(Duration::from_millis(1), sign(&credentials, "aws")).await;
    assert!(first.is_err(), "it takes 5 ms");
    sign(&credentials, "aws").await.unwrap();
    assert_eq!(vault.asked.load(Ordering::Relaxed), 2);
}

#[test]
fn secrets_are_not_shown() {
    let keys = Keys::new("AKIDVAULT", SECRET, Some("a-session".into()), None);
    assert_eq!(
        format!("{:?}", Secret::Keys(keys)),
        "Keys(Keys([redacted]))"
    );
    let token = Token::new(TOKEN.to_owned()).unwrap();
    assert_eq!(
        format!("{:?}", Secret::Token(token)),
        "Token(Token([redacted]))"
    );
}
