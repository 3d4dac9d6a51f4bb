//! Third-party readers of generated menus: kconfiglib and kconfig-frontends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::facts::Facts;
use crate::{place, program, python};

/// Findings of kconfiglib; see the script `tests/python/check_kconfig.py`.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// Selected instance types, each counted under every architecture that it supports.
    pub types: usize,
    /// Families with a selected type.
    pub families: usize,
    /// Selected regions.
    pub regions: usize,
    /// Selected zones.
    pub zones: usize,
    /// Selected images, each counted under its architecture.
    pub images: usize,
    /// Problems; empty for a valid tree.
    pub problems: Vec<String>,
}

/// Generated files inside a tree like that of kdevops, for a reader.
#[derive(Debug)]
pub struct Menu {
    folder: PathBuf,
}

impl Menu {
    /// Writes a top-level file into `folder`, beside a copy of the generated files at `generated` (a path below
    /// `folder`, as in the `source` lines). The copy lacks the lines `output yaml`, which only kdevops' own reader
    /// knows.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub fn around(generated_in: &Path, generated: &str, folder: &Path) -> io::Result<Self> {
        Self::new(true, generated_in, generated, folder)
    }

    /// Does the same as [`Menu::around`] for a plain tree: the top-level file only sources the generated one.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub fn bare(generated_in: &Path, generated: &str, folder: &Path) -> io::Result<Self> {
        Self::new(false, generated_in, generated, folder)
    }

    fn new(
        architectures: bool,
        generated_in: &Path,
        generated: &str,
        folder: &Path,
    ) -> io::Result<Self> {
        copy_without_yaml(&generated_in.join(generated), &folder.join(generated))?;
        let text = if architectures {
            fs::read_to_string(place::workspace().join("tests/kconfig/Kconfig.in"))?
                .replace("@DIR@", generated)
        } else {
            format!("source \"{generated}/Kconfig\"\n")
        };
        fs::write(folder.join("Kconfig"), text)?;
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    /// Selects everything that can be selected and compares the result with the facts.
    ///
    /// # Errors
    ///
    /// The script failed. Problems of the menu are in the report instead.
    pub fn check(&self, facts: &Facts) -> io::Result<Report> {
        let args = [self.folder.as_path(), facts.path()];
        let out = python::run("check_kconfig.py", args)?;
        serde_json::from_str(&out).map_err(|error| io::Error::other(format!("{error}: {out}")))
    }

    /// Runs kconfig-frontends' `conf` and returns the configuration that it wrote.
    ///
    /// # Errors
    ///
    /// `conf` failed or warned.
    pub fn conf(&self, mode: &str, config: &str) -> io::Result<String> {
        let output = program::command("kconfig-conf")?
            .arg(mode)
            .arg("Kconfig")
            .env("KCONFIG_CONFIG", config)
            .current_dir(&self.folder)
            .output()?;
        python::succeeded("kconfig-conf", &output)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if stderr.contains("warning") || stderr.contains("error") {
            return Err(io::Error::other(format!("kconfig-conf {mode}: {stderr}")));
        }
        self.read(config)
    }

    /// Reads a file of the directory.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn read(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.join(name))
    }

    /// Writes a file of the directory.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.folder.join(name), text)
    }
}

fn copy_without_yaml(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_without_yaml(&entry.path(), &target)?;
            continue;
        }
        let text = fs::read_to_string(entry.path())?;
        let lines = text.lines().filter(|line| line.trim() != "output yaml");
        fs::write(
            target,
            lines.flat_map(|line| [line, "\n"]).collect::<String>(),
        )?;
    }
    Ok(())
}
