//! `cloudhost plugin new|build|pack`

use crate::args::Cli;
use crate::project::{self, Language, Project, ProjectError};
use crate::quote::quoted;
use crate::views::{BuiltView, NewView};
use crate::{Exit, print, report};
use cloudhost::plugin::{self, PackError};
use std::path::Path;

pub fn new(cli: &Cli, name: &str, language: Language) -> anyhow::Result<Exit> {
    let dir = project::create(Path::new(""), name, language)?;
    let view = NewView::new(name, language, &dir);
    print::result(cli.output, &view, |_| None)?;
    if !cli.quiet {
        report::closing(&[format!(
            "{name}: a plugin in {}, in {}; {}/README.md tells the rest",
            language.label(),
            dir.display(),
            dir.display()
        )]);
        let prepare = match language {
            Language::Rust => "",
            Language::Python => {
                " && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
            }
        };
        report::advice(&format!(
            "cd {name}{prepare} && cloudhost plugin build && cloudhost plugin test"
        ));
    }
    Ok(Exit::Done)
}

pub fn build(cli: &Cli, dir: &Path) -> anyhow::Result<Exit> {
    let project = Project::open(dir)?;
    let artifact = project.build(cli.allowance().limits.component, cli.quiet)?;
    // As it would be typed: the project's own path is absolute.
    let file = dir.join(format!("{}.wasm", project.name()));
    done(cli, &artifact, &file)
}

pub fn pack(
    cli: &Cli,
    component: &Path,
    manifest: &Path,
    out: Option<&Path>,
) -> anyhow::Result<Exit> {
    let text = project::read_manifest(manifest)?;
    let most = cli.allowance().limits.component;
    let bytes = std::fs::read(component).map_err(|source| ProjectError::Disk {
        what: "read",
        path: component.to_owned(),
        source,
    })?;
    let artifact = plugin::pack(bytes, &text, most).map_err(|error| match error {
        // Who packs it wrote it.
        PackError::Manifest(error) => ProjectError::Manifest(error),
        other => other.into(),
    })?;
    let file = out.unwrap_or(component);
    project::place(&artifact.bytes, file)?;
    done(cli, &artifact, file)
}

fn done(cli: &Cli, artifact: &plugin::Artifact, file: &Path) -> anyhow::Result<Exit> {
    let view = BuiltView::new(artifact, file);
    print::result(cli.output, &view, |_| None)?;
    if !cli.quiet {
        let manifest = &artifact.manifest;
        report::closing(&[format!(
            "{} {}: {} bytes in {}",
            manifest.name,
            manifest.version,
            artifact.bytes.len(),
            file.display()
        )]);
        // A name alone would be that of a provider.
        let here = if file.parent() == Some(Path::new("")) {
            "./"
        } else {
            ""
        };
        let (name, file) = (&manifest.name, format!("{here}{}", quoted(file)));
        let installed = cli.plugins().is_ok_and(|plugins| {
            let found = plugins.find(name);
            found.is_ok_and(|found| found.is_some_and(|one| one.digest != artifact.digest))
        });
        let install = match installed {
            true => {
                format!("cloudhost plugin update {name} {file} --grant-all --accept same-version")
            }
            false => format!("cloudhost plugin install {file}"),
        };
        report::advice(&format!(
            "{install}, then: cloudhost run {name} instance-types list"
        ));
    }
    Ok(Exit::Done)
}
