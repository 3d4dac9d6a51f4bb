//! `OTEL_EXPORTER_OTLP_ENDPOINT`: the spans of a run arrive at a collector, decoded by OpenTelemetry's own code.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // Helpers of tests are not seen as tests.

use cloudhost_tests::{Collector, LAMBDA_KEY, LambdaCloud, Sandbox, closed_port};
use serde_json::Value;
use std::time::Duration;

/// `cloudhost run lambdalabs images list`, which makes one request, with the spans sent to this URL.
fn run(sandbox: &Sandbox, cloud: &LambdaCloud, collector: &str) -> cloudhost_tests::Outcome {
    let run = sandbox.command(env!("CARGO_BIN_EXE_cloudhost"));
    let run = ["run", "lambdalabs", "images", "list", "--endpoint"]
        .iter()
        .fold(run, |run, word| run.arg(word));
    let run = run.arg(format!("lambdalabs={}", cloud.url()));
    let run = run.env("LAMBDALABS_API_KEY", LAMBDA_KEY);
    run.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
        .run()
        .unwrap()
}

#[test]
fn a_run_is_one_trace() {
    let (sandbox, cloud) = (Sandbox::new().unwrap(), LambdaCloud::start().unwrap());
    let collector = Collector::start().unwrap();
    let outcome = run(&sandbox, &cloud, &collector.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let spans = collector.end().unwrap();
    let text = format!("{spans:?}");
    assert!(!text.contains(LAMBDA_KEY), "{text}");

    let named = |name: &str| -> Vec<&Value> {
        let found: Vec<_> = spans.iter().filter(|span| span["name"] == name).collect();
        assert!(!found.is_empty(), "no {name} in {text}");
        found
    };
    let root = named("run")[0];
    assert_eq!(root["parent"], "");
    assert_eq!(root["service"], "cloudhost");
    assert!(
        spans.iter().all(|span| span["trace"] == root["trace"]),
        "{text}"
    );

    let [fetch] = named("fetch")[..] else {
        panic!("{text}");
    };
    let about = &fetch["attributes"];
    let told = ["plugin", "host", "method", "what", "credential"].map(|field| &about[field]);
    assert_eq!(
        told,
        [
            "lambdalabs",
            "cloud.lambda.ai",
            "GET",
            "/api/v1/images",
            "lambdalabs"
        ]
    );
    assert_eq!(
        (&about["status"], &about["retries"]),
        (&200.into(), &0.into())
    );
    assert!(about["bytes"].as_u64().unwrap() > 100, "{about}");
    let call = named("call")
        .into_iter()
        .find(|call| call["id"] == fetch["parent"]);
    assert_eq!(call.unwrap()["attributes"]["export"], "fetch");
    assert!(call.unwrap()["nanoseconds"].as_u64() >= fetch["nanoseconds"].as_u64());

    named("compile");
    let caches = named("cache");
    let kept = |kept: &str, action: &str| {
        let mut caches = caches.iter().map(|cache| &cache["attributes"]);
        caches.any(|cache| cache["kept"] == kept && cache["action"] == action)
    };
    for (what, action) in [
        ("compiled", "load"),
        ("compiled", "save"),
        ("catalog", "load"),
        ("catalog", "save"),
    ] {
        assert!(kept(what, action), "no {action} of {what} in {text}");
    }
}

/// The run succeeds all the same, and reports that its spans are lost.
#[test]
fn a_collector_that_is_not_there_fails_nothing() {
    let (sandbox, cloud) = (Sandbox::new().unwrap(), LambdaCloud::start().unwrap());
    let nobody = format!("http://{}", closed_port());
    let outcome = run(&sandbox, &cloud, &nobody);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.wall < Duration::from_secs(10), "{:?}", outcome.wall);
    assert!(outcome.stdout.contains("lambda-stack"), "{outcome}");
    let said = outcome.stderr.contains("spans were not exported: ");
    assert!(said, "{outcome}");
}
