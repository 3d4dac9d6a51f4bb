//! The program as it stands in `main.rs`, between a moto and a stand-in for Lambda Cloud: each of its four decisions
//! was really taken.

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
fn offers_of_two_clouds() {
    let (moto, lambda) = (Moto::start().unwrap(), LambdaCloud::start().unwrap());
    let aws = Proxy::start(moto.addr()).unwrap();
    let sandbox = Sandbox::new().unwrap();
    let outcome = embed(&sandbox, &aws.url(), &lambda.url(), LAMBDA_KEY);
    assert_eq!(outcome.code, Some(0), "{outcome}");

    // The offers, and nothing else: the library prints nothing.
    let lines: Vec<Vec<&str>> = outcome
        .stdout
        .lines()
        .map(|line| line.split(' ').collect())
        .collect();
    assert!(lines.iter().all(|line| line.len() == 3), "{outcome}");
    assert!(
        lines.contains(&vec!["aws", "us-east-1", "m5.large"]),
        "{outcome}"
    );
    assert!(
        lines.contains(&vec!["lambdalabs", "us-west-1", "gpu_1x_a10"]),
        "{outcome}"
    );

    // The policy: one host of AWS may be asked, though the plugin asks for all.
    let regions = lines
        .iter()
        .filter(|line| line[0] == "aws")
        .map(|line| line[1]);
    assert_eq!(regions.filter(|region| *region != "us-east-1").count(), 0);
    let asked = aws.exchanges();
    assert!(
        asked.iter().all(|asked| asked.region == "us-east-1"),
        "{asked:?}"
    );
    assert!(
        outcome.stderr.contains("reason=\"denied.host\""),
        "{outcome}"
    );

    // The resolver: its secrets signed, and nobody saw them.
    verify_signatures(&asked, SECRET_KEY).unwrap();
    assert!(!lambda.requests().is_empty());
    for secret in [SECRET_KEY, LAMBDA_KEY] {
        assert!(!outcome.stderr.contains(secret), "{outcome}");
    }

    // The interceptor saw each request that left, and the subscriber heard of it.
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

/// What the resolver says decides: with another token the cloud refuses, whatever else is on this machine.
#[test]
fn another_token_is_refused() {
    let lambda = LambdaCloud::start().unwrap();
    let (moto, sandbox) = (Moto::start().unwrap(), Sandbox::new().unwrap());
    let outcome = embed(&sandbox, &moto.url(), &lambda.url(), "another-token");
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains("API key was invalid"), "{outcome}");
}
