//! Help text of a type. Data that the cloud did not give is omitted or shown as unknown, never as 0.

use cloudhost_sdk::kconfig::Arch;
use cloudhost_sdk::{Accelerator, AcceleratorKind, Disk, DiskKind};

use super::view::{Machine, View};

/// Most regions that are listed with their zones.
const ZONES_OF: usize = 6;

/// Formats the lines of one type.
pub(super) fn type_help(view: &View<'_>, machine: &Machine<'_>) -> String {
    let of = machine.of;
    let mut lines = vec![
        format!("vCPUs: {}", of.vcpus),
        format!("Memory: {} GiB", gib(of.memory_mib)),
    ];
    match of.disks.as_slice() {
        [] => {}
        disks => lines.push(format!("Storage: {}", join(disks.iter().map(disk)))),
    }
    lines.push(format!(
        "Network: {}",
        of.network.as_deref().unwrap_or("unknown")
    ));
    match of.accelerators.as_slice() {
        [] => {}
        all => lines.push(format!(
            "Accelerators: {}",
            join(all.iter().map(accelerator))
        )),
    }
    let plain = |name: &String| machine.arch.name() == Some(name);
    if machine.arch == Arch::Other || !of.architectures.iter().any(plain) {
        lines.push(format!(
            "Architecture: {}",
            join(of.architectures.iter().cloned())
        ));
    }
    let notes = [
        (of.bare_metal, "Bare metal."),
        (
            of.burstable,
            "Burstable: processor time is earned in credits.",
        ),
        (of.free_tier, "Free tier eligible."),
    ];
    lines.extend(
        notes
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, note)| note.to_owned()),
    );
    lines.extend(view.prices.line(&of.name));
    lines.push(format!("Regions: {}", regions(view, machine)));
    lines.join("\n")
}

fn regions(view: &View<'_>, machine: &Machine<'_>) -> String {
    let Some(offers) = &machine.offers else {
        return "unknown".to_owned();
    };
    if offers.len() == view.regions.len() && offers.len() > ZONES_OF {
        return format!("all {}", offers.len());
    }
    let with_zones = offers.len() <= ZONES_OF;
    join(offers.iter().filter_map(|(number, offer)| {
        let region = view.regions.get(*number)?;
        let part = !offer.zones.is_empty() && offer.zones.len() < region.zones.len();
        Some(if with_zones && part {
            let zones = offer.zones.iter();
            let short = zones.map(|zone| zone.strip_prefix(&region.name).unwrap_or(zone));
            format!(
                "{} (only {})",
                region.name,
                short.collect::<Vec<_>>().join(" ")
            )
        } else {
            region.name.clone()
        })
    }))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Formats MiB as GiB with one decimal, such as `8.0`.
fn gib(mib: u64) -> String {
    let tenths = (u128::from(mib) * 10 + 512) / 1024;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn disk(disk: &Disk) -> String {
    let kind = match disk.kind {
        DiskKind::Hdd => " HDD",
        DiskKind::Ssd => " SSD",
        DiskKind::Unknown => "",
    };
    format!("{} x {} GB{kind}", disk.count, disk.size_gb)
}

fn accelerator(of: &Accelerator) -> String {
    let kind = match of.kind {
        AcceleratorKind::Gpu => "GPU",
        AcceleratorKind::Tpu => "TPU",
        AcceleratorKind::Neuron => "Neuron",
        AcceleratorKind::Inference => "inference",
        AcceleratorKind::Fpga => "FPGA",
        AcceleratorKind::Media => "media",
    };
    let count = of
        .count
        .map_or("a share of".to_owned(), |count| format!("{count} x"));
    let maker = of
        .manufacturer
        .as_ref()
        .map(|maker| format!("{maker} "))
        .unwrap_or_default();
    let memory = of
        .memory_mib
        .map(|mib| format!(", {} GiB", gib(mib)))
        .unwrap_or_default();
    format!("{count} {maker}{} ({kind}{memory})", of.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(8192, "8.0")]
    #[case(512, "0.5")]
    #[case(2861, "2.8")]
    #[case(u64::MAX, "18014398509481984.0")]
    fn gibibytes(#[case] mib: u64, #[case] text: &str) {
        assert_eq!(gib(mib), text);
    }

    #[test]
    fn a_share_is_not_zero() {
        let share = Accelerator {
            kind: AcceleratorKind::Gpu,
            name: "L4".into(),
            manufacturer: Some("NVIDIA".into()),
            count: None,
            memory_mib: Some(2861),
        };
        assert_eq!(accelerator(&share), "a share of NVIDIA L4 (GPU, 2.8 GiB)");
    }
}
