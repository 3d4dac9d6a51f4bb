//! The tree of `examples/kdevops`, driven by make and read by kconfig-frontends and kconfiglib.

mod choices;
mod clouds;
mod configs;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

use cloudhost_tests::{
    Invocation, LAMBDA_KEY, LambdaCloud, Outcome, Proxy, Sandbox, Tree, binary, closed_port,
    workspace,
};

use crate::support;

const AWS: &str = "terraform/aws/kconfigs";
const LAMBDA: &str = "terraform/lambdalabs/kconfigs";
const FILES: [&str; 6] = [
    "terraform/aws/kconfigs/Kconfig.ami.generated",
    "terraform/aws/kconfigs/Kconfig.instance.generated",
    "terraform/aws/kconfigs/Kconfig.location.generated",
    "terraform/lambdalabs/kconfigs/Kconfig.compute.generated",
    "terraform/lambdalabs/kconfigs/Kconfig.location.generated",
    "terraform/lambdalabs/kconfigs/Kconfig.smart.generated",
];

/// A fresh checkout of the tree, with its own clouds.
struct Checkout {
    sandbox: Sandbox,
    aws: Proxy,
    lambda: LambdaCloud,
}

impl Checkout {
    fn new() -> Self {
        let sandbox = Sandbox::sealed().unwrap();
        copy_tracked(
            &workspace().join("examples/kdevops"),
            &sandbox.path().join("tree"),
        );
        Tree::copy(compiled(), &sandbox.cache()).unwrap();
        Self {
            sandbox,
            aws: support::proxy(),
            lambda: LambdaCloud::start().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path().join("tree").join(name)
    }

    /// Returns `make` with these arguments and the keys of both clouds.
    fn run(&self, args: &[&str]) -> Invocation {
        let run = self.keyless(args, &self.lambda.url()).aws(&self.aws.url());
        run.env("LAMBDALABS_API_KEY", LAMBDA_KEY)
    }

    /// Runs `make` with these arguments, without keys, and with unreachable clouds.
    fn offline(&self, args: &[&str]) -> Outcome {
        let nowhere = format!("http://{}", closed_port());
        let run = self
            .keyless(args, &nowhere)
            .env("AWS_ENDPOINT_URL", &nowhere);
        run.run().unwrap()
    }

    fn keyless(&self, args: &[&str], lambda: &str) -> Invocation {
        let mut run = self.sandbox.command("make").within(&self.path(""));
        for arg in args {
            run = run.arg(arg);
        }
        run.env("CLOUDHOST", binary())
            .env("CLOUDHOST_FLAGS", flags(lambda))
    }

    fn make(&self, args: &[&str]) -> Outcome {
        self.run(args).run().unwrap()
    }

    /// Options for the clouds of this checkout.
    fn flags(&self) -> String {
        flags(&self.lambda.url())
    }

    fn made(&self, args: &[&str]) -> Outcome {
        let outcome = self.make(args);
        assert_eq!(outcome.code, Some(0), "{outcome}");
        outcome
    }

    fn config(&self, lines: &[&str]) {
        fs::write(self.path(".config"), lines.join("\n") + "\n").unwrap();
    }

    /// Value of a string in `.config`; `None` if it has none.
    fn value(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.path(".config")).unwrap();
        let start = format!("CONFIG_TERRAFORM_{name}=\"");
        let line = text.lines().find_map(|line| line.strip_prefix(&start))?;
        Some(line.trim_end_matches('"').to_owned())
    }

    fn files(&self, folder: &str) -> Tree {
        Tree::read(&self.path(folder)).unwrap()
    }

    /// Generated files that exist and are not empty.
    fn generated(&self) -> Vec<&str> {
        let filled = |name: &&str| fs::metadata(self.path(name)).is_ok_and(|file| file.len() > 0);
        FILES.into_iter().filter(filled).collect()
    }
}

/// Returns a cache with the compiled plugins and no catalog, so that not every test compiles them.
fn compiled() -> &'static Path {
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    KEPT.get_or_init(|| {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kdevops-cache");
        if kept.exists() {
            fs::remove_dir_all(&kept).unwrap();
        }
        let sandbox = Sandbox::sealed().unwrap();
        for provider in ["aws", "lambdalabs"] {
            let args = ["run", "--offline", provider, "generate-kconfig"];
            let outcome = sandbox.cloudhost(args).unwrap().run().unwrap();
            assert_eq!(outcome.code, Some(0), "{outcome}");
        }
        Tree::copy(&sandbox.cache(), &kept).unwrap();
        kept
    })
}

fn flags(lambda: &str) -> String {
    format!("--endpoint lambdalabs={lambda}")
}

/// Copies the files of a checkout, without the generated ones that `.gitignore` there excludes.
fn copy_tracked(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if name.starts_with('.') || name.ends_with(".generated") {
            continue;
        }
        let target = to.join(&name);
        if source.is_dir() {
            copy_tracked(&source, &target);
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}

/// Writes an executable file.
fn program(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}
