//! Parser of a GPU's description: `A10 (24 GB PCIe)`, `Tesla V100 (16 GB)`, `GH200 (96 GB)`.

use cloudhost_sdk::{Accelerator, AcceleratorKind, is_name};

/// Default manufacturer: Lambda's documentation has no GPU of another.
const NVIDIA: &str = "NVIDIA";

/// Manufacturers that a description can begin with.
const MAKERS: [&str; 3] = [NVIDIA, "AMD", "Intel"];

/// NVIDIA's names of product lines, which other clouds leave out of the model.
const LINES: [&str; 2] = ["Tesla ", "Quadro "];

/// Returns the accelerators of a type with `count` GPUs of this description; empty for no GPU.
pub(super) fn accelerators(description: &str, count: u32) -> Vec<Accelerator> {
    if count == 0 {
        return Vec::new();
    }
    let (model, rest) = description.split_once('(').unwrap_or((description, ""));
    let model = model.trim();
    let (maker, model) = MAKERS
        .into_iter()
        .find_map(|maker| Some((maker, model.strip_prefix(maker)?.strip_prefix(' ')?)))
        .unwrap_or((NVIDIA, model));
    let line = LINES.into_iter().find_map(|line| model.strip_prefix(line));
    let model = line.unwrap_or(model).trim();
    vec![Accelerator {
        kind: AcceleratorKind::Gpu,
        name: match model {
            "N/A" => "unknown".to_owned(),
            model if is_name(model) => model.to_owned(),
            _ => "unknown".to_owned(),
        },
        manufacturer: Some(maker.to_owned()),
        count: Some(count),
        memory_mib: memory_mib(rest),
    }]
}

/// Parses `24 GB PCIe)` as MiB: GPU memory is built in powers of two, and a "GB" of it means a GiB.
fn memory_mib(text: &str) -> Option<u64> {
    let (number, unit) = text.trim_start().split_once(' ')?;
    let unit = unit.split([' ', ')']).next()?;
    let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
    match unit {
        "GB" | "GiB" => number.checked_mul(1024),
        _ => None,
    }
}

/// Returns true if the processor beside this GPU is NVIDIA's Grace, which is Arm: GH200, GB200, GB300.
pub(super) fn is_grace(description: &str) -> bool {
    let mut words = description.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| {
        let number = word.strip_prefix("GH").or(word.strip_prefix("GB"));
        number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("A10 (24 GB PCIe)", "A10", "NVIDIA", Some(24))]
    #[case("H100 (80 GB SXM5)", "H100", "NVIDIA", Some(80))]
    #[case("Tesla V100 (16 GB)", "V100", "NVIDIA", Some(16))]
    #[case("NVIDIA Quadro RTX 6000 (24 GB)", "RTX 6000", "NVIDIA", Some(24))]
    #[case("AMD MI300X (192 GB)", "MI300X", "AMD", Some(192))]
    #[case("GH200 (96 GB)", "GH200", "NVIDIA", Some(96))]
    #[case("B200", "B200", "NVIDIA", None)]
    #[case("B200 (0 GB)", "B200", "NVIDIA", None)]
    #[case("B200 (lots)", "B200", "NVIDIA", None)]
    #[case("N/A", "unknown", "NVIDIA", None)]
    #[case("A10\u{7} (24 GB)", "unknown", "NVIDIA", Some(24))]
    #[case("", "unknown", "NVIDIA", None)]
    fn descriptions(
        #[case] text: &str,
        #[case] name: &str,
        #[case] maker: &str,
        #[case] gib: Option<u64>,
    ) {
        let read = accelerators(text, 8).remove(0);
        assert_eq!((read.name.as_str(), read.count), (name, Some(8)));
        assert_eq!(read.manufacturer.as_deref(), Some(maker));
        assert_eq!(read.memory_mib, gib.map(|gib| gib * 1024));
        assert_eq!(accelerators(text, 0), []);
    }

    #[rstest]
    #[case("GH200 (96 GB)", true)]
    #[case("GB300 (288 GB)", true)]
    #[case("B200 (180 GB SXM6)", false)]
    #[case("N/A", false)]
    fn grace(#[case] text: &str, #[case] is: bool) {
        assert_eq!(is_grace(text), is);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,30}") {
            prop_assert!(is_name(&accelerators(&text, 1).remove(0).name));
        }
    }
}
