//! The largest menus, in the Kconfig readers.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use cloudhost_tests::{Moto, Outcome, PriceFeeds, Sandbox, program, python};
use serde_json::{Map, Value, json};

use super::median;
use super::table::Measure;

const RUNS: usize = 11;
/// Part of the URL of an on-demand price list, before its location.
const LIST: &str = "/ec2-ondemand-without-sec-sel/";

/// Measures how long both readers load plain menus with a price of every type in every region, so that help and defaults
/// differ between regions, beside the same menus without prices. Those are the menus that version 82dcea1 wrote.
pub fn run() -> Result<Vec<Measure>> {
    let (sandbox, moto) = (Sandbox::new()?, Moto::start()?);
    let feeds = PriceFeeds::before(&moto.url())?;
    let aws = |args: &[&str]| -> Result<Outcome> {
        let run = sandbox.cloudhost(args)?.aws(&feeds.url());
        let outcome = run
            .arg("--endpoint")
            .arg(format!("aws={}", feeds.url()))
            .run()?;
        match outcome.code {
            Some(0 | 5) => Ok(outcome),
            _ => bail!("{outcome}"),
        }
    };
    let generate = |dir: &str, more: &[&str]| {
        let plain = ["run", "aws", "generate-kconfig", "--dialect", "plain"];
        let to = ["--source-prefix", ".", "--output-dir", dir];
        aws(&[plain.as_slice(), &to, more].concat())
    };
    generate("without", &[])?;
    let types = aws(&["--output", "json", "run", "aws", "instance-types", "list"])?.json()?;
    aws(&["run", "aws", "pricing", "list"])?;
    let paths = feeds.asked().into_iter();
    let lists: Vec<String> = paths.filter(|path| path.contains(LIST)).collect();
    for (number, path) in lists.iter().enumerate() {
        let (_, rest) = path.split_once(LIST).context("no location")?;
        let location = rest.split('/').next().unwrap_or_default();
        let body = prices(&types, &location.replace("%20", " "), number);
        feeds.replace(path, 200, body.to_string());
    }
    generate("with", &["--prices", "--refresh"])?;
    let menu = sandbox
        .path()
        .join("with/instance-types/Kconfig.m5.generated");
    let menu = std::fs::read_to_string(menu)?;
    if !menu.contains("Price: from") || !menu.contains(" if TARGET_ARCH_X86_64 && ") {
        bail!("the menus have no prices by region");
    }

    let folders = ["with", "without"].map(|name| sandbox.path().join(name));
    let [mut conf, mut lib] = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    for _ in 0..RUNS {
        for (number, folder) in folders.iter().enumerate() {
            let mut reader = program::command("kconfig-conf")?;
            reader.args(["--alldefconfig", "Kconfig"]);
            push(&mut conf, number, load(reader, folder)?);
            let mut reader = python::command()?;
            reader.args(["-c", "import kconfiglib; kconfiglib.Kconfig('Kconfig')"]);
            push(&mut lib, number, load(reader, folder)?);
        }
    }
    let measure = |name, [with, without]: [Vec<f64>; 2]| {
        let (with, without) = (median(with), median(without));
        Measure {
            name,
            value: with / without,
            limit: 1.5,
            unit: "x",
            detail: format!("{with:.0} ms, without prices {without:.0} ms, median of {RUNS}"),
        }
    };
    Ok(vec![
        measure("largest menus in kconfig-frontends", conf),
        measure("largest menus in kconfiglib", lib),
    ])
}

fn push(times: &mut [Vec<f64>; 2], number: usize, time: f64) {
    times
        .get_mut(number)
        .into_iter()
        .for_each(|times| times.push(time));
}

/// Returns the price list of a location, with made-up prices that make other types the cheapest than elsewhere.
fn prices(types: &Value, location: &str, number: usize) -> Value {
    let types = types["instance_types"].as_array().into_iter().flatten();
    let row = |(at, one): (usize, &Value)| {
        let cents = 1 + (at * 7919 + number * 104_729) % 997;
        let price = format!("0.{cents:03}");
        let row = json!({"Instance Type": one["name"], "price": price});
        (format!("{at}"), row)
    };
    let rows: Map<String, Value> = types.enumerate().map(row).collect();
    json!({"manifest": {"currencyCode": "USD"}, "regions": {location: rows}})
}

/// Runs a reader in a folder. Returns its milliseconds.
fn load(mut reader: Command, folder: &Path) -> Result<f64> {
    reader
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let started = Instant::now();
    let status = reader.status()?;
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    if !status.success() {
        bail!("a reader ended with {status}");
    }
    Ok(wall)
}
