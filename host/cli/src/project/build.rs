//! Builds of plugin projects.

use super::{Language, Project, ProjectError, place};
use crate::stderr;
use cloudhost::credentials::is_credential_variable;
use cloudhost::plugin::{Artifact, PackError, PluginError, pack};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Rust target of plugins.
pub(super) const TARGET: &str = "wasm32-wasip2";

/// A line of `cargo build --message-format=json`, as far as it matters here
/// (<https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>).
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

impl Project {
    /// Builds the component and puts it beside the source. The tools of the language report on stderr.
    ///
    /// # Errors
    /// A tool is missing or fails, or its output is not a plugin of at most `most` bytes.
    pub fn build(&self, most: usize, quiet: bool) -> Result<Artifact, ProjectError> {
        let built = match self.language {
            Language::Rust => self.cargo(quiet)?,
            Language::Python => self.componentize(quiet)?,
        };
        // The SDK has added the manifest; a project without the SDK needs it added here.
        let artifact = match Artifact::read_within(built.clone(), most) {
            Err(PluginError::ManifestCount { found: 0 }) => pack(built, &self.text, most)?,
            read => read.map_err(PackError::from)?,
        };
        place(&artifact.bytes, &self.component())?;
        Ok(artifact)
    }

    fn cargo(&self, quiet: bool) -> Result<Vec<u8>, ProjectError> {
        self.check_target()?;
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--release", "--target", TARGET])
            .arg("--message-format=json-render-diagnostics");
        if quiet {
            cargo.arg("--quiet");
        }
        cargo.stderr(Stdio::inherit());
        let output = self.run("cargo", cargo)?;
        let manifest = std::fs::canonicalize(self.dir.join(Language::Rust.mark()));
        let manifest = manifest.map_err(ProjectError::disk("find", &self.dir))?;
        let messages = String::from_utf8_lossy(&output);
        let messages = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Message>(line).ok());
        let ours = messages.filter(|message| {
            message.reason == "compiler-artifact"
                && std::fs::canonicalize(&message.manifest_path).is_ok_and(|path| path == manifest)
        });
        let wasm = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "wasm");
        let files: Vec<PathBuf> = ours
            .flat_map(|message| message.filenames)
            .filter(wasm)
            .collect();
        let [file] = files.as_slice() else {
            return Err(ProjectError::Components { count: files.len() });
        };
        std::fs::read(file).map_err(ProjectError::disk("read", file))
    }

    /// Checks for the target: without it, cargo prints many lines that do not name the cause.
    fn check_target(&self) -> Result<(), ProjectError> {
        let mut rustc = Command::new("rustc");
        rustc.args(["--print", "target-libdir", "--target", TARGET]);
        rustc.stderr(Stdio::inherit());
        let output = self.run("rustc", rustc)?;
        let folder = String::from_utf8_lossy(&output);
        match Path::new(folder.trim()).is_dir() {
            true => Ok(()),
            false => Err(ProjectError::Target),
        }
    }

    fn componentize(&self, quiet: bool) -> Result<Vec<u8>, ProjectError> {
        let own = self.dir.join(".venv");
        let tool = own.join("bin/componentize-py");
        let mut python = Command::new("componentize-py");
        if tool.exists() {
            // Its packages are those of the project.
            python = Command::new(tool);
            python.env("VIRTUAL_ENV", &own);
        }
        let temporary = Path::new("a temporary directory");
        let out = tempfile::tempdir().map_err(ProjectError::disk("create", temporary))?;
        let file = out.path().join("plugin.wasm");
        if quiet {
            python.arg("--quiet");
        }
        python
            .args(["--wit-path", "wit", "--world", "plugin", "componentize"])
            // A plugin has no files, sockets or clock: imports of them are refused, and Python's are not needed.
            .args(["--stub-wasi", "provider", "--output"])
            .arg(&file);
        python.stderr(Stdio::piped());
        self.run("componentize-py", python)?;
        std::fs::read(&file).map_err(ProjectError::disk("read", &file))
    }

    /// Runs a tool in the project's directory, and returns its stdout. The project decides what the tool does: build
    /// scripts and a `.venv` of its own run as this user. The tool gets no credential in its environment.
    fn run(&self, tool: &'static str, mut command: Command) -> Result<Vec<u8>, ProjectError> {
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_credential_variable) {
                command.env_remove(name);
            }
        }
        let started = command.current_dir(&self.dir).stdin(Stdio::null()).output();
        let output = started.map_err(|error| ProjectError::Tool {
            tool,
            why: error.to_string(),
            dir: self.dir.clone(),
            language: self.language,
        })?;
        stderr::lines(&without_backtrace(&output.stderr));
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(ProjectError::Failed { tool }),
        }
    }
}

/// Splits the stderr of a tool into lines, without the backtrace of the tool itself.
fn without_backtrace(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    let lines = text.lines().map(str::to_owned);
    lines
        .take_while(|line| !line.trim_start().starts_with("Stack backtrace:"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backtrace_of_a_tool_is_left_out() {
        let output = "SyntaxError: invalid syntax\n\nStack backtrace:\n   0: <unknown>\n";
        assert_eq!(
            without_backtrace(output.as_bytes()),
            ["SyntaxError: invalid syntax", ""]
        );
        assert_eq!(without_backtrace(b"one\ntwo"), ["one", "two"]);
    }
}
