//! `--record` and `--replay`: the same menus and lists without cloud, key and network.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cloudhost_tests::{ACCESS_KEY, LAMBDA_KEY, LambdaFault, Outcome, SECRET_KEY, Sandbox, Tree};
use rstest::rstest;

use crate::support::{Lambda, closing, ended, generate, proxy};

/// Returns the text of a recording. It must have no secret, and be readable only by its owner.
fn text_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    for secret in [SECRET_KEY, ACCESS_KEY, LAMBDA_KEY, "Signature=", "Bearer "] {
        assert!(!text.contains(secret), "{secret} is in the recording");
    }
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    text
}

/// Returns a sandbox like another machine: no key, no cache, only the recording.
fn elsewhere(recording: &Path) -> Sandbox {
    let sandbox = Sandbox::sealed().unwrap();
    fs::copy(recording, sandbox.path().join("rec")).unwrap();
    sandbox
}

/// Replays the recording there. Only compiled plugins may be cached.
fn replayed(sandbox: &Sandbox, args: &[&str], code: i32) -> Outcome {
    let run = sandbox.cloudhost(args).unwrap();
    let outcome = ended(run.arg("--replay").arg("rec").env("TZ", "UTC"), code);
    for kept in ["catalog", "rates"] {
        assert!(!sandbox.cache().join(kept).exists(), "{kept}");
    }
    outcome
}

#[test]
fn menus_of_aws_are_made_again_on_another_machine() {
    let sandbox = Sandbox::sealed().unwrap();
    let cloud = proxy();
    let outcome = generate(&sandbox, ["--record", "rec"], &cloud.url());
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let sent = cloud.exchanges().len();
    let expected = format!("recorded {sent} requests in rec");
    assert_eq!(closing(&outcome), expected, "{outcome}");
    assert!(
        !sandbox.cache().join("catalog").exists(),
        "nothing is cached"
    );
    let recording = sandbox.path().join("rec");
    let text = text_of(&recording);
    assert_eq!(text.lines().count(), 1 + 1 + sent + 1 + 1);
    let result = text.lines().rev().nth(1).unwrap();
    assert_eq!(result, "{\"result\":{\"export\":\"fetch\",\"error\":null}}");
    drop(cloud);

    let other = elsewhere(&recording);
    let run = other.generate(["--replay", "rec"]).unwrap();
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(
        closing(&outcome).starts_with("aws: replayed rec, "),
        "{outcome}"
    );
    let menus = |sandbox: &Sandbox| Tree::read(&sandbox.out()).unwrap().timeless();
    assert!(menus(&other) == menus(&sandbox), "other menus");
    assert!(menus(&other).files().len() > 180);
    // A second replay has nothing to write.
    let outcome = replayed(
        &other,
        &["run", "aws", "generate-kconfig", "--output-dir", "out"],
        0,
    );
    assert!(closing(&outcome).contains(" 0 files written"), "{outcome}");
}

#[rstest]
#[case::types(&["run", "lambdalabs", "instance-types", "list"], 0)]
#[case::regions(&["run", "lambdalabs", "regions", "list", "--with-availability"], 0)]
#[case::images(&["run", "lambdalabs", "images", "list"], 0)]
#[case::prices(&["run", "lambdalabs", "pricing", "list"], 0)]
#[case::capacity(&["run", "lambdalabs", "check-availability", "gpu_1x_rtx6000", "us-west-1"], 7)]
#[case::choice(&["run", "lambdalabs", "smart-select", "--explain"], 0)]
#[case::value(&["kconfig-value", "lambdalabs", "instance-type"], 0)]
#[case::credentials(&["credentials", "test", "lambdalabs"], 0)]
fn what_was_printed_is_printed_again(#[case] args: &[&str], #[case] code: i32) {
    let lambda = Lambda::new();
    let run = lambda.command(args).arg("--record").arg("rec");
    let first = ended(run, code);
    let recording = lambda.sandbox.path().join("rec");
    text_of(&recording);
    drop(lambda.cloud);
    let again = replayed(&elsewhere(&recording), args, code);
    assert_eq!(again.stdout, first.stdout);
}

#[rstest]
#[case::refused(LambdaFault::InvalidKey, 3)]
#[case::nonsense(LambdaFault::Answer(200, "{\"data\": 7}".to_owned()), 4)]
#[case::gone(LambdaFault::Drop, 4)]
fn a_run_that_failed_is_recorded_and_fails_again(#[case] fault: LambdaFault, #[case] code: i32) {
    let lambda = Lambda::new();
    lambda.cloud.fail(None, fault);
    let args = ["run", "lambdalabs", "instance-types", "list"];
    let first = ended(lambda.command(&args).arg("--record").arg("rec"), code);
    let recording = lambda.sandbox.path().join("rec");
    text_of(&recording);
    drop(lambda.cloud);
    let again = replayed(&elsewhere(&recording), &args, code);
    let error = |outcome: &Outcome| {
        let mut lines = outcome.stderr.lines();
        lines
            .find(|line| line.starts_with("error: "))
            .unwrap()
            .to_owned()
    };
    assert_eq!(error(&again), error(&first));
}

/// The user's default region decides among equal ones, and is that of the recording.
#[test]
fn the_home_region_is_recorded() {
    let sandbox = Sandbox::sealed().unwrap();
    let args = ["kconfig-value", "aws", "region"];
    let run = sandbox
        .cloudhost(args)
        .unwrap()
        .env("AWS_REGION", "eu-west-1");
    let first = ended(run.arg("--record").arg("rec"), 0);
    assert_eq!(first.stdout, "eu-west-1\n", "{first}");
    let other = elsewhere(&sandbox.path().join("rec"));
    for region in ["us-west-2", ""] {
        let run = other.cloudhost(args).unwrap().env("AWS_REGION", region);
        let again = ended(run.arg("--replay").arg("rec"), 0);
        assert_eq!(again.stdout, first.stdout, "{again}");
    }
}

/// A run without a key uses the bundled catalog, and that is recorded.
#[test]
fn a_run_without_credentials() {
    let sandbox = Sandbox::sealed().unwrap();
    let run = sandbox.generate(["--record", "rec"]).unwrap();
    ended(run, 0);
    let recording = sandbox.path().join("rec");
    let text = text_of(&recording);
    assert!(text.contains("\"configured\":false"), "{text}");
    let other = elsewhere(&recording);
    // The key of this machine is not used.
    let run = other.generate(["--replay", "rec"]).unwrap();
    let outcome = ended(run.aws("http://127.0.0.1:9"), 0);
    assert!(closing(&outcome).contains("bundled"), "{outcome}");
    let menus = |sandbox: &Sandbox| Tree::read(&sandbox.out()).unwrap().timeless();
    assert!(menus(&other) == menus(&sandbox), "other menus");
}

/// Returns a sandbox with the recording of a list of regions.
fn recorded() -> Sandbox {
    let lambda = Lambda::new();
    let args = ["run", "lambdalabs", "regions", "list"];
    ended(lambda.command(&args).arg("--record").arg("rec"), 0);
    elsewhere(&lambda.sandbox.path().join("rec"))
}

#[test]
fn what_is_not_recorded_is_an_error() {
    let sandbox = recorded();
    let outcome = replayed(&sandbox, &["run", "lambdalabs", "images", "list"], 1);
    assert_eq!(outcome.stdout, "");
    let error = "error: GET https://cloud.lambda.ai/api/v1/images is not in the recording";
    assert!(outcome.stderr.contains(error), "{outcome}");
    let again = "hint: record it again: cloudhost run lambdalabs images list --record rec";
    assert!(outcome.stderr.contains(again), "{outcome}");
}

#[rstest]
#[case::changed(|text: String| text.replacen("us-west-1", "us-west-9", 1), 1, "was changed after it was recorded")]
#[case::cut(|text: String| text[..text.len() / 2].to_owned(), 1, "is truncated")]
#[case::newer(|text: String| text.replacen("\"format\":2", "\"format\":3", 1), 1, "unsupported format 3")]
#[case::older(|text: String| text.replacen("\"format\":2", "\"format\":1", 1), 1, "unsupported format 1: expected 2")]
#[case::other_plugin(|text: String| text, 2, "is a recording of lambdalabs, not of aws")]
#[case::nothing(|_: String| String::new(), 1, "first line")]
fn what_is_no_recording_any_more(
    #[case] change: fn(String) -> String,
    #[case] code: i32,
    #[case] expected: &str,
) {
    let sandbox = recorded();
    let path = sandbox.path().join("rec");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(text)).unwrap();
    let provider = if expected.contains("not of aws") {
        "aws"
    } else {
        "lambdalabs"
    };
    let outcome = replayed(&sandbox, &["run", provider, "regions", "list"], code);
    assert!(outcome.stderr.contains(expected), "{outcome}");
    assert!(outcome.stderr.contains("hint: "), "{outcome}");
}

#[rstest]
#[case::endpoint(&["run", "lambdalabs", "regions", "list", "--replay", "rec", "--endpoint", "lambdalabs=http://127.0.0.1:9"], 2, "--replay cannot be combined with --endpoint: no request is sent")]
#[case::offline(&["run", "lambdalabs", "regions", "list", "--replay", "rec", "--offline"], 2, "--replay cannot be combined with --offline")]
#[case::record_offline(&["run", "lambdalabs", "regions", "list", "--record", "new", "--offline"], 2, "--record cannot be combined with --offline")]
#[case::both(&["run", "lambdalabs", "regions", "list", "--replay", "rec", "--record", "new"], 2, "cannot be used with")]
#[case::no_cloud(&["cache", "status", "--replay", "rec"], 2, "--replay needs a command that contacts a provider")]
#[case::no_cloud_to_record(&["plugin", "list", "--record", "new"], 2, "--record needs a command that contacts a provider")]
#[case::no_file(&["run", "lambdalabs", "regions", "list", "--replay", "gone"], 2, "gone cannot be read")]
#[case::no_folder(&["run", "lambdalabs", "regions", "list", "--record", "no/such/file"], 6, "cannot be written")]
#[case::no_plain_file(&["run", "lambdalabs", "regions", "list", "--record", "/dev/null"], 6, "not a regular file")]
#[case::nothing_ran(&["run", "nothing", "regions", "list", "--record", "new"], 2, "unknown provider")]
fn what_makes_no_sense_is_said(#[case] args: &[&str], #[case] code: i32, #[case] expected: &str) {
    let sandbox = recorded();
    let outcome = sandbox.cloudhost(args).unwrap().run().unwrap();
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert!(outcome.stderr.contains(expected), "{outcome}");
    assert!(!sandbox.path().join("new").exists());
    assert!(!sandbox.cache().join("catalog").exists());
}

/// `--refresh` bypasses the cache, which a replay does anyway.
#[test]
fn a_replay_can_be_refreshed() {
    let sandbox = recorded();
    replayed(
        &sandbox,
        &["run", "lambdalabs", "regions", "list", "--refresh"],
        0,
    );
}

/// Ctrl-C while a request hangs: the responses until then are recorded.
#[test]
fn an_interrupted_run_is_recorded() {
    let lambda = Lambda::new();
    lambda.cloud.fail(Some("/images"), LambdaFault::Hang);
    let run = lambda.run(&["images", "list", "--record", "rec"]);
    let running = run.spawn().unwrap();
    for _ in 0..500 {
        if lambda.cloud.paths().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    running.interrupt().unwrap();
    let outcome = running.wait().unwrap();
    assert_eq!(outcome.code, Some(130), "{outcome}");
    let recording = lambda.sandbox.path().join("rec");
    let text = text_of(&recording);
    assert!(
        text.lines().last().unwrap().starts_with("{\"end\":"),
        "{text}"
    );
    assert!(!text.contains("\"result\":{\"export\""), "{text}");
    // The replay ends where the run did, and does not report the request as missing.
    let again = replayed(
        &elsewhere(&recording),
        &["run", "lambdalabs", "images", "list"],
        4,
    );
    let expected = "the recorded run ended before this was answered";
    assert!(again.stderr.contains(expected), "{again}");
}

/// A response edited by hand, in two steps: the first attempt reports the second step.
#[test]
fn an_edited_recording_is_replayed() {
    let sandbox = recorded();
    let path = sandbox.path().join("rec");
    let text = fs::read_to_string(&path).unwrap();
    let edited = text.replace("us-west-1", "us-west-9");
    fs::write(&path, &edited).unwrap();
    let args = ["run", "lambdalabs", "regions", "list"];
    let outcome = replayed(&sandbox, &args, 1);
    let line = "{\"end\":{\"edited\":true}}";
    let expected = format!("or: if the change is intended, replace its last line with: {line}");
    assert!(outcome.stderr.contains(&expected), "{outcome}");
    let seal = edited.lines().last().unwrap();
    fs::write(&path, edited.replace(seal, line)).unwrap();
    let outcome = replayed(&sandbox, &args, 0);
    assert!(outcome.stdout.contains("us-west-9"), "{outcome}");
    fs::write(&path, edited.replace(seal, "")).unwrap();
    let outcome = replayed(&sandbox, &args, 1);
    assert!(
        outcome.stderr.contains("add this line to its end: "),
        "{outcome}"
    );
}
