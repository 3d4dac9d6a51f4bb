//! What a machine needs before anything can be built or tested. Each step does nothing where it is done.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cloudhost_tests::{test_env, workspace};

use crate::tool;

/// The target of the plugins.
pub const WASM: &str = "wasm32-wasip2";

/// Programs of Debian that the tests run, and their packages.
const PROGRAMS: &[(&str, &[&str], &str)] = &[
    ("c++", &["--version"], "g++"),
    ("curl", &["--version"], "curl"),
    ("docker-registry", &["--version"], "docker-registry"),
    ("make", &["--version"], "make"),
    ("minisign", &["-v"], "minisign"),
    ("skopeo", &["--version"], "skopeo"),
    ("kconfig-conf", &["--help"], "kconfig-frontends-nox"),
    ("dbus-run-session", &["--version"], "dbus"),
    ("gnome-keyring-daemon", &["--version"], "gnome-keyring"),
    ("secret-tool", &["--version"], "libsecret-tools"),
];

/// The whole setup.
pub fn everything() -> Result<()> {
    target()?;
    programs()?;
    python()
}

/// Adds the WebAssembly target through rustup.
pub fn target() -> Result<()> {
    let sysroot = tool::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let installed = PathBuf::from(sysroot.trim()).join("lib/rustlib").join(WASM);
    if installed.exists() {
        return Ok(());
    }
    if !tool::works("rustup", &["--version"]) {
        bail!(
            "the Rust target {WASM} is missing and there is no rustup: install rust-std for {WASM}"
        );
    }
    tool::step(
        "Rust target",
        Command::new("rustup").args(["target", "add", WASM]),
    )
}

/// Checks for the programs that come from Debian's packages.
fn programs() -> Result<()> {
    // kconfig-conf has no option that only succeeds: being started is what counts.
    let missing = |program: &str, args: &[&str]| Command::new(program).args(args).output().is_err();
    let packages: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, args, _)| missing(program, args))
        .map(|(_, _, package)| *package)
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    bail!(
        "programs are missing; install them: apt-get install {}",
        packages.join(" ")
    )
}

/// Makes the Python environment of the tests, anew when its list of packages has changed.
fn python() -> Result<()> {
    let folder = test_env();
    let list = workspace().join("tests/requirements.txt");
    let wanted = fs::read_to_string(&list).with_context(|| list.display().to_string())?;
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if !tool::works("python3", &["-c", "import venv, ensurepip"]) {
        bail!("python3 cannot make environments; install it: apt-get install python3-venv");
    }
    tool::step(
        "Python test environment",
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let pip = folder.join("bin").join("pip");
    tool::run(
        Command::new(pip)
            .args(["install", "--quiet", "--requirement"])
            .arg(&list),
    )?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}
