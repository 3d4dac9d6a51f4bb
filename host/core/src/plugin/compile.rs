//! Compilation, with limits on time and memory.
//!
//! The author of a component decides what compiling costs, and a compiler cannot be interrupted. (Measured: one
//! function with 1,000 nested blocks and as many branch tables, 959 KB in all, was not compiled after 4 minutes of
//! processor time, and had used 0.9 GB by then.) So untrusted components are best compiled by a separate process
//! ([`Compiler::Child`]), which can be ended and whose memory is limited. Built-in components were compiled before
//! they were shipped, and are compiled in this process.

use super::guest::{causes, escape};
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

/// Limit on the bytes read of the compiler's messages.
const WORDS: u64 = 16 << 10;

/// Compiler of components that are not built in.
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
    /// A thread of this process. After the time limit it continues in the background until it is done, and its memory
    /// has no limit: for trusted components.
    #[default]
    InProcess,
    /// A process, which is killed at the time limit and gets no environment. It has to call [`compile_as_child`];
    /// the arguments are followed by its memory limit in bytes, as a number.
    Child {
        /// The program: one that is built with this same library, best `/proc/self/exe`.
        program: PathBuf,
        /// Its first arguments.
        args: Vec<OsString>,
    },
}

impl Compiler {
    /// Compiles a component to native code.
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
                let child = in_child(program, args, &artifact.bytes, limits);
                tokio::time::timeout(limits.compile, child).await
            }
        };
        let reached = |limit, most| Err(PluginError::Load(Exceeded { limit, most }));
        match compiled {
            Err(_) => reached(Limit::Compile, millis(limits.compile)),
            // It would be cached, and loaded at every start.
            Ok(Ok(code)) if code.len() > limits.compiled_code => {
                reached(Limit::CompiledCode, limits.compiled_code as u64)
            }
            Ok(compiled) => compiled,
        }
    }
}

/// Compiles on a thread that may run for long.
async fn in_process(engine: &Engine, artifact: &Artifact) -> Result<Vec<u8>, PluginError> {
    let (engine, bytes) = (engine.clone(), artifact.bytes.clone());
    let compiled = tokio::task::spawn_blocking(move || engine.precompile_component(&bytes));
    match compiled.await {
        Ok(compiled) => compiled.map_err(|error| refused(&causes(&error))),
        Err(_) => Err(refused("the compiler crashed")),
    }
}

/// Compiles in a process, which ends when this future is dropped.
async fn in_child(
    program: &Path,
    args: &[OsString],
    component: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, PluginError> {
    let memory = limits.compile_memory;
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
        let (input, output, log) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut input), Some(output), Some(log)) = (input, output, log) else {
            return Err(std::io::Error::other("its pipes are missing"));
        };
        let mut errors = Vec::new();
        // One byte more reveals that the code is too large. The pipe is closed with the block, which ends the child.
        let most = (limits.compiled_code as u64).saturating_add(1);
        let take = async move {
            let mut code = Vec::new();
            output.take(most).read_to_end(&mut code).await.map(|_| code)
        };
        let give = async move {
            // A process that ends early reports the cause itself.
            let _ = input.write_all(component).await;
        };
        let listen = async {
            let mut log = log.take(WORDS);
            log.read_to_end(&mut errors).await
        };
        let ((), code, stderr_read) = tokio::join!(give, take, listen);
        stderr_read?;
        Ok(Output {
            status: child.wait().await?,
            stdout: code?,
            stderr: errors,
        })
    };
    let Output {
        status,
        stdout,
        stderr,
    } = run().await.map_err(|error| {
        PluginError::Engine(format!("{} cannot compile: {error}", program.display()))
    })?;
    // Of code that is too large only a part was read: the caller rejects it.
    if status.success() || stdout.len() > limits.compiled_code {
        return Ok(stdout);
    }
    let text = String::from_utf8_lossy(&stderr);
    // Rust aborts a process this way if it gets no memory; the kernel kills one this way if the machine has none left.
    let out_of_memory = text.contains("memory allocation of") || status.signal() == Some(9);
    Err(match out_of_memory {
        true => PluginError::Load(Exceeded {
            limit: Limit::CompileMemory,
            most: memory,
        }),
        false if text.trim().is_empty() => refused(&format!("the compiler ended with {status}")),
        false => refused(&text),
    })
}

fn refused(why: &str) -> PluginError {
    PluginError::Compile(escape(why))
}

/// Compiles for [`Compiler::Child`]: reads the component from standard input, writes its native code to standard
/// output, and limits the memory of the process. Call it first in a process that does nothing else. On an error, print
/// it to standard error and exit with a status other than 0.
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
    // Limits memory that is written, not reserved addresses.
    bound(Resource::Data, memory)?;
    bound(Resource::Core, 0)?;
    // Exits with its parent, the only reader of the code.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| broken(error.into()))?;
    let mut component = Vec::new();
    let mut input = std::io::stdin().lock();
    input.read_to_end(&mut component).map_err(broken)?;
    let engine = runtime::engine(None)?;
    let code = engine.precompile_component(&component);
    let code = code.map_err(|error| refused(&causes(&error)))?;
    let mut output = std::io::stdout().lock();
    output.write_all(&code).map_err(broken)?;
    output.flush().map_err(broken)
}
