//! Resources that the tests of this binary share: one moto, its responses, and one finished generation.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use cloudhost::SealKey;
use cloudhost::catalog::Index;
use cloudhost_files::Folder;
use cloudhost_tests::{
    Facts, Invocation, LAMBDA_KEY, LambdaCloud, Memory, Moto, Outcome, Proxy, Sandbox, Tree,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The server, the cache of its responses, and an unbroken proxy that every shared catalog belongs to.
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

/// Starts a proxy that only the caller uses and may break. Responses that any test has fetched are cached.
pub fn proxy() -> Proxy {
    Proxy::remembering(cloud().moto.addr(), &cloud().memory).unwrap()
}

/// The URL that the catalogs of [`generated`] belong to.
pub fn url() -> String {
    cloud().proxy.url()
}

/// Number of requests that the shared proxy has received.
pub fn requests() -> usize {
    cloud().proxy.exchanges().len()
}

/// Returns boto3's data from the same AWS.
pub fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| {
        Facts::ask(&cloud().moto.url(), Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
    })
}

/// Returns a new sandbox with a complete catalog in its cache and the files of a complete generation in `out`. They are
/// copied, and count there because the secret of these sandboxes is given.
pub fn generated() -> Sandbox {
    static FIRST: Mutex<bool> = Mutex::new(false);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    let mut done = FIRST.lock().unwrap();
    if !*done {
        let sandbox = Sandbox::sealed().unwrap();
        let outcome = generate(&sandbox, [""; 0], &url());
        assert_eq!(outcome.code, Some(0), "{outcome}");
        if kept.exists() {
            std::fs::remove_dir_all(&kept).unwrap();
        }
        Tree::copy(sandbox.path(), &kept).unwrap();
        *done = true;
    }
    let sandbox = Sandbox::sealed().unwrap();
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

/// Runs a generation that must fail with this exit code, print each of these words and a line `error:` on standard
/// error, and leave the output directory unchanged.
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

/// Last line on standard error, which summarises the run.
pub fn closing(outcome: &Outcome) -> &str {
    outcome.stderr.lines().last().unwrap_or_default()
}

/// A Lambda Cloud of one test, and a sandbox that uses it.
pub struct Lambda {
    pub cloud: LambdaCloud,
    pub sandbox: Sandbox,
}

impl Lambda {
    /// Creates a sandbox with an empty cache.
    pub fn new() -> Self {
        Self {
            cloud: LambdaCloud::start().unwrap(),
            sandbox: Sandbox::new().unwrap(),
        }
    }

    /// Creates a sandbox with a catalog in its cache and files in `out`, from one request.
    pub fn generated() -> Self {
        let lambda = Self::new();
        lambda.ask(&["generate-kconfig", "--output-dir", "out"], 0);
        assert_eq!(lambda.cloud.paths(), ["/instance-types"]);
        lambda
    }

    /// Returns the binary with these arguments and the endpoint of the stand-in. There is no key, and the time zone
    /// gives no location.
    pub fn without_key(&self, args: &[&str]) -> Invocation {
        let endpoint = format!("lambdalabs={}", self.cloud.url());
        let run = self.sandbox.cloudhost(args).unwrap();
        run.arg("--endpoint").arg(endpoint).env("TZ", "UTC")
    }

    /// Returns the same with the key that the stand-in accepts.
    pub fn command(&self, args: &[&str]) -> Invocation {
        let run = self.without_key(args);
        run.env("LAMBDALABS_API_KEY", LAMBDA_KEY)
    }

    /// Returns `cloudhost run lambdalabs` with these arguments and the key.
    pub fn run(&self, args: &[&str]) -> Invocation {
        self.command(&[&["run", "lambdalabs"], args].concat())
    }

    /// Runs it. It must exit with this code and not show the key.
    pub fn ask(&self, args: &[&str], code: i32) -> Outcome {
        ended(self.run(args), code)
    }

    /// Runs it and returns its JSON output.
    pub fn json(&self, args: &[&str], code: i32) -> Value {
        let args = [args, &["--output", "json"]].concat();
        self.ask(&args, code).json().unwrap()
    }

    /// Makes these kinds of the cached catalog older by this duration, as the user who fetched it.
    pub fn age(&self, kinds: &[&str], by: SignedDuration) {
        let catalogs = self.sandbox.cache().join("catalog");
        let seal = SealKey::own(self.sandbox.home().join(".local/share/cloudhost"));
        for file in Tree::read(&catalogs).unwrap().files() {
            if !file.ends_with("index.json") {
                continue;
            }
            let path = catalogs.join(&file);
            let mut stored: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for kind in kinds {
                let at = &mut stored["index"]["kinds"][kind]["fetched_at"];
                let then: Timestamp = at.as_str().unwrap().parse().unwrap();
                *at = then.checked_sub(by).unwrap().to_string().into();
            }
            let index: Index = serde_json::from_value(stored["index"].clone()).unwrap();
            let (folder, text) = (path.parent().unwrap(), serde_json::to_vec(&index).unwrap());
            let folder = Folder::private(folder).unwrap();
            let code = seal.seal(&folder, &format!("catalog/{file}"), &text);
            stored["seal"] = code.unwrap().into();
            std::fs::write(&path, stored.to_string()).unwrap();
        }
    }
}

/// Returns `cloudhost plugin` with these arguments.
pub fn plugin(sandbox: &Sandbox, args: &[&str]) -> Invocation {
    sandbox.cloudhost([&["plugin"], args].concat()).unwrap()
}

/// Runs it. It must exit with this code and not show a key.
pub fn ended(run: Invocation, code: i32) -> Outcome {
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert!(!outcome.to_string().contains(LAMBDA_KEY), "{outcome}");
    outcome
}

/// Returns the row of a table that begins with this name.
pub fn row<'o>(outcome: &'o Outcome, name: &str) -> &'o str {
    let mut rows = outcome.stdout.lines();
    let found = rows.find(|line| line.split(' ').next() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in\n{outcome}"))
}

/// Returns the item of a list with this name.
pub fn named<'v>(list: &'v Value, name: &str) -> &'v Value {
    let mut items = list.as_array().unwrap().iter();
    let found = items.find(|item| item["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {list}"))
}
