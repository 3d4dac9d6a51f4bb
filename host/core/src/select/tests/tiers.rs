//! Tiers: kdevops' names and orders, and instance types of both clouds.

use std::collections::BTreeSet;

use rstest::rstest;

use super::super::{Architecture, Candidates, Constraints, SelectionRequest, Tier};
use super::{Made, chosen, made};
use crate::{HasRemedy as _, Remedy};

fn tier(name: &str) -> SelectionRequest {
    SelectionRequest {
        tier: Some(Tier::find(name).unwrap()),
        ..SelectionRequest::default()
    }
}

/// Instance types as the clouds name them, of which only some have capacity.
fn sold(available: &[&str]) -> Made {
    let machines: [(&str, &str, u32, u64); 17] = [
        ("gpu_1x_gh200", "GH200", 1, 1490),
        ("gpu_1x_h100_sxm5", "H100 (80 GB SXM5)", 1, 3290),
        ("gpu_1x_h100_pcie", "H100", 1, 2490),
        ("gpu_1x_a100_sxm4", "A100", 1, 1290),
        ("gpu_1x_a6000", "A6000", 1, 800),
        ("gpu_1x_rtx6000", "RTX 6000", 1, 500),
        ("gpu_1x_a10", "A10", 1, 750),
        ("gpu_8x_b200_sxm6", "B200", 8, 39_920),
        ("gpu_8x_h100_sxm5", "H100", 8, 23_920),
        ("gpu_8x_a100_80gb_sxm4", "A100", 8, 14_320),
        ("gpu_8x_a100", "A100", 8, 10_320),
        ("gpu_8x_v100", "V100", 8, 4400),
        ("g5.xlarge", "A10G", 1, 1006),
        ("g6.xlarge", "L4", 1, 805),
        ("p5.4xlarge", "H100", 1, 6880),
        ("p4d.24xlarge", "A100", 8, 21_960),
        ("c7i.xlarge", "", 0, 180),
    ];
    let mut made = made();
    for (name, gpu, count, price) in machines {
        made = made.machine(name, gpu, count).sold(
            name,
            "west",
            price,
            Some(available.contains(&name)),
        );
    }
    for one in &mut made.types {
        if one.name.contains("80gb") {
            one.accelerators[0].memory_mib = Some(81_920);
        }
    }
    made
}

#[rstest]
#[case::best("gh200-or-less", &["gpu_1x_gh200", "gpu_1x_a10"], Some("gpu_1x_gh200"))]
#[case::next("gh200-or-less", &["gpu_1x_a100_sxm4", "gpu_1x_a10"], Some("gpu_1x_a100_sxm4"))]
#[case::not_above("h100-or-less", &["gpu_1x_gh200", "gpu_1x_h100_sxm5"], Some("gpu_1x_h100_sxm5"))]
#[case::cheaper_of_a_step("h100-or-less", &["gpu_1x_h100_sxm5", "gpu_1x_h100_pcie", "p5.4xlarge"], Some("gpu_1x_h100_pcie"))]
#[case::better_though_dearer("a6000-or-less", &["gpu_1x_a6000", "gpu_1x_rtx6000"], Some("gpu_1x_a6000"))]
#[case::kdevops_order("a6000-or-less", &["gpu_1x_rtx6000", "gpu_1x_a10"], Some("gpu_1x_rtx6000"))]
#[case::a10g("a100-or-less", &["g5.xlarge", "g6.xlarge"], Some("g5.xlarge"))]
#[case::l4("a100-or-less", &["g6.xlarge"], Some("g6.xlarge"))]
#[case::not_one_of_eight("h100-or-less", &["gpu_8x_h100_sxm5"], None)]
#[case::not_eight_of_one("8x-h100-or-less", &["gpu_1x_h100_pcie"], None)]
#[case::large_memory_first("8x-a100-or-less", &["gpu_8x_a100", "gpu_8x_a100_80gb_sxm4"], Some("gpu_8x_a100_80gb_sxm4"))]
#[case::then_small("8x-b200-or-less", &["gpu_8x_a100", "p4d.24xlarge", "gpu_8x_v100"], Some("gpu_8x_a100"))]
#[case::last("8x-b200-or-less", &["gpu_8x_v100"], Some("gpu_8x_v100"))]
#[case::no_gpu("gh200-or-less", &["c7i.xlarge"], None)]
fn falls_back(#[case] name: &str, #[case] available: &[&str], #[case] expected: Option<&str>) {
    let found = chosen(sold(available), &tier(name)).ok();
    assert_eq!(found, expected.map(|expected| format!("{expected} west")));
}

/// The names of kdevops, each with the steps that kdevops has, in its order.
#[rstest]
#[case("gh200-or-less", &["gh200", "h100", "a100", "a6000", "rtx6000", "a10"])]
#[case("h100-or-less", &["h100", "a100", "a6000", "rtx6000", "a10"])]
#[case("a100-or-less", &["a100", "a6000", "rtx6000", "a10"])]
#[case("a6000-or-less", &["a6000", "rtx6000", "a10"])]
#[case("8x-b200-or-less", &["b200", "h100", "a100-80gb", "a100", "v100"])]
#[case("8x-h100-or-less", &["h100", "a100-80gb", "a100", "v100"])]
#[case("8x-a100-or-less", &["a100-80gb", "a100", "v100"])]
fn as_in_kdevops(#[case] name: &str, #[case] expected: &[&str]) {
    let tier = Tier::find(name).unwrap();
    let steps: Vec<&str> = tier
        .steps()
        .map(|step| step.name)
        .filter(|name| expected.contains(name))
        .collect();
    assert_eq!(steps, expected);
    // The first is the best: nothing that kdevops did not have stands before it, but the larger A100.
    let first = tier.steps().next().unwrap().name;
    assert!(first.starts_with(expected[0]), "{first}");
}

/// Every row of the tables is read, and names what is there.
#[test]
fn tables() {
    use super::super::table::{ARCHITECTURES, LADDER, TIERS, lines};
    let best = Tier::find("8x-b200-or-less").unwrap();
    assert_eq!(best.steps().count(), lines(LADDER).count());
    assert_eq!(Tier::all().len(), lines(TIERS).count());
    let mut models = BTreeSet::new();
    for line in lines(ARCHITECTURES) {
        let [name, year, known] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        for model in known.split(", ") {
            let found = Architecture::of(model).unwrap();
            assert_eq!(
                (found.name(), found.year().to_string()),
                (name, year.to_owned())
            );
            assert!(models.insert(model), "{model} is there twice");
        }
    }
    assert_eq!(models.len(), 55);
}

/// The ladder is in the order that it promises, and every model on it is one that is recognised.
#[test]
fn ladder() {
    let steps: Vec<_> = Tier::find("8x-b200-or-less").unwrap().steps().collect();
    assert!(steps.is_sorted_by(|one, next| one.gigabytes_per_second > next.gigabytes_per_second));
    for model in steps.iter().flat_map(|step| &step.models) {
        let found = super::super::generation::model(model);
        assert_eq!(found.map(|(name, _)| name), Some(*model));
    }
    assert_eq!(Tier::all().len(), 7);
    for tier in Tier::all() {
        assert_eq!(Tier::find(tier.name), Ok(*tier));
        assert!(tier.steps().count() > 0, "{}", tier.name);
    }
}

/// Filters hold in a tier too, and what was tried is told.
#[test]
fn tells_what_was_tried() {
    let catalog = sold(&["gpu_1x_h100_pcie", "gpu_1x_a10"]).catalog();
    let candidates = Candidates::new(&catalog, true, None);
    let ask = SelectionRequest {
        wanted: Constraints {
            max_price: super::super::parse_money("2").ok(),
            ..Constraints::default()
        },
        ..tier("gh200-or-less")
    };
    let choice = candidates.choose(&ask).unwrap();
    assert_eq!(choice.candidate.instance_type.name, "gpu_1x_a10");
    let explanation = serde_json::to_value(&choice.explanation).unwrap();
    assert_eq!(explanation["tier"], "gh200-or-less");
    assert_eq!(
        (&explanation["fit"], &explanation["rows"][1]),
        (&1.into(), &serde_json::Value::Null)
    );
    let tried = explanation["tried"].as_array().unwrap();
    assert_eq!(
        tried[1],
        serde_json::json!({"step": "h100", "offers": 3, "fit": 0, "left_out": [
            {"rule": "max-price", "count": 3},
        ]})
    );
    let last = tried.last().unwrap();
    assert_eq!((&last["step"], &last["fit"]), (&"a10".into(), &1.into()));
}

#[test]
fn no_machine_of_a_tier() {
    let error = chosen(sold(&[]), &tier("8x-a100-or-less")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "none of 17 offers matches: 13 not on the tier, 4 without capacity now"
    );
    let remedy = Remedy::any_of([Remedy::Wait { seconds: None }, Remedy::ListAvailable]);
    assert_eq!(error.remedy(), Some(remedy));
    let error = Tier::find("h200-or-less").unwrap_err();
    let Some(Remedy::UseName { close, known }) = error.remedy() else {
        panic!("{error:?}");
    };
    assert!(close.len() == known && close.contains(&"8x-h100-or-less".to_owned()));
}
