//! The library knows no cloud: cloud-specific code is in plugins, credential schemes and tables.

use std::fs;
use std::path::{Path, PathBuf};

/// Names of clouds and of their parts: prefixes of a word, then substrings of one.
const BEGINNINGS: [&str; 5] = ["aws", "ec2", "gce", "gcp", "imds"];
const PARTS: [&str; 14] = [
    "alibaba",
    "amazon",
    "azure",
    "boto3",
    "botocore",
    "digitalocean",
    "goog",
    "hetzner",
    "lambda",
    "linode",
    "openstack",
    "oracle",
    "scaleway",
    "vultr",
];

/// Tables that may name a cloud: locations of tokens, addresses, and symbols of kdevops.
const TABLES: [&str; 3] = [
    "credentials/bearer/locations.rs",
    "egress/blocked.rs",
    "kconfig/kdevops.rs",
];

/// Files that may name a cloud: credential schemes and tables.
fn is_allowed(path: &str) -> bool {
    let table = TABLES.contains(&path);
    let scheme = path.starts_with("credentials/") && !path.starts_with("credentials/bearer/");
    table || scheme
}

/// Texts that are allowed everywhere: names of metadata services, and a cryptography library.
const ALLOWED_TEXTS: [&str; 2] = ["metadata.goog", "aws_lc_rs"];

fn names_a_cloud(line: &str) -> bool {
    let mut line = line.to_lowercase();
    for text in ALLOWED_TEXTS {
        line = line.replace(text, "");
    }
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| {
            BEGINNINGS.iter().any(|start| word.starts_with(start))
                || PARTS.iter().any(|part| word.contains(part))
        })
}

/// Lines of a source or a table, without comments and without the tests at its end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {");
    let text = &text[..end.unwrap_or(text.len())];
    let lines = text.lines().enumerate();
    let lines = lines.map(|(at, line)| (at + 1, line.split(" // ").next().unwrap_or(line).trim()));
    lines.filter(|(_, line)| !line.starts_with("//") && !line.starts_with("# "))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if name != "tests" {
                files(&path, found);
            }
        } else if [".rs", ".txt", ".toml"]
            .iter()
            .any(|end| name.ends_with(end))
            && name != "tests.rs"
            && !name.ends_with("_tests.rs")
        {
            found.push(path);
        }
    }
}

#[test]
fn only_schemes_and_tables_name_a_cloud() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    files(&root, &mut sources);
    assert!(sources.len() > 100);
    let mut found = Vec::new();
    let mut in_table = false;
    for source in sources {
        let path = source.strip_prefix(&root).unwrap().to_str().unwrap();
        let text = fs::read_to_string(&source).unwrap();
        for (at, line) in code(&text).filter(|(_, line)| names_a_cloud(line)) {
            in_table |= path == "credentials/bearer/locations.rs";
            if !is_allowed(path) {
                found.push(format!("{path}:{at}: {line}"));
            }
        }
    }
    assert!(in_table, "the search finds nothing");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[rstest::rstest]
#[case("let name = \"aws\";", true)]
#[case("fn is_ec2() {}", true)]
#[case("struct AwsKeys;", true)]
#[case("const LAMBDALABS_FILE", true)]
#[case("host == \"ec2.x.amazonaws.com\"", true)]
#[case("use aws_lc_rs::aead;", false)]
#[case("\"metadata.goog\"", false)]
#[case("fn draws(laws: u8)", false)]
fn words(#[case] line: &str, #[case] expected: bool) {
    assert_eq!(names_a_cloud(line), expected);
}
