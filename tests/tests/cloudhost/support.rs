//! What the tests of this binary share: one moto, its answers, and one finished generation.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use cloudhost_tests::{
    Facts, Invocation, LAMBDA_KEY, LambdaCloud, Memory, Moto, Outcome, Proxy, Sandbox, Tree,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

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

/// A Lambda Cloud of a test's own, and a sandbox to ask it from.
pub struct Lambda {
    pub cloud: LambdaCloud,
    pub sandbox: Sandbox,
}

impl Lambda {
    /// A sandbox in which nothing is kept.
    pub fn new() -> Self {
        Self {
            cloud: LambdaCloud::start().unwrap(),
            sandbox: Sandbox::new().unwrap(),
        }
    }

    /// A sandbox with a catalog in its cache and files in `out`, for which one request was made.
    pub fn generated() -> Self {
        let lambda = Self::new();
        lambda.ask(&["generate-kconfig", "--output-dir", "out"], 0);
        assert_eq!(lambda.cloud.paths(), ["/instance-types"]);
        lambda
    }

    /// The binary with these arguments, which end in those that lead to the stand-in. There is no key, and the time
    /// zone tells no place.
    pub fn without_key(&self, args: &[&str]) -> Invocation {
        let endpoint = format!("lambdalabs={}", self.cloud.url());
        let run = self.sandbox.cloudhost(args).unwrap();
        run.arg("--endpoint").arg(endpoint).env("TZ", "UTC")
    }

    /// The same with the key that the stand-in takes.
    pub fn command(&self, args: &[&str]) -> Invocation {
        let run = self.without_key(args);
        run.env("LAMBDALABS_API_KEY", LAMBDA_KEY)
    }

    /// `cloudhost run lambdalabs` and these arguments, with the key.
    pub fn run(&self, args: &[&str]) -> Invocation {
        self.command(&[&["run", "lambdalabs"], args].concat())
    }

    /// Runs it; it must end with this code and not show the key.
    pub fn ask(&self, args: &[&str], code: i32) -> Outcome {
        ended(self.run(args), code)
    }

    /// The same, with its answer as JSON.
    pub fn json(&self, args: &[&str], code: i32) -> Value {
        let args = [args, &["--output", "json"]].concat();
        self.ask(&args, code).json().unwrap()
    }

    /// Makes these kinds of what is kept so much older than they are.
    pub fn age(&self, kinds: &[&str], by: SignedDuration) {
        let catalogs = self.sandbox.cache().join("catalog");
        for file in Tree::read(&catalogs).unwrap().files() {
            if !file.ends_with("index.json") {
                continue;
            }
            let path = catalogs.join(file);
            let mut index: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for kind in kinds {
                let at = &mut index["kinds"][kind]["fetched_at"];
                let then: Timestamp = at.as_str().unwrap().parse().unwrap();
                *at = then.checked_sub(by).unwrap().to_string().into();
            }
            std::fs::write(&path, index.to_string()).unwrap();
        }
    }
}

/// `cloudhost plugin` with these arguments.
pub fn plugin(sandbox: &Sandbox, args: &[&str]) -> Invocation {
    sandbox.cloudhost([&["plugin"], args].concat()).unwrap()
}

/// Runs it; it must end with this code and not show a key.
pub fn ended(run: Invocation, code: i32) -> Outcome {
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert!(!outcome.to_string().contains(LAMBDA_KEY), "{outcome}");
    outcome
}

/// The row of a table that begins with this name.
pub fn row<'o>(outcome: &'o Outcome, name: &str) -> &'o str {
    let mut rows = outcome.stdout.lines();
    let found = rows.find(|line| line.split(' ').next() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in\n{outcome}"))
}

/// The item of a list with this name.
pub fn named<'v>(list: &'v Value, name: &str) -> &'v Value {
    let mut items = list.as_array().unwrap().iter();
    let found = items.find(|item| item["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {list}"))
}
