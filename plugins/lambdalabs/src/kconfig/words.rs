//! Prompts and help texts. Unknown data is shown as unknown, never as 0. A prompt is the same in every region: what
//! differs between regions names them.

use cloudhost_sdk::kconfig::{accelerators, by_region, everywhere, hardware};

use super::view::{Machine, Place, Stock, View};

/// Most regions that a prompt names; for more, it has only their number.
const FEW: usize = 3;

/// Formats the line of a type: `gpu_1x_a10 ($0.75/hr) - 1x NVIDIA A10 (24 GB) [AVAILABLE]`. If it is also shown in a
/// region without capacity, the line names the others: `[AVAILABLE in us-east-3]`.
pub(super) fn type_prompt(view: &View<'_>, machine: &Machine<'_>) -> String {
    let stock = match everywhere(view.shown(machine).map(|(_, free)| free)) {
        Some(Some(true)) => stock(Stock::Available).to_owned(),
        Some(Some(false)) => stock(Stock::Empty).to_owned(),
        Some(None) => stock(Stock::Unknown).to_owned(),
        None => match view.named(machine, Some(true)) {
            none if none.is_empty() => "[NO KNOWN CAPACITY]".to_owned(),
            some if some.len() <= FEW => format!("[AVAILABLE in {}]", some.join(", ")),
            some => format!(
                "[AVAILABLE in {} of {} regions]",
                some.len(),
                view.places.len()
            ),
        },
    };
    let price = match everywhere(prices(view, machine).map(|(_, price)| price)) {
        Some(price) => price.unwrap_or_else(|| "price unknown".to_owned()),
        None => "price by region".to_owned(),
    };
    let (name, of) = (&machine.of.name, accelerators(machine.of));
    format!("{name} ({price}) - {of} {stock}")
}

/// Returns the price of a type in each region where it can be chosen.
fn prices<'v>(
    view: &'v View<'_>,
    machine: &'v Machine<'_>,
) -> impl Iterator<Item = (&'v str, Option<String>)> {
    view.shown(machine).map(|(place, _)| {
        let price = view.known.price(&machine.of.name, &place.of.name);
        (
            place.of.name.as_str(),
            price.map(|price| format!("{price}/hr")),
        )
    })
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

/// Formats the help text of a type.
pub(super) fn type_help(view: &View<'_>, machine: &Machine<'_>) -> String {
    let mut lines = hardware(machine.of);
    let prices = prices(view, machine);
    let prices = prices.map(|(region, price)| (region, price.unwrap_or("unknown".to_owned())));
    lines.push(format!("Price: {}", by_region(prices)));
    let unknown = view.named(machine, None);
    let partly = !unknown.is_empty() && unknown.len() < machine.free.len();
    lines.push(match machine.stock {
        Stock::Available => {
            let free = view.named(machine, Some(true));
            format!("Capacity in: {}", free.join(", "))
        }
        Stock::Unknown if partly => "Capacity: none known".to_owned(),
        Stock::Unknown => "Capacity: unknown".to_owned(),
        Stock::Empty => "Capacity: none in any region".to_owned(),
    });
    if partly {
        lines.push(format!("Capacity unknown in: {}", unknown.join(", ")));
    }
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
