//! Table and total of a bill.

use crate::print;
use cloudhost_api::Bill;
use comfy_table::Table;

pub fn bill(record: &Bill) -> Table {
    let rows = record.bills.iter().flat_map(|bill| {
        let row = |what: &str, amount: &str| {
            vec![what.to_owned(), amount.to_owned(), bill.currency.clone()]
        };
        let services = bill.services.iter();
        let mut rows: Vec<_> = services.map(|one| row(&one.service, &one.amount)).collect();
        rows.push(row("TOTAL", &bill.total));
        rows.push(row("daily average", &bill.daily_average));
        let projected = bill.projected.as_ref();
        rows.extend(projected.map(|sum| row("projected for the month", sum)));
        rows
    });
    print::table(&["SERVICE", "AMOUNT", "CURRENCY"], rows)
}

/// Total of each currency, and the period.
pub fn total(record: &Bill) -> String {
    let totals: Vec<String> = record
        .bills
        .iter()
        .map(|bill| format!("{} {}", bill.total, bill.currency))
        .collect();
    let totals = match totals.as_slice() {
        [] => "no charges".to_owned(),
        totals => totals.join(" and "),
    };
    format!(
        "{totals} from {} to the day before {}",
        record.start, record.end
    )
}
