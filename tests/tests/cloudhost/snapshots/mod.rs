//! Output for users, word for word.
//!
//! The bundled catalog is used where it is sufficient, because its output is the same on every machine.

use cloudhost_tests::{Outcome, Sandbox};

mod errors;
mod help;
mod lists;
mod plugins_and_cache;

/// Patterns that differ between runs or machines, and their placeholders.
const FILTERS: [(&str, &str); 9] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
    (r"\d{4}-\d\d-\d\d", "[DATE]"),
    (r"\d+ (s|min|h|days) old", "[AGE] old"),
    (r"\d+ (s|min|h|days) +(yes|no)", "[AGE]  $2"),
    (r" AGE +", " AGE  "),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    (r"[0-9a-f]{32,64}", "[DIGEST]"),
    (r"(wasi:[a-z/-]+)@0\.2\.\d+", "$1@[WASI]"),
    (r"[1-9]\d* bytes", "[SIZE] bytes"),
];

fn shown(sandbox: &Sandbox, outcome: &Outcome) -> String {
    outcome
        .to_string()
        .replace(&sandbox.path().display().to_string(), "[DIR]")
}

/// Asserts one snapshot. It is a macro because the text must be at the call.
macro_rules! snapshot {
    ($sandbox:expr, $outcome:expr, @$text:literal) => {
        insta::with_settings!({ filters => $crate::snapshots::FILTERS.to_vec() }, {
            insta::assert_snapshot!($crate::snapshots::shown(&$sandbox, &$outcome), @$text);
        });
    };
}
use snapshot;

fn nobody(args: &[&str]) -> (Sandbox, Outcome) {
    let sandbox = Sandbox::new().unwrap();
    // The help would contain the cache directory, and break lines by its length.
    let run = sandbox
        .cloudhost(args)
        .unwrap()
        .without_env("CLOUDHOST_CACHE_DIR");
    (sandbox, run.run().unwrap())
}
