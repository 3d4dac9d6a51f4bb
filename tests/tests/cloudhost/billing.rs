//! Bills, from moto's programmable Cost Explorer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use cloudhost::billing::Month;
use cloudhost::recording::{Recording, RecordingFile};
use cloudhost_tests::{Fault, Invocation, Match, Moto, Outcome, Proxy, Rule, Sandbox};
use jiff::tz::TimeZone;
use rstest::rstest;
use serde_json::{Value, json};

use crate::authoring::suite::{BILLS, Verdicts, put_fields};
use crate::support::{closing, ended};

/// A Cost Explorer with the responses of one test, and a sandbox that uses it.
pub(crate) struct Account {
    proxy: Proxy,
    sandbox: Sandbox,
    // The server has one queue of responses, so tests take turns.
    _turn: MutexGuard<'static, ()>,
}

impl Account {
    /// Creates an account whose bill has these services and amounts.
    pub(crate) fn with(results: &[Value]) -> Self {
        static MOTO: OnceLock<Moto> = OnceLock::new();
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let moto = MOTO.get_or_init(|| Moto::start().unwrap());
        post(moto, "/moto-api/reset", "");
        let results = json!({ "results": results }).to_string();
        post(moto, "/moto-api/static/ce/cost-and-usage-results", &results);
        Self {
            proxy: Proxy::start(moto.addr()).unwrap(),
            sandbox: Sandbox::new().unwrap(),
            _turn: turn,
        }
    }

    fn bill(&self, options: &[&str]) -> Invocation {
        let run = self.sandbox.cloudhost(["run", "aws", "bill"]).unwrap();
        let run = options.iter().fold(run, |run, option| run.arg(option));
        run.aws(&self.proxy.url())
    }

    pub(crate) fn json(&self, options: &[&str]) -> Value {
        let options = [options, &["-y", "--output", "json"]].concat();
        ended(self.bill(&options), 0).json().unwrap()
    }

    /// Returns the requested period.
    fn period(&self) -> Value {
        let exchanges = self.proxy.exchanges();
        let question: Value = serde_json::from_str(&exchanges.last().unwrap().body).unwrap();
        question["TimePeriod"].clone()
    }
}

fn post(moto: &Moto, path: &str, body: &str) {
    let mut stream = TcpStream::connect(moto.addr()).unwrap();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 20"), "{response}");
}

/// Returns one response of Cost Explorer, as its documentation shows it.
fn result(start: &str, end: &str, estimated: bool, rows: &[(&str, &str)]) -> Value {
    let group = |(service, amount): &(&str, &str)| json!({"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}});
    let groups: Vec<Value> = rows.iter().map(group).collect();
    json!({"ResultsByTime": [{
        "TimePeriod": {"Start": start, "End": end}, "Total": {}, "Groups": groups, "Estimated": estimated,
    }]})
}

const EC2: &str = "Amazon Elastic Compute Cloud - Compute";

pub(crate) fn september() -> Value {
    let rows = [
        ("Amazon Simple Storage Service", "0.1000000001"),
        (EC2, "300.123456789"),
        ("AWS Lambda", "0"),
        ("Tax", "-0.05"),
    ];
    result("2026-09-01", "2026-10-01", false, &rows)
}

/// Parses a decimal as a number of 10^-9.
fn nanos(text: &Value) -> i128 {
    let text = text.as_str().unwrap();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap();
    sign * format!("{whole}{part:0<9}").parse::<i128>().unwrap()
}

#[test]
fn sums_agree_with_the_rows() {
    let account = Account::with(&[september()]);
    let json = account.json(&["--month", "2026-09"]);
    assert_eq!(json["provider"], "aws");
    let days = ["start", "end", "days", "days_in_month"].map(|field| &json[field]);
    assert_eq!(
        days,
        [
            &json!("2026-09-01"),
            &json!("2026-10-01"),
            &json!(30),
            &json!(30)
        ]
    );
    assert_eq!(json["bills"].as_array().unwrap().len(), 1);
    let bill = &json["bills"][0];
    assert_eq!(bill["currency"], "USD");
    assert_eq!(bill["total"], "300.17345679");
    let services = bill["services"].as_array().unwrap();
    let shown: Vec<&str> = services
        .iter()
        .map(|one| one["service"].as_str().unwrap())
        .collect();
    // The most expensive first, without services that cost nothing.
    assert_eq!(shown, [EC2, "Amazon Simple Storage Service", "Tax"]);
    let sum: i128 = services.iter().map(|one| nanos(&one["amount"])).sum();
    assert_eq!(sum, nanos(&bill["total"]));
    assert_eq!(bill["daily_average"], "10.005781893");
    assert_eq!(bill["projected"], Value::Null, "the month is over");
    assert_eq!(bill["estimated"], false);
    assert_eq!(
        account.period(),
        json!({"Start": "2026-09-01", "End": "2026-10-01"})
    );
    assert_eq!(account.proxy.exchanges().len(), 1);
}

#[test]
fn a_bill_as_a_table() {
    let account = Account::with(&[september()]);
    let outcome = ended(account.bill(&["--month", "2026-09", "-y"]), 0);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{outcome}");
    assert!(
        lines[1].starts_with(EC2) && lines[1].contains("300.123456789"),
        "{outcome}"
    );
    assert!(
        lines[4].starts_with("TOTAL ") && lines[4].contains(" 300.17345679 "),
        "{outcome}"
    );
    assert!(
        lines[5].starts_with("daily average ") && lines[5].contains(" 10.005781893 "),
        "{outcome}"
    );
    assert!(closing(&outcome).contains("1 request;"), "{outcome}");
    assert!(closing(&outcome).contains("300.17345679 USD"), "{outcome}");
}

#[test]
fn this_month_is_projected() {
    let rows = [(EC2, "7.5")];
    let account = Account::with(&[result("2026-01-01", "2026-01-02", true, &rows)]);
    let before = jiff::Timestamp::now();
    let json = account.json(&[]);
    let today = before.to_string();
    let month = &today[..7];
    assert_eq!(json["start"], format!("{month}-01"));
    let (days, in_month) = (
        json["days"].as_i64().unwrap(),
        json["days_in_month"].as_i64().unwrap(),
    );
    assert_eq!(days, today[8..10].parse::<i64>().unwrap());
    let bill = &json["bills"][0];
    assert_eq!(bill["total"], "7.50");
    assert_eq!(bill["estimated"], true);
    if days < in_month {
        let expected =
            (7_500_000_000 * i128::from(in_month) + i128::from(days) / 2) / i128::from(days);
        assert_eq!(nanos(&bill["projected"]), expected);
    } else {
        assert_eq!(bill["projected"], Value::Null);
    }
    assert_eq!(account.period()["Start"], json["start"]);
    assert_eq!(account.period()["End"], json["end"]);
}

#[test]
fn a_month_without_charges() {
    let account = Account::with(&[]);
    let json = account.json(&["--month", "2026-08"]);
    assert_eq!(json["bills"], json!([]));
    let outcome = ended(account.bill(&["--month", "2026-08", "-y"]), 0);
    assert!(closing(&outcome).contains("no charges"), "{outcome}");
}

#[test]
fn what_costs_money_is_asked_about_first() {
    let account = Account::with(&[september()]);
    let outcome = ended(account.bill(&["--month", "2026-09"]), 1);
    assert!(
        outcome
            .stderr
            .contains("aws charges 0.01 USD for each request"),
        "{outcome}"
    );
    assert!(outcome.stderr.contains("add -y"), "{outcome}");
    assert_eq!(outcome.stdout, "");
    assert_eq!(account.proxy.exchanges().len(), 0);
}

/// Runs on a terminal, which `script` provides.
#[rstest]
#[case::yes("y", 0, 1)]
#[case::no("n", 1, 0)]
#[case::nothing("", 1, 0)]
fn on_a_terminal_the_answer_counts(
    #[case] answer: &str,
    #[case] code: i32,
    #[case] requests: usize,
) {
    let Some(script) = program("script") else {
        eprintln!("no script(1) here: the prompt on a terminal is not tested");
        return;
    };
    let account = Account::with(&[september()]);
    let run = account.bill(&["--month", "2026-09"]);
    let wrapper = format!("printf '{answer}\\n' | {script} -qec \"$*\" /dev/null");
    let outcome = run.under(["sh", "-c", &wrapper, "sh"]).run().unwrap();
    assert_eq!(outcome.code, Some(code), "{outcome}");
    let questions = outcome.stdout.matches("Ask? [y/N]").count();
    assert_eq!(questions, 1, "one prompt: {outcome}");
    assert_eq!(account.proxy.exchanges().len(), requests, "{outcome}");
    assert_eq!(
        outcome.stdout.contains("300.17345679"),
        requests == 1,
        "{outcome}"
    );
}

fn program(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let all: Vec<PathBuf> = std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .collect();
    let found = all.into_iter().find(|file| file.is_file())?;
    Some(found.display().to_string())
}

#[rstest]
#[case::form("September")]
#[case::day("2026-09-01")]
#[case::no_month("2026-13")]
#[case::future("2999-01")]
fn a_month_that_is_none(#[case] month: &str) {
    let account = Account::with(&[]);
    let outcome = ended(account.bill(&["--month", month, "-y"]), 2);
    assert!(
        outcome.stderr.contains(month) && outcome.stderr.contains("hint: "),
        "{outcome}"
    );
    assert_eq!(account.proxy.exchanges().len(), 0);
}

/// An invalid response gives no bill.
#[rstest]
#[case::amount("12.3.4", "USD")]
#[case::nothing("", "USD")]
#[case::currency("1.00", "$")]
fn an_amount_that_is_none(#[case] amount: &str, #[case] unit: &str) {
    let mut odd = september();
    odd["ResultsByTime"][0]["Groups"][0]["Metrics"]["UnblendedCost"] =
        json!({"Amount": amount, "Unit": unit});
    let account = Account::with(&[odd]);
    let outcome = ended(account.bill(&["--month", "2026-09", "-y"]), 4);
    assert!(
        outcome.stderr.contains("Amazon Simple Storage Service"),
        "{outcome}"
    );
    assert_eq!(outcome.stdout, "");
}

#[rstest]
#[case::not_permitted(400, "AccessDeniedException", 3)]
#[case::throttled(400, "LimitExceededException", 4)]
fn a_bill_that_is_refused(#[case] status: u16, #[case] code: &str, #[case] exit: i32) {
    let account = Account::with(&[september()]);
    let body = json!({"__type": code, "message": "not now"})
        .to_string()
        .into_bytes();
    let headers = vec![(
        "Content-Type".to_owned(),
        "application/x-amz-json-1.1".to_owned(),
    )];
    account.proxy.add(Rule::new(
        Match::any(),
        Fault::Answer {
            status,
            headers,
            body,
        },
    ));
    let outcome = ended(account.bill(&["--month", "2026-09", "-y"]), exit);
    assert!(outcome.stderr.contains(code), "{outcome}");
    assert_eq!(outcome.stdout, "");
}

/// The provider test suite with a recorded bill.
#[test]
fn a_bill_is_a_test() {
    let account = Account::with(&[september()]);
    let record = ["--month", "2026-09", "-y", "--record", "bill.jsonl"];
    ended(account.bill(&record), 0);
    let fields = "plugins/aws/recordings/bill.toml";
    put_fields(&account.sandbox, "bill.jsonl", fields);
    let test = ["plugin", "test", "aws", "--recordings", "bill.jsonl"];
    let run = account.sandbox.cloudhost(test).unwrap();
    let verdicts = Verdicts::of(run);
    assert!(verdicts.failed().is_empty(), "{:#?}", verdicts.failed());
    verdicts.assert_passed(&BILLS);
}

/// The current month of a replay is that of the recording, so a bill can be replayed on any later day.
#[test]
fn a_bill_is_replayed_in_another_month() {
    let account = Account::with(&[september()]);
    let first = ended(account.bill(&["-y", "--record", "rec"]), 0);
    let path = account.sandbox.path().join("rec");
    let mut recording = Recording::read(&path).unwrap();
    let period = |recording: &Recording| {
        let day = recording.about.recorded_at.to_zoned(TimeZone::UTC).date();
        Month::find(None, day).unwrap().period()
    };
    let today = period(&recording);
    // Another day of the same kind: in a finished month, nothing is projected.
    let day = recording.about.recorded_at.to_zoned(TimeZone::UTC).date();
    let last = day.first_of_month().yesterday().unwrap();
    let other = match Month::find(None, day).unwrap().is_over() {
        true => last,
        false => last.first_of_month(),
    };
    recording.about.recorded_at = other.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let then = period(&recording);
    assert_ne!(today.start, then.start);
    for exchange in &mut recording.exchanges {
        let body = exchange.request.body.as_mut().unwrap();
        let text = String::from_utf8(body.0.clone()).unwrap();
        let text = text.replace(&today.start, &then.start);
        body.0 = text.replace(&today.end, &then.end).into_bytes();
    }
    RecordingFile::create(&path)
        .unwrap()
        .commit(&recording)
        .unwrap();
    let run = account
        .sandbox
        .cloudhost(["run", "aws", "bill", "--replay", "rec"]);
    // A replay costs nothing, so there is no prompt.
    let again = ended(run.unwrap(), 0);
    let rows = |outcome: &Outcome| outcome.stdout.lines().skip(1).count();
    assert_eq!(rows(&again), rows(&first));
    assert!(closing(&again).contains("replayed rec, "), "{again}");
}
