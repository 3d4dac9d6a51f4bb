//! How long a choice takes with as much as AWS has: 1,400 types in 30 regions, each with a price. The times are printed:
//! `cargo test --release -p cloudhost --lib -- --nocapture select::tests::speed`.

use std::time::{Duration, Instant};

use super::super::{Ask, Candidates, Mode, Place};
use super::{machine, made, mode, priced, seattle};
use crate::contract::cloudhost::provider::types::{Location, Market, Offer, Region};

/// The shortest of several runs, which other work on the machine lengthens least.
fn timed<T>(what: &str, mut run: impl FnMut() -> T) -> Duration {
    let once = |_| {
        let start = Instant::now();
        let result = run();
        let time = start.elapsed();
        drop(result);
        time
    };
    let shortest = (0..15).map(once).min().unwrap();
    println!("{what}: {:.3} ms", shortest.as_secs_f64() * 1e3);
    shortest
}

#[test]
fn times() {
    let mut catalog = made().catalog();
    catalog.regions = (0..30)
        .map(|number| Region {
            name: format!("region-{number:02}"),
            description: None,
            zones: vec![],
            location: Some(Location {
                latitude: number * 1_000_000,
                longitude: number * 5_000_000,
            }),
        })
        .collect();
    for number in 0..1_400_u64 {
        let gpu = if number % 20 == 0 { "A100" } else { "" };
        let name = format!("family{:04}.{number:04}xlarge", number / 9);
        catalog.instance_types.push(machine(&name, gpu, 8));
        for region in &catalog.regions {
            let price = priced(&name, &region.name, 100 + number);
            catalog.offers.push(Offer {
                instance_type: name.clone(),
                region: region.name.clone(),
                zones: vec![],
                market: Market::OnDemand,
            });
            catalog.prices.push(price);
        }
    }
    println!(
        "{} offers, {} prices",
        catalog.offers.len(),
        catalog.prices.len()
    );
    let from = seattle();
    let join = timed("join", || Candidates::new(&catalog, true, Some(&from)));
    let candidates = Candidates::new(&catalog, true, Some(&from));
    let ask = |by| Ask {
        allow_unknown_capacity: true,
        ..mode(by)
    };
    let cheapest = timed("cheapest", || {
        candidates.choose(&ask(Mode::Cheapest)).unwrap()
    });
    let balanced = timed("balanced", || {
        candidates.choose(&ask(Mode::Balanced)).unwrap()
    });
    let nothing = timed("nothing fits", || {
        candidates.choose(&Ask::default()).unwrap_err()
    });
    let city = timed("city", || {
        Place::parse("Berlin", super::super::How::Given).unwrap()
    });
    let zone = timed("time zone", || {
        Place::of_time_zone("Europe/Berlin").unwrap()
    });
    if !cfg!(debug_assertions) {
        // Several times what they take, for a machine that does other things too.
        let each = [join, cheapest, balanced, nothing, city, zone];
        assert!(
            each.iter().all(|time| *time < Duration::from_millis(60)),
            "{each:?}"
        );
    }
}
