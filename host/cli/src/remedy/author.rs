//! Hints for the author of a plugin.

use cloudhost::AuthorTask;

pub fn hint(task: &AuthorTask) -> Option<String> {
    let manifest = |entry: String| format!("the plugin's author adds it to manifest.toml: {entry}");
    Some(match task {
        AuthorTask::ListHost(host) => manifest(format!("hosts = [\"{host}\"]")),
        AuthorTask::ListSetting(name) => manifest(format!("settings = [\"{name}\"]")),
        AuthorTask::ListCredential(name) => {
            manifest(format!("[[credentials]] with name = \"{name}\""))
        }
        AuthorTask::ListChange => manifest(
            "change = true, for requests of `run`, `undo` and `cancel`; or the POST request in [[reads]], if it changes nothing"
                .to_owned(),
        ),
        AuthorTask::ListUse(name) => format!(
            "the plugin's author adds this use to manifest.toml, at the credential {name}"
        ),
        AuthorTask::CorrectManifest => {
            "the plugin's author has to correct manifest.toml and rebuild".to_owned()
        }
        AuthorTask::DeclareManifest => {
            "declare the plugin once with `cloudhost_sdk::plugin!(Type, manifest = \"manifest.toml\")`, \
             or put the manifest into a component of other tools: cloudhost plugin pack FILE"
                .to_owned()
        }
        AuthorTask::AddInterface(name) => {
            format!("its author can add the interface `{name}`: docs/writing-a-plugin.md")
        }
        AuthorTask::UseHttps => "the plugin's author uses https://".to_owned(),
        AuthorTask::UseCredential => {
            "the plugin's author names a credential of manifest.toml in the request, and the host signs it"
                .to_owned()
        }
        AuthorTask::RemoveImports => {
            "a plugin reaches the network by cloudhost:provider/http only: ask its author to remove \
             what opens sockets or files"
                .to_owned()
        }
        AuthorTask::BuildComponent => {
            "build it with `cargo build --release --target wasm32-wasip2`".to_owned()
        }
        AuthorTask::Rebuild { contract } => format!(
            "ask the plugin's author to rebuild it with {}",
            match contract {
                Some(version) => format!("cloudhost-sdk {version}"),
                None => "the newest cloudhost-sdk".to_owned(),
            }
        ),
        AuthorTask::ExportAsync => {
            "the plugin's author must declare the export `async func`".to_owned()
        }
        AuthorTask::RenamePlugin => {
            "do not use it before you know its author; the author gives it another name".to_owned()
        }
        AuthorTask::RenameSymbol => {
            "ask the plugin's author for a symbol of its own: `Symbols::make` with another prefix"
                .to_owned()
        }
        AuthorTask::Sign => {
            "the author signs with minisign 0.10 or later: minisign -S -m FILE".to_owned()
        }
        AuthorTask::FixDefect { log: false } => {
            "report this message to the plugin's author".to_owned()
        }
        AuthorTask::FixDefect { log: true } => {
            "report this to the plugin's author, with the output of the same command and -vv"
                .to_owned()
        }
        _ => return None,
    })
}
