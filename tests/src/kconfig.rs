//! Readers of generated menus that others wrote: kconfiglib and kconfig-frontends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::facts::Facts;
use crate::{place, program, python};

/// What kconfiglib found; the script `tests/python/check_kconfig.py` says what it does.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// Machine types that were selected, each under every architecture that it runs.
    pub types: usize,
    /// Families of which a type was selected.
    pub families: usize,
    /// Regions that were selected.
    pub regions: usize,
    /// Zones that were selected.
    pub zones: usize,
    /// Images that were selected.
    pub images: usize,
    /// What is not as it should be; empty in a good tree.
    pub problems: Vec<String>,
}

/// A tree as kdevops has it around generated files, ready to be read.
#[derive(Debug)]
pub struct Menu {
    folder: PathBuf,
}

impl Menu {
    /// Puts a top-level file into `folder`, beside a copy of the generated files at `generated` (a path below
    /// `folder`, as the `source` lines have it). Lines `output yaml`, which only kdevops' own reader knows,
    /// are left out of the copy.
    ///
    /// # Errors
    ///
    /// Something cannot be read or written.
    pub fn around(generated_in: &Path, generated: &str, folder: &Path) -> io::Result<Self> {
        Self::new(true, generated_in, generated, folder)
    }

    /// As [`Menu::around`], for a plain tree: the top-level file does nothing but read the generated one.
    ///
    /// # Errors
    ///
    /// Something cannot be read or written.
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

    /// Selects everything that can be selected and compares with what AWS says.
    ///
    /// # Errors
    ///
    /// The script failed; what is wrong with the menu is in the report instead.
    pub fn check(&self, facts: &Facts) -> io::Result<Report> {
        let args = [self.folder.as_path(), facts.path()];
        let out = python::run("check_kconfig.py", args)?;
        serde_json::from_str(&out).map_err(|error| io::Error::other(format!("{error}: {out}")))
    }

    /// Runs kconfig-frontends' `conf` and returns the configuration that it wrote.
    ///
    /// # Errors
    ///
    /// It failed, or warned.
    pub fn conf(&self, mode: &str, config: &str) -> io::Result<String> {
        let output = program::command("kconfig-conf")?
            .arg(mode)
            .arg("Kconfig")
            .env("KCONFIG_CONFIG", config)
            .current_dir(&self.folder)
            .output()?;
        python::succeeded("kconfig-conf", &output)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("warning") || said.contains("error") {
            return Err(io::Error::other(format!("kconfig-conf {mode}: {said}")));
        }
        self.read(config)
    }

    /// A file of the folder.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn read(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.join(name))
    }

    /// Writes a file of the folder.
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
