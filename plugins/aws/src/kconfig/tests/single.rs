//! Tests of single menus.

use super::*;
use cloudhost_sdk::{Market, Money, Price};
use rstest::rstest;

fn symbols_of(catalog: &Catalog, path: &str, choice: usize) -> (Vec<String>, Vec<String>) {
    let files = emit(catalog, Dialect::Kdevops).unwrap();
    let file = files.iter().find(|f| f.path == path).unwrap();
    let read = read(file);
    let (choice, symbols) = &read.choices[choice];
    let defaults = choice.defaults.iter().map(|d| d.symbol.clone());
    (
        symbols.iter().map(|s| s.name.clone()).collect(),
        defaults.collect(),
    )
}

fn two_regions(types: &[(&str, &[&str], u32, u64)], offers: &[(&str, &str)]) -> Catalog {
    Catalog {
        regions: vec![region("eu-west-1", 1), region("us-east-1", 2)],
        instance_types: types
            .iter()
            .map(|(n, a, v, m)| machine(n, a, *v, *m))
            .collect(),
        offers: offers.iter().map(|(t, r)| offer(t, r)).collect(),
        ..Catalog::default()
    }
}

#[test]
fn the_smallest_type_that_is_not_metal_comes_first() {
    let x86: &[&str] = &["x86_64"];
    let types = [
        ("m5.metal", x86, 1, 512),
        ("m5.b", x86, 2, 4096),
        ("m5.a", x86, 2, 4096),
        ("m5.c", x86, 2, 1024),
        ("m5.d", x86, 4, 512),
    ];
    let (symbols, defaults) = symbols_of(
        &two_regions(&types, &[]),
        "instance-types/Kconfig.m5.generated",
        0,
    );
    let order =
        ["C", "A", "B", "D", "METAL"].map(|size| format!("TERRAFORM_AWS_INSTANCE_SIZE_M5_{size}"));
    assert_eq!(symbols, order);
    assert_eq!(defaults, order[..1]);
}

#[test]
fn the_family_to_start_with_is_the_newest_common_one() {
    let x86: &[&str] = &["x86_64"];
    let types = [
        ("m5.a", x86, 2, 1),
        ("m7i.a", x86, 2, 1),
        ("m9.a", x86, 2, 1),
        ("r9.a", x86, 2, 1),
        ("mac2.metal", x86, 2, 1),
    ];
    let everywhere = |name| [(name, "eu-west-1"), (name, "us-east-1")];
    let offers = [
        everywhere("m5.a"),
        everywhere("m7i.a"),
        everywhere("r9.a"),
        everywhere("mac2.metal"),
    ]
    .concat();
    let offers: Vec<_> = offers.into_iter().chain([("m9.a", "us-east-1")]).collect();
    let (_, defaults) = symbols_of(&two_regions(&types, &offers), COMPUTE, 0);
    assert_eq!(
        defaults,
        ["M7I", "M5", "M9"].map(|f| format!("TERRAFORM_AWS_INSTANCE_FAMILY_{f}"))
    );
}

#[rstest]
#[case(Some("eu-west-1"), "EU_WEST_1")]
#[case(Some("elsewhere"), "US_EAST_1")]
#[case(None, "US_EAST_1")]
fn the_region_to_start_with(#[case] home: Option<&str>, #[case] expected: &str) {
    let mut catalog = two_regions(&[], &[]);
    catalog.images.extend(home.map(|home| Image {
        region: Some(home.into()),
        ..image("debian", "12", "x86_64")
    }));
    let (_, defaults) = symbols_of(&catalog, LOCATION, 0);
    assert_eq!(defaults, [format!("TERRAFORM_AWS_REGION_{expected}")]);
}

#[test]
fn two_types_that_become_one_symbol_are_named() {
    let x86: &[&str] = &["x86_64"];
    let error = emit(
        &two_regions(&[("a.b-c", x86, 1, 1), ("a.b.c", x86, 1, 1)], &[]),
        Dialect::Plain,
    )
    .unwrap_err();
    assert!(
        error.message.contains("a.b-c") && error.message.contains("a.b.c"),
        "{}",
        error.message
    );
}

#[test]
fn a_distribution_without_images_has_published_names_and_says_so() {
    let mut catalog = two_regions(&[], &[]);
    catalog.images = vec![
        image("debian", "9", "x86_64"),
        image("debian", "12", "x86_64"),
    ];
    let files = emit(&catalog, Dialect::Kdevops).unwrap();
    let file = files.iter().find(|f| f.path == AMI).unwrap();
    let read = read(file);
    let entries = |part: &str| -> Vec<(String, bool)> {
        let all = read.all.iter().filter(|s| s.name.starts_with(part));
        all.map(|s| {
            (
                s.name.clone(),
                s.help.as_ref().unwrap().contains("not verified"),
            )
        })
        .collect()
    };
    assert_eq!(
        entries("TERRAFORM_AWS_AMI_DEBIAN_"),
        [
            ("TERRAFORM_AWS_AMI_DEBIAN_12_X86_64".to_owned(), false),
            ("TERRAFORM_AWS_AMI_DEBIAN_9_X86_64".to_owned(), false),
        ]
    );
    assert!(
        entries("TERRAFORM_AWS_AMI_FEDORA_")
            .iter()
            .all(|(_, unverified)| *unverified)
    );
}

#[test]
fn help_says_what_is_known() {
    let mut catalog = two_regions(&[("m5.a", &["x86_64"], 2, 8192)], &[("m5.a", "us-east-1")]);
    catalog.instance_types[0].network = Some("10 Gigabit".into());
    let files = emit(&catalog, Dialect::Kdevops).unwrap();
    let file = files.iter().find(|f| f.path.contains("m5")).unwrap();
    let help = read(file).all[0].help.clone().unwrap();
    assert_eq!(
        help,
        "vCPUs: 2\nMemory: 8.0 GiB\nNetwork: 10 Gigabit\nRegions: us-east-1 (only a)"
    );
}

/// The same symbols with the same conditions, in the files that the main branch of kdevops sources.
#[test]
fn the_layout_of_main_has_all_that_the_other_has() {
    let x86: &[&str] = &["x86_64"];
    let types = [
        ("m5.a", x86, 2, 1),
        ("m5.metal", x86, 1, 1),
        ("r9.a", x86, 2, 1),
    ];
    let catalog = two_regions(&types, &[]);
    let symbols = |dialect| -> BTreeMap<String, Symbol> {
        let files = emit(&catalog, dialect).unwrap();
        let all: Vec<Symbol> = files
            .iter()
            .flat_map(|f| read(f).all.into_iter().cloned())
            .collect();
        let key = |s: &Symbol| format!("{} {:?}", s.name, s.defaults);
        all.into_iter().map(|s| (key(&s), s)).collect()
    };
    assert_eq!(symbols(Dialect::KdevopsMain), symbols(Dialect::Kdevops));
    let files = emit(&catalog, Dialect::KdevopsMain).unwrap();
    let paths: Vec<&str> = files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, [LOCATION, INSTANCE, AMI]);
    // Each family's block starts with its smallest type that is not metal.
    let instance = read(&files[1]);
    let defaults: Vec<Vec<&str>> = instance
        .choices
        .iter()
        .map(|(c, _)| c.defaults.iter().map(|d| d.symbol.as_str()).collect())
        .collect();
    assert_eq!(
        defaults,
        [
            vec!["TERRAFORM_AWS_INSTANCE_FAMILY_M5"],
            vec!["TERRAFORM_AWS_INSTANCE_SIZE_M5_A"],
            vec!["TERRAFORM_AWS_INSTANCE_SIZE_R9_A"]
        ]
    );
}

#[test]
fn without_prices_nothing_is_said_of_them_and_with_some_every_type_says_what_it_costs() {
    let x86: &[&str] = &["x86_64"];
    let mut catalog = two_regions(&[("m5.a", x86, 2, 1), ("m5.b", x86, 2, 1)], &[]);
    let helps = |catalog: &Catalog| -> Vec<String> {
        let files = emit(catalog, Dialect::Kdevops).unwrap();
        let file = files.iter().find(|f| f.path.contains("m5")).unwrap();
        read(file)
            .all
            .iter()
            .filter_map(|s| s.help.clone())
            .collect()
    };
    assert!(helps(&catalog).iter().all(|help| !help.contains("Price")));
    catalog.prices.push(Price {
        instance_type: "m5.a".into(),
        region: "us-east-1".into(),
        zone: None,
        market: Market::OnDemand,
        per_hour: Money {
            nanos: 96_000_000,
            currency: "USD".into(),
        },
        source: "s".into(),
        published: None,
    });
    let helps = helps(&catalog);
    assert!(
        helps[0].contains("Price: from $0.096/h (us-east-1)\n"),
        "{}",
        helps[0]
    );
    assert!(helps[1].contains("Price: unknown\n"), "{}", helps[1]);
}

/// Returns the defaults of a choice: the symbol, and its condition.
fn defaults(catalog: &Catalog, dialect: Dialect, path: &str) -> Vec<(String, Condition)> {
    let files = emit(catalog, dialect).unwrap();
    let file = files.iter().find(|f| f.path == path).unwrap();
    let read = read(file);
    let defaults = read.choices[0].0.defaults.iter();
    defaults
        .map(|d| (d.symbol.clone(), d.when.clone()))
        .collect()
}

#[test]
fn in_the_plain_dialect_the_default_is_the_cheapest_of_the_region() {
    let x86: &[&str] = &["x86_64"];
    let types = [
        ("m5.a", x86, 2, 1),
        ("m5.b", x86, 4, 1),
        ("r9.a", x86, 2, 1),
    ];
    let mut catalog = two_regions(&types, &[]);
    let price = |name: &str, region: &str, nanos: u64| Price {
        instance_type: name.into(),
        region: region.into(),
        zone: None,
        market: Market::OnDemand,
        per_hour: Money {
            nanos,
            currency: "USD".into(),
        },
        source: "s".into(),
        published: None,
    };
    catalog.prices = vec![
        price("m5.a", "us-east-1", 5),
        price("m5.b", "us-east-1", 4),
        price("m5.a", "eu-west-1", 5),
        price("r9.a", "eu-west-1", 3),
    ];
    let family = |name: &str| format!("TERRAFORM_AWS_INSTANCE_FAMILY_{name}");
    let in_region = |name: &str| {
        let region = Term::Set(format!("TERRAFORM_AWS_REGION_{name}"));
        vec![vec![Term::Set("TARGET_ARCH_X86_64".into())], vec![region]]
    };
    let plain = defaults(&catalog, Dialect::Plain, COMPUTE);
    let expected = [
        (family("R9"), in_region("EU_WEST_1")),
        (family("M5"), in_region("US_EAST_1")),
        (family("M5"), vec![]),
    ];
    assert_eq!(plain, expected);
    let sizes = defaults(
        &catalog,
        Dialect::Plain,
        "instance-types/Kconfig.m5.generated",
    );
    let size = |name: &str| format!("TERRAFORM_AWS_INSTANCE_SIZE_M5_{name}");
    let expected = [
        (size("A"), in_region("EU_WEST_1")),
        (size("B"), in_region("US_EAST_1")),
        (size("A"), vec![]),
    ];
    assert_eq!(sizes, expected);
    // kdevops has its own, whatever the prices are.
    for (dialect, path) in [
        (Dialect::Kdevops, COMPUTE),
        (Dialect::KdevopsMain, INSTANCE),
    ] {
        assert_eq!(defaults(&catalog, dialect, path), [(family("M5"), vec![])]);
    }
}
