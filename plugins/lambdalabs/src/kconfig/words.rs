//! Prompts and help texts. Unknown data is shown as unknown, never as 0.

use cloudhost_sdk::Accelerator;

use super::view::{Machine, Place, Stock, View};

/// Most regions that a prompt names; for more, it has only their number.
const FEW: usize = 3;

/// Formats the line of a type: `gpu_1x_a10 ($0.75/hr) - 1x NVIDIA A10 (24 GB) [AVAILABLE]`. If it is also shown in a
/// region with capacity only of another architecture, the line names the regions: `[AVAILABLE in us-east-3]`.
pub(super) fn type_prompt(view: &View<'_>, machine: &Machine<'_>) -> String {
    let price = machine.price.as_deref().unwrap_or("price unknown");
    let name = &machine.of.name;
    let stock = match machine.stock {
        Stock::Available if view.misleads(machine) => match view.free(machine).count() {
            ..=FEW => format!("[AVAILABLE in {}]", join(view.free(machine))),
            count => format!("[AVAILABLE in {count} of {} regions]", view.places.len()),
        },
        other => stock(other).to_owned(),
    };
    format!("{name} ({price}) - {} {stock}", description(machine))
}

/// Formats the line of a region: `us-west-1 - California, USA [3 AVAILABLE]`.
pub(super) fn region_prompt(place: &Place) -> String {
    let mut out = place.of.name.clone();
    if let Some(description) = &place.of.description {
        out.push_str(&format!(" - {description}"));
    }
    match place.stock {
        Stock::Available => out.push_str(&format!(" [{} AVAILABLE]", place.total())),
        other => out.push_str(&format!(" {}", stock(other))),
    }
    out
}

fn stock(stock: Stock) -> &'static str {
    match stock {
        Stock::Available => "[AVAILABLE]",
        Stock::Unknown => "[CAPACITY UNKNOWN]",
        Stock::Empty => "[NO CAPACITY]",
    }
}

/// Formats the GPUs, or the processors if there are none.
fn description(machine: &Machine<'_>) -> String {
    let of = machine.of;
    if of.accelerators.is_empty() {
        let (vcpus, gib) = (of.vcpus, gib(of.memory_mib));
        return format!("{vcpus} vCPUs, {gib} GiB");
    }
    join(of.accelerators.iter().map(accelerator))
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

/// Formats the help text of a type.
pub(super) fn type_help(view: &View<'_>, machine: &Machine<'_>) -> String {
    let of = machine.of;
    let mut lines = vec![
        format!("vCPUs: {}", of.vcpus),
        format!("Memory: {} GiB", gib(of.memory_mib)),
    ];
    if !of.accelerators.is_empty() {
        let all = of.accelerators.iter().map(accelerator);
        lines.push(format!("GPU: {}", join(all)));
    }
    if !of.disks.is_empty() {
        let disks = of.disks.iter().map(|d| match d.count {
            1 => format!("{} GB", d.size_gb),
            count => format!("{count} x {} GB", d.size_gb),
        });
        lines.push(format!("Storage: {}", join(disks)));
    }
    lines.push(format!("Architecture: {}", of.architectures.join(", ")));
    lines.push(format!(
        "Price: {}",
        machine.price.as_deref().unwrap_or("unknown")
    ));
    lines.push(match machine.stock {
        Stock::Available => format!("Capacity in: {}", join(view.free(machine))),
        Stock::Unknown => "Capacity: unknown".to_owned(),
        Stock::Empty => "Capacity: none in any region".to_owned(),
    });
    lines.join("\n")
}

/// Formats the help text of a region.
pub(super) fn region_help(place: &Place) -> String {
    match place.stock {
        Stock::Available => format!("Instance types with capacity: {}", place.total()),
        Stock::Unknown => "Instance types with capacity: unknown".to_owned(),
        Stock::Empty => "Instance types with capacity: none; all types are shown".to_owned(),
    }
}

/// Formats MiB as GiB, with one decimal if needed.
fn gib(mib: u64) -> String {
    let tenths = (u128::from(mib) * 10 + 512) / 1024;
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        digit => format!("{}.{digit}", tenths / 10),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
