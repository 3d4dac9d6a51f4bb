//! The plugins of `examples/plugins`, as users run them: pushed to a registry, installed from there with a grant, and
//! run against a stand-in for their cloud.

mod failures;
mod lists;
mod suite;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cloudhost_tests::{
    Invocation, Outcome, PAGED_TOKEN, PagedCloud, Registry, Sandbox, Tree, plugin_dir,
    python_plugin,
};
use serde_json::Value;

/// Differences between the examples.
#[derive(Clone, Copy, Debug)]
struct Facts {
    name: &'static str,
    host: &'static str,
    /// Environment variable of its token.
    variable: &'static str,
    /// Path of the list that has the instance types.
    types: &'static str,
}

const HETZNER: Facts = Facts {
    name: "hetzner",
    host: "api.hetzner.cloud",
    variable: "CLOUDHOST_HETZNER_TOKEN",
    types: "/server_types",
};

const DIGITALOCEAN: Facts = Facts {
    name: "digitalocean",
    host: "api.digitalocean.com",
    variable: "CLOUDHOST_DIGITALOCEAN_TOKEN",
    types: "/sizes",
};

/// An installed example with its cloud.
struct Example {
    of: Facts,
    cloud: PagedCloud,
    sandbox: Sandbox,
}

impl Example {
    fn new(of: Facts) -> Self {
        let cloud = match of.name {
            "hetzner" => PagedCloud::hetzner(),
            _ => PagedCloud::digitalocean(),
        };
        let sandbox = Sandbox::sealed().unwrap();
        Tree::copy(installed(), sandbox.path()).unwrap();
        Self {
            of,
            cloud: cloud.unwrap(),
            sandbox,
        }
    }

    /// The binary with these arguments, without a token.
    fn command(&self, args: &[&str]) -> Invocation {
        let endpoint = format!("{}={}", self.of.name, self.cloud.url());
        let run = self.sandbox.cloudhost(args).unwrap();
        run.arg("--endpoint").arg(endpoint)
    }

    /// `cloudhost run NAME` and these arguments, with the token in its variable.
    fn run(&self, args: &[&str]) -> Invocation {
        let run = self.command(&[&["run", self.of.name], args].concat());
        run.env(self.of.variable, PAGED_TOKEN)
    }

    fn ask(&self, args: &[&str], code: i32) -> Outcome {
        ended(self.run(args), code)
    }

    fn json(&self, args: &[&str], code: i32) -> Value {
        let args = [args, &["--output", "json"]].concat();
        self.ask(&args, code).json().unwrap()
    }

    /// `cloudhost plugin` and these arguments.
    fn plugin(&self, args: &[&str], code: i32) -> Outcome {
        plugin(&self.sandbox, args, code)
    }
}

/// Runs it. It must exit with this code and not show the token.
fn ended(run: Invocation, code: i32) -> Outcome {
    let outcome = run.run().unwrap();
    assert_eq!(outcome.code, Some(code), "{outcome}");
    assert!(!outcome.to_string().contains(PAGED_TOKEN), "{outcome}");
    outcome
}

fn plugin(sandbox: &Sandbox, args: &[&str], code: i32) -> Outcome {
    ended(
        sandbox.cloudhost([&["plugin"], args].concat()).unwrap(),
        code,
    )
}

/// Pushes the plugin to a registry, and installs it from there with the digest that the push printed, and a grant of
/// exactly the host and the credential that it requests.
fn install(sandbox: &Sandbox, of: Facts) {
    let registry = Registry::start().unwrap();
    let component = match of.name {
        "hetzner" => plugin_dir().join("cloudhost_plugin_hetzner.wasm"),
        _ => python_plugin().unwrap(),
    };
    let to = format!("oci://{}/examples/{}:0.1.0", registry.name(), of.name);
    let push = ["push", component.to_str().unwrap(), &to, "--output", "json"];
    let pushed = plugin(sandbox, &push, 0).json().unwrap();
    assert_eq!(pushed["name"], of.name);
    let reference = pushed["reference"].as_str().unwrap();
    assert!(reference.contains("@sha256:"), "{pushed}");
    let digest = pushed["digest"].as_str().unwrap();
    let granted = ["--allow-host", of.host, "--allow-credential", of.name];
    let install = [&["install", reference, "--digest", digest], &granted[..]].concat();
    let done = plugin(sandbox, &install, 0);
    let message = format!("granted host {}, credential {}", of.host, of.name);
    assert!(done.stderr.contains(&message), "{done}");
}

/// Returns a sandbox in which both are installed and compiled, without a catalog. Python takes 20 seconds to compile.
fn installed() -> &'static Path {
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    KEPT.get_or_init(|| {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
        if kept.exists() {
            fs::remove_dir_all(&kept).unwrap();
        }
        let sandbox = Sandbox::sealed().unwrap();
        for of in [HETZNER, DIGITALOCEAN] {
            install(&sandbox, of);
            // Compiles the plugin: only a call shows that it has no bundled catalog.
            let args = ["run", of.name, "regions", "list", "--offline"];
            ended(sandbox.cloudhost(args).unwrap(), 4);
        }
        fs::remove_dir_all(sandbox.cache().join("catalog")).unwrap();
        Tree::copy(sandbox.path(), &kept).unwrap();
        kept
    })
}
