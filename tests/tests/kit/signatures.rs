//! botocore's verdict on recorded requests: its own are valid, changed ones are not.

use std::io::Write;
use std::process::Stdio;

use cloudhost_tests::{Exchange, Moto, Proxy, SECRET_KEY, python, verify_signatures};

/// Returns requests that boto3 signed, as a proxy recorded them.
fn signed_by_boto3() -> Vec<Exchange> {
    let moto = Moto::start().unwrap();
    let proxy = Proxy::start(moto.addr()).unwrap();
    let mut child = python::command()
        .unwrap()
        .arg("-")
        .arg(proxy.url())
        .arg(SECRET_KEY)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(BOTO3.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
    proxy.exchanges()
}

const BOTO3: &str = r#"
import sys, boto3
ec2 = boto3.session.Session().client("ec2", region_name="eu-west-1", endpoint_url=sys.argv[1],
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key=sys.argv[2])
ec2.describe_regions(AllRegions=True)
ec2.describe_availability_zones()
"#;

#[test]
fn good_signatures_pass_and_changed_requests_do_not() {
    let good = signed_by_boto3();
    assert_eq!(good.len(), 2);
    assert_eq!(good[0].region, "eu-west-1");
    assert_eq!(good[0].action, "DescribeRegions");
    verify_signatures(&good, SECRET_KEY).unwrap();

    let with = |change: &dyn Fn(&mut Exchange)| {
        let mut exchanges = good.clone();
        change(&mut exchanges[1]);
        verify_signatures(&exchanges, SECRET_KEY)
            .unwrap_err()
            .to_string()
    };
    assert!(with(&|e| e.body.push_str("&DryRun=true")).contains("but botocore says"));
    assert!(with(&|e| e.path = "/other".into()).contains("but botocore says"));
    assert!(
        with(&|e| e
            .headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case("authorization")))
        .contains("not signed")
    );
    assert!(with(&|e| e.body.push_str(SECRET_KEY)).contains("the secret itself"));
    verify_signatures(&good, "another secret").unwrap_err();
    verify_signatures(&[], SECRET_KEY).unwrap_err();
}
