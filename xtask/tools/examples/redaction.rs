//! Measures the search for secrets in responses. Prints JSON for `cargo xtask bench`.
//!
//! The arguments are recordings, whose bodies are searched, and other files. Beside each search, in the same run, is the
//! baseline: one pass of the crate `aho-corasick` over the same bytes, for the secrets as they are and as Base64 and
//! hexadecimal digits have them, in any letter case. The secrets are of the length that temporary keys have. Times are
//! medians of processor time, of all bodies together, or of one of the worst.
#![allow(clippy::print_stdout)]

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use cloudhost::egress::Redactor;
use cloudhost::recording::{Outcome, Recording};
use futures::executor::block_on;
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::hint::black_box;
use std::path::Path;

const RUNS: usize = 11;
/// Bytes of each of the worst bodies.
const WORST: usize = 4 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let secrets = [letters(20), letters(1_000)];
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let mut bodies = Vec::new();
    for file in std::env::args().skip(1) {
        bodies.extend(bodies_of(Path::new(&file))?);
    }
    let prepare = timed(|| Redactor::new(secrets.iter().copied()));
    let redactor = Redactor::new(secrets.iter().copied())?;
    let plain = plain_search(&secrets)?;
    let search = |bodies: &[Vec<u8>]| {
        timed(|| {
            let found = bodies
                .iter()
                .map(|body| block_on(redactor.clean(body)).len());
            found.sum::<usize>()
        })
    };
    let baseline = |bodies: &[Vec<u8>]| {
        timed(|| {
            let found = bodies.iter().map(|body| plain.find_iter(body).count());
            found.sum::<usize>()
        })
    };
    let (ours, theirs) = (search(&bodies), baseline(&bodies));
    let bytes: usize = bodies.iter().map(Vec::len).sum();

    let (mut worst_x, mut worst) = (0.0, String::new());
    for again in worst_bodies(&secrets) {
        let body = [again.repeat(WORST / again.len()).into_bytes()];
        let times = search(&body) / baseline(&body);
        if times > worst_x {
            (worst_x, worst) = (times, again.chars().take(20).collect());
        }
    }
    // Tokens that repeat themselves, in bodies of nearly the same.
    let repeat = |token: &str| token.repeat(1_000 / token.len());
    let mut tokens = ["P", "PQ", "PPPPPPPQ", "PPPPPQRSTUVPPPPPABCDEFG"]
        .map(repeat)
        .to_vec();
    tokens.push((0..125).map(|number| format!("PPPPP{number:03}")).collect());
    for token in tokens {
        let weak = Redactor::new([token.as_str()])?;
        for again in ["P", "PQ", "PPPPPPP-", "PPPPPPPQ", r"\u0050"] {
            let body = [again.repeat(WORST / again.len()).into_bytes()];
            let [text] = &body;
            let search = timed(|| block_on(weak.clean(text)).len());
            let times = search / baseline(&body);
            if times > worst_x {
                (worst_x, worst) = (times, format!("{again}, and a token of {token:.16}"));
            }
        }
    }
    println!(
        "{{\"search_ms\": {ours:.3}, \"plain_ms\": {theirs:.3}, \"prepare_ms\": {prepare:.3}, \"worst_x\": {worst_x:.2}, \"worst\": {worst:?}, \"mib\": {:.2}, \"runs\": {RUNS}}}",
        bytes as f64 / f64::from(1 << 20)
    );
    Ok(())
}

/// The bodies of a recording, or the file itself.
fn bodies_of(file: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let Ok(recording) = Recording::read(file) else {
        return Ok(vec![std::fs::read(file)?]);
    };
    let outcomes = recording.exchanges.into_iter().map(|one| one.outcome);
    let bodies = outcomes.filter_map(|outcome| match outcome {
        Outcome::Response(response) => Some(response.body.0),
        Outcome::Error(_) => None,
    });
    Ok(bodies.collect())
}

/// A secret of this length, the same in each run.
fn letters(length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = length as u64;
    let letter = |_| {
        // Knuth's linear congruential generator; the high bits are the random ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let at = (state >> 58) as usize;
        LETTERS.get(at).map_or('A', |letter| char::from(*letter))
    };
    (0..length).map(letter).collect()
}

fn plain_search(secrets: &[&str]) -> Result<AhoCorasick, Box<dyn Error>> {
    let mut patterns: Vec<Vec<u8>> = Vec::new();
    for secret in secrets {
        patterns.push(secret.as_bytes().to_vec());
        let digits = secret.bytes().map(|byte| format!("{byte:02x}"));
        patterns.push(digits.collect::<String>().into_bytes());
        for before in 0..3 {
            let padded = [vec![0; before], secret.as_bytes().to_vec()].concat();
            // Digits that hold no bits of the neighbours.
            let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
            for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let digits = alphabet.encode(&padded).into_bytes();
                patterns.push(digits.get(first..end).unwrap_or_default().to_vec());
            }
        }
    }
    let mut builder = AhoCorasick::builder();
    Ok(builder.ascii_case_insensitive(true).build(patterns)?)
}

/// Bodies, to be repeated, that a search for these secrets could be slow for.
fn worst_bodies(secrets: &[&str]) -> Vec<String> {
    let pieces = secrets.iter().flat_map(|secret| {
        // Enough for seeds, and too little for a run.
        let seeds = (0..secret.len())
            .step_by(4)
            .filter_map(|at| secret.get(at..at + 7));
        let seeds: Vec<&str> = seeds.collect();
        [
            seeds.join("-"),
            secret
                .get(..secret.len() / 2)
                .unwrap_or_default()
                .to_owned(),
            seeds.join("%"),
        ]
    });
    let fixed = [
        "P",
        r"\u0050",
        r"\",
        r"\\n",
        "%",
        "%25",
        "%2525252550",
        "&",
        "&amp;",
        "&amp;amp;amp;#x0050;",
        "<wbr>",
        "=3D",
        "%\0\0\0",
        "&\0a\0m\0p\0;\0",
        "0123456789abcdef",
        "0x50,",
        "115,",
        "UEBQ",
        " ",
    ];
    fixed.map(str::to_owned).into_iter().chain(pieces).collect()
}

/// Returns the processor time of this thread in milliseconds.
fn processor_time() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

fn timed<T>(run: impl Fn() -> T) -> f64 {
    let once = |_| {
        let start = processor_time();
        let result = black_box(run());
        let time = processor_time() - start;
        drop(result);
        time
    };
    let mut times: Vec<f64> = (0..RUNS).map(once).collect();
    times.sort_by(f64::total_cmp);
    times.get(RUNS / 2).copied().unwrap_or(f64::NAN)
}
