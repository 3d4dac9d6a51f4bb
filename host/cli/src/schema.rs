//! `cloudhost schema [NAME]`

use crate::exit::Exit;
use crate::session::Session;
use crate::{print, views};
use anyhow::Context as _;
use cloudhost_api::{Schema, SchemaList};

/// Commands that print a record, by the name of its schema.
const COMMANDS: &[(&str, &[&str])] = &[
    ("availability", &["run PROVIDER check-availability"]),
    ("bill", &["run PROVIDER bill"]),
    ("cache-clear", &["cache clear"]),
    ("cache-status", &["cache status"]),
    ("collection", &["gc"]),
    ("credentials-check", &["credentials check"]),
    ("credentials-list", &["credentials list"]),
    ("credentials-path", &["credentials path"]),
    ("credentials-remove", &["credentials remove"]),
    ("credentials-set", &["credentials set"]),
    ("credentials-test", &["credentials test"]),
    ("doctor", &["doctor"]),
    ("generate-kconfig", &["run PROVIDER generate-kconfig"]),
    ("images", &["run PROVIDER images list"]),
    (
        "instance",
        &["instance get", "instance wait", "run PROVIDER instance get"],
    ),
    ("instance-types", &["run PROVIDER instance-types list"]),
    (
        "instances",
        &["instance list", "run PROVIDER instance list"],
    ),
    (
        "operation",
        &[
            "operation show",
            "operation wait",
            "instance create",
            "instance start",
            "instance stop",
            "instance terminate",
            "volume create",
            "volume attach",
            "volume detach",
            "volume clone",
            "volume delete",
            "volume snapshot create",
            "volume snapshot restore",
            "volume snapshot delete",
            "ssh-key add",
            "ssh-key delete",
        ],
    ),
    ("operations", &["operation list", "operation resume"]),
    (
        "plan",
        &["instance create --dry-run", "volume create --dry-run"],
    ),
    (
        "plugin",
        &[
            "plugin inspect",
            "plugin install",
            "plugin update NAME",
            "plugin grant",
            "plugin revoke",
            "plugin remove",
        ],
    ),
    ("plugin-build", &["plugin build", "plugin pack"]),
    ("plugin-list", &["plugin list", "plugin update"]),
    ("plugin-new", &["plugin new"]),
    ("plugin-push", &["plugin push"]),
    ("plugin-test", &["plugin test"]),
    ("plugin-verify", &["plugin verify"]),
    ("price-comparison", &["run PROVIDER pricing verify"]),
    ("prices", &["run PROVIDER pricing list"]),
    ("regions", &["run PROVIDER regions list"]),
    ("schema-list", &["schema"]),
    (
        "selection",
        &[
            "run PROVIDER smart-select",
            "run PROVIDER instance-types get-cheapest",
        ],
    ),
    ("snapshot", &["volume snapshot get"]),
    ("snapshot-prune", &["volume snapshot prune"]),
    ("snapshots", &["volume snapshot list"]),
    ("ssh-keys", &["ssh-key list"]),
    ("tiers", &["run PROVIDER smart-select --list-tiers"]),
    ("volume", &["volume get"]),
    ("volumes", &["volume list"]),
    ("whoami", &["whoami", "run PROVIDER whoami"]),
];

/// Prints one schema, always as JSON, or lists all.
pub fn execute(session: &Session<'_>, schema: Option<&Schema>) -> anyhow::Result<Exit> {
    let Some(schema) = schema else {
        session.print(&SchemaList::all(commands), views::schema_list)?;
        return Ok(Exit::Done);
    };
    let text = serde_json::to_string_pretty(&schema.document()).context("cannot print a schema")?;
    print::raw(format!("{text}\n").as_bytes())
}

fn commands(schema: &str) -> Vec<String> {
    let named = COMMANDS.iter().filter(|(name, _)| *name == schema);
    let commands = named.flat_map(|(_, commands)| *commands);
    commands.map(|one| (*one).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory as _;

    /// Each schema has a command, and each command exists.
    #[test]
    fn commands_exist() {
        let schemas = Schema::ALL.iter().map(|schema| schema.name);
        assert!(schemas.eq(COMMANDS.iter().map(|(name, _)| *name)));
        for command in COMMANDS.iter().flat_map(|(_, commands)| *commands) {
            let mut at = Cli::command();
            let words = command.split(' ');
            for word in words
                .filter(|word| !["PROVIDER", "NAME", "--list-tiers", "--dry-run"].contains(word))
            {
                let next = at.find_subcommand(word).cloned();
                at = next.unwrap_or_else(|| panic!("{command}"));
            }
            assert!(!at.has_subcommands(), "{command}");
        }
    }
}
