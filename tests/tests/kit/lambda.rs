//! The stand-in for Lambda Cloud uses the real formats, and fails as configured.

use std::time::{Duration, Instant};

use cloudhost_tests::{LAMBDA_KEY, LambdaCloud, LambdaFault, program, python};
use rstest::rstest;
use serde_json::{Value, json};

/// Reads the cloud with the client from PyPI.
fn client(cloud: &LambdaCloud, key: &str) -> Value {
    let out = python::run("lambda_client.py", [cloud.url().as_str(), key]).unwrap();
    serde_json::from_str(&out).unwrap()
}

/// Returns status and body as curl sees them. The status is `000` if there is no response within `seconds`.
fn curl(cloud: &LambdaCloud, path: &str, authorization: &str, seconds: &str) -> (String, String) {
    let header = format!("Authorization: {authorization}");
    let url = format!("{}/api/v1{path}", cloud.url());
    let args = [
        "-s",
        "-w",
        "\n%{http_code}",
        "--max-time",
        seconds,
        "-H",
        &header,
        &url,
    ];
    let out = program::command("curl")
        .unwrap()
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.to_owned(), body.to_owned())
}

fn bearer() -> String {
    format!("Bearer {LAMBDA_KEY}")
}

#[test]
fn a_client_of_others_reads_every_field() {
    let cloud = LambdaCloud::start().unwrap();
    cloud.content(|content| {
        content.capacity("gpu_1x_new", &["us-north-1"]);
    });
    let result = client(&cloud, LAMBDA_KEY);
    assert_eq!(result["types"].as_object().unwrap().len(), 8);
    assert_eq!(result["types"]["gpu_1x_a10"]["price_cents_per_hour"], 75);
    assert_eq!(result["types"]["gpu_1x_new"]["name"], "gpu_1x_new");
    let specs = json!({"vcpus": 208, "memory_gib": 1800, "storage_gib": 22528, "gpus": 8});
    assert_eq!(result["types"]["gpu_8x_h100_sxm5"]["specs"], specs);
    assert_eq!(
        result["capacity"]["gpu_1x_a10"],
        json!(["us-east-1", "us-west-1"])
    );
    assert_eq!(result["capacity"]["gpu_1x_new"], json!(["us-north-1"]));
    assert_eq!(result["capacity"]["gpu_1x_rtx6000"], json!([]));
    assert_eq!(result["regions"].as_array().unwrap().len(), 5);
    assert_eq!(cloud.paths(), ["/instance-types", "/regions"]);
}

#[test]
fn a_client_of_others_does_not_read_what_is_broken() {
    let cloud = LambdaCloud::start().unwrap();
    cloud.content(|content| {
        content.price("gpu_1x_a10", None);
    });
    let error = python::run("lambda_client.py", [cloud.url().as_str(), LAMBDA_KEY]).unwrap_err();
    assert!(
        error.to_string().contains("price_cents_per_hour"),
        "{error}"
    );
}

#[rstest]
#[case(None, 401, "global/invalid-api-key")]
#[case(Some(LambdaFault::InvalidKey), 401, "global/invalid-api-key")]
#[case(Some(LambdaFault::AccountInactive), 403, "global/account-inactive")]
fn a_client_of_others_reads_the_errors(
    #[case] fault: Option<LambdaFault>,
    #[case] status: u16,
    #[case] code: &str,
) {
    let cloud = LambdaCloud::start().unwrap();
    let key = if fault.is_some() {
        LAMBDA_KEY
    } else {
        "another"
    };
    if let Some(fault) = fault {
        cloud.fail(None, fault);
    }
    let result = client(&cloud, key);
    assert_eq!(result["status"], status);
    assert_eq!(result["error"]["code"], code);
    assert_eq!(cloud.requests()[0].status, Some(status));
}

#[rstest]
#[case("Bearer ", LAMBDA_KEY, "200")]
#[case("Basic ", LAMBDA_KEY, "200")]
#[case(
    "Basic ",
    "c2VjcmV0X3Rlc3RfNWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2M1OTI6",
    "200"
)]
#[case("Bearer ", "other", "401")]
#[case("", "", "401")]
fn keys(#[case] scheme: &str, #[case] key: &str, #[case] status: &str) {
    let cloud = LambdaCloud::start().unwrap();
    assert_eq!(
        curl(&cloud, "/regions", &format!("{scheme}{key}"), "60").0,
        status
    );
}

#[test]
fn faults_are_about_their_path_and_number() {
    let cloud = LambdaCloud::start().unwrap();
    let slow = LambdaFault::RateLimited(Some(2));
    cloud.fail_times(Some("/regions"), slow, 1);
    cloud.fail_times(Some("/images"), LambdaFault::Answer(200, "{".into()), 1);
    let status = |path| curl(&cloud, path, &bearer(), "60").0;
    assert_eq!(status("/instance-types"), "200");
    assert_eq!([status("/regions"), status("/regions")], ["429", "200"]);
    assert_eq!(
        curl(&cloud, "/images", &bearer(), "60"),
        ("200".into(), "{".into())
    );
    assert!(
        curl(&cloud, "/images", &bearer(), "60")
            .1
            .contains("lambda-stack-22-04")
    );
    assert_eq!(status("/nothing"), "404");
}

#[test]
fn no_answer_is_none() {
    let cloud = LambdaCloud::start().unwrap();
    cloud.fail_times(None, LambdaFault::Drop, 1);
    cloud.fail_times(None, LambdaFault::Hang, 1);
    assert_eq!(curl(&cloud, "/regions", &bearer(), "60").0, "000");
    let start = Instant::now();
    assert_eq!(curl(&cloud, "/regions", &bearer(), "1").0, "000");
    assert!(start.elapsed() >= Duration::from_secs(1));
    cloud.heal();
    assert_eq!(curl(&cloud, "/regions", &bearer(), "60").0, "200");
    let seen: Vec<_> = cloud
        .requests()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(seen, [None, None, Some(200)]);
}

#[test]
fn the_rate_is_held_where_it_is_asked_for() {
    let cloud = LambdaCloud::start().unwrap();
    let status = || curl(&cloud, "/regions", &bearer(), "60").0;
    assert_eq!([status(), status()], ["200", "200"]);
    cloud.hold_rate();
    std::thread::sleep(Duration::from_millis(1000));
    assert_eq!([status(), status()], ["200", "429"]);
    std::thread::sleep(Duration::from_millis(1000));
    assert_eq!(status(), "200");
    let at: Vec<Duration> = cloud.requests().iter().map(|request| request.at).collect();
    assert!(at.is_sorted(), "{at:?}");
}
