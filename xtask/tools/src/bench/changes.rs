//! Changes: a create and a list over regions beside curl, and a journal with many operations.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use cloudhost_tests::{
    Ec2Cloud, Ec2Settings, Memory, Outcome, Proxy, Sandbox, binary, program, python,
};

use super::table::Measure;
use super::{curl, median};

const RUNS: usize = 5;
const STARTS: usize = 50;
const DELAY: Duration = Duration::from_millis(100);
const OPERATIONS: usize = 100_000;
/// An image of the kit, for amd64.
const IMAGE: &str = "ami-aa94c5fea00bc864f";
/// Regions without an opt-in.
const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
/// Regions that an account has to opt in to, to make twenty.
const OPTED: [&str; 3] = ["af-south-1", "ap-east-1", "me-south-1"];

/// Measures a create with a delay on every response, beside the same requests by curl, one after the other.
pub fn create() -> Result<Vec<Measure>> {
    let cloud = Ec2Cloud::with(&Ec2Settings::at_once())?;
    let sandbox = Sandbox::new()?;
    // Compiled code is not part of it, nor is the key that the first create makes.
    run(&sandbox, &cloud.url(), &creation("first"))?;
    let (mut ours, mut theirs, mut requests) = (Vec::new(), Vec::new(), 0);
    for number in 0..RUNS {
        let far = Proxy::far(cloud.addr(), DELAY, &Memory::default())?;
        let started = Instant::now();
        run(&sandbox, &far.url(), &creation(&format!("dev-{number}")))?;
        ours.push(milliseconds(started));
        let file = sandbox.path().join("curl.conf");
        let exchanges = far.exchanges();
        requests = exchanges.len();
        curl::config(&exchanges, addr(&far)?, &file)?;
        theirs.push(curl::replay(&file, 1)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(vec![Measure {
        name: "create / curl",
        value: ours / theirs,
        limit: 1.0,
        unit: "x",
        detail: format!(
            "{ours:.0} ms with 100 ms added to every response, curl {theirs:.0} ms for {requests} requests in a row, \
             median of {RUNS}"
        ),
    }])
}

/// Measures a list over twenty regions, beside the same requests by curl in parallel.
pub fn list() -> Result<Vec<Measure>> {
    let cloud = Ec2Cloud::with(&Ec2Settings::at_once())?;
    let sandbox = Sandbox::new()?;
    let memory = Memory::default();
    let mut args = vec!["instance", "list", "--provider", "aws"];
    for region in REGIONS.iter().chain(&OPTED) {
        args.extend(["--region", *region]);
    }
    let near = Proxy::remembering(cloud.addr(), &memory)?;
    run(&sandbox, &near.url(), &args)?;
    let far = Proxy::far(cloud.addr(), DELAY, &memory)?;
    run(&sandbox, &far.url(), &args)?;
    let (exchanges, at_once) = (far.exchanges(), far.most_at_once());
    let file = sandbox.path().join("curl.conf");
    curl::config(&exchanges, addr(&far)?, &file)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let started = Instant::now();
        run(&sandbox, &far.url(), &args)?;
        ours.push(milliseconds(started));
        theirs.push(curl::replay(&file, at_once)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(vec![Measure {
        name: "list of 20 regions / curl",
        value: ours / theirs,
        limit: 1.1,
        unit: "x",
        detail: format!(
            "{ours:.0} ms, curl {theirs:.0} ms, {} requests, {at_once} at once, median of {RUNS}",
            exchanges.len()
        ),
    }])
}

/// Measures `operation list` with many operations, as a process.
pub fn journal() -> Result<Vec<Measure>> {
    let cloud = Ec2Cloud::with(&Ec2Settings::at_once())?;
    let sandbox = Sandbox::new()?;
    run(&sandbox, &cloud.url(), &creation("dev"))?;
    let journal = sandbox.home().join(".local/state/cloudhost/operations.db");
    let number = OPERATIONS.to_string();
    python::run("fill_journal.py", [journal.as_os_str(), number.as_ref()])?;
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut list = Command::new(binary());
        list.env_clear()
            .env("HOME", sandbox.home())
            .env("CLOUDHOST_CACHE_DIR", sandbox.cache())
            .args(["operation", "list", "--output", "json"]);
        let status = list.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        ours.push(milliseconds(started));
        if !status.success() {
            bail!("`operation list` ended with {status}");
        }
        let started = Instant::now();
        program::command("true")?.status()?;
        nothing.push(milliseconds(started));
    }
    let (ours, nothing) = (median(ours), median(nothing));
    Ok(vec![Measure {
        name: "operation list, 100,000 rows",
        value: ours,
        limit: 20.0,
        unit: "ms",
        detail: format!("newest 50; `true` {nothing:.2} ms, median of {STARTS}"),
    }])
}

fn creation(name: &str) -> Vec<&str> {
    let mut args = vec!["instance", "create", name, "--provider", "aws", "-y"];
    args.extend(["--region", "us-east-1", "--instance-type", "t3.micro"]);
    args.extend(["--image", IMAGE]);
    args
}

fn run(sandbox: &Sandbox, url: &str, args: &[&str]) -> Result<Outcome> {
    let outcome = sandbox.cloudhost(args)?.aws(url).run()?;
    if outcome.code != Some(0) {
        bail!("{args:?}\n{outcome}");
    }
    Ok(outcome)
}

fn addr(proxy: &Proxy) -> Result<SocketAddr> {
    let url = proxy.url();
    let addr = url.strip_prefix("http://").unwrap_or(&url);
    Ok(addr.parse()?)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
