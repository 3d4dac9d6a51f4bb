//! Each fault of the proxy, as curl sees it.

use std::process::Output;
use std::time::{Duration, Instant};

use cloudhost_tests::{Fault, Match, Memory, Moto, Proxy, Rule, closed_port, ec2_error, program};

const AUTHORIZATION: &str = "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/REGION/ec2/aws4_request, SignedHeaders=host, Signature=0";
const REGIONS: &str = "Action=DescribeRegions&Version=2016-11-15";

fn curl(url: &str, region: &str, form: &str) -> Output {
    // Longer than a moto server needs to start on a busy machine.
    curl_for("60", url, region, form)
}

fn curl_for(seconds: &str, url: &str, region: &str, form: &str) -> Output {
    let authorization = AUTHORIZATION.replace("REGION", region);
    let fields = [
        "-sS",
        "-i",
        "--max-time",
        seconds,
        "-H",
        &authorization,
        "-d",
        form,
        url,
    ];
    program::command("curl")
        .unwrap()
        .args(fields)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn regions(proxy: &Proxy) -> Output {
    curl(&proxy.url(), "us-east-1", REGIONS)
}

#[test]
fn answers_pass_are_recorded_and_break_by_rule() {
    let moto = Moto::start().unwrap();
    let proxy = Proxy::start(moto.addr()).unwrap();
    let whole = regions(&proxy);
    assert!(
        text(&whole).contains("<regionName>eu-west-1</regionName>"),
        "{}",
        text(&whole)
    );
    let seen = proxy.exchanges();
    assert_eq!(
        (seen.len(), seen[0].status, seen[0].method.as_str()),
        (1, Some(200), "POST")
    );
    assert_eq!(
        (seen[0].action.as_str(), seen[0].region.as_str()),
        ("DescribeRegions", "us-east-1")
    );

    let broken_for = |seconds: &str, fault: Fault| {
        let proxy = Proxy::start(moto.addr()).unwrap();
        proxy.add(
            Rule::new(
                Match::any().region("us-east-1").action("DescribeRegions"),
                fault,
            )
            .times(1),
        );
        let first = curl_for(seconds, &proxy.url(), "us-east-1", REGIONS);
        assert!(
            text(&regions(&proxy)).ends_with("</DescribeRegionsResponse>"),
            "the second passes"
        );
        first
    };
    let broken = |fault| broken_for("60", fault);
    let response = broken(ec2_error(503, "RequestLimitExceeded", "slow down"));
    assert!(
        text(&response).starts_with("HTTP/1.1 503")
            && text(&response).contains("<Code>RequestLimitExceeded</Code>")
    );
    // curl's exit codes: 18 is a partial response, 52 is none, 28 is its own time limit.
    assert_eq!(broken(Fault::Truncate).status.code(), Some(18));
    assert_eq!(broken(Fault::Drop).status.code(), Some(52));
    assert_eq!(
        broken_for("2", Fault::Drip(Duration::from_millis(20)))
            .status
            .code(),
        Some(28)
    );
    assert!(broken(Fault::Oversize(1 << 20)).stdout.len() > 1 << 20);
    let endless = text(&broken(Fault::EndlessPages { fresh: false }));
    assert!(
        endless.contains("<nextToken>page-0</nextToken></DescribeRegionsResponse>"),
        "{endless}"
    );
}

#[test]
fn rules_are_about_their_region_and_action_only() {
    let moto = Moto::start().unwrap();
    let proxy = Proxy::start(moto.addr()).unwrap();
    proxy.add(Rule::new(
        Match::any().region("eu-west-1").action("DescribeRegions"),
        ec2_error(500, "X", "x"),
    ));
    let status = |region: &str, action: &str| {
        text(&curl(
            &proxy.url(),
            region,
            &format!("Action={action}&Version=2016-11-15"),
        ))
        .starts_with("HTTP/1.1 500")
    };
    assert!(status("eu-west-1", "DescribeRegions"));
    assert!(!status("us-east-1", "DescribeRegions"));
    assert!(!status("eu-west-1", "DescribeAvailabilityZones"));
}

#[test]
fn lists_come_in_pages() {
    let moto = Moto::start().unwrap();
    let proxy = Proxy::start(moto.addr()).unwrap();
    proxy.add(Rule::new(Match::any(), Fault::Pages(20)));
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let page = text(&curl(
            &proxy.url(),
            "us-east-1",
            &format!("Action=DescribeRegions&AllRegions=true&Version=2016-11-15{token}"),
        ));
        names.extend(
            page.split("<regionName>")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap().to_owned()),
        );
        match page.split_once("<nextToken>") {
            Some((_, rest)) => token = format!("&NextToken={}", rest.split('<').next().unwrap()),
            None => break,
        }
    }
    assert_eq!(proxy.exchanges().len(), 2);
    assert_eq!(names.len(), 38);
    names.dedup();
    assert_eq!(names.len(), 38);
}

#[test]
fn a_hang_ends_with_the_client_or_the_proxy() {
    let moto = Moto::start().unwrap();
    let proxy = Proxy::start(moto.addr()).unwrap();
    proxy.add(Rule::new(Match::any(), Fault::Hang));
    let url = proxy.url();
    let client = std::thread::spawn(move || {
        program::command("curl")
            .unwrap()
            .args(["-sS", "-d", "Action=X", &url])
            .output()
            .unwrap()
    });
    proxy.wait_for_hang(Duration::from_secs(5)).unwrap();
    assert!(proxy.exchanges().is_empty());
    drop(proxy);
    assert_eq!(client.join().unwrap().status.code(), Some(52));
}

#[test]
fn a_delay_is_added_to_each_answer_and_memory_asks_once() {
    let moto = Moto::start().unwrap();
    let memory = Memory::default();
    let first = Proxy::remembering(moto.addr(), &memory).unwrap();
    let whole = text(&regions(&first));
    drop(moto);
    let second = Proxy::remembering(closed_port(), &memory).unwrap();
    let body = |text: &str| text.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&text(&regions(&second))), body(&whole));
    assert!(
        text(&curl(
            &second.url(),
            "eu-west-1",
            "Action=DescribeRegions&Version=2016-11-15"
        ))
        .starts_with("HTTP/1.1 502")
    );

    let slow = Proxy::delayed(closed_port(), Duration::from_millis(150)).unwrap();
    let start = Instant::now();
    regions(&slow);
    assert!(start.elapsed() >= Duration::from_millis(150));
    assert_eq!(slow.most_at_once(), 1);
}
