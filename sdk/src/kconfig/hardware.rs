//! Hardware of an instance type in words. Unknown data is left out, never shown as 0.

use crate::{Accelerator, AcceleratorKind, Disk, DiskKind, InstanceType};

/// Lists the hardware of a type for a help text, a line each.
///
/// ```text
/// vCPUs: 30
/// Memory: 200 GiB
/// GPU: 1x NVIDIA A10 (24 GB)
/// Storage: 1503 GB SSD
/// Architecture: x86_64
/// ```
pub fn hardware(of: &InstanceType) -> Vec<String> {
    let mut lines = vec![
        format!("vCPUs: {}", of.vcpus),
        format!("Memory: {} GiB", gib(of.memory_mib)),
    ];
    if !of.accelerators.is_empty() {
        let gpus = of
            .accelerators
            .iter()
            .all(|one| one.kind == AcceleratorKind::Gpu);
        let label = if gpus { "GPU" } else { "Accelerators" };
        lines.push(format!("{label}: {}", accelerators(of)));
    }
    if !of.disks.is_empty() {
        let disks: Vec<String> = of.disks.iter().map(disk).collect();
        lines.push(format!("Storage: {}", disks.join(", ")));
    }
    lines.extend(
        of.network
            .as_ref()
            .map(|network| format!("Network: {network}")),
    );
    if !of.architectures.is_empty() {
        lines.push(format!("Architecture: {}", of.architectures.join(", ")));
    }
    lines
}

/// Formats the accelerators of a type, or its processors if there are none: `1x NVIDIA A10 (24 GB)`, `4 vCPUs, 16 GiB`.
pub fn accelerators(of: &InstanceType) -> String {
    if of.accelerators.is_empty() {
        return format!("{} vCPUs, {} GiB", of.vcpus, gib(of.memory_mib));
    }
    let all: Vec<String> = of.accelerators.iter().map(accelerator).collect();
    all.join(", ")
}

fn accelerator(of: &Accelerator) -> String {
    let mut out = of
        .count
        .map_or("a share of ".to_owned(), |count| format!("{count}x "));
    if let Some(maker) = &of.manufacturer {
        out.push_str(&format!("{maker} "));
    }
    out.push_str(&of.name);
    if let Some(mib) = of.memory_mib {
        out.push_str(&format!(" ({} GB)", gib(mib)));
    }
    out
}

fn disk(of: &Disk) -> String {
    let count = match of.count {
        1 => String::new(),
        count => format!("{count} x "),
    };
    let kind = match of.kind {
        DiskKind::Hdd => " HDD",
        DiskKind::Ssd => " SSD",
        DiskKind::Unknown => "",
    };
    format!("{count}{} GB{kind}", of.size_gb)
}

/// Formats MiB as GiB, with one decimal if needed.
fn gib(mib: u64) -> String {
    let tenths = (u128::from(mib) * 10 + 512) / 1024;
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        digit => format!("{}.{digit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Market;

    fn machine() -> InstanceType {
        let gpu = |name: &str, count| Accelerator {
            kind: AcceleratorKind::Gpu,
            name: name.into(),
            manufacturer: Some("NVIDIA".into()),
            count,
            memory_mib: Some(24 * 1024),
        };
        let disk = |count, kind| Disk {
            count,
            size_gb: 900,
            kind,
        };
        InstanceType {
            name: "gpu_1x_a10".into(),
            family: "a10".into(),
            architectures: vec!["x86_64".into()],
            cpu_manufacturer: None,
            vcpus: 30,
            memory_mib: 200 * 1024 + 512,
            accelerators: vec![gpu("A10", Some(1)), gpu("L4", None)],
            disks: vec![disk(1, DiskKind::Unknown), disk(2, DiskKind::Ssd)],
            network: Some("10 Gigabit".into()),
            bare_metal: false,
            burstable: false,
            network_mbps: None,
            attributes: Vec::new(),
            free_tier: false,
            current_generation: true,
            markets: vec![Market::OnDemand],
        }
    }

    #[test]
    fn lines() {
        let mut of = machine();
        let text = "vCPUs: 30\nMemory: 200.5 GiB\nGPU: 1x NVIDIA A10 (24 GB), a share of NVIDIA L4 (24 GB)\n\
            Storage: 900 GB, 2 x 900 GB SSD\nNetwork: 10 Gigabit\nArchitecture: x86_64";
        assert_eq!(hardware(&of).join("\n"), text);
        of.accelerators[0].kind = AcceleratorKind::Fpga;
        assert!(hardware(&of)[2].starts_with("Accelerators: "));
        (of.accelerators, of.disks, of.network, of.architectures) = (vec![], vec![], None, vec![]);
        assert_eq!(hardware(&of), ["vCPUs: 30", "Memory: 200.5 GiB"]);
        assert_eq!(accelerators(&of), "30 vCPUs, 200.5 GiB");
    }
}
