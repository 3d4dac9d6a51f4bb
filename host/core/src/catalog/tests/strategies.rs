//! Any valid listing, for property tests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::catalog::KINDS;
use crate::contract::cloudhost::provider::types::*;
use crate::contract::exports::cloudhost::provider::catalog::Listing;

const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "Region 3, US"];
const TYPES: [&str; 3] = ["m5.large", "c7i-flex.large", "u:1@2+3"];

fn text() -> impl Strategy<Value = String> {
    r#"[a-zA-Z0-9 "'\\$;,=é漢😀-]{0,30}[a-z]"#
}

/// A name that can be a value.
fn name() -> impl Strategy<Value = String> {
    "[a-z0-9_*?][a-zA-Z0-9_:@+*?,-]{0,20}( [a-z*?][a-z.-]{0,5}){0,2}"
}

fn names() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(name(), 0..4).prop_map(|set| set.into_iter().collect())
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(text(), 0..4).prop_map(|set| set.into_iter().collect())
}

fn words<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let count = all.len();
    subsequence(all, 0..=count)
}

fn zones() -> impl Strategy<Value = Vec<Zone>> {
    proptest::collection::btree_map(name(), option::of(text()), 0..4).prop_map(|map| {
        map.into_iter()
            .map(|(name, id)| Zone { name, id })
            .collect()
    })
}

fn region(name: &'static str) -> impl Strategy<Value = Region> {
    (option::of(text()), zones(), option::of(location())).prop_map(
        move |(description, zones, location)| Region {
            place: Some("Frankfurt".into()),
            country: Some("DE".into()),
            name: name.into(),
            description,
            zones,
            location,
        },
    )
}

fn location() -> impl Strategy<Value = Location> {
    (-90_000_000..=90_000_000, -180_000_000..=180_000_000).prop_map(|(latitude, longitude)| {
        Location {
            latitude,
            longitude,
        }
    })
}

/// Counts of processors, devices and disks: up to the highest that is accepted.
fn count() -> impl Strategy<Value = u32> {
    1..=1_000_000u32
}

/// Sizes of memory, up to the highest that is accepted.
fn memory_mib() -> impl Strategy<Value = u64> {
    1..=1u64 << 30
}

fn accelerator() -> impl Strategy<Value = Accelerator> {
    use AcceleratorKind::*;
    let kind = select(vec![Gpu, Neuron, Inference, Fpga, Media]);
    (
        kind,
        text(),
        option::of(text()),
        option::of(count()),
        option::of(memory_mib()),
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
    (count(), 1..=1_000_000_000u64, kind).prop_map(|(count, size_gb, kind)| Disk {
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
    (texts, lists, count(), memory_mib(), any::<[bool; 4]>()).prop_map(
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
                network_mbps: Some(vcpus.into()),
                attributes: vec![("a".into(), "b c".into()), ("b".into(), "d".into())],
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

/// The key of a price or a capacity.
type Key = (&'static str, &'static str, Option<String>, Market);

/// Any types, regions, zones (none, and two that offers and regions need not know) and markets, each at most once.
fn keys() -> impl Strategy<Value = Vec<Key>> {
    let zones = || [None, Some("a"), Some("zone 2")];
    let all = TYPES.into_iter().flat_map(move |kind| {
        REGIONS.into_iter().flat_map(move |region| {
            zones().into_iter().flat_map(move |zone| {
                let markets = markets().into_iter();
                markets.map(move |market| (kind, region, zone.map(str::to_owned), market))
            })
        })
    });
    words(all.collect())
}

/// A price of this key: any accepted amount, in any currency.
pub fn price((kind, region, zone, market): Key) -> impl Strategy<Value = Price> {
    let most = 1_000_000_000_000_000_000u64;
    let nanos = prop_oneof![Just(1), Just(most), 1..=most];
    (nanos, "[A-Z]{3}", text(), option::of(seconds())).prop_map(
        move |(nanos, currency, source, published)| Price {
            instance_type: kind.into(),
            region: region.into(),
            zone: zone.clone(),
            market,
            per_hour: Money { nanos, currency },
            source,
            published,
        },
    )
}

fn prices() -> impl Strategy<Value = Vec<Price>> {
    keys().prop_flat_map(|keys| keys.into_iter().map(price).collect::<Vec<_>>())
}

fn capacity() -> impl Strategy<Value = Vec<Capacity>> {
    keys().prop_flat_map(|keys| {
        let of = |(kind, region, zone, market): Key| {
            any::<bool>().prop_map(move |available| Capacity {
                instance_type: kind.into(),
                region: region.into(),
                zone: zone.clone(),
                market,
                available,
            })
        };
        keys.into_iter().map(of).collect::<Vec<_>>()
    })
}

fn offer(kind: &'static str, region: &'static str, market: Market) -> impl Strategy<Value = Offer> {
    names().prop_map(move |zones| Offer {
        interruption: Some((5, 10)),
        instance_type: kind.into(),
        region: region.into(),
        zones,
        market,
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

fn image() -> impl Strategy<Value = Image> {
    let texts = [text(), text(), text(), text()];
    (
        option::of(select(&REGIONS[..])),
        texts,
        [name(), name()],
        option::of(seconds()),
        any::<bool>(),
    )
        .prop_map(|(region, texts, [owner, name_glob], created, gpu)| {
            let [name, distribution, release, architecture] = texts;
            let (id, region) = (String::new(), region.map(str::to_owned));
            Image {
                disk_gib: gpu.then_some(40),
                attributes: vec![("a".into(), "b".into())],
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
        })
}

fn images() -> impl Strategy<Value = Vec<Image>> {
    vec(image(), 0..5).prop_map(|mut images| {
        images
            .iter_mut()
            .enumerate()
            .for_each(|(i, image)| image.id = format!("ami-{i}"));
        images
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
                        advice: None,
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

pub fn listing() -> impl Strategy<Value = Listing> {
    let regions: Vec<_> = REGIONS.into_iter().map(region).collect();
    let machines: Vec<_> = TYPES.into_iter().map(machine).collect();
    (
        option::of(regions),
        option::of(machines),
        option::of(offers()),
        option::of(images()),
        option::of(prices()),
        option::of(capacity()),
        vec(gap(), 0..3),
    )
        .prop_map(
            |(regions, instance_types, offers, images, prices, capacity, missing)| Listing {
                regions,
                instance_types,
                offers,
                images,
                prices,
                capacity,
                missing,
            },
        )
        .prop_filter("at least one kind", |listing| {
            listing.regions.is_some()
                || listing.instance_types.is_some()
                || listing.offers.is_some()
                || listing.images.is_some()
                || listing.prices.is_some()
                || listing.capacity.is_some()
        })
}
