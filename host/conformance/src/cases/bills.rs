//! Bills, from recorded responses and from mutated ones.
//!
//! A bill that lacks a line is worse than none. So an amount that a cloud does not report is an error here: it is
//! neither 0 nor left out, and there is no gap.

use crate::harness::{
    Amount, Amounts, Call, Cases, FieldPath, Fields, MockCloud, Mutation, Outcome, PluginUnderTest,
    ROWS, RecordedRun, Reply, Scenario, Spec, Verdict, any_of, empty_lists, have_rows, mutation,
    same_outcome, sample, unrecorded,
};
use cloudhost::billing::Month;
use cloudhost::contract::cloudhost::provider::types::{Error as CloudError, ErrorKind};
use cloudhost::contract::escape_untrusted;
use cloudhost::contract::with_billing::exports::cloudhost::provider::billing::{Charge, Period};
use cloudhost::recording::Recording;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) const BILLS: Spec = (
    "bills",
    "recorded responses become charges with a service and a currency, or an error",
);
const EMPTY: Spec = (
    "bills.empty",
    "empty lists in responses are a bill without charges, not an error",
);
const SUMS: Spec = ("bills.sums", "every amount counts");
const UNKNOWN: Spec = (
    "bills.unknown",
    "an unknown amount is an error: it is not 0, and not left out",
);
const ERRORS: Spec = (
    "bills.errors",
    "one failed response fails the bill, with the matching kind of error",
);
const MONTHS: Spec = (
    "bills.months",
    "every month can be requested, also a February, the end of a year and the first of a month",
);

/// Limit on the responses, and amounts, that are mutated one by one.
const TRIED: usize = 16;

/// A February of 29 days, the end of a year, and the first of a month, when the period is a single day.
const PERIODS: [(&str, &str); 3] = [
    ("2024-02-01", "2024-03-01"),
    ("2025-12-01", "2026-01-01"),
    ("2025-11-01", "2025-11-02"),
];

/// Outcome of a call for a bill.
enum Billed {
    Charges(Vec<Charge>),
    Refused(CloudError),
    Crashed(String),
    /// The plugin has no bills.
    Unsupported,
}

impl Billed {
    fn text(&self) -> String {
        match self {
            Self::Charges(charges) => format!("it returned {} charges", charges.len()),
            Self::Refused(error) => Outcome::Refused(error.clone()).text(),
            Self::Crashed(why) => why.clone(),
            Self::Unsupported => "it has no bills".to_owned(),
        }
    }

    /// Returns the sums by currency; `None` if there is no bill.
    fn sums(&self) -> Option<BTreeMap<&str, i128>> {
        let Self::Charges(charges) = self else {
            return None;
        };
        let mut sums = BTreeMap::new();
        for Charge { amount, .. } in charges {
            *sums.entry(amount.currency.as_str()).or_default() += i128::from(amount.nanos);
        }
        Some(sums)
    }
}

/// A recorded bill.
struct Bill<'a> {
    plugin: &'a PluginUnderTest<'a>,
    recording: &'a Recording,
    period: Period,
}

impl Bill<'_> {
    async fn replay(&self, scenario: Scenario, period: &Period) -> (Billed, Vec<(Call, Reply)>) {
        let cloud = Arc::new(MockCloud::new(Some(self.recording), scenario));
        let result = match self.plugin.session(&cloud) {
            Ok(session) => self.plugin.plugin.bill(session, period.clone()).await,
            Err(error) => Err(error),
        };
        let billed = match result {
            Ok(None) => Billed::Unsupported,
            Ok(Some(Ok(charges))) => Billed::Charges(charges),
            Ok(Some(Err(error))) => Billed::Refused(error),
            Err(error) => Billed::Crashed(error.to_string()),
        };
        (billed, cloud.calls())
    }

    async fn mutated(&self, mutation: Mutation) -> Billed {
        let replay = self.replay(Scenario::Mutated(mutation), &self.period);
        replay.await.0
    }
}

/// Returns true if the plugin has bills.
pub(super) async fn are_supported(plugin: &PluginUnderTest<'_>) -> bool {
    let cloud = Arc::new(MockCloud::new(None, Scenario::AsRecorded));
    match plugin.session(&cloud) {
        Ok(session) => !matches!(plugin.plugin.request_cost(session).await, Ok(None)),
        Err(_) => false,
    }
}

/// Tries the bill of this recording, if it has one. Returns its requests.
pub(super) async fn run(
    plugin: &PluginUnderTest<'_>,
    run: &RecordedRun,
    cases: &mut Cases,
) -> Vec<Call> {
    let recording = &run.recording;
    let Some(period) = period(recording) else {
        return Vec::new();
    };
    let bill = Bill {
        plugin,
        recording,
        period,
    };
    let (billed, replies) = bill.replay(Scenario::AsRecorded, &bill.period).await;
    if matches!(billed, Billed::Unsupported) || replies.is_empty() || unrecorded(&replies).is_some()
    {
        return Vec::new();
    }
    let error = match &billed {
        Billed::Refused(error) => Some(error.kind),
        _ => None,
    };
    let given = "the recorded responses";
    let verdict = match &billed {
        Billed::Charges(charges) => match charges.iter().find_map(odd) {
            Some(odd) => {
                Verdict::failed(given, odd, "charges of services, in currencies of ISO 4217")
            }
            None => Verdict::Passed,
        },
        Billed::Refused(_) => Verdict::Passed,
        _ => Verdict::failed(given, billed.text(), "charges, or an error"),
    };
    cases.add(BILLS, verdict);
    same_outcome(recording, "bill", error, billed.text(), cases);
    if let Billed::Charges(_) = billed {
        let Fields { rows, charges, .. } = run.fields.clone().unwrap_or_default();
        cases.add(EMPTY, empty(&bill, &replies, &rows).await);
        let tried = amounts(&bill, &billed, &replies, &charges).await;
        for (case, verdict) in [SUMS, UNKNOWN].into_iter().zip(tried) {
            cases.add(case, verdict);
        }
        cases.add(ERRORS, errors(&bill, &replies).await);
        cases.add(MONTHS, months(&bill, &replies).await);
    }
    replies.into_iter().map(|(call, _)| call).collect()
}

/// The period of the recording: that of the month among the words of its run, or else of its day.
fn period(recording: &Recording) -> Option<Period> {
    let today = recording.about.recorded_at.to_zoned(TimeZone::UTC).date();
    let named = recording.about.args.iter().find_map(|word| {
        // A word can be quoted, and an option's value can stand in the same word.
        let word = word.trim_matches('\'');
        let value = match word.split_once('=') {
            Some((option, value)) if option.starts_with('-') => value,
            _ => word,
        };
        Month::find(Some(value), today).ok()
    });
    let month = named.or_else(|| Month::find(None, today).ok())?;
    Some(month.period())
}

/// Finds a fault of a charge.
fn odd(charge: &Charge) -> Option<String> {
    let code = &charge.amount.currency;
    let service = escape_untrusted(&charge.service);
    if charge.service.is_empty() {
        return Some("it gave a charge without a service".to_owned());
    }
    let plain = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let code = escape_untrusted(code);
    (!plain).then(|| format!("the currency of {service} is `{code}`"))
}

async fn empty(bill: &Bill<'_>, replies: &[(Call, Reply)], rows: &[FieldPath]) -> Verdict {
    if !have_rows(replies, rows) {
        return Verdict::unnamed("rows");
    }
    let billed = bill.mutated(empty_lists(rows)).await;
    match billed.sums() {
        Some(sums) if sums.values().all(|sum| *sum == 0) => Verdict::Passed,
        _ => Verdict::failed(
            "the recorded responses with every list empty",
            billed.text(),
            "a bill without charges",
        ),
    }
}

/// Each amount counts, and an unknown one is an error.
async fn amounts(
    bill: &Bill<'_>,
    whole: &Billed,
    replies: &[(Call, Reply)],
    paths: &[FieldPath],
) -> [Verdict; 2] {
    if paths.is_empty() {
        return ["charges"; 2].map(Verdict::unnamed);
    }
    let found = Amounts::find(replies, paths);
    let rows = found
        .iter()
        .flat_map(|(call, amounts)| (0..amounts.rows()).map(move |row| (call, amounts, row)));
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        let verdict = Verdict::skipped("every amount of the recording is 0 or unknown");
        return [verdict.clone(), verdict];
    }
    let (mut sums, mut unknown) = (Verdict::Passed, Verdict::Passed);
    for at in sample(rows.len(), TRIED) {
        let Some((call, amounts, row)) = rows.get(at) else {
            continue;
        };
        let with = async |amount| {
            let body = amounts.with(Some(*row), amount);
            bill.mutated(mutation::replaced((*call).clone(), body))
                .await
        };
        if sums == Verdict::Passed && with(Amount::Zero).await.sums() == whole.sums() {
            sums = Verdict::failed(
                format!("an amount of 0 in the response to {}", call.shown()),
                "it gave the same sums",
                "sums of all amounts",
            );
        }
        let billed = with(Amount::Unknown).await;
        if unknown == Verdict::Passed && !matches!(billed, Billed::Refused(_)) {
            unknown = Verdict::failed(
                format!("one unknown amount in the response to {}", call.shown()),
                billed.text(),
                "an error: a bill must not lack a charge, or have it as 0",
            );
        }
    }
    [sums, unknown]
}

/// Fails each response of a bill: the bill fails, with the right kind of error.
async fn errors(bill: &Bill<'_>, replies: &[(Call, Reply)]) -> Verdict {
    for at in sample(replies.len(), TRIED) {
        let Some((call, _)) = replies.get(at) else {
            continue;
        };
        for (_, given, mutation, kinds) in ROWS {
            let billed = bill.mutated(mutation::only(call.clone(), mutation())).await;
            if matches!(&billed, Billed::Refused(error) if kinds.contains(&error.kind)) {
                continue;
            }
            return Verdict::failed(
                format!(
                    "{given}: this time {}, and all others as recorded",
                    call.shown()
                ),
                billed.text(),
                format!("an error of kind {}", any_of(kinds)),
            );
        }
    }
    Verdict::Passed
}

/// Requests the bills of other months, with the recorded responses.
async fn months(bill: &Bill<'_>, replies: &[(Call, Reply)]) -> Verdict {
    let mut before: Vec<(&str, Vec<Call>)> = Vec::new();
    for (start, end) in PERIODS {
        let period = Period {
            start: start.to_owned(),
            end: end.to_owned(),
        };
        let (recorded, next) = (replies.to_vec(), AtomicUsize::new(0));
        let any = move |_: &Call, reply: Reply| {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let original = recorded.get(at).or(recorded.last());
            original.map_or(reply, |(_, original)| original.clone())
        };
        let (billed, calls) = bill.replay(Scenario::Mutated(Box::new(any)), &period).await;
        let calls: Vec<Call> = calls.into_iter().map(|(call, _)| call).collect();
        let refused = match &billed {
            // A response about a different month may be rejected.
            Billed::Refused(error) => error.kind == ErrorKind::InvalidArgument,
            Billed::Charges(_) => false,
            Billed::Crashed(_) | Billed::Unsupported => true,
        };
        let same = before.iter().find(|(_, other_calls)| *other_calls == calls);
        let did = match same {
            _ if refused => billed.text(),
            _ if calls.is_empty() => "it made no request".to_owned(),
            Some((other, _)) => format!("it made the same requests as for the month from {other}"),
            None => {
                before.push((start, calls));
                continue;
            }
        };
        let given = format!("a request for the days from {start} until {end}, which is excluded");
        return Verdict::failed(given, did, "requests about these days");
    }
    Verdict::Passed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::none(&["run", "a", "bill"], "2026-11-01")]
    #[case::two_words(&["run", "a", "bill", "-m", "2026-09"], "2026-09-01")]
    #[case::one_word(&["run", "a", "bill", "'-m=2026-09'"], "2026-09-01")]
    #[case::setting(&["run", "a", "bill", "-s", "'x=2026-09'"], "2026-11-01")]
    #[case::to_come(&["run", "a", "bill", "2026-12"], "2026-11-01")]
    fn the_month_of_a_recording(#[case] args: &[&str], #[case] start: &str) {
        let args = serde_json::to_string(args).unwrap();
        let text = format!(
            r#"{{"recording":{{"format":2,"plugin":"a","version":"0","digest":"d","recorded_at":"2026-11-21T00:00:00Z","args":{args}}}}}
{{"end":{{"edited":true}}}}
"#
        );
        let recording = Recording::parse(text.as_bytes()).unwrap();
        assert_eq!(period(&recording).unwrap().start, start);
    }
}
