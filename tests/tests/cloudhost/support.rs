//! What the tests of this binary share: one moto, its answers, and one finished generation.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use cloudhost_tests::{Facts, Invocation, Memory, Moto, Outcome, Proxy, Sandbox, Tree};

/// The server, the memory of its answers, and an unbroken proxy that every shared catalog belongs to.
struct Cloud {
    moto: Moto,
    memory: Memory,
    proxy: Proxy,
}

fn cloud() -> &'static Cloud {
    static CLOUD: OnceLock<Cloud> = OnceLock::new();
    CLOUD.get_or_init(|| {
        let (moto, memory) = (Moto::start().unwrap(), Memory::default());
        let proxy = Proxy::remembering(moto.addr(), &memory).unwrap();
        Cloud {
            moto,
            memory,
            proxy,
        }
    })
}

/// A proxy of the caller's own, to break; answers that any test has seen come at once.
pub fn proxy() -> Proxy {
    Proxy::remembering(cloud().moto.addr(), &cloud().memory).unwrap()
}

/// The URL that the catalogs of [`generated`] belong to.
pub fn url() -> String {
    cloud().proxy.url()
}

/// How many requests the shared proxy has seen.
pub fn requests() -> usize {
    cloud().proxy.exchanges().len()
}

/// What boto3 hears from the same AWS.
pub fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| {
        Facts::ask(&cloud().moto.url(), Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
    })
}

/// A sandbox with a whole catalog in its cache and the files of a whole generation in `out`, of its own.
pub fn generated() -> Sandbox {
    static FIRST: Mutex<bool> = Mutex::new(false);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    let mut done = FIRST.lock().unwrap();
    if !*done {
        let sandbox = Sandbox::new().unwrap();
        let outcome = generate(&sandbox, [""; 0], &url());
        assert_eq!(outcome.code, Some(0), "{outcome}");
        if kept.exists() {
            std::fs::remove_dir_all(&kept).unwrap();
        }
        Tree::copy(sandbox.path(), &kept).unwrap();
        *done = true;
    }
    let sandbox = Sandbox::new().unwrap();
    Tree::copy(&kept, sandbox.path()).unwrap();
    sandbox
}

/// Runs `generate-kconfig` with these arguments against the cloud at `url`.
pub fn generate<A: AsRef<OsStr>>(
    sandbox: &Sandbox,
    args: impl IntoIterator<Item = A>,
    url: &str,
) -> Outcome {
    let run = sandbox.generate(args).unwrap();
    run.aws(url).run().unwrap()
}

/// Runs a generation that must fail with this exit code, say each of these words on standard error, give a line
/// `error:` and leave the output folder as it was.
pub fn must_fail(sandbox: &Sandbox, run: Invocation, code: i32, words: &[&str]) -> Outcome {
    let before = Tree::read(&sandbox.out()).unwrap();
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert!(
        outcome
            .stderr
            .lines()
            .any(|line| line.starts_with("error: ")),
        "{outcome}"
    );
    for word in words {
        assert!(outcome.stderr.contains(word), "no {word:?} in\n{outcome}");
    }
    assert_eq!(Tree::read(&sandbox.out()).unwrap(), before, "files changed");
    assert_eq!(outcome.stdout, "", "an error belongs on standard error");
    outcome
}

/// The last line on standard error, which says what a run did.
pub fn closing(outcome: &Outcome) -> &str {
    outcome.stderr.lines().last().unwrap_or_default()
}
