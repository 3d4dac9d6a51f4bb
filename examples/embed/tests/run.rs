//! Tests of the unchanged program in `main.rs` with moto and a stand-in for Lambda Cloud: its grant, resolver,
//! interceptor and subscriber take effect.

use cloudhost_tests::{
    LAMBDA_KEY, LambdaCloud, Moto, Outcome, Proxy, SECRET_KEY, Sandbox, verify_signatures,
};

fn embed(sandbox: &Sandbox, aws: &str, lambdalabs: &str, key: &str) -> Outcome {
    let command = sandbox.command(env!("CARGO_BIN_EXE_embed"));
    let run = command.arg(aws).arg(lambdalabs);
    let run = run
        .env("VAULT_aws", SECRET_KEY)
        .env("VAULT_lambdalabs", key);
    run.run().unwrap()
}

#[test]
fn instance_types_of_two_clouds() {
    let (moto, lambda) = (Moto::start().unwrap(), LambdaCloud::start().unwrap());
    let aws = Proxy::start(moto.addr()).unwrap();
    let sandbox = Sandbox::new().unwrap();
    let outcome = embed(&sandbox, &aws.url(), &lambda.url(), LAMBDA_KEY);
    assert_eq!(outcome.code, Some(0), "{outcome}");

    // Only the names are printed: the library prints nothing.
    let lines: Vec<Vec<&str>> = outcome
        .stdout
        .lines()
        .map(|line| line.split(' ').collect())
        .collect();
    assert!(lines.iter().all(|line| line.len() == 2), "{outcome}");
    assert!(lines.contains(&vec!["aws", "m5.large"]), "{outcome}");
    assert!(
        lines.contains(&vec!["lambdalabs", "gpu_1x_a10"]),
        "{outcome}"
    );

    // The grant: one host of AWS is allowed, though the plugin requests all.
    let asked = aws.exchanges();
    assert!(
        asked.iter().all(|asked| asked.region == "us-east-1"),
        "{asked:?}"
    );
    assert!(
        outcome.stderr.contains("reason=\"denied.host\""),
        "{outcome}"
    );

    // The resolver: its secrets signed the requests, and are not in the log.
    verify_signatures(&asked, SECRET_KEY).unwrap();
    assert!(!lambda.requests().is_empty());
    for secret in [SECRET_KEY, LAMBDA_KEY] {
        assert!(!outcome.stderr.contains(secret), "{outcome}");
    }

    // The interceptor saw each request, and the subscriber logged it.
    let line = |plugin: &str, host: &str| {
        let words = [
            format!("asked.plugin={plugin:?}"),
            format!("https://{host}/"),
        ];
        let lines = outcome.stderr.lines();
        lines
            .filter(|line| words.iter().all(|word| line.contains(word)))
            .count()
    };
    assert_eq!(
        line("aws", "ec2.us-east-1.amazonaws.com"),
        asked.len(),
        "{outcome}"
    );
    assert_eq!(
        line("lambdalabs", "cloud.lambda.ai"),
        lambda.requests().len(),
        "{outcome}"
    );
}

/// Only the resolver's secret counts: the cloud rejects another token, whatever credentials this machine has.
#[test]
fn another_token_is_refused() {
    let lambda = LambdaCloud::start().unwrap();
    let (moto, sandbox) = (Moto::start().unwrap(), Sandbox::new().unwrap());
    let outcome = embed(&sandbox, &moto.url(), &lambda.url(), "another-token");
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("API key was invalid"), "{outcome}");
}
