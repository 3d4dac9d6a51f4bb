//! What a machine needs before anything can be built or tested. Each step does nothing where it is done.
//!
//! As root on Debian, packages that are missing are installed. Elsewhere they are named in one line that can be pasted:
//! tests that need them are skipped, and fail where `CI` is `true`.

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

/// The name under which [`some`] knows the tests' Python environment.
const PYTHON: &str = "python";

/// Another install is over after this, or is stuck.
const LONGEST: Duration = Duration::from_secs(300);

/// Programs that the tests run, and their packages in Debian.
const PROGRAMS: [(&str, &str); 11] = [
    ("c++", "g++"),
    ("curl", "curl"),
    ("dbus-run-session", "dbus"),
    ("docker-registry", "docker-registry"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("kconfig-conf", "kconfig-frontends-nox"),
    ("make", "make"),
    ("minisign", "minisign"),
    ("python3", "python3"),
    ("secret-tool", "libsecret-tools"),
    ("skopeo", "skopeo"),
];

/// Whether what is missing is a failure.
pub fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// Prepares the machine for all tests.
pub fn everything() -> Result<()> {
    target()?;
    let programs: Vec<&str> = PROGRAMS.iter().map(|(program, _)| *program).collect();
    match some(&[&programs, &[PYTHON][..]].concat()) {
        Err(error) if !is_ci() => {
            eprintln!("warning: {error:#}\nwarning: tests that need what is missing are skipped");
            Ok(())
        }
        done => done,
    }
}

/// Prepares the machine for what needs these programs; `python` is the Python environment of the tests. The kit calls
/// it for a test that finds a program missing.
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
        bail!(
            "the Rust target {WASM} is missing and there is no rustup: install rust-std for {WASM}"
        );
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

/// Installs packages, or names them.
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

/// Reads the lists of packages. Another program that does so is waited for: apt-get waits for its other lock only.
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

/// apt-get, which asks nothing and waits for another install, as that of a machine that is being set up.
fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["-o", &format!("DPkg::Lock::Timeout={}", LONGEST.as_secs())])
        .arg("--quiet")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The user's number is the owner of what the kernel shows about this process.
fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let process = fs::metadata("/proc/self").context("/proc/self")?;
    Ok(process.uid() == 0)
}

/// Makes the Python environment of the tests, again when its list of packages has changed.
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
