//! `cloudhost plugin new|build|pack`

use crate::exit::Exit;
use crate::project::{self, Language, Project, ProjectError};
use crate::quote::quoted;
use crate::session::Session;
use crate::stderr;
use cloudhost::plugin::{self, PackError};
use cloudhost_api::{BuiltPlugin, NewProject};
use std::path::Path;

pub fn new(session: &Session<'_>, name: &str, language: Language) -> anyhow::Result<Exit> {
    let dir = project::create(Path::new(""), name, language)?;
    session.print_data(&NewProject {
        name: name.to_owned(),
        language: language.label().to_owned(),
        path: dir.clone(),
    })?;
    if !session.cli.quiet {
        stderr::closing(&[format!(
            "{name}: created a plugin in {}, in {}; see {}/README.md",
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
        stderr::advice(&format!(
            "cd {name}{prepare} && cloudhost plugin build && cloudhost plugin test"
        ));
    }
    Ok(Exit::Done)
}

pub fn build(session: &Session<'_>, dir: &Path) -> anyhow::Result<Exit> {
    let project = Project::open(dir)?;
    let artifact = project.build(session.allowance().limits.component, session.cli.quiet)?;
    // As it would be typed: the project's own path is absolute.
    let file = dir.join(format!("{}.wasm", project.name()));
    done(session, &artifact, &file)
}

pub fn pack(
    session: &Session<'_>,
    component: &Path,
    manifest: &Path,
    out: Option<&Path>,
) -> anyhow::Result<Exit> {
    let text = project::read_manifest(manifest)?;
    let most = session.allowance().limits.component;
    let bytes = std::fs::read(component).map_err(|source| ProjectError::Disk {
        what: "read",
        path: component.to_owned(),
        source,
    })?;
    let artifact = plugin::pack(bytes, &text, most).map_err(|error| match error {
        // The user who packs it wrote it.
        PackError::Manifest(error) => ProjectError::Manifest(error),
        other => other.into(),
    })?;
    let file = out.unwrap_or(component);
    project::place(&artifact.bytes, file)?;
    done(session, &artifact, file)
}

fn done(session: &Session<'_>, artifact: &plugin::Artifact, file: &Path) -> anyhow::Result<Exit> {
    session.print_data(&BuiltPlugin::new(artifact, file))?;
    if !session.cli.quiet {
        let manifest = &artifact.manifest;
        stderr::closing(&[format!(
            "{} {}: {} bytes in {}",
            manifest.name,
            manifest.version,
            artifact.bytes.len(),
            file.display()
        )]);
        // A name without a path would be that of a provider.
        let here = if file.parent() == Some(Path::new("")) {
            "./"
        } else {
            ""
        };
        let (name, file) = (&manifest.name, format!("{here}{}", quoted(file)));
        let installed = session.plugins().is_ok_and(|plugins| {
            let found = plugins.find(name);
            found.is_ok_and(|found| found.is_some_and(|one| one.digest != artifact.digest))
        });
        let install = match installed {
            true => {
                format!("cloudhost plugin update {name} {file} --grant-all --accept same-version")
            }
            false => format!("cloudhost plugin install {file}"),
        };
        stderr::advice(&format!(
            "{install}, then: cloudhost run {name} instance-types list"
        ));
    }
    Ok(Exit::Done)
}
