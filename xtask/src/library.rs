//! The library alone, as a program embeds it: without dependencies of the command line.

use anyhow::{Result, bail};

use crate::tool;

/// Dependencies of the command line only. A program that embeds the library does not compile them, and makes its own
/// choices: argument parser, terminal output, `tracing` subscriber.
const NEVER: [&str; 7] = [
    "anstream",
    "clap",
    "comfy-table",
    "indicatif",
    "rpassword",
    "serde-saphyr",
    "tracing-subscriber",
];

/// Dependencies of the feature `aws` only.
const AWS: [&str; 2] = ["aws-config", "aws-sdk-sts"];

/// Fails if the library without features needs one of these.
pub fn check() -> Result<()> {
    let mut tree = tool::cargo(["tree", "--package", "cloudhost", "--no-default-features"]);
    tree.args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let tree = tool::output(&mut tree)?;
    let needed = needed(&tree);
    if !needed.is_empty() {
        bail!("the library without features needs {}", needed.join(", "));
    }
    Ok(())
}

/// Compiles the library without features.
pub fn compile() -> Result<()> {
    let mut check = tool::cargo([
        "check",
        "--release",
        "--package",
        "cloudhost",
        "--no-default-features",
    ]);
    tool::step("the library alone", &mut check)
}

/// Returns the names of both lists that are among these packages, one per line: `name v1.2.3`.
fn needed(tree: &str) -> Vec<&'static str> {
    let names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let unwanted = NEVER.into_iter().chain(AWS);
    unwanted.filter(|name| names.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn packages_are_found_by_their_whole_name() {
        let tree = "cloudhost v0.1.0 (/src/host)\nclap_lex v1.0.0\nindicatif v1.0.1 (*)\n";
        assert_eq!(needed(tree), ["indicatif"]);
    }
}
