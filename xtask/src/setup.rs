//! Set-up of a machine for builds and tests. Steps that are already done do nothing.
//!
//! As root on Debian, missing packages are installed. Elsewhere they are named in one command to paste. Tests that need
//! them are skipped, or fail if `CI` is `true`.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::place::{target_dir, test_env, workspace};
use crate::tool;

/// The target of the plugins.
pub const WASM: &str = "wasm32-wasip2";

/// Name of the tests' Python environment for [`some`].
const PYTHON: &str = "python";

/// Time limit of another installation, which is stuck after that.
const LONGEST: Duration = Duration::from_secs(300);

/// Programs that the tests run, and their packages in Debian.
const PROGRAMS: [(&str, &str); 13] = [
    ("c++", "g++"),
    ("curl", "curl"),
    ("dbus-run-session", "dbus"),
    ("docker-registry", "docker-registry"),
    ("faketime", "faketime"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("kconfig-conf", "kconfig-frontends-nox"),
    ("make", "make"),
    ("minisign", "minisign"),
    ("python3", "python3"),
    ("secret-tool", "libsecret-tools"),
    ("skopeo", "skopeo"),
    ("strace", "strace"),
];

/// Returns true in CI, where a missing program is a failure.
pub fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// Prepares the machine for all tests.
pub fn everything() -> Result<()> {
    target()?;
    let programs: Vec<&str> = PROGRAMS.iter().map(|(program, _)| *program).collect();
    match some(&[&programs, &[PYTHON][..]].concat()) {
        Err(error) if !is_ci() => {
            eprintln!("warning: {error:#}\nwarning: tests that need missing programs are skipped");
            Ok(())
        }
        done => done,
    }
}

/// Installs these programs; `python` is the Python environment of the tests. The kit calls it for a test that finds a
/// program missing.
pub fn some(programs: &[&str]) -> Result<()> {
    // Tests are many processes: one of them installs, the others wait for it.
    fs::create_dir_all(target_dir())?;
    let lock = File::create(target_dir().join("setup.lock"))?;
    lock.lock()?;
    let mut packages = Vec::new();
    for wanted in programs.iter().filter(|wanted| **wanted != PYTHON) {
        let known = PROGRAMS.iter().find(|(program, _)| program == wanted);
        let (program, package) =
            known.with_context(|| format!("no package is known for {wanted}"))?;
        if !is_installed(program) {
            packages.push(*package);
        }
    }
    let python = programs.contains(&PYTHON);
    if python && !tool::works("python3", &["-c", "import venv, ensurepip"]) {
        packages.push("python3-venv");
    }
    install(&packages)?;
    if python { environment() } else { Ok(()) }
}

/// Adds the WebAssembly target through rustup.
pub fn target() -> Result<()> {
    let sysroot = tool::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let installed = PathBuf::from(sysroot.trim()).join("lib/rustlib").join(WASM);
    if installed.exists() {
        return Ok(());
    }
    if !tool::works("rustup", &["--version"]) {
        bail!("the Rust target {WASM} and rustup are missing: install rust-std for {WASM}");
    }
    tool::step(
        "Rust target",
        Command::new("rustup").args(["target", "add", WASM]),
    )
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Installs packages, or fails with the command that installs them.
fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if !(is_root()? && is_installed("apt-get")) {
        bail!(
            "programs are missing; install them: apt-get install --no-install-recommends {names}"
        );
    }
    update()?;
    let mut install = apt();
    install.args(["install", "--yes", "--no-install-recommends"]);
    tool::step(&names, install.args(packages))
}

/// Updates the package lists. Retries while another program does so, because apt-get waits only for its other lock.
fn update() -> Result<()> {
    let started = Instant::now();
    loop {
        match tool::step("packages", apt().arg("update")) {
            Err(error) if started.elapsed() > LONGEST => return Err(error),
            Err(_) => thread::sleep(Duration::from_secs(5)),
            Ok(()) => return Ok(()),
        }
    }
}

/// Returns an apt-get that is not interactive and waits for another installation, such as that of a new machine.
fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["-o", &format!("DPkg::Lock::Timeout={}", LONGEST.as_secs())])
        .arg("--quiet")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Returns true for root, which then owns this process's entry in `/proc`.
fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let process = fs::metadata("/proc/self").context("/proc/self")?;
    Ok(process.uid() == 0)
}

/// Creates the Python environment of the tests, and again after a change of its list of packages.
fn environment() -> Result<()> {
    let folder = test_env();
    let list = workspace().join("tests/requirements.txt");
    let wanted = fs::read_to_string(&list).with_context(|| list.display().to_string())?;
    let stamp = folder.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    tool::step(
        "Python test environment",
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    pip(&folder, &list)?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

fn pip(folder: &Path, list: &Path) -> Result<()> {
    let mut pip = Command::new(folder.join("bin").join("pip"));
    tool::run(pip.args(["install", "--quiet", "--requirement"]).arg(list))
}
