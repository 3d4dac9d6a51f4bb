//! Compiling, within limits of time and memory.
//!
//! What compiling costs is up to whoever wrote the component, and a compiler cannot be stopped halfway. (Measured: one
//! function with 1,000 nested blocks and as many tables of branches, 959 KB in all, was not compiled after 4 minutes of
//! processor time, and had taken 0.9 GB by then.) So strangers'
//! components are best compiled by a process of its own ([`Compiler::Child`]), which can be ended and whose memory has
//! a bound. What is built in was compiled before it was shipped, and is compiled in this process.

use super::guest::escape;
use super::meters::millis;
use super::{Artifact, PluginError, runtime};
use crate::limits::{Exceeded, Limit, Limits};
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wasmtime::Engine;

/// Bytes of the compiler's words that are read.
const WORDS: u64 = 16 << 10;

/// Who compiles components that are not built in.
///
/// ```
/// use cloudhost::plugin::Compiler;
///
/// let mut config = cloudhost::host::HostConfig::new("/var/cache/inventory");
/// config.compiler = Compiler::Child {
///     program: "/proc/self/exe".into(),
///     args: vec!["compile-component".into()],
/// };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Compiler {
    /// A thread of this process. One that takes too long is not waited for, but it goes on until it is done, and what
    /// memory it takes has no bound: for components that are trusted to be compiled.
    #[default]
    InProcess,
    /// A process, which is ended when its time is over and gets no environment. It has to call [`compile_as_child`];
    /// the arguments are followed by the bytes of memory that it may take, as a number.
    Child {
        /// The program: one that is built with this same library, best `/proc/self/exe`.
        program: PathBuf,
        /// Its first arguments.
        args: Vec<OsString>,
    },
}

impl Compiler {
    /// The native code of a component.
    pub(super) async fn compile(
        &self,
        engine: &Engine,
        artifact: &Artifact,
        limits: &Limits,
    ) -> Result<Vec<u8>, PluginError> {
        let in_process = in_process(engine, artifact);
        if artifact.builtin {
            return in_process.await;
        }
        let compiled = match self {
            Self::InProcess => tokio::time::timeout(limits.compile, in_process).await,
            Self::Child { program, args } => {
                let child = in_child(program, args, &artifact.bytes, limits.compile_memory);
                tokio::time::timeout(limits.compile, child).await
            }
        };
        compiled.unwrap_or_else(|_| {
            Err(PluginError::Load(Exceeded {
                limit: Limit::Compile,
                most: millis(limits.compile),
            }))
        })
    }
}

/// Compiles in a thread that may take its time.
async fn in_process(engine: &Engine, artifact: &Artifact) -> Result<Vec<u8>, PluginError> {
    let (engine, bytes) = (engine.clone(), artifact.bytes.clone());
    let compiled = tokio::task::spawn_blocking(move || engine.precompile_component(&bytes));
    match compiled.await {
        Ok(compiled) => compiled.map_err(|error| refused(&format!("{error:#}"))),
        Err(_) => Err(refused("the compiler crashed")),
    }
}

/// Has a process compile, which ends when this future is dropped.
async fn in_child(
    program: &Path,
    args: &[OsString],
    component: &[u8],
    memory: u64,
) -> Result<Vec<u8>, PluginError> {
    let run = async || -> std::io::Result<Output> {
        let mut child = tokio::process::Command::new(program)
            .args(args)
            .arg(memory.to_string())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (input, output, words) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut input), Some(mut output), Some(words)) = (input, output, words) else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        let (mut code, mut said) = (Vec::new(), Vec::new());
        let give = async move {
            // One that ends early says why by itself.
            let _ = input.write_all(component).await;
        };
        let listen = async {
            let mut words = words.take(WORDS);
            words.read_to_end(&mut said).await
        };
        let ((), taken, heard) = tokio::join!(give, output.read_to_end(&mut code), listen);
        taken?;
        heard?;
        Ok(Output {
            status: child.wait().await?,
            stdout: code,
            stderr: said,
        })
    };
    let Output {
        status,
        stdout,
        stderr,
    } = run().await.map_err(|error| {
        PluginError::Engine(format!("{} cannot compile: {error}", program.display()))
    })?;
    if status.success() {
        return Ok(stdout);
    }
    let words = String::from_utf8_lossy(&stderr);
    // Rust ends a process that gets no memory so; the kernel ends one so that takes the machine's last.
    let out_of_memory = words.contains("memory allocation of") || status.signal() == Some(9);
    Err(match out_of_memory {
        true => PluginError::Load(Exceeded {
            limit: Limit::CompileMemory,
            most: memory,
        }),
        false if words.trim().is_empty() => refused(&format!("the compiler ended with {status}")),
        false => refused(&words),
    })
}

fn refused(why: &str) -> PluginError {
    PluginError::Compile(escape(why))
}

/// Compiles for [`Compiler::Child`]: the component is read from standard input, its native code goes to standard
/// output, and the process takes at most so many bytes of memory. Call it first thing in a process that does nothing
/// else, and print an error on standard error with an exit status that is not 0.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     let args: Vec<String> = std::env::args().collect();
///     if let [_, word, memory] = &args[..]
///         && word == "compile-component"
///     {
///         return match memory.parse().map(cloudhost::plugin::compile_as_child) {
///             Ok(Ok(())) => std::process::ExitCode::SUCCESS,
///             Ok(Err(error)) => { eprintln!("{error}"); std::process::ExitCode::FAILURE }
///             Err(error) => { eprintln!("{error}"); std::process::ExitCode::FAILURE }
///         };
///     }
///     // ... the program itself.
///     std::process::ExitCode::SUCCESS
/// }
/// ```
///
/// # Errors
/// When the limits cannot be set, the component does not compile, or a stream breaks.
pub fn compile_as_child(memory: u64) -> Result<(), PluginError> {
    let broken = |error: std::io::Error| PluginError::Engine(error.to_string());
    let bound = |resource, most| {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|error| broken(error.into()))
    };
    // Memory that is written, not addresses that are only set aside.
    bound(Resource::Data, memory)?;
    bound(Resource::Core, 0)?;
    // Whoever waits for the code is gone.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| broken(error.into()))?;
    let mut component = Vec::new();
    let mut input = std::io::stdin().lock();
    input.read_to_end(&mut component).map_err(broken)?;
    let engine = runtime::engine(None)?;
    let code = engine.precompile_component(&component);
    let code = code.map_err(|error| refused(&format!("{error:#}")))?;
    let mut output = std::io::stdout().lock();
    output.write_all(&code).map_err(broken)?;
    output.flush().map_err(broken)
}
