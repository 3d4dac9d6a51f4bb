//! Rejected results, and their error messages.

use rstest::rstest;

use super::samples::{
    capacity, gap, image, machine, offer, origin, price, region, save, small, store, time,
};
use crate::HasRemedy as _;
use crate::catalog::{AnswerError, Catalog, CatalogError, Origin};
use crate::contract::cloudhost::provider::types::*;
use crate::contract::exports::cloudhost::provider::catalog::{Bundle, Listing};

fn check(listing: Listing) -> Result<Catalog, AnswerError> {
    Catalog::from_listing(listing, origin(time())).map_err(|error| match error {
        CatalogError::Answer(error) => error,
        other => panic!("{other}"),
    })
}

type Spoil = fn(&mut Listing);

fn kind(listing: &mut Listing) -> &mut InstanceType {
    &mut listing.instance_types.as_mut().unwrap()[0]
}

fn first(listing: &mut Listing) -> &mut Offer {
    &mut listing.offers.as_mut().unwrap()[1]
}

fn cost(listing: &mut Listing) -> &mut Price {
    &mut listing.prices.as_mut().unwrap()[0]
}

fn room(listing: &mut Listing) -> &mut Capacity {
    &mut listing.capacity.as_mut().unwrap()[0]
}

#[rstest]
#[case::empty(|l: &mut Listing| kind(l).name = " ".into(), r#"type " ": the name is empty"#)]
#[case::family(|l: &mut Listing| kind(l).family.clear(), r#"type "p5.48xlarge": the family is empty"#)]
#[case::long(|l: &mut Listing| kind(l).network = Some("x".repeat(257)),
    r#"type "p5.48xlarge": the network speed has 257 bytes, more than the limit of 256"#)]
#[case::escape(|l: &mut Listing| kind(l).architectures.push("\u{1b}[2J".into()),
    r#"type "p5.48xlarge": the architecture "\u{1b}[2J" has a control character"#)]
#[case::reorder(|l: &mut Listing| l.regions.as_mut().unwrap()[0].description = Some("a\u{202e}b".into()),
    r#"region "us-east-1": the description "a\u{202e}b" has a control character"#)]
#[case::zone(|l: &mut Listing| l.regions.as_mut().unwrap()[0].zones[0].name = "a\n".into(),
    r#"zone "a\n": the name "a\n" has a control character"#)]
#[case::offered_zone(|l: &mut Listing| first(l).zones.push(String::new()),
    r#"the on-demand offer of "m5.large" in "us-east-1": the zone is empty"#)]
#[case::vcpus(|l: &mut Listing| kind(l).vcpus = 0, r#"type "p5.48xlarge": the number of vCPUs is 0; expected at least 1, or unknown"#)]
#[case::memory(|l: &mut Listing| kind(l).memory_mib = 0, r#"type "p5.48xlarge": the memory is 0; expected at least 1, or unknown"#)]
#[case::no_device(|l: &mut Listing| kind(l).accelerators[0].count = Some(0),
    r#"type "p5.48xlarge": the number of accelerators is 0; expected at least 1, or unknown"#)]
#[case::disk(|l: &mut Listing| kind(l).disks[0].size_gb = 0, r#"type "p5.48xlarge": the disk's size is 0; expected at least 1, or unknown"#)]
#[case::currency(|l: &mut Listing| cost(l).per_hour.currency = "usd".into(),
    r#"the on-demand price of "m5.large" in "us-east-1": the currency "usd" is not three capital letters such as `USD`"#)]
#[case::published(|l: &mut Listing| cost(l).published = Some(u64::MAX),
    r#"the on-demand price of "m5.large" in "us-east-1": the time of 18446744073709551615 seconds since 1970 is out of range"#)]
#[case::free(|l: &mut Listing| cost(l).per_hour.nanos = 0,
    r#"the on-demand price of "m5.large" in "us-east-1": the amount is 0; expected at least 1, or unknown"#)]
#[case::dearest(|l: &mut Listing| cost(l).per_hour.nanos = 1_000_000_000_000_000_001,
    r#"the on-demand price of "m5.large" in "us-east-1": the amount is 1000000000000000001, more than the limit of 1000000000000000000"#)]
#[case::price_without_source(|l: &mut Listing| cost(l).source.clear(),
    r#"the on-demand price of "m5.large" in "us-east-1": the source is empty"#)]
#[case::price_of_no_zone(|l: &mut Listing| cost(l).zone = Some("".into()),
    r#"the on-demand price of "m5.large" in "": the zone is empty"#)]
#[case::two_prices(|l: &mut Listing| l.prices.as_mut().unwrap().push(price("m7g.large", "eu-west-1", None, 91_200_001)),
    r#"the on-demand price of "m7g.large" in "eu-west-1" is listed twice, and the two differ"#)]
#[case::two_capacities(|l: &mut Listing| l.capacity.as_mut().unwrap().push(capacity("p5.48xlarge", "us-east-1", None, true)),
    r#"the on-demand capacity of "p5.48xlarge" in "us-east-1" is listed twice, and the two differ"#)]
#[case::unlisted_capacity_type(|l: &mut Listing| room(l).instance_type = "m9.large".into(),
    r#"the on-demand capacity of "m9.large" in "us-east-1" names the type "m9.large", which the result does not list"#)]
#[case::unlisted_capacity_region(|l: &mut Listing| room(l).region = "us-moon-1".into(),
    r#"the on-demand capacity of "p5.48xlarge" in "us-moon-1" names the region "us-moon-1", which the result does not list"#)]
#[case::above_the_pole(|l: &mut Listing| l.regions.as_mut().unwrap()[0].location = Some(Location { latitude: 90_000_001, longitude: 0 }),
    r#"region "us-east-1": the location is out of range"#)]
#[case::around_the_earth(|l: &mut Listing| l.regions.as_mut().unwrap()[0].location = Some(Location { latitude: 0, longitude: i32::MIN }),
    r#"region "us-east-1": the location is out of range"#)]
#[case::created(|l: &mut Listing| l.images.as_mut().unwrap()[0].created = Some(1 << 40),
    r#"image "ami-2" in "us-east-1": the time of 1099511627776 seconds since 1970 is out of range"#)]
#[case::two_types(|l: &mut Listing| l.instance_types.as_mut().unwrap().push(machine("m5.large", 4)),
    r#"type "m5.large" is listed twice, and the two differ"#)]
#[case::two_zones(|l: &mut Listing| {
    let zones = &mut l.regions.as_mut().unwrap()[0].zones;
    zones.push(Zone { id: Some("use1-az1".into()), ..zones[0].clone() });
}, r#"zone "us-east-1a" is listed twice, and the two differ"#)]
#[case::two_offers(|l: &mut Listing| l.offers.as_mut().unwrap().push(Offer { zones: vec![], ..offer("m5.large", "eu-west-1") }),
    r#"the on-demand offer of "m5.large" in "eu-west-1" is listed twice, and the two differ"#)]
#[case::two_images(|l: &mut Listing| l.images.as_mut().unwrap().push(Image { owner: "x".into(), ..image("ami-2", "x86_64") }),
    r#"image "ami-2" in "us-east-1" is listed twice, and the two differ"#)]
#[case::unlisted_type(|l: &mut Listing| first(l).instance_type = "m9.large".into(),
    r#"the on-demand offer of "m9.large" in "us-east-1" names the type "m9.large", which the result does not list"#)]
#[case::unlisted_region(|l: &mut Listing| first(l).region = "us-moon-1".into(),
    r#"the on-demand offer of "m5.large" in "us-moon-1" names the region "us-moon-1", which the result does not list"#)]
#[case::image_region(|l: &mut Listing| l.images.as_mut().unwrap()[0].region = Some("us-moon-1".into()),
    r#"image "ami-2" in "us-moon-1" names the region "us-moon-1", which the result does not list"#)]
#[case::country(|l: &mut Listing| l.regions.as_mut().unwrap()[0].country = Some("Germany".into()),
    r#"region "eu-west-1": the country "Germany" is not two capital letters such as `DE`"#)]
#[case::interruption(|l: &mut Listing| first(l).interruption = Some((5, 101)),
    r#"the on-demand offer of "m5.large" in "us-east-1": the share of interruptions is not a range from 0 to 100 per cent"#)]
#[case::attributes(|l: &mut Listing| l.images.as_mut().unwrap()[0].attributes = vec![("a".into(), "b".into()); 65],
    "the result has 65 attributes, more than the limit of 64")]
#[case::nothing(|l: &mut Listing| *l = Listing::default(), "the result holds no data, not even an empty list")]
#[case::too_many(|l: &mut Listing| l.regions = Some(vec![region("r", &[]); 10_001]),
    "the result has 10001 regions, more than the limit of 10000")]
#[case::too_many_gaps(|l: &mut Listing| l.missing = vec![gap(DataKind::Offers, Scope::Provider); 10_001],
    "the result has 10001 gaps, more than the limit of 10000")]
fn refused(#[case] spoil: Spoil, #[case] message: &str) {
    let mut listing = small();
    spoil(&mut listing);
    assert_eq!(check(listing).unwrap_err().to_string(), message);
}

#[rstest]
#[case::identical_types(|l: &mut Listing| l.instance_types.as_mut().unwrap().push(machine("m5.large", 2)))]
#[case::other_market(|l: &mut Listing| l.offers.as_mut().unwrap().push(Offer { market: Market::Spot, ..offer("m5.large", "eu-west-1") }))]
#[case::same_image_as_two(|l: &mut Listing| l.images.as_mut().unwrap().push(Image { release: "trixie".into(), ..image("ami-2", "x86_64") }))]
#[case::zone_of_another_kind(|l: &mut Listing| first(l).zones.push("us-east-1-bos-1a".into()))]
#[case::cheapest(|l: &mut Listing| cost(l).per_hour.nanos = 1)]
#[case::other_currency(|l: &mut Listing| {
    let mut other = cost(l).clone();
    other.per_hour.currency = "EUR".into();
    l.prices.as_mut().unwrap().push(other);
})]
#[case::price_of_a_zone(|l: &mut Listing| {
    let other = price("m5.large", "us-east-1", Some("us-east-1b"), 1);
    l.prices.as_mut().unwrap().push(other);
})]
#[case::capacity_of_a_zone(|l: &mut Listing| {
    let other = capacity("p5.48xlarge", "us-east-1", Some("us-east-1b"), true);
    l.capacity.as_mut().unwrap().push(other);
})]
#[case::capacity_that_is_not_offered(|l: &mut Listing| room(l).region = "eu-west-1".into())]
#[case::poles(|l: &mut Listing| l.regions.as_mut().unwrap()[0].location = Some(Location { latitude: -90_000_000, longitude: 180_000_000 }))]
#[case::prices_alone(|l: &mut Listing| *l = Listing { prices: l.prices.take(), ..Listing::default() })]
#[case::capacity_alone(|l: &mut Listing| *l = Listing { capacity: l.capacity.take(), ..Listing::default() })]
#[case::nothing(|l: &mut Listing| *l = Listing { offers: Some(vec![]), ..Listing::default() })]
#[case::offers_alone(|l: &mut Listing| (l.regions, l.instance_types) = (None, None))]
#[case::longest(|l: &mut Listing| kind(l).network = Some("x".repeat(256)))]
fn accepted(#[case] change: Spoil) {
    let mut listing = small();
    change(&mut listing);
    check(listing).unwrap();
}

/// A name that no menu, script or command line should get.
const ODD: &str = "here; touch P";
const REASON: &str =
    "the name has a character other than A-Z, a-z, 0-9, . _ - / : @ + , * ? and a blank";

fn left_out(catalog: &Catalog) -> Vec<(DataKind, &str)> {
    let gaps = catalog.missing.iter();
    gaps.map(|gap| (gap.kind, gap.error.message.as_str()))
        .collect()
}

#[rstest]
#[case::region(|l: &mut Listing| l.regions.as_mut().unwrap().push(region(ODD, &[])), &[DataKind::Regions])]
#[case::zone(|l: &mut Listing| l.regions.as_mut().unwrap()[0].zones.push(Zone { name: ODD.into(), id: None }), &[DataKind::Regions])]
#[case::kind(|l: &mut Listing| l.instance_types.as_mut().unwrap().push(machine(ODD, 2)), &[DataKind::InstanceTypes])]
#[case::sold_kind(|l: &mut Listing| {
    l.instance_types.as_mut().unwrap().push(machine(ODD, 2));
    l.offers.as_mut().unwrap().push(offer(ODD, "eu-west-1"));
}, &[DataKind::InstanceTypes, DataKind::Offers])]
#[case::offered_zone(|l: &mut Listing| first(l).zones.push(ODD.into()), &[DataKind::Offers])]
#[case::price(|l: &mut Listing| l.prices.as_mut().unwrap().push(price("m5.large", "us-east-1", Some(ODD), 1)), &[DataKind::Prices])]
#[case::capacity(|l: &mut Listing| l.capacity.as_mut().unwrap().push(capacity("m5.large", ODD, None, true)), &[DataKind::Capacity])]
#[case::image(|l: &mut Listing| l.images.as_mut().unwrap().push(image(ODD, "x86_64")), &[DataKind::Images])]
#[case::owner(|l: &mut Listing| {
    let odd = Image { owner: ODD.into(), ..image("ami-9", "arm64") };
    l.images.as_mut().unwrap().push(odd);
}, &[DataKind::Images])]
#[case::pattern(|l: &mut Listing| {
    let odd = Image { name_glob: ODD.into(), ..image("ami-9", "arm64") };
    l.images.as_mut().unwrap().push(odd);
}, &[DataKind::Images])]
fn a_name_that_cannot_be_a_value_is_left_out_and_named(
    #[case] spoil: Spoil,
    #[case] kinds: &[DataKind],
) {
    let clean = check(small()).unwrap();
    let mut listing = small();
    spoil(&mut listing);
    let catalog = check(listing).unwrap();
    let text = format!("left out {ODD:?}: {REASON}");
    let expected: Vec<_> = kinds.iter().map(|kind| (*kind, text.as_str())).collect();
    assert_eq!(left_out(&catalog), expected);
    let data = |catalog: &Catalog| {
        let of = catalog.clone();
        (
            of.regions,
            of.instance_types,
            of.offers,
            of.images,
            of.prices,
            of.capacity,
        )
    };
    assert_eq!(data(&catalog), data(&clean));
}

#[test]
fn many_odd_names_are_counted() {
    let mut listing = small();
    let names = ["a;b", "c|d", "e&f", "g>h", "g>h", "i<j"];
    listing
        .instance_types
        .as_mut()
        .unwrap()
        .extend(names.map(|name| machine(name, 2)));
    let catalog = check(listing).unwrap();
    let text = format!(r#"left out "a;b", "c|d", "e&f" and 2 more: {REASON}"#);
    assert_eq!(
        left_out(&catalog),
        [(DataKind::InstanceTypes, text.as_str())]
    );
}

/// A list of which nothing is left is unknown: an empty one would state that the cloud has none, or, of offers, that types
/// may be sold everywhere.
#[rstest]
#[case::offers(Listing { offers: Some(vec![offer(ODD, "eu-west-1")]), ..small() }, DataKind::Offers)]
#[case::images(Listing { images: Some(vec![image(ODD, "arm64")]), ..small() }, DataKind::Images)]
#[case::prices(Listing { prices: Some(vec![price(ODD, "us-east-1", None, 1)]), ..small() }, DataKind::Prices)]
#[case::capacity(Listing { capacity: Some(vec![capacity("m5.large", ODD, None, true)]), ..small() }, DataKind::Capacity)]
fn a_list_of_odd_names_alone_is_unknown(#[case] listing: Listing, #[case] kind: DataKind) {
    let catalog = check(listing.clone()).unwrap();
    let text = format!("left out {ODD:?}: {REASON}");
    assert_eq!(left_out(&catalog), [(kind, text.as_str())]);
    let absent = catalog.fetched.iter().filter(|(_, at)| at.is_none());
    assert!(absent.map(|(kind, _)| kind).eq([kind]));
    assert_eq!(catalog.offers_known, kind != DataKind::Offers);
    let (_root, store) = store();
    assert_eq!(save(&store, listing).fetched, catalog.fetched);
}

#[test]
fn a_result_of_odd_names_alone_is_an_error() {
    let prices = Some(vec![price(ODD, "us-east-1", None, 1)]);
    let listing = Listing {
        prices,
        ..Listing::default()
    };
    let text = format!("no prices can be used: left out {ODD:?}: {REASON}");
    assert_eq!(check(listing).unwrap_err().to_string(), text);
}

/// Nothing replaces a good catalog by an empty one.
#[test]
fn without_any_usable_name_there_is_no_result() {
    let mut listing = small();
    listing.instance_types = Some(vec![machine(ODD, 2)]);
    let text = format!("no instance-types can be used: left out {ODD:?}: {REASON}");
    assert_eq!(check(listing).unwrap_err().to_string(), text);
}

/// If the result itself marks types as missing, offers of unknown types are part of that gap.
#[test]
fn a_gap_explains_an_unlisted_type() {
    let mut listing = small();
    listing
        .instance_types
        .as_mut()
        .unwrap()
        .retain(|kind| kind.name != "m5.large");
    listing.missing = vec![gap(
        DataKind::InstanceTypes,
        Scope::Region("eu-west-1".into()),
    )];
    let catalog = check(listing).unwrap();
    assert!(
        catalog
            .offers
            .iter()
            .all(|offer| offer.instance_type != "m5.large")
    );
    assert_eq!(catalog.offers.len(), 3);
    assert_eq!(catalog.missing.len(), 1);
}

#[test]
fn messages_of_gaps_are_cleaned() {
    let mut listing = small();
    let mut dirty = gap(DataKind::Images, Scope::Region("us\u{1b}]0;x\u{7}".into()));
    dirty.error.message = format!("line\r\n{}", "y".repeat(2_000));
    listing.missing = vec![dirty];
    let error = check(listing).unwrap().missing.remove(0).error;
    assert_eq!(error.scope, Scope::Region("us ]0;x ".into()));
    assert!(
        error.message.starts_with("line  yyy") && error.message.ends_with("y…"),
        "{}",
        error.message
    );
    assert_eq!(error.message.chars().count(), 1_001);
}

/// Gaps change the digest, but the words of a gap, which differ at each call, do not.
#[test]
fn the_digest_counts_what_is_missing() {
    let with = |missing| check(Listing { missing, ..small() }).unwrap().digest;
    let one = gap(DataKind::Images, Scope::Provider);
    let mut other = one.clone();
    (other.error.request_id, other.error.message) = (Some("other".into()), "other".into());
    assert_ne!(with(vec![]), with(vec![one.clone()]));
    assert_eq!(with(vec![one.clone()]), with(vec![other]));
    assert_ne!(
        with(vec![one]),
        with(vec![gap(
            DataKind::Images,
            Scope::Region("us-east-1".into())
        )])
    );
}

/// An empty list differs from one that was not fetched.
#[test]
fn empty_is_not_unknown() {
    let empty = check(Listing {
        images: Some(vec![]),
        ..small()
    })
    .unwrap();
    let unknown = check(Listing {
        images: None,
        ..small()
    })
    .unwrap();
    assert_ne!(empty.digest, unknown.digest);
    assert!(empty.fetched.images.is_some() && unknown.fetched.images.is_none());
}

#[test]
fn a_refused_answer_leaves_the_store_as_it_was() {
    let (_folder, store) = store();
    let saved = save(&store, small());
    let mut bad = small();
    kind(&mut bad).vcpus = 0;
    let error = super::samples::lock(&store)
        .save(super::samples::fetched(bad))
        .unwrap_err();
    assert!(error.remedy().is_some());
    assert_eq!(
        store.load(&super::samples::scope()).unwrap().catalog,
        Some(saved)
    );
}

#[test]
fn a_bundle_keeps_its_date_and_source() {
    let bundle = Bundle {
        listing: small(),
        fetched_at: 1_770_000_000,
        source: "a dump\nof 2026".into(),
    };
    let (listing, origin) = Origin::of_bundle(bundle.clone()).unwrap();
    let catalog = Catalog::from_listing(listing, origin).unwrap();
    assert_eq!(catalog.fetched_at.to_string(), "2026-02-02T02:40:00Z");
    assert_eq!(
        (catalog.source.label(), catalog.source.text()),
        ("bundled", "a dump of 2026")
    );
    assert!(
        Origin::of_bundle(Bundle {
            fetched_at: u64::MAX,
            ..bundle
        })
        .is_err()
    );
}

/// A public price list has more than an account can see: that is no contradiction and no gap.
#[rstest]
#[case::type_(|l: &mut Listing| cost(l).instance_type = "m9.large".into())]
#[case::region(|l: &mut Listing| cost(l).region = "us-moon-1".into())]
fn prices_of_what_is_not_listed_are_dropped(#[case] spoil: Spoil) {
    let mut listing = small();
    let before = listing.prices.as_ref().unwrap().len();
    spoil(&mut listing);
    let catalog = check(listing).unwrap();
    assert_eq!(catalog.prices.len(), before - 1);
    assert_eq!(catalog.missing, []);
}
