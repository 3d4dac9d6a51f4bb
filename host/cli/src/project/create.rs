//! New projects.

use super::{Language, ProjectError};
use cloudhost::capability::{is_name, look_alike, name_fault};
use cloudhost::contract::escape_untrusted;
use cloudhost_builtin::PROVIDERS;
use std::path::{Path, PathBuf};

/// Files with their paths in the project: the templates, and of Rust the SDK, which is on no registry.
static RUST: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rust.rs"));
static PYTHON: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/python.rs"));

/// Creates a directory of this name in `within`, with a plugin that can be built, tested and run.
///
/// # Errors
/// When the name is invalid or exists, or the files cannot be written: then no directory is left.
pub fn create(within: &Path, name: &str, language: Language) -> Result<PathBuf, ProjectError> {
    if !is_name(name) {
        return Err(ProjectError::Name {
            name: escape_untrusted(name),
        });
    }
    let known = || PROVIDERS.iter().map(|builtin| builtin.name);
    let taken = |why: String| ProjectError::Taken {
        name: name.to_owned(),
        why,
    };
    if known().any(|known| known == name) {
        return Err(taken("is the name of a built-in plugin".to_owned()));
    }
    if let Some(like) = look_alike(name, known()) {
        return Err(taken(format!("looks like the built-in plugin {like}")));
    }
    if let Some(why) = name_fault(name) {
        return Err(taken(why.to_owned()));
    }
    let dir = within.join(name);
    match std::fs::create_dir(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(ProjectError::Exists { dir });
        }
        made => made.map_err(ProjectError::disk("create", &dir))?,
    }
    let written = write(&dir, name, language);
    if written.is_err() {
        // An incomplete project is removed; the first error is reported.
        let _ = std::fs::remove_dir_all(&dir);
    }
    written.map(|()| dir)
}

fn write(dir: &Path, name: &str, language: Language) -> Result<(), ProjectError> {
    let files = match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
    };
    for (path, text) in files {
        // Under its own name it would hide files of this repository.
        let path = match *path {
            "gitignore" => dir.join(".gitignore"),
            path => dir.join(path),
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(ProjectError::disk("create", folder))?;
        }
        std::fs::write(&path, named(text, name)).map_err(ProjectError::disk("write", &path))?;
    }
    Ok(())
}

/// The text of a template, which is that of a plugin `acme`, for this name.
fn named(text: &str, name: &str) -> String {
    let mut camel = String::new();
    for part in name.split('-') {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    let upper = name.to_uppercase().replace('-', "_");
    text.replace("acme", name)
        .replace("Acme", &camel)
        .replace("ACME", &upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;
    use cloudhost::capability::Manifest;
    use rstest::rstest;
    use std::collections::BTreeMap;

    #[rstest]
    #[case(Language::Rust, "src/lib.rs", "title: \"MyCloud2\".to_owned()")]
    #[case(
        Language::Rust,
        "vendor/cloudhost-sdk/src/lib.rs",
        "pub use provider::Provider;"
    )]
    #[case(Language::Rust, "vendor/wit/world.wit", "world plugin")]
    #[case(Language::Rust, ".gitignore", "/my-cloud2.wasm")]
    #[case(Language::Python, "provider.py", "https://api.my-cloud2.example/")]
    #[case(Language::Python, "provider.py", "TERRAFORM_MY_CLOUD2")]
    #[case(Language::Python, "wit/world.wit", "world plugin")]
    fn a_project_has_its_name_everywhere(
        #[case] language: Language,
        #[case] file: &str,
        #[case] has: &str,
    ) {
        let root = tempfile::tempdir().unwrap();
        let dir = create(root.path(), "my-cloud2", language).unwrap();
        let text = std::fs::read_to_string(dir.join(file)).unwrap();
        assert!(text.contains(has), "{text}");
        assert!(!text.to_lowercase().contains("acme"), "{text}");
        let project = Project::open(&dir).unwrap();
        assert_eq!((project.name(), project.language), ("my-cloud2", language));
        let wit = ["wit", "vendor/wit"].map(|folder| dir.join(folder).join("world.wit"));
        let wit = wit
            .iter()
            .find_map(|path| std::fs::read_to_string(path).ok());
        let manifest = Manifest::parse(&project.text).unwrap();
        let package = format!("package cloudhost:provider@{};", manifest.contract);
        assert!(wit.unwrap().starts_with(&package), "{package}");
    }

    /// Words of the language and what the SDK gives could stand for it where its name were in the code.
    #[rstest]
    #[case("self")]
    #[case("catalog")]
    #[case("type")]
    fn its_name_is_only_in_texts(#[case] name: &str) {
        let root = tempfile::tempdir().unwrap();
        let code = |name: &str| {
            let dir = create(root.path(), name, Language::Rust).unwrap();
            let files = ["src/lib.rs", "src/records.rs", "src/tests.rs"];
            let text = files.map(|file| std::fs::read_to_string(dir.join(file)).unwrap());
            let text = text.concat();
            let lines = text.lines().filter(|line| !line.trim().starts_with("//"));
            // Every second part stands between quotes.
            let parts = lines.flat_map(|line| line.split('"').step_by(2).map(str::to_owned));
            parts.collect::<Vec<_>>()
        };
        assert_eq!(code(name), code("some-cloud"));
    }

    #[rstest]
    #[case("", "invalid plugin name")]
    #[case("My-Cloud", "invalid plugin name")]
    #[case("my_cloud", "invalid plugin name")]
    #[case("../escape", "invalid plugin name")]
    #[case("cloud-", "ends in `-`")]
    #[case("hint", "is a reserved word")]
    #[case("9cloud", "invalid plugin name")]
    #[case("there", "already exists")]
    fn names_that_cannot_be(#[case] name: &str, #[case] told: &str) {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("there"), "kept").unwrap();
        let error = create(root.path(), name, Language::Rust).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_name_of_a_built_in_plugin_is_taken() {
        let Some(builtin) = cloudhost_builtin::PROVIDERS.first() else {
            return;
        };
        let root = tempfile::tempdir().unwrap();
        for name in [builtin.name.to_owned(), format!("{}x", builtin.name)] {
            let error = create(root.path(), &name, Language::Python).unwrap_err();
            assert!(matches!(error, ProjectError::Taken { .. }), "{error}");
            assert!(error.to_string().contains("built-in plugin"), "{error}");
        }
    }

    /// The SDK is built there from a Cargo.toml of its own, since the one here takes its versions from the workspace.
    #[test]
    fn the_sdk_has_the_dependencies_that_it_has_here() {
        let read = |path: &str| -> toml::Table {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            std::fs::read_to_string(path).unwrap().parse().unwrap()
        };
        let (here, there, workspace) = (
            read("../../sdk/Cargo.toml"),
            read("templates/sdk/Cargo.toml"),
            read("../../Cargo.toml"),
        );
        let table = |from: &toml::Table, key: &str| from[key].as_table().unwrap().clone();
        let names = table(&here, "dependencies")
            .into_iter()
            .map(|(name, _)| name);
        let shared = table(&table(&workspace, "workspace"), "dependencies");
        let expected: BTreeMap<_, _> = names
            .map(|name| (name.clone(), shared[&name].clone()))
            .collect();
        let found: BTreeMap<_, _> = table(&there, "dependencies").into_iter().collect();
        assert_eq!(found, expected);
        let package = table(&table(&workspace, "workspace"), "package");
        for key in ["version", "edition", "rust-version"] {
            assert_eq!(there["package"][key], package[key], "{key}");
        }
    }
}
