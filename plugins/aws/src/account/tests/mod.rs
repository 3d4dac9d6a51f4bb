//! Tests of identity and billing against canned responses.

use super::*;
use cloudhost_sdk::http::{Auth, HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::{Account, Amount, Charge, Error, ErrorKind, Facts, Period, World};
use futures::FutureExt;
use rstest::rstest;
use serde_json::{Value, json};
use std::cell::RefCell;

/// Returns page after page, and repeats the last one.
struct Cloud {
    region: &'static str,
    pages: Vec<(u16, String)>,
    asked: RefCell<Vec<Request>>,
}

impl World for Cloud {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let mut asked = self.asked.borrow_mut();
        let page = self.pages.get(asked.len()).or(self.pages.last());
        asked.push(request);
        let (status, body) = page.cloned().ok_or(HttpError {
            kind: HttpErrorKind::CredentialMissing,
            message: "no key".into(),
        })?;
        Ok(Response {
            status,
            headers: vec![],
            body: body.into_bytes(),
        })
    }

    async fn credential(&self, _: &str) -> Result<Facts, String> {
        Ok(Facts {
            project: None,
            quota_project: None,
            subscription: None,
            tenant: None,
            organisation: None,
            configured: true,
            source: None,
            account: None,
            region: Some(self.region.to_owned()),
        })
    }
}

fn cloud(region: &'static str, pages: &[(u16, &str)]) -> Cloud {
    Cloud {
        region,
        pages: pages.iter().map(|(s, b)| (*s, (*b).to_owned())).collect(),
        asked: RefCell::default(),
    }
}

fn signed(request: &Request) -> (&str, &str, &str) {
    let [Auth::Sigv4(auth)] = request.auth.as_slice() else {
        panic!("not signed")
    };
    (
        request.url.as_str(),
        auth.service.as_str(),
        auth.region.as_str(),
    )
}

const CALLER: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::123456789012:user/ci</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account>\
    </GetCallerIdentityResult><ResponseMetadata><RequestId>q</RequestId></ResponseMetadata></GetCallerIdentityResponse>";

#[rstest]
#[case("us-east-2", "https://sts.us-east-2.amazonaws.com/")]
#[case("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/")]
fn the_caller_is_asked_of_the_own_region(#[case] region: &'static str, #[case] url: &str) {
    let cloud = cloud(region, &[(200, CALLER)]);
    let account = whoami(&cloud).now_or_never().unwrap().unwrap();
    let expected = Account {
        id: Some("123456789012".into()),
        principal: Some("arn:aws:iam::123456789012:user/ci".into()),
    };
    assert_eq!(account, expected);
    let asked = cloud.asked.into_inner();
    assert_eq!((asked.len(), signed(&asked[0])), (1, (url, "sts", region)));
    let body = String::from_utf8(asked[0].body.clone().unwrap()).unwrap();
    assert_eq!(body, "Action=GetCallerIdentity&Version=2011-06-15");
}

#[rstest]
#[case(&[(403, "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>bad</Message></Error><RequestId>q</RequestId></ErrorResponse>")], ErrorKind::Unauthenticated)]
#[case(&[(200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>")], ErrorKind::Internal)]
#[case(&[(200, "<GetCallerIdentityResponse><GetCaller")], ErrorKind::Internal)]
#[case(&[(200, "<html></html>")], ErrorKind::Internal)]
#[case(&[], ErrorKind::Unauthenticated)]
fn a_caller_that_is_not_told(#[case] pages: &[(u16, &str)], #[case] kind: ErrorKind) {
    let error = whoami(&cloud("us-east-1", pages))
        .now_or_never()
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind, kind, "{}", error.message);
}

fn month(groups: &[(&str, &str, &str)], estimated: bool) -> Value {
    let group = |(service, amount, unit): &(&str, &str, &str)| json!({"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": unit}}});
    let groups: Vec<Value> = groups.iter().map(group).collect();
    json!({"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Total": {}, "Groups": groups, "Estimated": estimated})
}

fn page(months: &[Value], next: Option<&str>) -> String {
    let groups = json!([{"Type": "DIMENSION", "Key": "SERVICE"}]);
    json!({"GroupDefinitions": groups, "ResultsByTime": months, "NextPageToken": next, "DimensionValueAttributes": []})
        .to_string()
}

fn ask(region: &'static str, pages: &[String]) -> (Result<Vec<Charge>, Error>, Vec<Request>) {
    let pages: Vec<(u16, &str)> = pages.iter().map(|page| (200, page.as_str())).collect();
    let cloud = cloud(region, &pages);
    let period = Period {
        start: "2026-09-01".into(),
        end: "2026-11-21".into(),
    };
    let result = bill(&cloud, period).now_or_never().unwrap();
    (result, cloud.asked.into_inner())
}

fn charge(service: &str, nanos: i64, currency: &str, estimated: bool) -> Charge {
    Charge {
        service: service.into(),
        amount: Amount {
            nanos,
            currency: currency.into(),
        },
        estimated,
    }
}

#[test]
fn months_and_pages_are_summed_by_service_and_currency() {
    const EC2: &str = "Amazon Elastic Compute Cloud - Compute";
    let first = [
        month(&[(EC2, "10.0000000001", "USD"), ("Tax", "0", "USD")], false),
        month(&[(EC2, "2.5", "USD"), ("AWS Support", "1E-7", "USD")], true),
    ];
    let second = [month(
        &[("Refund", "-12.34", "USD"), ("AWS Support", "3", "CNY")],
        false,
    )];
    let (result, asked) = ask(
        "eu-west-1",
        &[page(&first, Some("t2")), page(&second, None)],
    );
    assert_eq!(
        result.unwrap(),
        [
            charge("AWS Support", 3_000_000_000, "CNY", false),
            charge("AWS Support", 100, "USD", true),
            charge(EC2, 12_500_000_001, "USD", true),
            charge("Refund", -12_340_000_000, "USD", false),
            charge("Tax", 0, "USD", false),
        ]
    );
    let questions: Vec<Value> = asked
        .iter()
        .map(|request| serde_json::from_slice(request.body.as_deref().unwrap()).unwrap())
        .collect();
    let mut expected = json!({
        "TimePeriod": {"Start": "2026-09-01", "End": "2026-11-21"},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    });
    assert_eq!(questions[0], expected);
    expected["NextPageToken"] = json!("t2");
    assert_eq!(questions[1..], [expected]);
    let target = asked[0]
        .headers
        .iter()
        .find(|h| h.name == "x-amz-target")
        .unwrap();
    assert_eq!(target.value, "AWSInsightsIndexService.GetCostAndUsage");
    assert_eq!(
        signed(&asked[0]),
        ("https://ce.us-east-1.amazonaws.com/", "ce", "us-east-1")
    );
}

#[test]
fn nothing_spent_is_no_charge_and_a_request_has_its_price() {
    assert_eq!(
        ask("us-east-1", &[page(&[month(&[], true)], None)])
            .0
            .unwrap(),
        []
    );
    assert_eq!(ask("us-east-1", &[page(&[], None)]).0.unwrap(), []);
    assert_eq!(request_cost().unwrap().to_string(), "$0.01");
}

/// An incomplete bill would be worse than none.
#[rstest]
#[case(page(&[month(&[("EC2", "1", "USD"), ("S3", "much", "USD")], false)], None), "cost of S3: \"much\"")]
#[case(page(&[month(&[("S3", "1e300", "USD")], false)], None), "cost of S3")]
#[case(page(&[month(&[("S3", "NaN", "USD")], false)], None), "cost of S3")]
#[case(page(&[month(&[("S3", "", "USD")], false)], None), "cost of S3")]
#[case(page(&[month(&[("S3", "1", "N/A")], false)], None), "currency of S3")]
#[case(page(&[month(&[("S3", "9000000000", "USD"), ("S3", "9000000000", "USD")], false)], None), "sum of S3")]
#[case(json!({"ResultsByTime": [{"Groups": [{"Keys": ["S3"], "Metrics": {"UnblendedCost": {"Amount": 1.5, "Unit": "USD"}}}]}]}).to_string(), "not the documented JSON")]
#[case(json!({"ResultsByTime": [{"Groups": [{"Keys": ["S3"], "Metrics": {}}]}]}).to_string(), "not the documented JSON")]
#[case(json!({"ResultsByTime": [{"Total": {}}]}).to_string(), "not the documented JSON")]
#[case("{}".to_owned(), "not the documented JSON")]
#[case("{\"ResultsByTime\": [".to_owned(), "truncated JSON")]
#[case(page(&[], Some("again")), "\"again\"")]
fn what_is_not_understood_is_no_bill(#[case] page: String, #[case] says: &str) {
    let error = ask("us-east-1", &[page]).0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Internal);
    assert!(error.message.contains(says), "{}", error.message);
}

#[test]
fn a_refusal_carries_its_code() {
    let refusal = r#"{"__type":"AccessDeniedException","Message":"User not enabled for cost explorer access"}"#;
    let cloud = cloud("us-east-1", &[(400, refusal)]);
    let period = Period {
        start: "2026-09-01".into(),
        end: "2026-11-21".into(),
    };
    let error = bill(&cloud, period).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("not enabled"), "{}", error.message);
}

#[test]
fn other_partitions_are_not_asked() {
    let (result, asked) = ask("us-gov-west-1", &[]);
    assert_eq!(
        (result.unwrap_err().kind, asked.len()),
        (ErrorKind::Unsupported, 0)
    );
}
