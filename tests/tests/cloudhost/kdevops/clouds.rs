//! Selection of the clouds that are contacted, and the effect of their responses and failures.

use cloudhost_tests::{
    Fault, LAMBDA_KEY, LambdaFault, Match, Moto, Rule, SECRET_KEY, binary, ec2_error, python,
};
use rstest::rstest;

use super::{AWS, Checkout, FILES, LAMBDA, program};

/// A wrapper of `cloudhost`: each of the two runs waits until the other has started.
const MEET: &str = r#"#!/bin/sh
case "$*" in
*smart-select*) exec "$REAL" "$@" ;;
*"aws generate-kconfig"*) mine=aws other=lambdalabs ;;
*) mine=lambdalabs other=aws ;;
esac
: >"$MET.$mine"
tries=0
until [ -e "$MET.$other" ]; do
	tries=$((tries + 1))
	[ $tries -lt 300 ] || exit 9
	sleep 0.1
done
exec "$REAL" "$@"
"#;

#[test]
fn both_menus_are_made_at_once_and_lambda_is_asked_once() {
    let checkout = Checkout::new();
    let meet = checkout.sandbox.path().join("meet");
    program(&meet, MEET).unwrap();
    let run = checkout
        .run(&["cloud-config"])
        .env("CLOUDHOST", &meet)
        .env("MET", checkout.sandbox.path().join("met"))
        .env("REAL", binary());
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(checkout.generated(), FILES, "{outcome}");
    assert_eq!(checkout.lambda.paths(), ["/instance-types"], "{outcome}");
    assert!(!checkout.aws.exchanges().is_empty());
    assert!(!outcome.to_string().contains(LAMBDA_KEY) && !outcome.to_string().contains(SECRET_KEY));
}

#[rstest]
#[case::lambda("lambdalabs", LAMBDA, AWS)]
#[case::aws("aws", AWS, LAMBDA)]
fn one_that_fails_is_not_hidden_and_does_not_stop_the_other(
    #[case] name: &str,
    #[case] broken: &str,
    #[case] whole: &str,
) {
    let checkout = Checkout::new();
    checkout.made(&["cloud-config"]);
    let kept = checkout.files(broken);
    // The update must bring the new data of the other one.
    checkout.lambda.content(|content| {
        content.price("gpu_1x_a10", Some(99.into()));
    });
    std::fs::remove_file(checkout.path(whole).join("Kconfig.location.generated")).unwrap();
    if name == "aws" {
        let refused: Fault = ec2_error(401, "AuthFailure", "no");
        checkout.aws.add(Rule::new(Match::any(), refused));
    } else {
        checkout.lambda.fail(None, LambdaFault::InvalidKey);
    }
    let outcome = checkout.make(&["cloud-update"]);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    assert!(outcome.stderr.contains("error: "), "{outcome}");
    let failed = format!("cloud-update-{name}] Error 3");
    assert!(outcome.stderr.contains(&failed), "{outcome}");
    assert_eq!(checkout.files(broken), kept, "{outcome}");
    assert_eq!(checkout.generated(), FILES, "{outcome}");
    if name == "aws" {
        let menu = std::fs::read_to_string(checkout.path(FILES[3])).unwrap();
        assert!(menu.contains("gpu_1x_a10 (\\$0.99/hr)"), "{menu}");
    }
}

#[rstest]
#[case::neither(&["# CONFIG_TERRAFORM is not set"], false, false)]
#[case::aws(&["CONFIG_TERRAFORM_AWS=y"], true, false)]
#[case::lambda(&["CONFIG_TERRAFORM_LAMBDALABS=y"], false, true)]
#[case::a_name_that_only_begins_so(&["# CONFIG_TERRAFORM is not set", "CONFIG_TERRAFORM_AWS_PROFILE=y"], false, false)]
fn only_the_cloud_that_is_selected_is_asked(
    #[case] config: &[&str],
    #[case] aws: bool,
    #[case] lambda: bool,
) {
    let checkout = Checkout::new();
    checkout.config(config);
    let outcome = checkout.made(&["olddefconfig"]);
    assert_eq!(!checkout.aws.exchanges().is_empty(), aws, "{outcome}");
    let paths: &[&str] = if lambda { &["/instance-types"] } else { &[] };
    assert_eq!(checkout.lambda.paths(), paths, "{outcome}");
    assert_eq!(checkout.generated(), FILES, "{outcome}");
    // Fresh data is not fetched again.
    let (before, seen) = (checkout.files("terraform"), checkout.aws.exchanges().len());
    checkout.made(&["olddefconfig"]);
    assert_eq!(checkout.aws.exchanges().len(), seen);
    assert_eq!(checkout.lambda.paths(), paths);
    assert_eq!(checkout.files("terraform").timeless(), before.timeless());
}

#[test]
fn a_cloud_that_cannot_answer_is_not_in_the_way_of_kconfig() {
    let checkout = Checkout::new();
    checkout.config(&["CONFIG_TERRAFORM_LAMBDALABS=y"]);
    checkout.lambda.fail(None, LambdaFault::AccountInactive);
    let first = checkout.made(&["olddefconfig"]);
    assert!(first.stderr.contains("error: "), "{first}");
    assert!(
        first.stderr.contains("make cloud-config-lambdalabs"),
        "{first}"
    );
    assert_eq!(checkout.generated(), FILES, "{first}");
    assert!(checkout.value("LAMBDALABS_INSTANCE_TYPE").is_some());

    checkout.lambda.heal();
    checkout.made(&["cloud-config-lambdalabs"]);
    let kept = checkout.files(LAMBDA);
    checkout.lambda.fail(None, LambdaFault::InvalidKey);
    let failed = checkout.make(&["cloud-update-lambdalabs"]);
    assert_eq!(failed.code, Some(2), "{failed}");
    checkout.made(&["olddefconfig"]);
    assert_eq!(checkout.files(LAMBDA), kept);
}

#[test]
fn cleaning_takes_what_was_made_and_nothing_else() {
    let checkout = Checkout::new();
    let fresh = checkout.files("terraform").files();
    let made = checkout.offline(&["cloud-config"]);
    assert_eq!(made.code, Some(0), "{made}");
    checkout.made(&["clean-cloud-config-aws"]);
    assert_eq!(checkout.generated(), FILES[3..]);
    checkout.made(&["clean-cloud-config"]);
    assert_eq!(checkout.files("terraform").files(), fresh);
    checkout.made(&["clean-cloud-config"]);
}

#[test]
fn the_machine_types_of_the_selected_cloud_are_listed() {
    let checkout = Checkout::new();
    let none = checkout.make(&["cloud-list-all"]);
    assert_eq!(none.code, Some(2), "{none}");
    assert!(
        none.stderr.contains(".config selects no provider"),
        "{none}"
    );
    checkout.config(&["CONFIG_TERRAFORM_LAMBDALABS=y"]);
    let listed = checkout.made(&["cloud-list-all"]);
    assert!(listed.stdout.contains("gpu_1x_gh200"), "{listed}");
    assert!(checkout.aws.exchanges().is_empty(), "{listed}");
}

#[test]
fn the_bill_is_that_of_cost_explorer() {
    let checkout = Checkout::new();
    let moto = Moto::start().unwrap();
    let group = |name: &str, amount: &str| {
        format!(
            r#"{{"Keys":["{name}"],"Metrics":{{"UnblendedCost":{{"Amount":"{amount}","Unit":"USD"}}}}}}"#
        )
    };
    let groups = [
        group("Amazon Elastic Compute Cloud - Compute", "40.25"),
        group("AWS Key Management Service", "2.5"),
    ];
    let results = format!(
        r#"{{"results":[{{"ResultsByTime":[{{"TimePeriod":{{"Start":"2026-10-01","End":"2026-11-01"}},"Total":{{}},"Groups":[{}],"Estimated":false}}]}}]}}"#,
        groups.join(",")
    );
    let script =
        "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode()))";
    let url = format!("{}/moto-api/static/ce/cost-and-usage-results", moto.url());
    let set = python::command()
        .unwrap()
        .args(["-c", script, &url, &results])
        .status()
        .unwrap();
    assert!(set.success());

    let bill = |flags: &str| {
        let run = checkout.run(&["cloud-bill"]).aws(&moto.url());
        run.env("CLOUDHOST_BILL_FLAGS", flags).run().unwrap()
    };
    let month = "--month 2026-10";
    // Without a terminal, there is no consent.
    let refused = bill(month);
    assert_eq!(refused.code, Some(2), "{refused}");
    let shown = bill(&format!("{month} -y"));
    assert_eq!(shown.code, Some(0), "{shown}");
    for part in ["Amazon Elastic Compute Cloud - Compute", "40.25", "42.75"] {
        assert!(shown.stdout.contains(part), "no {part} in {shown}");
    }
}
