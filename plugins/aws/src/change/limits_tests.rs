//! Tests of quotas and permissions.

use cloudhost_sdk::http::{HttpError, Request, Response};
use cloudhost_sdk::{ErrorKind, Facts};
use rstest::rstest;

use super::*;
use crate::change::tests::{Cloud, now, refused, zone};

#[rstest]
#[case(412, "DryRunOperation", Ok(Verdict::Allowed))]
#[case(403, "UnauthorizedOperation", Ok(Verdict::Denied))]
#[case(400, "InvalidAMIID.NotFound", Ok(Verdict::Unknown))]
#[case(400, "ExpiredToken", Err(ErrorKind::Unauthenticated))]
fn permissions(
    #[case] status: u16,
    #[case] code: &str,
    #[case] expected: Result<Verdict, ErrorKind>,
) {
    let cloud = Cloud::new([refused("RunInstances", status, code, "it says so")]);
    let verdict = now(may(&cloud, ResourceKind::Instance, Action::Create, &zone()));
    assert_eq!(verdict.map_err(|error| error.kind), expected);
    assert_eq!(cloud.changes(), [""; 0]);
}

/// No permission is tried by a request that could do it.
#[test]
fn all_tries_are_dry() {
    use Action::*;
    let kinds = [
        ResourceKind::Instance,
        ResourceKind::Volume,
        ResourceKind::Snapshot,
        ResourceKind::SshKey,
        ResourceKind::Network,
    ];
    for kind in kinds {
        for action in [
            Create, Delete, Start, Stop, Resize, Upgrade, Attach, Detach, Protect, Unprotect,
            SetEnd, Copy,
        ] {
            let cloud = Cloud::default();
            assert_eq!(
                now(may(&cloud, kind, action, &zone())).ok(),
                Some(Verdict::Unknown)
            );
            assert_eq!(cloud.changes(), [""; 0], "{kind:?} {action:?}");
        }
    }
}

struct Quotas;

impl World for Quotas {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        let (status, body) = match (
            request.url.contains("eu-west-1"),
            body.contains("NextToken"),
            body.contains("\"ebs\""),
        ) {
            (true, ..) => (
                400,
                r#"{"__type": "AccessDeniedException", "message": "no"}"#,
            ),
            (_, _, true) => (200, r#"{"Quotas": []}"#),
            (_, false, _) => (
                200,
                r#"{"Quotas": [{"QuotaName": "Running On-Demand P instances", "Value": 192.0}], "NextToken": "2"}"#,
            ),
            (_, true, _) => (200, r#"{"Quotas": [{"QuotaName": "AMIs"}]}"#),
        };
        assert!(
            request.url.starts_with("https://servicequotas."),
            "{}",
            request.url
        );
        Ok(Response {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        })
    }

    async fn credential(&self, _name: &str) -> Result<Facts, String> {
        Err("none".into())
    }
}

#[test]
fn quotas_of_all_pages() {
    let regions = ["us-east-1", "eu-west-1"].map(str::to_owned);
    let list = now(quotas(&Quotas, &regions)).unwrap();
    let told: Vec<(&str, Option<u64>)> = list
        .quotas
        .iter()
        .map(|quota| (quota.name.as_str(), quota.limit))
        .collect();
    assert_eq!(
        told,
        [("Running On-Demand P instances", Some(192)), ("AMIs", None)]
    );
    assert_eq!(list.missing.len(), 2);
    assert_eq!(list.missing[0].scope, Scope::Region("eu-west-1".into()));
}
