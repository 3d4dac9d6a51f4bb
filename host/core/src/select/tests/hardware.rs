//! Which model a name means, and how new it is.

use rstest::rstest;

use super::super::generation::{Architecture, Generation, Gpus, model};
use super::super::tier::rung;
use super::machine;
use crate::contract::cloudhost::provider::types::{Accelerator, AcceleratorKind};

#[rstest]
#[case("H100", "H100", "Hopper")]
#[case("H100 (80 GB SXM5)", "H100", "Hopper")]
#[case("NVIDIA A100-SXM4-80GB", "A100", "Ampere")]
#[case("Tesla V100", "V100", "Volta")]
#[case("A10 (24 GB PCIe)", "A10", "Ampere")]
#[case("A10G", "A10G", "Ampere")]
#[case("T4g", "T4G", "Turing")]
#[case("RTX 6000 (24 GB)", "RTX 6000", "Turing")]
#[case("Quadro RTX 6000", "RTX 6000", "Turing")]
#[case("RTX 6000 Ada", "RTX 6000 ADA", "Ada Lovelace")]
#[case("RTX A6000", "RTX A6000", "Ampere")]
#[case("RTX PRO Server 6000", "RTX PRO SERVER 6000", "Blackwell")]
#[case("RTX PRO 4500", "RTX PRO", "Blackwell")]
#[case("GH200 (96 GB)", "GH200", "Hopper")]
#[case("L40S", "L40S", "Ada Lovelace")]
#[case("Radeon Pro V520", "RADEON PRO V520", "RDNA")]
#[case("AMD Instinct MI300X", "MI300X", "CDNA 3")]
fn known(#[case] name: &str, #[case] found: &str, #[case] architecture: &str) {
    let (model, of) = model(name).unwrap();
    assert_eq!((model, of.name()), (found, architecture));
}

#[rstest]
#[case("A1000")]
#[case("H1000")]
#[case("NVIDIA")]
#[case("X9 H100")]
#[case("")]
fn unknown(#[case] name: &str) {
    assert_eq!(model(name), None);
}

#[test]
fn a_machine_is_as_new_as_its_processors() {
    let gpu = |name: &str| Accelerator {
        name: name.into(),
        ..machine("x", "T4", 1).accelerators.remove(0)
    };
    let of = |devices: Vec<Accelerator>, current_generation| {
        let mut one = machine("x", "", 0);
        one.accelerators = devices;
        one.current_generation = current_generation;
        let gpus = Gpus::of(&one);
        (gpus.count, gpus.rung, gpus.generation)
    };
    let hopper = Generation::Gpu(Architecture::of("H100").unwrap());
    assert!(rung("H100", None).is_some());
    assert_eq!(of(vec![], true), (0, None, Generation::Current));
    assert_eq!(of(vec![], false), (0, None, Generation::Previous));
    assert_eq!(
        of(vec![gpu("H100")], false),
        (1, rung("H100", None), hopper)
    );
    assert_eq!(
        of(vec![gpu("H100"), gpu("H100")], true),
        (2, rung("H100", None), hopper)
    );
    // Several models have no common generation.
    for mixed in [["H100", "A100"], ["H100", "Z9"], ["Z9", "H100"]] {
        let devices = mixed.map(gpu).into();
        assert_eq!(of(devices, true), (2, None, Generation::UnknownGpu));
    }
    // A share of a processor is none; another accelerator is no graphics processor.
    let share = Accelerator {
        count: None,
        ..gpu("L4")
    };
    assert_eq!(of(vec![share], true).0, 0);
    let neuron = Accelerator {
        kind: AcceleratorKind::Neuron,
        ..gpu("Trainium")
    };
    assert_eq!(of(vec![neuron], true), (0, None, Generation::Current));
}
