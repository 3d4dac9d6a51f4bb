//! Registries that lead to what is near: this machine, its private network, the metadata service.

use super::*;
use crate::egress::Lookup;
use cloudhost_tests::HostileRegistry;
use futures::future::BoxFuture;
use http::header::{HeaderMap, WWW_AUTHENTICATE};
use rstest::rstest;
use std::net::IpAddr;
use std::sync::Arc;

/// Names under `inside.test` are of this machine, all others of a server far away.
struct Names;

impl Lookup for Names {
    fn lookup(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let address = match name.ends_with("inside.test") {
            true => [127, 0, 0, 1],
            false => [52, 94, 5, 1],
        };
        Box::pin(async move { Ok(vec![IpAddr::from(address)]) })
    }
}

async fn downloads(place: &str) -> Downloads {
    let place = place.parse().unwrap();
    Downloads::resolving(&place, Arc::new(Names)).await.unwrap()
}

#[rstest]
#[case("https://registry.test", false)]
#[case("https://52.94.5.1", false)]
#[case("https://registry.inside.test", true)]
#[case("https://10.0.0.1", true)]
#[case("http://127.0.0.1:5000", true)]
#[case("http://localhost:5000", true)]
#[tokio::test]
async fn what_is_near(#[case] place: &str, #[case] near: bool) {
    assert_eq!(downloads(place).await.near, near);
}

/// The name says nothing; the address that it leads to is looked at when it is dialled.
#[rstest]
#[case::from_far("https://registry.test", false)]
#[case::from_near("https://registry.inside.test", true)]
#[tokio::test]
async fn a_name_that_leads_here(#[case] place: &str, #[case] reached: bool) {
    let here = HostileRegistry::start().unwrap();
    here.say("/x", 200, &[], b"reached");
    let (_, port) = here
        .name()
        .rsplit_once(':')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let url = format!("http://storage.inside.test:{port}/x")
        .parse()
        .unwrap();
    let got = downloads(place).await.get(&url, 100).await;
    match got {
        Ok(answer) => assert!(reached && answer.body == b"reached"),
        Err(error) => {
            assert!(!reached, "{error}");
            assert!(matches!(error, SourceError::Location { .. }), "{error:?}");
            assert!(error.to_string().contains("loopback or private"), "{error}");
        }
    }
    assert_eq!(here.asked().len(), usize::from(reached));
}

/// A token server by http, or near, gets neither a request nor the login.
#[rstest]
#[case::http("http://HERE/shutdown?x=1", "expected https")]
#[case::https("https://HERE/token", "private addresses")]
#[case::metadata("https://169.254.169.254/token", "private addresses")]
#[tokio::test]
async fn a_token_server_that_is_near(#[case] realm: &str, #[case] why: &str) {
    let here = HostileRegistry::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.json");
    let logins = json!({"auths": {"registry.test": {"auth": "c29tZW9uZTpzZWNyZXQ="}}});
    std::fs::write(&config, logins.to_string()).unwrap();
    let realm = realm.replace("HERE", &here.name());
    let challenge = format!("Bearer realm=\"{realm}\"").parse().unwrap();
    let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, challenge)]);
    let reference: OciReference = "oci://registry.test/some/plugin:1".parse().unwrap();
    let downloads = downloads("https://registry.test").await;
    let result = login::authorize(
        &downloads,
        &headers,
        &reference,
        login::Scope::Pull,
        Some(&config),
    );
    let Err(error) = result.await else {
        panic!("it was asked");
    };
    assert!(matches!(error, SourceError::Location { .. }), "{error:?}");
    assert!(error.to_string().contains(why), "{error}");
    assert_eq!(here.asked().len(), 0);
}
