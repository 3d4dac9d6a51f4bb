//! Times of the store with a catalog of the size of AWS. The times are printed for a person to judge: `cargo test
//! --release -p cloudhost --lib -- --nocapture catalog::tests::speed`.

use std::time::{Duration, Instant};

use super::samples::{fetched, folder, large, lock, origin, scope, store, time};
use crate::catalog::{Catalog, Filter};

/// The processor time of this thread, which other work on the machine does not lengthen much.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

/// Prints the median of several runs, by the clock and in processor time.
fn timed<T>(what: &str, runs: usize, mut run: impl FnMut() -> T) -> T {
    let (mut walls, mut cpus): (Vec<Duration>, Vec<Duration>) = Default::default();
    let mut last = None;
    for _ in 0..runs {
        drop(last.take());
        let (wall, before) = (Instant::now(), cpu());
        last = Some(run());
        cpus.push(cpu() - before);
        walls.push(wall.elapsed());
    }
    walls.sort();
    cpus.sort();
    let median = |times: &[Duration]| times[runs / 2].as_secs_f64() * 1e3;
    println!(
        "{what}: {:.3} ms, {:.3} ms of processor time",
        median(&walls),
        median(&cpus)
    );
    last.unwrap()
}

#[test]
fn times_and_sizes() {
    let (root, store) = store();
    let listings: Vec<_> = (0..9).map(|_| large()).collect();
    let mut fresh = listings.clone().into_iter();
    let checked = timed("check", 9, || {
        Catalog::from_listing(fresh.next().unwrap(), origin(time())).unwrap()
    });
    let mut fresh = listings.into_iter();
    let locked = lock(&store);
    let saved = timed("save", 9, || {
        locked.save(fetched(fresh.next().unwrap())).unwrap()
    });
    drop(locked);
    // A catalog that is only checked has no validity times. A catalog is too long for a message.
    let unknown = Catalog {
        capacity_validity: None,
        ..saved.clone()
    };
    assert!(unknown == checked, "saving changed the catalog");
    timed("peek", 101, || store.read_index(&scope()).unwrap());
    let loaded = timed("load", 21, || store.load(&scope()).unwrap());
    assert!(
        loaded.catalog.as_ref() == Some(&saved),
        "loading changed the catalog"
    );
    let filter = Filter {
        lists: false,
        regions: vec!["region-00-1".into()],
        gpu: true,
        ..Filter::default()
    };
    let mut copies: Vec<_> = (0..21).map(|_| saved.clone()).collect();
    timed("filter", 21, || {
        filter.apply(copies.pop().unwrap()).unwrap()
    });
    for entry in std::fs::read_dir(folder(&root)).unwrap() {
        let entry = entry.unwrap();
        println!(
            "{:>9} bytes  {}",
            entry.metadata().unwrap().len(),
            entry.file_name().display()
        );
    }
    let zones: usize = saved.offers.iter().map(|offer| offer.zones.len()).sum();
    assert_eq!(
        (saved.instance_types.len(), saved.offers.len(), zones),
        (1_395, 21_255, 64_394)
    );
}
