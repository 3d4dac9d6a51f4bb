use super::*;
use crate::Facts;
use crate::http::{Auth, Header, HttpError};
use futures::FutureExt;
use rstest::rstest;
use std::cell::RefCell;

/// Returns the same response to every request, and records the requests.
struct One(Response, RefCell<Vec<Request>>);

impl World for One {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        self.1.borrow_mut().push(request);
        Ok(self.0.clone())
    }
    async fn credential(&self, name: &str) -> Result<Facts, String> {
        Err(name.to_owned())
    }
}

fn answer(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: vec![],
        body: body.as_bytes().to_vec(),
    }
}

fn endpoint() -> Endpoint {
    Endpoint {
        url: "https://ec2.r1.amazonaws.com/".into(),
        credential: "aws".into(),
        service: "ec2".into(),
        region: "r1".into(),
        version: "2016-11-15".into(),
    }
}

fn send(status: u16, body: &str) -> (Result<Vec<String>, Error>, Request) {
    let world = One(answer(status, body), RefCell::default());
    let mut seen = Vec::new();
    let action = Action::read("DescribeX")
        .filter("a", ["1", "2"])
        .filter("b", ["*"])
        .param("Max", "5");
    let result = action
        .send(&world, &endpoint(), |path, step| {
            if let Step::Close(Some(text)) = step {
                seen.push(format!("{}={text}", path.join("/")));
            }
        })
        .now_or_never()
        .unwrap();
    let request = world.1.borrow_mut().pop().unwrap();
    (result.map(|_| seen), request)
}

#[test]
fn an_action_is_a_signed_form_and_the_answer_is_walked() {
    let (result, request) = send(
        200,
        "<DescribeXResponse><set><item>i</item></set></DescribeXResponse>",
    );
    assert_eq!(result.unwrap(), ["set/item=i"]);
    assert_eq!(
        String::from_utf8(request.body.unwrap()).unwrap(),
        "Action=DescribeX&Version=2016-11-15&Filter.1.Name=a&Filter.1.Value.1=1&Filter.1.Value.2=2\
         &Filter.2.Name=b&Filter.2.Value.1=%2A&Max=5"
    );
    assert!(
        matches!(request.auth.as_slice(), [Auth::Sigv4(s)] if s.region == "r1" && s.service == "ec2")
    );
}

#[rstest]
#[case("", "invalid response: empty")]
#[case(
    "<html><body>hi</body></html>",
    "<html> instead of <DescribeXResponse>"
)]
#[case("<DescribeXResponse><set><item>", "ends inside <item>")]
#[case("\u{1b}]0;evil", "text outside")]
fn an_answer_that_is_not_understood_is_named(#[case] body: &str, #[case] told: &str) {
    let error = send(200, body).0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Internal);
    assert!(
        error.message.starts_with("DescribeX in r1: "),
        "{}",
        error.message
    );
    assert!(error.message.contains(told), "{}", error.message);
    assert!(!error.message.contains('\u{1b}'));
}

#[rstest]
#[case(503, "RequestLimitExceeded", ErrorKind::RateLimited)]
#[case(400, "Throttling", ErrorKind::RateLimited)]
#[case(401, "AuthFailure", ErrorKind::Unauthenticated)]
#[case(403, "SignatureDoesNotMatch", ErrorKind::Unauthenticated)]
#[case(403, "InvalidClientTokenId", ErrorKind::Unauthenticated)]
#[case(400, "RequestExpired", ErrorKind::Unauthenticated)]
#[case(403, "UnauthorizedOperation", ErrorKind::PermissionDenied)]
#[case(401, "OptInRequired", ErrorKind::PermissionDenied)]
#[case(401, "Other", ErrorKind::Unauthenticated)]
#[case(403, "Other", ErrorKind::PermissionDenied)]
#[case(400, "InvalidInstanceType", ErrorKind::InvalidArgument)]
#[case(500, "Other", ErrorKind::Unavailable)]
#[case(500, "InternalError", ErrorKind::Unavailable)]
fn codes(#[case] status: u16, #[case] code: &str, #[case] kind: ErrorKind) {
    let ec2 = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>m &lt; n</Message></Error></Errors><RequestID>id</RequestID></Response>"
    );
    let sts = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m &lt; n</Message></Error><RequestId>id</RequestId></ErrorResponse>"
    );
    for body in [ec2, sts] {
        let mut answer = answer(status, &body);
        answer.headers.push(Header {
            name: "retry-after".into(),
            value: "7".into(),
        });
        let error = failure(&answer, "DescribeX in r1");
        assert_eq!(error.kind, kind);
        assert_eq!(error.code.as_deref(), Some(code));
        assert_eq!(error.message, "DescribeX in r1: m < n");
        assert_eq!(error.request_id.as_deref(), Some("id"));
        assert_eq!(error.retry_after_ms, Some(7000));
    }
}

#[rstest]
#[case(403, ErrorKind::PermissionDenied)]
#[case(502, ErrorKind::Unavailable)]
#[case(400, ErrorKind::Internal)]
fn a_failure_without_a_code_keeps_its_status(#[case] status: u16, #[case] kind: ErrorKind) {
    let error = failure(&answer(status, "<html>Bad gateway"), "DescribeX in r1");
    assert_eq!(error.kind, kind);
    assert!(error.message.contains(&format!("HTTP {status}")));
    assert!(error.message.contains("<html>Bad gateway"));
}
