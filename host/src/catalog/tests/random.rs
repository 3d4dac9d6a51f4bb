//! Any valid listing comes back from the disk as it was saved, whatever the order in which it arrived.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::samples::{fetched, lock, origin, scope, store, time};
use crate::catalog::{Catalog, KINDS};
use crate::contract::cloudhost::provider::types::*;
use crate::contract::exports::cloudhost::provider::catalog::Listing;

const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "région-3"];
const TYPES: [&str; 3] = ["m5.large", "c7i-flex.large", "型 1"];

fn text() -> impl Strategy<Value = String> {
    r#"[a-zA-Z0-9 "'\\$;,=é漢😀-]{0,30}[a-z]"#
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(text(), 0..4).prop_map(|set| set.into_iter().collect())
}

fn words<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let count = all.len();
    subsequence(all, 0..=count)
}

fn zones() -> impl Strategy<Value = Vec<Zone>> {
    proptest::collection::btree_map(text(), option::of(text()), 0..4).prop_map(|map| {
        map.into_iter()
            .map(|(name, id)| Zone { name, id })
            .collect()
    })
}

fn region(name: &'static str) -> impl Strategy<Value = Region> {
    (option::of(text()), zones()).prop_map(move |(description, zones)| Region {
        name: name.into(),
        description,
        zones,
    })
}

fn accelerator() -> impl Strategy<Value = Accelerator> {
    use AcceleratorKind::*;
    let kind = select(vec![Gpu, Neuron, Inference, Fpga, Media]);
    (
        kind,
        text(),
        option::of(text()),
        option::of(1..=u32::MAX),
        option::of(1..=u64::MAX),
    )
        .prop_map(
            |(kind, name, manufacturer, count, memory_mib)| Accelerator {
                kind,
                name,
                manufacturer,
                count,
                memory_mib,
            },
        )
}

fn disk() -> impl Strategy<Value = Disk> {
    let kind = select(vec![DiskKind::Hdd, DiskKind::Ssd, DiskKind::Unknown]);
    (1..=u32::MAX, 1..=u64::MAX, kind).prop_map(|(count, size_gb, kind)| Disk {
        count,
        size_gb,
        kind,
    })
}

fn markets() -> Vec<Market> {
    vec![Market::OnDemand, Market::Spot, Market::CapacityBlock]
}

fn machine(name: &'static str) -> impl Strategy<Value = InstanceType> {
    let texts = (text(), texts(), option::of(text()), option::of(text()));
    let lists = (
        vec(accelerator(), 0..3),
        vec(disk(), 0..3),
        words(markets()),
    );
    (texts, lists, 1..=u32::MAX, 1..=u64::MAX, any::<[bool; 4]>()).prop_map(
        move |(texts, (accelerators, disks, markets), vcpus, memory_mib, flags)| {
            let (family, architectures, cpu_manufacturer, network) = texts;
            let [bare_metal, burstable, free_tier, current_generation] = flags;
            let name = name.into();
            InstanceType {
                name,
                family,
                architectures,
                cpu_manufacturer,
                vcpus,
                memory_mib,
                accelerators,
                disks,
                network,
                bare_metal,
                burstable,
                free_tier,
                current_generation,
                markets,
            }
        },
    )
}

fn seconds() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(253_402_207_200), 1..2_000_000_000u64]
}

fn price() -> impl Strategy<Value = Price> {
    let nanos = prop_oneof![Just(0), Just(u64::MAX), any::<u64>()];
    (nanos, "[A-Z]{3}", text(), option::of(seconds())).prop_map(
        |(nanos, currency, source, published)| Price {
            per_hour: Money { nanos, currency },
            source,
            published,
        },
    )
}

fn offer(kind: &'static str, region: &'static str, market: Market) -> impl Strategy<Value = Offer> {
    let availability = select(vec![
        Availability::Yes,
        Availability::No,
        Availability::Unknown,
    ]);
    (texts(), option::of(price()), availability).prop_map(move |(zones, price, availability)| {
        let (instance_type, region) = (kind.into(), region.into());
        Offer {
            instance_type,
            region,
            zones,
            market,
            price,
            availability,
        }
    })
}

fn offers() -> impl Strategy<Value = Vec<Offer>> {
    let keys = TYPES.into_iter().flat_map(|kind| {
        REGIONS.into_iter().flat_map(move |region| {
            markets()
                .into_iter()
                .map(move |market| (kind, region, market))
        })
    });
    let keys: Vec<_> = keys.collect();
    let count = keys.len();
    subsequence(keys, 0..=count).prop_flat_map(|keys| {
        keys.into_iter()
            .map(|(kind, region, market)| offer(kind, region, market))
            .collect::<Vec<_>>()
    })
}

fn images() -> impl Strategy<Value = Vec<Image>> {
    let image = (
        [text(), text(), text(), text(), text(), text()],
        option::of(seconds()),
        any::<bool>(),
    );
    vec((select(&REGIONS[..]), image), 0..5).prop_map(|images| {
        let image = |(i, (region, (texts, created, gpu))): (
            usize,
            (&str, ([String; 6], Option<u64>, bool)),
        )| {
            let [name, owner, distribution, release, architecture, name_glob] = texts;
            let (id, region) = (format!("ami-{i}"), region.into());
            Image {
                id,
                name,
                owner,
                distribution,
                release,
                architecture,
                name_glob,
                region,
                created,
                gpu,
            }
        };
        images.into_iter().enumerate().map(image).collect()
    })
}

fn gap() -> impl Strategy<Value = Gap> {
    use ErrorKind::*;
    let kinds = vec![
        InvalidArgument,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        AlreadyExists,
        Busy,
        FailedPrecondition,
        QuotaExceeded,
        InsufficientCapacity,
        RateLimited,
        Unavailable,
        Unsupported,
        Indeterminate,
        Internal,
    ];
    let scope = prop_oneof![
        Just(Scope::Request),
        Just(Scope::Provider),
        text().prop_map(|name| Scope::Zone(name.trim().into())),
        text().prop_map(|name| Scope::Region(name.trim().into())),
    ];
    let trimmed = || option::of(text().prop_map(|text| text.trim().to_owned()));
    (
        select(KINDS.to_vec()),
        select(kinds),
        scope,
        trimmed(),
        text(),
        trimmed(),
        option::of(any::<u64>()),
    )
        .prop_map(
            |(of, kind, scope, code, message, request_id, retry_after_ms)| {
                let message = message.trim().to_owned();
                Gap {
                    kind: of,
                    error: Error {
                        kind,
                        scope,
                        code,
                        message,
                        request_id,
                        retry_after_ms,
                    },
                }
            },
        )
}

fn listing() -> impl Strategy<Value = Listing> {
    let regions: Vec<_> = REGIONS.into_iter().map(region).collect();
    let machines: Vec<_> = TYPES.into_iter().map(machine).collect();
    (
        option::of(regions),
        option::of(machines),
        option::of(offers()),
        option::of(images()),
        vec(gap(), 0..3),
    )
        .prop_filter("at least one kind", |(a, b, c, d, _)| {
            a.is_some() || b.is_some() || c.is_some() || d.is_some()
        })
        .prop_map(
            |(regions, instance_types, offers, images, missing)| Listing {
                regions,
                instance_types,
                offers,
                images,
                missing,
            },
        )
}

/// The same listing in another order, and with each record of three kinds twice.
fn shuffled(mut listing: Listing) -> Listing {
    fn turn<T: Clone>(list: &mut [T], twice: bool) -> Vec<T> {
        list.reverse();
        if twice {
            [&list[..], &list[..]].concat()
        } else {
            list.to_vec()
        }
    }
    for region in listing.regions.iter_mut().flatten() {
        region.zones = turn(&mut region.zones, true);
    }
    for kind in listing.instance_types.iter_mut().flatten() {
        kind.architectures = turn(&mut kind.architectures, true);
        kind.accelerators = turn(&mut kind.accelerators, false);
        kind.disks = turn(&mut kind.disks, false);
        kind.markets = turn(&mut kind.markets, true);
    }
    for offer in listing.offers.iter_mut().flatten() {
        offer.zones = turn(&mut offer.zones, true);
    }
    Listing {
        regions: listing.regions.map(|mut list| turn(&mut list, true)),
        instance_types: listing.instance_types.map(|mut list| turn(&mut list, true)),
        offers: listing.offers.map(|mut list| turn(&mut list, true)),
        images: listing.images.map(|mut list| turn(&mut list, true)),
        missing: turn(&mut listing.missing, true),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_saved_is_loaded(listing in listing()) {
        let (_folder, store) = store();
        let saved = lock(&store).save(fetched(listing.clone())).unwrap();
        let loaded = store.load(&scope()).unwrap();
        prop_assert_eq!(&loaded.warnings, &Vec::<String>::new());
        prop_assert_eq!(loaded.catalog.as_ref(), Some(&saved));

        // Nothing was lost: each record that was given is there.
        prop_assert_eq!(saved.regions.len(), listing.regions.as_ref().map_or(0, Vec::len));
        prop_assert_eq!(saved.offers.len(), listing.offers.as_ref().map_or(0, Vec::len));
        for offer in listing.offers.iter().flatten() {
            prop_assert!(saved.offers.contains(offer));
        }
        for image in listing.images.iter().flatten() {
            prop_assert!(saved.images.contains(image));
        }
        for gap in &listing.missing {
            prop_assert!(saved.missing.contains(gap));
        }
        for kind in listing.instance_types.iter().flatten() {
            let same = saved.instance_types.iter().find(|saved| saved.name == kind.name).unwrap();
            prop_assert_eq!(same.accelerators.len(), kind.accelerators.len());
            prop_assert!(kind.accelerators.iter().all(|device| same.accelerators.contains(device)));
            prop_assert!(kind.disks.iter().all(|disk| same.disks.contains(disk)));
            prop_assert_eq!(&same.markets, &kind.markets);
            prop_assert_eq!(&same.network, &kind.network);
        }

        let index = store.peek(&scope()).unwrap();
        prop_assert_eq!(index.digest, saved.digest);
        prop_assert_eq!(index.fetched_at(), Some(saved.fetched_at));
        prop_assert_eq!(&index.missing, &saved.missing);
        let rows: Vec<u64> = index.kinds.iter().map(|(_, entry)| entry.as_ref().map_or(0, |entry| entry.rows)).collect();
        let counts = [saved.regions.len(), saved.instance_types.len(), saved.offers.len(), saved.images.len()];
        prop_assert_eq!(rows, counts.map(|count| count as u64).to_vec());
    }

    #[test]
    fn order_and_repetition_carry_no_meaning(listing in listing()) {
        let one = Catalog::from_listing(listing.clone(), origin(time())).unwrap();
        let other = Catalog::from_listing(shuffled(listing), origin(time())).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn another_price_is_another_digest(mut listing in listing(), offer in offer("m5.large", "us-east-1", Market::Spot)) {
        listing.offers = Some(vec![offer.clone()]);
        let one = Catalog::from_listing(listing.clone(), origin(time())).unwrap();
        let mut dearer = offer;
        let nanos = dearer.price.as_ref().map_or(0, |price| price.per_hour.nanos ^ 1);
        let per_hour = Money { nanos, currency: "EUR".into() };
        dearer.price = Some(Price { per_hour, source: "list".into(), published: None });
        listing.offers = Some(vec![dearer]);
        let other = Catalog::from_listing(listing, origin(time())).unwrap();
        prop_assert_ne!(one.digest, other.digest);
    }
}
