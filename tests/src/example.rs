//! The component of `examples/plugins/digitalocean`, which is written in Python.
//!
//! componentize-py takes half a minute to build it. The first test that finds it missing or older than its sources does
//! so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{fs, io};

use crate::{lock, place, python};

/// Returns the component with its manifest. Builds it if it is missing or outdated.
///
/// # Errors
///
/// componentize-py is not installed or failed, or the binary is not built. The message has the output.
pub fn python_plugin() -> io::Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = lock(&ONE_AT_A_TIME);
    let project = place::workspace().join("examples/plugins/digitalocean");
    let folder = place::target_dir().join("python-plugin");
    let (component, stamp) = (folder.join("digitalocean.wasm"), folder.join("made-of.txt"));
    let sources = sources(&project)?;
    if component.exists() && fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == sources) {
        return Ok(component);
    }
    fs::create_dir_all(&folder)?;
    let bare = folder.join("bare.wasm");
    let tool = python::interpreter()?.with_file_name("componentize-py");
    let output = Command::new(tool)
        .args([
            "--quiet",
            "--wit-path",
            "wit",
            "--world",
            "plugin",
            "componentize",
        ])
        .args(["--stub-wasi", "provider", "--output"])
        .arg(&bare)
        .current_dir(&project)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()?;
    python::succeeded("componentize-py", &output)?;
    let output = Command::new(place::binary())
        .args(["plugin", "pack", "--quiet"])
        .arg(&bare)
        .arg("--manifest")
        .arg(project.join("manifest.toml"))
        .arg("--out")
        .arg(&component)
        .output()?;
    python::succeeded("cloudhost plugin pack", &output)?;
    fs::write(&stamp, sources)?;
    Ok(component)
}

/// Concatenates all sources of the component.
fn sources(project: &Path) -> io::Result<String> {
    let mut all = String::new();
    for folder in ["", "wit", "wit/deps/cloudhost"] {
        let files = fs::read_dir(project.join(folder))?;
        let mut files: Vec<PathBuf> = files
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<_>>()?;
        files.sort();
        let ours = |file: &&PathBuf| {
            let ending = file.extension().unwrap_or_default();
            ["py", "toml", "wit"].iter().any(|own| ending == *own)
        };
        for file in files.iter().filter(ours) {
            all.push_str(&fs::read_to_string(file)?);
        }
    }
    let packages = place::workspace().join("tests/requirements.txt");
    Ok(all + &fs::read_to_string(packages)?)
}
