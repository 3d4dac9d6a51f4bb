//! The real readers get what was meant: Debian's kconfig-frontends, and kconfiglib.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cloudhost_tests::{program, python};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::super::limits::MAX_TERMS;
use super::super::text::{help, prompt};
use super::super::value_fault;
use super::structure::hostile;
use super::*;
use crate::kconfig::MAX_BLOCKS;

/// Strings that mean something to some reader, and a thousand others.
fn samples() -> Vec<String> {
    let mut samples: Vec<String> = [
        "",
        "y",
        "n",
        "m",
        " ",
        "a b ",
        "it's",
        "a\"b",
        "\\",
        "a\\\"",
        "\\n",
        "#",
        "a # b",
        "$",
        "$$",
        "$(HOSTILE)",
        "$(shell,touch evil)",
        "$ HOSTILE",
        "a$",
        "*",
        "debian-12-amd64-*",
        "/etc/passwd",
        "${",
        "é",
        "名前",
        "&&",
        "if A",
        "$HOSTILE",
        "${HOSTILE}",
        "$(HOSTILE)$HOSTILE",
        "$0.75",
        "$UNAME_RELEASE",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut runner = TestRunner::deterministic();
    samples.extend((0..1000).map(|_| hostile().new_tree(&mut runner).unwrap().current()));
    samples
}

struct Tree {
    folder: tempfile::TempDir,
    /// Name, text of the prompt, text of the help.
    booleans: Vec<(String, String, String)>,
}

/// All samples as prompts and help of symbols and a choice.
fn tree() -> Tree {
    let samples = samples();
    let booleans: Vec<(String, String, String)> = samples
        .iter()
        .enumerate()
        .map(|(n, sample)| (format!("B{n}"), format!("{sample}."), sample.clone()))
        .collect();

    let mut entries = Vec::new();
    for (name, text, about) in &booleans {
        entries.push(Entry::Comment(about.clone()));
        entries.push(Entry::Symbol(Symbol {
            help: Some(about.clone()),
            ..boolean(name, text)
        }));
    }
    entries.push(Entry::OpenIf(is_set("B0")));
    entries.push(Entry::Source("below/Kconfig.sub".into()));
    entries.push(Entry::Close);
    let sub = vec![
        Entry::OpenChoice(Choice {
            help: Some(samples.concat()),
            ..choice(&samples.concat())
        }),
        Entry::Symbol(boolean("C1", "one")),
        Entry::Symbol(boolean("C2", "two")),
        Entry::Close,
        Entry::Symbol(Symbol {
            depends_on: is_set("C2"),
            ..string("LAST", "last")
        }),
    ];
    let folder = write(
        &[file("Kconfig", entries), file("below/Kconfig.sub", sub)],
        &samples.concat(),
    );
    Tree { folder, booleans }
}

pub(super) fn write(files: &[File], header: &str) -> tempfile::TempDir {
    let options = Options {
        header: vec![header.into()],
        source_prefix: ".".into(),
        ..options(Dialect::Plain)
    };
    let folder = tempfile::tempdir().unwrap();
    for Rendered { path, text } in render(files, &options).unwrap() {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

pub(super) fn run(command: &mut Command, folder: &Path) -> Output {
    let command = command.current_dir(folder).env("HOSTILE", "expanded");
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && errors.is_empty(),
        "{}\n{errors}",
        output.status
    );
    assert!(!folder.join("evil").exists());
    output
}

/// Configures the tree with kconfig-frontends: lines of `.config` that set something.
pub(super) fn conf(folder: &Path, config: &str) -> Vec<String> {
    fs::write(folder.join(".config"), config).unwrap();
    let mut conf = program::command("kconfig-conf").unwrap();
    run(conf.args(["--olddefconfig", "Kconfig"]), folder);
    let written = fs::read(folder.join(".config")).unwrap();
    let written = String::from_utf8(written).unwrap();
    written
        .split('\n')
        .filter(|line| line.starts_with("CONFIG_"))
        .map(str::to_owned)
        .collect()
}

pub(super) fn kconfiglib(folder: &Path, script: &str) -> serde_json::Value {
    let script = format!("import json, kconfiglib\nk = kconfiglib.Kconfig('Kconfig')\n{script}");
    let output = run(python::command().unwrap().args(["-c", &script]), folder);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// As both readers write values into `.config`.
pub(super) fn assigned((name, value): &(String, String)) -> String {
    format!("CONFIG_{name}=\"{value}\"")
}

#[test]
fn kconfig_frontends_reads_the_structure() {
    let tree = tree();
    assert_eq!(conf(tree.folder.path(), ""), [""; 0]);

    let set = conf(tree.folder.path(), "CONFIG_B0=y\nCONFIG_C2=y\n");
    assert_eq!(set, ["CONFIG_B0=y", "CONFIG_C2=y", "CONFIG_LAST=\"last\""]);
}

#[test]
fn kconfiglib_gets_every_prompt_and_help() {
    let tree = tree();
    let script = "
k.syms['B0'].set_value(2)
k.syms['C2'].set_value(2)
print(json.dumps([[s.name, s.str_value, s.nodes[0].prompt and s.nodes[0].prompt[0], s.nodes[0].help, len(s.nodes)]
                  for s in k.unique_defined_syms]))";
    let read = kconfiglib(tree.folder.path(), script);

    let expected_booleans = tree.booleans.iter().map(|(name, text, about)| {
        let lines = help(about);
        let about = (!lines.is_empty()).then(|| lines.join("\n"));
        // A string that was quoted is read back by taking the escapes away.
        let text = unescaped(&prompt(text));
        serde_json::json!([name, if name == "B0" { "y" } else { "n" }, text, about, 1])
    });
    let last = [
        serde_json::json!(["C1", "n", "one", null, 1]),
        serde_json::json!(["C2", "y", "two", null, 1]),
        serde_json::json!(["LAST", "last", null, null, 1]),
    ];
    let expected: Vec<_> = expected_booleans.chain(last).collect();
    let read = read.as_array().unwrap();
    assert_eq!(read.len(), expected.len());
    for (read, expected) in read.iter().zip(&expected) {
        assert_eq!(read, expected);
    }
}

fn unescaped(quoted: &str) -> String {
    let mut text = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap() } else { c });
    }
    text
}

/// Every rejected text has a reason: some reader does change it.
#[test]
fn a_variable_in_a_value_would_be_expanded() {
    let folder = tempfile::tempdir().unwrap();
    let text = "config A\n\tstring\n\tdefault \"\\$HOSTILE \\${HOSTILE}\"\n";
    fs::write(folder.path().join("Kconfig"), text).unwrap();
    assert_eq!(
        kconfiglib(folder.path(), "print(json.dumps(k.syms['A'].str_value))"),
        "expanded expanded"
    );
    assert!(value_fault("$HOSTILE").is_some() && value_fault("${HOSTILE}").is_some());
}

#[test]
fn readers_take_answers_as_large_as_the_limits() {
    let unset = |n| Term::Unset(format!("X{n}"));
    let any: Condition = vec![(0..MAX_TERMS).map(unset).collect()];
    let all: Condition = (0..MAX_TERMS).map(|n| vec![unset(n)]).collect();
    let mut entries = vec![Entry::OpenIf(vec![vec![unset(0)]]); MAX_BLOCKS / 2];
    entries.push(Entry::Source("Kconfig.f1".into()));
    entries.extend(vec![Entry::Close; MAX_BLOCKS / 2]);
    let mut files = vec![file("Kconfig", entries)];
    let depth = MAX_BLOCKS / 2;
    files.extend((1..depth).map(|n| {
        let mut entries = vec![Entry::Source(format!("Kconfig.f{}", n + 1))];
        if n + 1 == depth {
            let defaults = vec![DefaultValue {
                value: Value::Text("deep".into()),
                when: any.clone(),
            }];
            entries = vec![Entry::Symbol(Symbol {
                defaults,
                depends_on: all.clone(),
                ..string("A", "")
            })];
        }
        file(&format!("Kconfig.f{n}"), entries)
    }));
    let folder = write(&files, "");
    assert_eq!(conf(folder.path(), ""), ["CONFIG_A=\"deep\""]);
    assert_eq!(
        kconfiglib(folder.path(), "print(json.dumps(k.syms['A'].str_value))"),
        "deep"
    );
}
