//! Values in everything that reads them: both Kconfig readers, and then make, a shell, YAML, Jinja2 and Ansible.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use cloudhost_tests::{program, python};

use super::super::value_fault;
use super::readers::{assigned, conf, kconfiglib, run, write};
use super::*;

/// Number of values.
const MANY: usize = 100_000;
/// Number of values in one command line, which has at most 128 KiB.
const CHUNK: usize = 1_000;

/// Names and values: all kinds that clouds have, and any other texts that are accepted.
fn values() -> Vec<(String, String)> {
    let mut texts: BTreeSet<String> = [
        "us-east-1",
        "u-6tb1.56xlarge",
        "013907871322",
        "debian-13-amd64-*",
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*",
        "Deep Learning Base OSS Nvidia Driver GPU AMI ?Ubuntu 22.04? *",
        "Canonical:ubuntu-24_04-lts:server:latest",
        "California, US",
        "image@sha256:0a",
        "1.31.4+k3s1",
        "/dev/sda1",
        "https://acme.example/a",
        "yes",
        "null",
        "1e3",
        "12:30:45",
        "0x10",
    ]
    .map(str::to_owned)
    .into();
    assert!(texts.iter().all(|text| value_fault(text).is_none()));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let common: Vec<char> = ('0'..='9')
        .chain("abcxyzABCXYZ._-:/@+*?, ".chars())
        .collect();
    let any: Vec<char> = (' '..='~').chain("\n\té名\u{202e}".chars()).collect();
    let mut refused = 0;
    while texts.len() < MANY {
        let length = 1 + random(24);
        let one = |_| match random(30) {
            0 => any[random(any.len())],
            _ => common[random(common.len())],
        };
        let text: String = (0..length).map(one).collect();
        match value_fault(&text) {
            None => drop(texts.insert(text)),
            Some(_) => refused += 1,
        }
    }
    assert!(refused > MANY / 10);
    let named = |(number, text)| (format!("S{number}"), text);
    texts.into_iter().enumerate().map(named).collect()
}

/// A tree with these values, which kconfig-frontends has configured, and the lines of its `.config`.
fn configured(values: &[(String, String)]) -> (tempfile::TempDir, Vec<String>) {
    let symbol = |(name, value): &(String, String)| Entry::Symbol(string(name, value));
    let folder = write(&[file("Kconfig", values.iter().map(symbol).collect())], "");
    let lines = conf(folder.path(), "");
    (folder, lines)
}

fn lines(output: &Output) -> Vec<&str> {
    std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect()
}

/// The words of values, as a command line without quotes has them.
fn words(values: &[(String, String)]) -> Vec<String> {
    let words = values.iter().flat_map(|(_, value)| value.split(' '));
    words.map(|word| format!("<{word}>")).collect()
}

#[test]
fn both_readers_have_every_value() {
    let values = values();
    let (folder, lines) = configured(&values);
    assert!(
        lines
            .iter()
            .eq(&values.iter().map(assigned).collect::<Vec<_>>())
    );
    let script = "print(json.dumps([s.str_value for s in k.unique_defined_syms]))";
    let read = kconfiglib(folder.path(), script);
    let read = read
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap());
    assert!(read.eq(values.iter().map(|(_, value)| value.as_str())));
}

/// As kdevops' makefiles do: without the quotes, as text and as words of a recipe.
#[test]
fn make_has_every_value_and_runs_nothing() {
    let values = values();
    let (folder, _) = configured(&values);
    let bare = |(name, _): &(String, String)| format!("$(subst \",,$(CONFIG_{name}))");
    let mut makefile = "include .config\n".to_owned();
    for one in &values {
        makefile += &format!("$(info {})\n", bare(one));
    }
    makefile += "all:\n";
    for chunk in values.chunks(CHUNK) {
        let all: Vec<String> = chunk.iter().map(bare).collect();
        makefile += &format!("\t@set -f; printf '<%s>\\n' {}\n", all.join(" "));
    }
    fs::write(folder.path().join("Makefile"), makefile).unwrap();
    let before = names(folder.path());
    let output = run(&mut program::command("make").unwrap(), folder.path());
    let given = values.iter().map(|(_, value)| value.clone());
    let expected: Vec<String> = given.chain(words(&values)).collect();
    assert!(lines(&output).iter().eq(&expected));
    assert_eq!(names(folder.path()), before);
}

#[test]
fn a_shell_has_every_value_and_runs_nothing() {
    let values = values();
    let (folder, config) = configured(&values);
    let mut script = "set -f\n".to_owned();
    for (number, (chunk, config)) in values.chunks(CHUNK).zip(config.chunks(CHUNK)).enumerate() {
        // As `.config`, in parts: the shell looks for a variable among all.
        fs::write(
            folder.path().join(format!("part{number}")),
            config.join("\n"),
        )
        .unwrap();
        let quoted = chunk.iter().map(|(name, _)| format!("\"$CONFIG_{name}\""));
        let bare = chunk.iter().map(|(name, _)| format!("$CONFIG_{name}"));
        let (quoted, bare): (Vec<_>, Vec<_>) = (quoted.collect(), bare.collect());
        script += &format!(
            "( . ./part{number}; printf '%s\\n' {}; printf '<%s>\\n' {} )\n",
            quoted.join(" "),
            bare.join(" ")
        );
    }
    fs::write(folder.path().join("script"), script).unwrap();
    let before = names(folder.path());
    let output = run(Command::new("sh").arg("script"), folder.path());
    let expected = values.chunks(CHUNK).flat_map(|chunk| {
        let given = chunk.iter().map(|(_, value)| value.clone());
        given.chain(words(chunk)).collect::<Vec<_>>()
    });
    assert!(lines(&output).iter().eq(&expected.collect::<Vec<_>>()));
    assert_eq!(names(folder.path()), before);
}

/// As the recipes of a tree and its scripts do, without `set -f`: patterns become names of files, and nothing runs.
#[test]
fn patterns_name_files_and_run_nothing() {
    let mut patterns = values();
    // Not all files of this machine.
    let absolute = |value: &str| value.split(' ').any(|word| word.starts_with('/'));
    patterns.retain(|(_, value)| value.contains(['*', '?']) && !absolute(value));
    patterns.sort_by_key(|(_, value)| value != "debian-13-amd64-*");
    patterns.truncate(CHUNK);
    assert_eq!(patterns.len(), CHUNK);
    let (folder, config) = configured(&patterns);
    let names_of = |before: &str, after: &str| -> Vec<String> {
        let names = patterns.iter();
        names
            .map(|(name, _)| format!("{before}CONFIG_{name}{after}"))
            .collect()
    };
    let bare = names_of("$(subst \",,$(", "))").join(" ");
    let makefile = format!("include .config\nall:\n\t@printf '%s\\n' {bare}\n");
    fs::write(folder.path().join("Makefile"), makefile).unwrap();
    let script = format!(". ./part\nprintf '%s\\n' {}\n", names_of("$", "").join(" "));
    fs::write(folder.path().join("script"), script).unwrap();
    fs::write(folder.path().join("part"), config.join("\n")).unwrap();
    for known in ["a", "1", "debian-13-amd64-x"] {
        fs::write(folder.path().join(known), "").unwrap();
    }
    let before = names(folder.path());
    let mut make = program::command("make").unwrap();
    let mut sh = Command::new("sh");
    for command in [&mut make, sh.arg("script")] {
        let output = run(command, folder.path());
        assert!(lines(&output).contains(&"debian-13-amd64-x"));
        assert_eq!(names(folder.path()), before);
    }
}

#[test]
fn ansible_and_jinja2_have_every_value_and_run_nothing() {
    let values = values();
    let folder = tempfile::tempdir().unwrap();
    let config: Vec<String> = values.iter().map(assigned).collect();
    fs::write(folder.path().join(".config"), config.join("\n")).unwrap();
    let mut check = python::script("check_values.py").unwrap();
    let output = run(check.arg(".config"), folder.path());
    assert_eq!(lines(&output), [format!("{MANY} values, 0 differ")]);
    assert_eq!(names(folder.path()), [".config", "extra_vars.yaml"]);
}

/// Rejected values would have run: the checks above can fail.
#[test]
fn what_is_refused_would_run() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("P");
    let ran = |value: &str, command: &mut Command| {
        assert!(value_fault(value).is_some());
        let text = format!("CONFIG_S0=\"{value}\"\n");
        fs::write(folder.path().join(".config"), text).unwrap();
        let _ = command.current_dir(folder.path()).output().unwrap();
        fs::remove_file(&made).unwrap_or_else(|error| panic!("{value}: {error}"));
    };
    let makefile = "include .config\nall: ;@printf '%s' $(subst \",,$(CONFIG_S0))\n";
    fs::write(folder.path().join("Makefile"), makefile).unwrap();
    for value in [
        "here; touch P",
        "a|touch P",
        "a & touch P",
        "a > P",
        "a && touch P",
    ] {
        ran(value, &mut program::command("make").unwrap());
    }
    for value in ["$(touch P)", "`touch P`", "a\" ; touch P ; \""] {
        ran(value, Command::new("sh").args(["-c", ". ./.config"]));
    }
    for value in [
        "{{ lookup('pipe','touch P') }}",
        "{% if lookup('pipe','touch P') %}{% endif %}",
    ] {
        let mut check = python::script("check_values.py").unwrap();
        ran(value, check.arg(".config"));
    }
}

/// Names of the files in a directory.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
