//! Reading the files with other programs: polars and pyarrow, which DuckDB and pandas use.

use cloudhost_tests::python;

use super::samples::{folder, save, small, store};

/// Prints what each reader finds, after its name.
const SCRIPT: &str = r#"
import glob, sys
import polars, pyarrow.ipc

def show(name, tables):
    regions, types, offers, images = (tables(kind) for kind in ("regions", "instance-types", "offers", "images"))
    prices, capacity = tables("prices"), tables("capacity")
    gpu = next(t for t in types if t["accelerators"] and t["accelerators"][0]["kind"] == "gpu")
    print(name, len(regions), len(types), len(offers), len(images), len(prices), len(capacity))
    print(regions[0]["zones"][1]["name"], [(r["latitude"], r["longitude"]) for r in regions])
    print(gpu["name"], gpu["architectures"], gpu["accelerators"][0]["memory_mib"], gpu["disks"][0]["size_gb"],
          gpu["markets"], offers[0]["instance_type"], offers[0]["zones"], images[0]["created"].year)
    for p in prices[:2]:
        print(p["instance_type"], p["region"], p["zone"], p["market"], p["nanos_per_hour"], p["currency"], p["source"],
              p["published"] and p["published"].isoformat())
    for c in capacity:
        print(c["instance_type"], c["region"], c["zone"], c["market"], c["available"])

def path(kind):
    [path] = glob.glob(f"{sys.argv[1]}/{kind}-*.arrow")
    return path

show("polars", lambda kind: polars.read_ipc(path(kind)).to_dicts())
show("pyarrow", lambda kind: pyarrow.ipc.open_file(pyarrow.memory_map(path(kind))).read_all().to_pylist())
"#;

#[test]
fn polars_and_pyarrow_read_the_files() {
    let (root, store) = store();
    save(&store, small());
    let run = python::command()
        .unwrap()
        .args(["-c", SCRIPT])
        .arg(folder(&root))
        .output()
        .unwrap();
    let (out, errors) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{errors}");
    let found = "2 4 5 2 3 2
eu-west-1b [(None, None), (38994400, -77452800)]
p5.48xlarge ['x86_64'] 81920 3800 ['on-demand', 'spot'] inf2.xlarge ['us-east-1a', 'us-east-1b'] 2026
m5.large us-east-1 None on-demand 96000000 USD pricing.us-east-1.amazonaws.com/offers 2026-02-02T02:40:00+00:00
m5.large us-east-1 us-east-1a spot 35123456 USD pricing.us-east-1.amazonaws.com/offers None
m5.large eu-west-1 eu-west-1a on-demand True
p5.48xlarge us-east-1 None on-demand False
";
    assert_eq!(out, format!("polars {found}pyarrow {found}"));
}
