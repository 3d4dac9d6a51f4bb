//! `kconfig-value`: one value on stdout, at once, whatever the cloud does. Region and type are of the same choice.

use std::time::{Duration, Instant};

use cloudhost_tests::{LambdaFault, Outcome, Sandbox};
use jiff::SignedDuration;
use rstest::rstest;

use crate::support::{Lambda, ended};

/// Time limit: a second, which `make menuconfig` tolerates, and slack for a busy machine. A hanging request takes
/// longer.
const AT_ONCE: Duration = Duration::from_secs(10);

/// Returns a sandbox in which only the compiled plugin is cached: compiling takes seconds.
fn compiled() -> Lambda {
    let lambda = Lambda::new();
    ended(
        lambda.without_key(&["run", "lambdalabs", "regions", "list"]),
        0,
    );
    lambda
}

/// Returns the type and the region, from two runs.
fn values(lambda: &Lambda, options: &[&str]) -> (String, String) {
    let (pair, stderr) = said(lambda, options);
    assert_eq!(stderr, "", "Kconfig would report it");
    pair
}

/// Returns the type and the region, from two runs, and what both say on stderr.
fn said(lambda: &Lambda, options: &[&str]) -> ((String, String), String) {
    let mut stderr = String::new();
    let mut value = |which: &str| {
        let args = [&["kconfig-value", "lambdalabs", which], options].concat();
        let started = Instant::now();
        let outcome = ended(lambda.command(&args), 0);
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
        stderr = outcome.stderr;
        let value = outcome.stdout.strip_suffix('\n').unwrap();
        assert!(
            !value.is_empty() && !value.contains(char::is_whitespace),
            "{value:?}"
        );
        value.to_owned()
    };
    let pair = (value("instance-type"), value("region"));
    (pair, stderr)
}

/// End of the line about a selection that smart-select would not make.
fn fallback(why: &str, (name, region): &(String, String)) -> String {
    format!("; no instance type is known to have {why} is {name} in {region}\n")
}

const UNKNOWN_CAPACITY: &str = "capacity: the best of unknown capacity";

fn pair(name: &str, region: &str) -> (String, String) {
    (name.to_owned(), region.to_owned())
}

#[rstest]
#[case::cheapest(&[], "gpu_1x_a10", "us-west-1")]
#[case::tier(&["--tier", "h100-or-less"], "gpu_1x_a100_sxm4", "us-west-1")]
#[case::best_of_eight(&["--tier", "8x-b200-or-less"], "gpu_8x_h100_sxm5", "us-west-1")]
fn a_fresh_catalog_answers_without_a_request(
    #[case] options: &[&str],
    #[case] name: &str,
    #[case] region: &str,
) {
    let lambda = Lambda::generated();
    assert_eq!(values(&lambda, options), pair(name, region));
    assert_eq!(lambda.cloud.paths().len(), 1);
}

#[rstest]
#[case("Los Angeles", "gpu_1x_a10", "us-west-1")]
#[case("Berlin", "gpu_1x_gh200", "us-east-3")]
fn the_closest_machine(#[case] place: &str, #[case] name: &str, #[case] region: &str) {
    let lambda = Lambda::generated();
    let get = |which: &str| {
        let args = ["kconfig-value", "lambdalabs", which, "--mode", "closest"];
        let outcome = ended(lambda.command(&args).env("CLOUDHOST_LOCATION", place), 0);
        outcome.stdout.trim_end().to_owned()
    };
    assert_eq!((get("instance-type"), get("region")), pair(name, region));
    // The plugin knows the locations of regions.
    assert_eq!(lambda.cloud.paths().len(), 1);
}

#[test]
fn with_nothing_kept_the_cloud_is_asked_once() {
    let lambda = compiled();
    assert_eq!(values(&lambda, &[]), pair("gpu_1x_a10", "us-west-1"));
    assert_eq!(lambda.cloud.paths(), ["/instance-types"]);
}

/// Stale data is used, its capacity too, because nothing newer is known.
#[rstest]
#[case::hangs(LambdaFault::Hang)]
#[case::refuses(LambdaFault::InvalidKey)]
#[case::throttles(LambdaFault::RateLimited(Some(20)))]
#[case::drops(LambdaFault::Drop)]
#[case::nonsense(LambdaFault::Answer(200, "<html>".to_owned()))]
fn a_cloud_that_fails_is_not_waited_for(#[case] fault: LambdaFault) {
    let lambda = Lambda::generated();
    lambda.age(&["capacity"], SignedDuration::from_mins(16));
    lambda.cloud.fail(None, fault);
    assert_eq!(values(&lambda, &[]), pair("gpu_1x_a10", "us-west-1"));
    let tier = values(&lambda, &["--tier", "gh200-or-less"]);
    assert_eq!(tier, pair("gpu_1x_gh200", "us-east-3"));
}

#[rstest]
#[case::hangs(LambdaFault::Hang)]
#[case::refuses(LambdaFault::InvalidKey)]
fn a_cloud_that_fails_with_nothing_kept(#[case] fault: LambdaFault) {
    let lambda = compiled();
    lambda.cloud.fail(None, fault.clone());
    let (pair, stderr) = said(&lambda, &[]);
    bundled_has(&lambda, &pair.0, &pair.1);
    let why = match fault {
        LambdaFault::Hang => "the cloud did not respond ",
        // On a busy machine, it can come too late, or not be asked for in time.
        _ if ["did not respond", "could be sent in time"]
            .iter()
            .any(|late| stderr.contains(late)) =>
        {
            ""
        }
        _ => "global/invalid-api-key",
    };
    assert!(stderr.contains(why), "{stderr}");
    assert!(stderr.contains("and nothing is stored"), "{stderr}");
    assert!(
        stderr.ends_with(&fallback(UNKNOWN_CAPACITY, &pair)),
        "{stderr}"
    );
    // Once the cloud is back, its data is used. A cloud that hung is retried after a while.
    lambda.cloud.heal();
    std::thread::sleep(Duration::from_secs(1));
    let outages = std::fs::read_dir(lambda.sandbox.cache().join("outages"));
    let outage = outages
        .ok()
        .and_then(|mut all| Some(all.next()?.unwrap().path()));
    // On a busy machine, a rejection can come too late, too.
    assert!(outage.is_some() || !matches!(fault, LambdaFault::Hang));
    let outage = outage.unwrap_or_default();
    if outage.exists() {
        let sent = lambda.cloud.paths().len();
        assert_eq!(said(&lambda, &[]).0, pair);
        assert_eq!(lambda.cloud.paths().len(), sent, "two values wait once");
    }
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(31);
    for _ in 0..10 {
        if let Ok(stamp) = std::fs::File::open(&outage) {
            stamp.set_modified(long_ago).unwrap();
        }
        if said(&lambda, &[]).0 == self::pair("gpu_1x_a10", "us-west-1") {
            return;
        }
        // Only a machine that stalls for a second may make the cloud late once more.
        let stamp = std::fs::metadata(&outage).unwrap();
        assert!(stamp.modified().unwrap() > long_ago, "no request was sent");
    }
    panic!("the cloud responds, but never in time");
}

#[test]
fn without_a_key_the_bundled_catalog_answers() {
    let lambda = Lambda::new();
    let run = |which: &str| {
        ended(
            lambda.without_key(&["kconfig-value", "lambdalabs", which]),
            0,
        )
    };
    let (name, region) = (run("instance-type"), run("region"));
    let value = |outcome: &Outcome| outcome.stdout.trim_end().to_owned();
    let pair = (value(&name), value(&region));
    bundled_has(&lambda, &pair.0, &pair.1);
    // It is said that it is a fallback, and why.
    for outcome in [&name, &region] {
        let line = &outcome.stderr;
        assert!(line.contains("no credentials are configured"), "{line}");
        assert!(line.ends_with(&fallback(UNKNOWN_CAPACITY, &pair)), "{line}");
    }
    assert_eq!(lambda.cloud.requests(), []);
}

/// Checks that the bundled catalog offers this type in this region.
fn bundled_has(lambda: &Lambda, name: &str, region: &str) {
    let args = ["run", "lambdalabs", "check-availability", name, region];
    // 8: the offer exists, and its capacity is unknown. 2 would be an unknown name.
    ended(lambda.without_key(&args), 8);
}

#[test]
fn a_machine_that_sold_out_is_not_the_default() {
    let lambda = compiled();
    lambda.cloud.content(|content| {
        content.capacity("gpu_1x_a10", &[]);
    });
    assert_eq!(values(&lambda, &[]), pair("gpu_1x_a100_sxm4", "us-west-1"));
}

#[test]
fn a_menu_has_a_default_even_where_nothing_has_capacity() {
    let lambda = compiled();
    lambda.cloud.content(|content| {
        let names: Vec<String> = content.types.keys().cloned().collect();
        for name in names {
            content.capacity(&name, &[]);
        }
    });
    let (pair, stderr) = said(&lambda, &[]);
    assert_eq!(pair.0, "cpu_4x_general");
    let why = fallback("capacity and a price: the smallest", &pair);
    assert!(stderr.ends_with(&why), "{stderr}");
}

/// A tier without capacity gives one of its types and a warning, or an error and no value.
#[rstest]
#[case::best_that_is_sold("h100-or-less", &["--arch", "x86_64"], Some("gpu_1x_a100_sxm4"))]
#[case::of_eight("8x-b200-or-less", &[], Some("gpu_8x_h100_sxm5"))]
#[case::of_its_architecture("gh200-or-less", &["--arch", "arm64"], Some("gpu_1x_gh200"))]
#[case::not_sold("h100-or-less", &["--arch", "arm64"], None)]
fn a_tier_without_capacity_is_not_left(
    #[case] tier: &str,
    #[case] options: &[&str],
    #[case] expected: Option<&str>,
) {
    let lambda = compiled();
    lambda.cloud.content(|content| {
        let names: Vec<String> = content.types.keys().cloned().collect();
        for name in names.iter().filter(|name| name.starts_with("gpu")) {
            content.capacity(name, &[]);
        }
        content.capacity("cpu_4x_general", &["us-west-1"]);
    });
    let base = [
        "kconfig-value",
        "lambdalabs",
        "instance-type",
        "--tier",
        tier,
    ];
    let args = [base.as_slice(), options].concat();
    let Some(expected) = expected else {
        let none = ended(lambda.command(&args), 7);
        assert_eq!(none.stdout, "");
        assert!(none.stderr.contains("not on the tier"), "{none}");
        return;
    };
    let outcome = ended(lambda.command(&args), 0);
    assert_eq!(outcome.stdout, format!("{expected}\n"));
    let warning = format!("no instance type of the tier {tier} is known to have capacity");
    assert!(outcome.stderr.contains(&warning), "{outcome}");
    let quiet = ended(lambda.command(&[args.as_slice(), &["--quiet"]].concat()), 0);
    assert_eq!(
        (quiet.stdout, quiet.stderr),
        (outcome.stdout, String::new())
    );
}

#[test]
fn a_provider_without_prices_or_capacity_has_a_default_too() {
    let sandbox = Sandbox::new().unwrap();
    let value = |which: &str| {
        let run = sandbox.cloudhost(["kconfig-value", "aws", which]).unwrap();
        ended(run, 0).stdout.trim_end().to_owned()
    };
    let (name, region) = (value("instance-type"), value("region"));
    let args = ["run", "aws", "check-availability", &name, &region];
    ended(sandbox.cloudhost(args).unwrap(), 8);
}

#[rstest]
#[case::provider(&["kconfig-value", "nobody", "region"], "unknown provider `nobody`")]
#[case::value(&["kconfig-value", "lambdalabs", "zone"], "instance-type")]
#[case::tier(&["kconfig-value", "lambdalabs", "region", "--tier", "best"], "h100-or-less")]
fn what_makes_no_sense(#[case] args: &[&str], #[case] word: &str) {
    let lambda = Lambda::new();
    let outcome = ended(lambda.command(args), 2);
    assert!(outcome.stderr.contains(word), "{outcome}");
    assert_eq!(outcome.stdout, "");
}
