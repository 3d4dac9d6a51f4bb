//! A run of a program: set-up, start, interruption and outcome.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::program;

/// Access key of every signed request of a test: the example of AWS's documentation.
pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// Secret of that key. It must not appear in any output.
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Time limit of a run.
const LIMIT: Duration = Duration::from_secs(180);

/// Builder of a program run.
#[derive(Debug)]
pub struct Invocation {
    pub(crate) command: Command,
}

impl Invocation {
    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets the kit's AWS key, a region, and this URL for every AWS service.
    #[must_use]
    pub fn aws(self, url: &str) -> Self {
        self.env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", url)
    }

    /// Sets the working directory.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Passes the run as arguments to another program, such as `sh -c '... exec "$@"' sh`.
    #[must_use]
    pub fn under<A: AsRef<OsStr>>(self, wrapper: impl IntoIterator<Item = A>) -> Self {
        let mut words = wrapper.into_iter();
        let Some(program) = words.next() else {
            return self;
        };
        let mut command = Command::new(program);
        command
            .args(words)
            .arg(self.command.get_program())
            .args(self.command.get_args());
        command.env_clear();
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        Self { command }
    }

    /// Starts it and returns at once.
    ///
    /// # Errors
    ///
    /// It could not be started.
    pub fn spawn(mut self) -> io::Result<Running> {
        let program = self.command.get_program();
        if let Some(name) = program.to_str().filter(|name| !name.contains('/')) {
            program::require(name)?;
        }
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = self.command.spawn()?;
        let stdout = reader(child.stdout.take());
        let stderr = reader(child.stderr.take());
        Ok(Running {
            child,
            stdout,
            stderr,
            started,
        })
    }

    /// Runs it to completion.
    ///
    /// # Errors
    ///
    /// It could not be started, or did not end within three minutes.
    pub fn run(self) -> io::Result<Outcome> {
        self.spawn()?.wait()
    }
}

/// A running program.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    started: Instant,
}

impl Running {
    /// Sends SIGINT, as Ctrl-C does.
    ///
    /// # Errors
    ///
    /// The program has ended already.
    pub fn interrupt(&self) -> io::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(
            pid.ok_or_else(|| io::Error::other("no process id"))?,
            Signal::INT,
        )?;
        Ok(())
    }

    /// True once it has ended, also before [`Running::wait`].
    pub fn has_ended(&self) -> bool {
        // Its output is read to the end.
        self.stdout.is_finished() && self.stderr.is_finished()
    }

    /// Kills it, as a power switch does, and returns what it had printed.
    ///
    /// # Errors
    ///
    /// The operating system refuses.
    pub fn kill(mut self) -> io::Result<Outcome> {
        self.child.kill()?;
        self.wait()
    }

    /// Waits until it ends.
    ///
    /// # Errors
    ///
    /// The program did not end within three minutes, and was killed.
    pub fn wait(mut self) -> io::Result<Outcome> {
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if self.started.elapsed() > LIMIT {
                self.child.kill()?;
                self.child.wait()?;
                let stderr =
                    String::from_utf8_lossy(&self.stderr.join().unwrap_or_default()).into_owned();
                let message = format!("no end after {LIMIT:?}; standard error:\n{stderr}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            thread::sleep(Duration::from_millis(2));
        };
        let wall = self.started.elapsed();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Outcome {
            code: status.code(),
            stdout: text(self.stdout.join().unwrap_or_default()),
            stderr: text(self.stderr.join().unwrap_or_default()),
            wall,
        })
    }
}

/// Outcome of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Duration, to about 2 ms.
    pub wall: Duration,
}

impl Outcome {
    /// Standard output as JSON.
    ///
    /// # Errors
    ///
    /// The output is not JSON; the message shows the run.
    pub fn json(&self) -> io::Result<serde_json::Value> {
        serde_json::from_str(&self.stdout)
            .map_err(|error| io::Error::other(format!("{error}: {self}")))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self
            .code
            .map_or_else(|| "signal".to_owned(), |code| code.to_string());
        write!(
            f,
            "exit: {code}\n--- stdout\n{}--- stderr\n{}",
            self.stdout, self.stderr
        )
    }
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // After an error, the bytes that were read are the result.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}
