//! Tests of single menus.

use super::*;
use rstest::rstest;

const NO: Option<bool> = Some(false);
const YES: Option<bool> = Some(true);

fn prompts(tree: &Tree, of: &str) -> Vec<String> {
    let members = tree.members(of);
    members.iter().map(|s| s.prompt.clone().unwrap()).collect()
}

#[test]
fn home_is_that_of_the_manifest() {
    let line = format!("\nhome-region = \"{}\"\n", location::HOME);
    assert!(include_str!("../../../manifest.toml").contains(&line));
}

#[test]
fn prompts_carry_price_and_capacity_and_the_free_come_first() {
    let rows: [Row<'_>; 4] = [
        ("gpu_a", "x86_64", Some(75), &[NO, NO, NO]),
        ("gpu_b", "x86_64", None, &[NO, YES, YES]),
        ("gpu_c", "x86_64", Some(229), &[YES, NO, YES]),
        ("gpu_d", "x86_64", Some(50), &[None, NO, NO]),
    ];
    let mut catalog = catalog(&rows);
    catalog.instance_types[0].accelerators.clear();
    let tree = Tree::new(emit(&catalog, Dialect::Kdevops).unwrap());
    assert_eq!(
        prompts(&tree, TYPE),
        [
            "gpu_b (price unknown) - 1x NVIDIA A10 (24 GB) [AVAILABLE]",
            "gpu_c ($2.29/hr) - 1x NVIDIA A10 (24 GB) [AVAILABLE]",
            "gpu_d ($0.50/hr) - 1x NVIDIA A10 (24 GB) [NO KNOWN CAPACITY]",
            "gpu_a ($0.75/hr) - 30 vCPUs, 200 GiB [NO CAPACITY]",
        ]
    );
    assert_eq!(
        prompts(&tree, REGION),
        ["r2 [2 AVAILABLE]", "r0 [1 AVAILABLE]", "r1 [1 AVAILABLE]"]
    );
    assert!(tree.is_exported(REGION) && tree.is_exported(TYPE));
}

/// The defaults of kdevops' main branch are those of its own script: the region with most capacity, and the first type that has
/// some. Otherwise they are the region with most types of the architecture, and the cheapest type that is not known to be
/// unavailable there.
#[rstest]
#[case::plain(Dialect::Plain, "R1", ["GPU_C", "GPU_D"], "R0")]
#[case::kdevops(Dialect::Kdevops, "R1", ["GPU_C", "GPU_D"], "R0")]
#[case::kdevops_main(Dialect::KdevopsMain, "R1", ["GPU_B", "GPU_C"], "R1")]
fn the_defaults_of_a_dialect(
    #[case] dialect: Dialect,
    #[case] region: &str,
    #[case] types: [&str; 2],
    #[case] region_of_arm: &str,
) {
    let rows: [Row<'_>; 7] = [
        ("gpu_a", "x86_64", Some(75), &[NO, NO, NO]),
        // Its price is unknown, which never wins.
        ("gpu_b", "x86_64", None, &[NO, YES, YES]),
        ("gpu_c", "x86_64", Some(229), &[YES, YES, NO]),
        // The cheapest, and not known to be unavailable in r0.
        ("gpu_d", "x86_64", Some(50), &[None, NO, NO]),
        ("gpu_e", "arm64", Some(1), &[YES, NO, NO]),
        ("gpu_f", "arm64", Some(1), &[YES, YES, NO]),
        ("gpu_g", "x86_64", Some(300), &[NO, YES, YES]),
    ];
    let tree = Tree::new(emit(&catalog(&rows), dialect).unwrap());
    let start = |arch| tree.default(REGION, &[arch]).unwrap();
    assert_eq!(start(X86), format!("{REGION}_{region}"));
    assert_eq!(start(ARM), format!("{REGION}_{region_of_arm}"));
    for (at, of) in ["R1", "R0"].into_iter().zip(types) {
        let at = format!("{REGION}_{at}");
        let default = tree.default(TYPE, &[X86, &at]).unwrap();
        assert_eq!(default, format!("{TYPE}_{of}"), "in {at}");
    }
}

#[test]
fn a_type_of_an_architecture_that_is_sold_out_here_says_where_it_is() {
    let rows: [Row<'_>; 3] = [
        ("gpu_a", "x86_64", Some(1), &[NO, YES, NO]),
        ("gpu_b", "x86_64", Some(1), &[NO, NO, NO]),
        ("gpu_c", "arm64", Some(1), &[YES, NO, NO]),
    ];
    let tree = Tree::new(emit(&catalog(&rows), Dialect::Kdevops).unwrap());
    let prompts = prompts(&tree, TYPE);
    let end = |name: &str| {
        let prompt = prompts.iter().find(|prompt| prompt.starts_with(name));
        prompt.unwrap().rsplit_once(" [").unwrap().1
    };
    assert_eq!(end("gpu_a"), "AVAILABLE in r1]");
    assert_eq!(end("gpu_b"), "NO CAPACITY]");
    assert_eq!(end("gpu_c"), "AVAILABLE in r0]");
    let here = format!("{REGION}_R1");
    assert_eq!(tree.visible(TYPE, &[ARM, &here]), [format!("{TYPE}_GPU_C")]);
}

#[test]
fn without_capacity_all_is_visible_and_says_so() {
    let published = crate::published::make(crate::published::TYPES)
        .unwrap()
        .listing;
    let catalog = Catalog {
        regions: published.regions.unwrap(),
        instance_types: published.instance_types.unwrap(),
        offers: published.offers.unwrap(),
        prices: published.prices.unwrap(),
        ..Catalog::default()
    };
    let tree = Tree::new(emit(&catalog, Dialect::Plain).unwrap());
    assert_eq!(tree.paths, ["Kconfig", LOCATION, COMPUTE]);
    assert!(!tree.is_exported(REGION) && !tree.is_exported(TYPE));
    for of in [REGION, TYPE] {
        let prompts = prompts(&tree, of);
        assert!(
            prompts.iter().all(|p| p.ends_with(" [CAPACITY UNKNOWN]")),
            "{prompts:?}"
        );
    }
    let (regions, types) = (prompts(&tree, REGION), prompts(&tree, TYPE));
    assert_eq!(
        regions[0],
        "asia-northeast-1 - Osaka, Japan [CAPACITY UNKNOWN]"
    );
    assert_eq!(
        types[0],
        "cpu_4x_general (price unknown) - 4 vCPUs, 16 GiB [CAPACITY UNKNOWN]"
    );
    let region = format!("{REGION}_US_WEST_1");
    assert_eq!(tree.visible(TYPE, &[X86, &region]).len(), 23);
    assert_eq!(
        tree.visible(TYPE, &[ARM, &region]),
        [format!("{TYPE}_GPU_1X_GH200")]
    );
    // An unknown price never wins.
    let default = tree.default(TYPE, &[X86, &region]);
    assert_eq!(default, Some(format!("{TYPE}_GPU_1X_RTX6000")));
    assert_eq!(tree.default(REGION, &[X86]), Some(region));
}

#[test]
fn regions_that_only_capacity_names_are_there_with_their_description() {
    let mut one = catalog(&[("gpu_a", "x86_64", None, &[YES])]);
    one.regions.clear();
    one.capacity[0].region = "us-west-1".into();
    let tree = Tree::new(emit(&one, Dialect::Kdevops).unwrap());
    assert_eq!(
        prompts(&tree, REGION),
        ["us-west-1 - California, USA [1 AVAILABLE]"]
    );
}

/// The regions that sell a type are unknown: without any capacity and price it is in every region that is known.
#[test]
fn without_a_region_the_built_in_ones_are_there() {
    let mut one = catalog(&[("gpu_a", "x86_64", None, &[None])]);
    one.regions.clear();
    let tree = Tree::new(emit(&one, Dialect::Kdevops).unwrap());
    assert_eq!(tree.members(REGION).len(), crate::places::all().count());
    let region = format!("{REGION}_US_WEST_1");
    assert_eq!(
        tree.visible(TYPE, &[X86, &region]),
        [format!("{TYPE}_GPU_A")]
    );
}

#[rstest]
#[case(Dialect::Kdevops)]
#[case(Dialect::Plain)]
fn an_empty_catalog_has_no_choice(#[case] dialect: Dialect) {
    let tree = Tree::new(emit(&Catalog::default(), dialect).unwrap());
    assert!(tree.members(TYPE).is_empty() && tree.text(TYPE, &[]).is_none());
}

#[test]
fn the_same_catalog_gives_the_same_files() {
    let mut one = catalog(&[
        ("gpu_b", "x86_64", Some(2), &[YES, NO]),
        ("gpu_a", "x86_64", Some(2), &[NO, YES]),
    ]);
    let first = emit(&one, Dialect::Kdevops).unwrap();
    one.instance_types.reverse();
    one.prices.reverse();
    one.capacity.reverse();
    assert_eq!(emit(&one, Dialect::Kdevops).unwrap(), first);
}

#[rstest]
#[case("gpu_a-b", "gpu_a.b")]
#[case("smart", "gpu_a")]
fn two_names_that_become_one_symbol_are_named(#[case] one: &str, #[case] other: &str) {
    let rows: [Row<'_>; 2] = [
        (one, "x86_64", None, &[YES]),
        (other, "x86_64", None, &[YES]),
    ];
    let error = emit(&catalog(&rows), Dialect::Kdevops).unwrap_err();
    assert!(error.message.contains(one), "{}", error.message);
}

#[test]
fn help_says_what_is_known() {
    let rows: [Row<'_>; 4] = [
        ("gpu_a", "x86_64", Some(75), &[YES, NO, YES]),
        ("gpu_b", "x86_64", None, &[NO, NO, NO]),
        ("gpu_c", "x86_64", None, &[YES, None, NO]),
        ("gpu_d", "x86_64", None, &[None, NO, NO]),
    ];
    let tree = Tree::new(emit(&catalog(&rows), Dialect::Kdevops).unwrap());
    let help: Vec<_> = tree
        .members(TYPE)
        .iter()
        .map(|s| s.help.clone().unwrap())
        .collect();
    assert_eq!(
        help[0],
        "vCPUs: 30\nMemory: 200 GiB\nGPU: 1x NVIDIA A10 (24 GB)\nArchitecture: x86_64\nPrice: $0.75/hr\nCapacity in: r0, r2"
    );
    let ends = [
        "Price: unknown\nCapacity in: r0\nCapacity unknown in: r1",
        "Price: unknown\nCapacity: none known\nCapacity unknown in: r0",
        "Price: unknown\nCapacity: none in any region",
    ];
    for (help, end) in help[1..].iter().zip(ends) {
        assert!(help.ends_with(end), "{help}");
    }
}
