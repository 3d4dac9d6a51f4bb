//! Bills: from recorded answers, and from the same ones on a bad day.
//!
//! A bill that lacks a line is worse than none. So what a cloud does not tell is an error here: it is neither 0 nor
//! left out, and there is no gap.

mod amounts;

use super::case::{BILLS, BILLS_EMPTY, BILLS_ERRORS, BILLS_MONTHS, Cases, Verdict};
use super::cloud::{Call, Cloud, Reply, Way};
use super::errors::ROWS;
use super::parts::some;
use super::replays::{missed, same_outcome};
use super::rows::emptied;
use super::subject::{Outcome, Subject};
use super::twist;
use cloudhost::billing::Month;
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::types::{Error as CloudError, ErrorKind};
use cloudhost::contract::with_billing::exports::cloudhost::provider::billing::{Charge, Period};
use cloudhost::recording::{Recording, Replay};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers, and amounts, that are tried by themselves.
const TRIED: usize = 16;

/// A February of 29 days, the end of a year, and the first of a month, when one day is all that there is.
const PERIODS: [(&str, &str); 3] = [
    ("2024-02-01", "2024-03-01"),
    ("2025-12-01", "2026-01-01"),
    ("2025-11-01", "2025-11-02"),
];

/// What a question for a bill came to.
enum Billed {
    Charges(Vec<Charge>),
    Refused(CloudError),
    Broke(String),
    /// The plugin has no bills.
    None,
}

impl Billed {
    fn told(&self) -> String {
        match self {
            Self::Charges(charges) => format!("it answered with {} charges", charges.len()),
            Self::Refused(error) => Outcome::Refused(error.clone()).told(),
            Self::Broke(why) => why.clone(),
            Self::None => "it has no bills".to_owned(),
        }
    }

    /// The sums by currency; `None` where there is no bill.
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

/// A bill that was recorded.
struct Asking<'a> {
    subject: &'a Subject<'a>,
    recording: &'a Recording,
    period: Period,
}

impl Asking<'_> {
    async fn ask(&self, way: Way, period: &Period) -> (Billed, Vec<(Call, Reply)>) {
        let tape = Replay::new(self.recording.clone(), "");
        let cloud = Arc::new(Cloud::new(Some(tape), way));
        let answer = match self.subject.session(&cloud) {
            Ok(session) => self.subject.plugin.bill(session, period.clone()).await,
            Err(error) => Err(error),
        };
        let billed = match answer {
            Ok(None) => Billed::None,
            Ok(Some(Ok(charges))) => Billed::Charges(charges),
            Ok(Some(Err(error))) => Billed::Refused(error),
            Err(error) => Billed::Broke(error.to_string()),
        };
        (billed, cloud.calls())
    }

    async fn twisted(&self, twist: twist::Twist) -> Billed {
        self.ask(Way::Twisted(twist), &self.period).await.0
    }
}

/// Whether the plugin has bills.
pub(super) async fn has(subject: &Subject<'_>) -> bool {
    let cloud = Arc::new(Cloud::new(None, Way::AsRecorded));
    match subject.session(&cloud) {
        Ok(session) => !matches!(subject.plugin.request_cost(session).await, Ok(None)),
        Err(_) => false,
    }
}

/// Tries the bill of this recording, if it is one. Gives what was asked for it.
pub(super) async fn run(
    subject: &Subject<'_>,
    recording: &Recording,
    cases: &mut Cases,
) -> Vec<Call> {
    let Some(period) = period(recording) else {
        return Vec::new();
    };
    let asking = Asking {
        subject,
        recording,
        period,
    };
    let (billed, replies) = asking.ask(Way::AsRecorded, &asking.period).await;
    let calls = replies.iter().map(|(call, _)| call.clone()).collect();
    if matches!(billed, Billed::None) || replies.is_empty() || missed(&replies).is_some() {
        return Vec::new();
    }
    let error = match &billed {
        Billed::Refused(error) => Some(error.kind),
        _ => None,
    };
    let given = "the recorded answers";
    let verdict = match &billed {
        Billed::Charges(charges) => match charges.iter().find_map(odd) {
            Some(odd) => {
                Verdict::failed(given, odd, "charges of services, in currencies of ISO 4217")
            }
            None => Verdict::Passed,
        },
        Billed::Refused(_) => Verdict::Passed,
        _ => Verdict::failed(given, billed.told(), "charges, or an error"),
    };
    cases.add(BILLS, verdict);
    same_outcome(recording, "bill", error, billed.told(), cases);
    if let Billed::Charges(_) = billed {
        empty(&asking, &replies, cases).await;
        amounts::run(&asking, &billed, &replies, cases).await;
        cases.add(BILLS_ERRORS, errors(&asking, &replies).await);
        cases.add(BILLS_MONTHS, months(&asking, &replies).await);
    }
    calls
}

/// The period that was asked about: that of the month that the command names, or else of the day of the recording.
fn period(recording: &Recording) -> Option<Period> {
    let mut words = recording.about.ran.iter();
    let named = words.find_map(|word| word.strip_prefix("--month=").map(str::to_owned));
    let mut words = recording.about.ran.iter();
    let next = words.by_ref().any(|word| word == "--month");
    let named = named.or_else(|| words.next().filter(|_| next).cloned());
    let today = recording.about.recorded_at.to_zoned(TimeZone::UTC).date();
    let month = Month::find(named.as_deref(), today).ok()?;
    Some(month.period())
}

/// What is wrong with a charge.
fn odd(charge: &Charge) -> Option<String> {
    let code = &charge.amount.currency;
    let service = cloudhost::contract::escape_untrusted(&charge.service);
    if charge.service.is_empty() {
        return Some("it gave a charge without a service".to_owned());
    }
    let plain = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let code = cloudhost::contract::escape_untrusted(code);
    (!plain).then(|| format!("the currency of {service} is `{code}`"))
}

async fn empty(asking: &Asking<'_>, replies: &[(Call, Reply)], cases: &mut Cases) {
    let mut bodies = replies.iter().filter_map(|(_, reply)| reply.as_ref().ok());
    if bodies.all(|answer| emptied(&answer.body) == answer.body) {
        cases.skip(
            BILLS_EMPTY,
            "the recording has no list that this suite knows: JSON, or XML with <item>",
        );
        return;
    }
    let billed = asking.twisted(twist::body(emptied)).await;
    let verdict = match billed.sums() {
        Some(sums) if sums.values().all(|sum| *sum == 0) => Verdict::Passed,
        _ => Verdict::failed(
            "the recorded answers with every list empty",
            billed.told(),
            "a bill without charges",
        ),
    };
    cases.add(BILLS_EMPTY, verdict);
}

/// One answer that fails fails the bill, with the kind of error that it is.
async fn errors(asking: &Asking<'_>, replies: &[(Call, Reply)]) -> Verdict {
    for at in some(replies.len(), TRIED) {
        let Some((call, _)) = replies.get(at) else {
            continue;
        };
        for (_, given, fault, kinds) in ROWS {
            let billed = asking.twisted(twist::only(call.clone(), fault())).await;
            if matches!(&billed, Billed::Refused(error) if kinds.contains(&error.kind)) {
                continue;
            }
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            return Verdict::failed(
                format!(
                    "{given}: this time {}, and all others as recorded",
                    call.shown()
                ),
                billed.told(),
                format!("an error of kind {}", kinds.join(" or ")),
            );
        }
    }
    Verdict::Passed
}

/// Asks about other months, for which the recorded answers will do.
async fn months(asking: &Asking<'_>, replies: &[(Call, Reply)]) -> Verdict {
    let mut before: Vec<(&str, Vec<Call>)> = Vec::new();
    for (start, end) in PERIODS {
        let period = Period {
            start: start.to_owned(),
            end: end.to_owned(),
        };
        let (recorded, next) = (replies.to_vec(), AtomicUsize::new(0));
        let any = move |_: &Call, reply: Reply| {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let kept = recorded.get(at).or(recorded.last());
            kept.map_or(reply, |(_, kept)| kept.clone())
        };
        let (billed, calls) = asking.ask(Way::Twisted(Box::new(any)), &period).await;
        let calls: Vec<Call> = calls.into_iter().map(|(call, _)| call).collect();
        let refused = match &billed {
            // An answer about another month need not be believed.
            Billed::Refused(error) => error.kind == ErrorKind::InvalidArgument,
            Billed::Charges(_) => false,
            Billed::Broke(_) | Billed::None => true,
        };
        let same = before.iter().find(|(_, asked)| *asked == calls);
        let did = match same {
            _ if refused => billed.told(),
            _ if calls.is_empty() => "it made no request".to_owned(),
            Some((other, _)) => format!("it asked what it asked for the month from {other}"),
            None => {
                before.push((start, calls));
                continue;
            }
        };
        let given =
            format!("a question for the days from {start} until {end}, that one not included");
        return Verdict::failed(given, did, "requests about these days");
    }
    Verdict::Passed
}
