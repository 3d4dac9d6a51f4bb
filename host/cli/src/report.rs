//! What people read on stderr.

use super::failure::{self, Failure};
use super::Exit;
use anstream::eprintln;
use cloudhost::audit::Counts;
use cloudhost::catalog::{Source, kind_name};
use cloudhost::contract::cloudhost::provider::types::Gap;
use cloudhost::contract::is_invisible_or_control;
use cloudhost::host::Summary;
use jiff::Timestamp;

/// How many gaps the closing line names.
const NAMED_GAPS: usize = 3;

/// Prints an error with its causes and what to do, and gives its exit status.
#[allow(clippy::print_stderr)]
pub fn failed(error: &anyhow::Error) -> Exit {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let mut last = printable(&error.to_string());
    eprintln!("{red}error{red:#}: {last}");
    for cause in error.chain().skip(1) {
        let text = printable(&cause.to_string());
        // A transparent error repeats itself as its cause.
        if !last.contains(&text) {
            eprintln!("  caused by: {text}");
        }
        last = text;
    }
    let failure = failure::of(error);
    if let Some(hint) = failure.and_then(Failure::hint) {
        advice(&hint);
    }
    failure.map_or(Exit::Failed, Failure::exit)
}

/// The last guard: an error can quote a plugin, a cloud or a file. What would act on the terminal is shown as an
/// escape; further lines stand under the first one, so that none of them looks like a message of its own.
pub fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' => "\n        ".chars().collect(),
        c if is_invisible_or_control(c) => c.escape_default().collect(),
        c => vec![c],
    };
    text.chars().flat_map(shown).collect()
}

/// Prints the closing line of a run, which is one line whatever its parts quote.
#[allow(clippy::print_stderr)]
pub fn closing(parts: &[String]) {
    eprintln!("{}", one_line(&parts.join("; ")));
}

/// Prints lines, each of which stays one whatever it quotes.
#[allow(clippy::print_stderr)]
pub fn lines(lines: &[String]) {
    for line in lines {
        eprintln!("{}", one_line(line));
    }
}

/// Prints what to do.
#[allow(clippy::print_stderr)]
pub fn advice(hint: &str) {
    let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
    eprintln!("  {cyan}hint{cyan:#}: {}", printable(hint));
}

fn one_line(text: &str) -> String {
    printable(&text.replace('\n', "\\n"))
}

/// Where the data came from, and how old it is.
pub fn origin(
    provider: &str,
    summary: &Summary,
    offline: bool,
    asked: &str,
    requests: u32,
) -> String {
    let age = age(summary.fetched_at);
    let account = summary.account.as_ref();
    let account = account.map_or(String::new(), |account| format!(" of account {account}"));
    match &summary.source {
        Source::Bundled(text) => {
            let why = if offline {
                "--offline, and nothing is stored"
            } else {
                "no credentials are configured"
            };
            format!(
                "{provider}: {why}: this is the catalog bundled in the plugin, {age} old, from {text}"
            )
        }
        Source::Live(_) if requests > 0 => {
            let requests = count(requests as usize, "request");
            format!("{provider}: {asked}{account} with {requests}")
        }
        Source::Live(_) => format!("{provider}: stored catalog{account}, {age} old"),
    }
}

/// What could not be had, if anything.
pub fn missing(gaps: &[Gap]) -> Option<String> {
    if gaps.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = gaps.iter().map(gap).collect();
    lines.dedup();
    let more = lines.len().saturating_sub(NAMED_GAPS);
    lines.truncate(NAMED_GAPS);
    let mut text = format!("missing: {}", lines.join(", "));
    if more > 0 {
        text.push_str(&format!(" and {more} more (see --output json)"));
    }
    Some(text)
}

fn gap(gap: &Gap) -> String {
    format!(
        "{}: {}",
        kind_name(gap.kind),
        cloudhost::host::describe(&gap.error)
    )
}

/// What the audit counted, if anything, as `2 denied, 134 signed`.
pub fn audited(counts: Counts) -> Option<String> {
    let Counts {
        denied,
        signed,
        limited,
        crashed,
        refused,
    } = counts;
    let said = [
        (denied, "denied"),
        (signed, "signed"),
        (limited, "limited"),
        (crashed, "crashed"),
        (refused, "refused"),
    ];
    let said = said.iter().filter(|(number, _)| *number > 0);
    let said: Vec<String> = said
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// Of how many machine types the price is not known, if of any.
pub fn unpriced(types: usize) -> Option<String> {
    let types = (types > 0).then(|| count(types, "machine type"))?;
    Some(format!("the price of {types} is unknown"))
}

/// A number of things, as `1 file` or `2 files`.
pub fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// Seconds since then; none for a time in the future.
pub fn age_seconds(then: Timestamp) -> u64 {
    u64::try_from(cloudhost::clock::timestamp().duration_since(then).as_secs()).unwrap_or(0)
}

/// The time since then, in its largest unit.
pub fn age(then: Timestamp) -> String {
    span(age_seconds(then))
}

pub fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::{one_line, printable, span};

    #[rstest::rstest]
    #[case("a\u{1b}[2J\u{9b}31m", r"a\u{1b}[2J\u{9b}31m")]
    #[case("a\r\nerror: forged", "a\\r\n        error: forged")]
    #[case("a\u{202e}b\u{2066}\u{2028}", r"a\u{202e}b\u{2066}\u{2028}")]
    #[case("région 漢", "région 漢")]
    fn nothing_acts_on_the_terminal(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(printable(text), expected);
        assert!(!one_line(text).contains('\n'));
    }

    #[rstest::rstest]
    #[case(0, "0 s")]
    #[case(119, "119 s")]
    #[case(120, "2 min")]
    #[case(7_199, "119 min")]
    #[case(7_200, "2 h")]
    #[case(172_800, "2 days")]
    fn spans(#[case] seconds: u64, #[case] expected: &str) {
        assert_eq!(span(seconds), expected);
    }
}
