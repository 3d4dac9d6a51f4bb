//! Layers: no cycle between the directories and files of a crate of `host/`.
//!
//! A module is a file or directory directly below `src`. It depends on another if a path in its code, tests excluded,
//! leads there: `crate::x`, `super::x`, or a name that the root re-exports from `x`. The root itself may use all of
//! them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use cloudhost_tests::workspace;

/// Uses of a module by another: file and line.
type Uses = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn no_crate_of_the_host_has_a_circle() {
    let host = workspace().join("host");
    let mut found = Vec::new();
    let mut seen = 0;
    for folder in entries(&host) {
        let src = folder.join("src");
        if src.is_dir() {
            seen += 1;
            let name = folder.strip_prefix(&host).unwrap().display().to_string();
            let circles = circles(&uses(&src));
            found.extend(
                circles
                    .into_iter()
                    .map(|circle| format!("{name}: {circle}")),
            );
        }
    }
    assert!(seen > 4, "{seen} crates in {}", host.display());
    assert!(found.is_empty(), "cycles:\n{}", found.join("\n"));
}

#[rstest::rstest]
#[case::direct(&[("a.rs", "use crate::b::B;"), ("b.rs", "fn f() { crate::a::g() }")], &["a b a"])]
#[case::grouped(&[("a.rs", "use crate::{x, b::{B, C}};"), ("b.rs", "use crate::{a};")], &["a b a"])]
#[case::three(&[("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a;")], &["a b c a"])]
#[case::super_of_a_file(&[("a.rs", "use super::b;"), ("b.rs", "use super::a;")], &["a b a"])]
#[case::super_in_a_folder(&[("a/mod.rs", "mod b;"), ("a/b.rs", "use super::c; use super::super::b;"), ("b.rs", "use crate::a;")], &["a b a"])]
#[case::inline(&[("a.rs", "mod i { use super::super::b; }"), ("b.rs", "use crate::a;")], &["a b a"])]
#[case::re_exported(&[("lib.rs", "pub use b::{B, C as D};"), ("a.rs", "use crate::D;"), ("b.rs", "use crate::a;")], &["a b a"])]
#[case::one_way(&[("a.rs", "use crate::b;"), ("b.rs", "use crate::b::c;")], &[])]
#[case::within(&[("a/mod.rs", "use crate::a::b;"), ("a/b.rs", "use super::c;")], &[])]
#[case::in_words(&[("a.rs", "use crate::b;"), ("b.rs", "// crate::a\nconst A: &str = \"crate::a\"; /* crate::a */")], &[])]
#[case::in_tests(&[("a.rs", "use crate::b;"), ("b.rs", "#[cfg(test)]\nmod tests { use crate::a; }\n#[cfg(test)]\nuse crate::a;")], &[])]
#[case::in_a_file_of_tests(&[("a.rs", "use crate::b;"), ("b/mod.rs", "#[cfg(test)]\nmod t;"), ("b/t.rs", "use crate::a;")], &[])]
fn circles_are_found(#[case] files: &[(&str, &str)], #[case] expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let found = circles(&uses(folder.path()));
    let names = |circle: &String| -> String {
        let steps = circle.split(" -> ");
        let names = steps.map(|step| step.split(' ').next().unwrap());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        found.iter().map(names).collect::<Vec<_>>(),
        expected,
        "{found:?}"
    );
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Returns which module of a crate uses which.
fn uses(src: &Path) -> Uses {
    let mut files = Vec::new();
    collect(src, &mut files);
    let root = |path: &Path| path == Path::new("lib.rs") || path == Path::new("main.rs");
    let modules: BTreeSet<String> = files
        .iter()
        .map(|path| path.strip_prefix(src).unwrap())
        .filter(|path| !root(path))
        .map(|path| module(path).swap_remove(0))
        .collect();
    let mut parsed = Vec::new();
    let mut tests = BTreeSet::new();
    for path in &files {
        let inside = path.strip_prefix(src).unwrap().to_owned();
        let file = File::parse(&std::fs::read_to_string(path).unwrap());
        let own = if root(&inside) {
            Vec::new()
        } else {
            module(&inside)
        };
        tests.extend(
            file.tests
                .iter()
                .map(|name| [&own[..], std::slice::from_ref(name)].concat()),
        );
        parsed.push((inside, own, file));
    }
    // Module of each name that the root re-exports.
    let mut exported = BTreeMap::new();
    for (_, _, file) in parsed.iter().filter(|(path, ..)| root(path)) {
        for found in file.paths.iter().filter(|found| found.is_use) {
            let first = found
                .segments
                .iter()
                .find(|part| !matches!(part.as_str(), "crate" | "self"));
            if let Some(first) = first.filter(|first| modules.contains(*first)) {
                exported.insert(found.name.clone(), first.clone());
            }
        }
    }
    let mut uses = Uses::new();
    for (inside, own, file) in &parsed {
        // The convention for `#[path]` of a file's tests.
        let beside = own.last().is_some_and(|name| name.ends_with("_tests"));
        let in_tests = beside || tests.iter().any(|test| own.starts_with(test));
        let Some(from) = own.first().filter(|_| !in_tests) else {
            continue;
        };
        for found in &file.paths {
            let Some(first) = found.first(own) else {
                continue;
            };
            let to = if modules.contains(&first) {
                Some(&first)
            } else {
                exported.get(&first)
            };
            if let Some(to) = to.filter(|to| *to != from) {
                let place = format!("{}:{}", inside.display(), found.line);
                let uses = uses.entry(from.clone()).or_default();
                uses.entry(to.clone()).or_insert(place);
            }
        }
    }
    uses
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// Returns the module path of a file.
fn module(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> = file
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Returns the shortest cycle through each group of modules that has one.
fn circles(uses: &Uses) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in uses.keys() {
        let Some(circle) = circle(uses, start) else {
            continue;
        };
        if seen.insert(
            circle
                .iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .cloned()
                .collect::<Vec<_>>(),
        ) {
            let steps = circle
                .windows(2)
                .map(|step| format!("{} ({})", step[0], uses[&step[0]][&step[1]]));
            let steps: Vec<_> = steps.chain([start.clone()]).collect();
            found.push(steps.join(" -> "));
        }
    }
    found
}

/// Returns the shortest path from a module back to itself.
fn circle(uses: &Uses, start: &String) -> Option<Vec<String>> {
    let mut from: BTreeMap<&String, &String> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(one) = next.pop_front() {
        for to in uses.get(one).into_iter().flat_map(BTreeMap::keys) {
            if to == start {
                let mut back = vec![start.clone(), one.clone()];
                let mut at = one;
                while at != start {
                    at = from[at];
                    back.push(at.clone());
                }
                back.reverse();
                return Some(back);
            }
            if let Entry::Vacant(way) = from.entry(to) {
                way.insert(one);
                next.push_back(to);
            }
        }
    }
    None
}

/// A path in the code of a file.
#[derive(Debug)]
struct Found {
    segments: Vec<String>,
    /// Its name: the last segment, or the name after `as`.
    name: String,
    line: usize,
    is_use: bool,
    /// Inline modules of the file that it is in.
    inline: Vec<String>,
}

impl Found {
    /// Returns the first segment below the root, as seen from this module.
    fn first(&self, own: &[String]) -> Option<String> {
        let mut at = [own, &self.inline].concat();
        let mut segments = self.segments.iter();
        match segments.next()?.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()),
            _ => return None,
        }
        for segment in segments {
            match segment.as_str() {
                "super" => drop(at.pop()),
                name => {
                    at.push(name.to_owned());
                    break;
                }
            }
        }
        at.into_iter().next()
    }
}

/// The relevant parts of a source file.
#[derive(Debug, Default)]
struct File {
    paths: Vec<Found>,
    /// Modules in separate files that `#[cfg(test)]` marks as tests.
    tests: Vec<String>,
}

impl File {
    fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let mut file = Self::default();
        let mut inline: Vec<(String, usize)> = Vec::new();
        let (mut at, mut depth) = (0, 0);
        let is = |at: usize, text: &str| tokens.get(at).is_some_and(|(token, _)| token == text);
        while let Some((token, line)) = tokens.get(at) {
            if is(at, "#")
                && ["[", "cfg", "(", "test", ")", "]"]
                    .iter()
                    .zip(at + 1..)
                    .all(|(part, at)| is(at, part))
            {
                let end = item(&tokens, at + 7);
                let skipped = &tokens[at + 7..end];
                if let [.., (keyword, _), (name, _), (last, _)] = skipped
                    && keyword == "mod"
                    && last == ";"
                {
                    file.tests.push(name.clone());
                }
                at = end;
                continue;
            }
            match token.as_str() {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    inline.pop_if(|(_, inside)| *inside > depth);
                }
                "mod" if is(at + 2, "{") => {
                    inline.push((tokens[at + 1].0.clone(), depth + 1));
                }
                "use" => {
                    let inline: Vec<_> = inline.iter().map(|(name, _)| name.clone()).collect();
                    at = tree(&tokens, at + 1, &[], &mut |segments, name| {
                        file.paths.push(Found {
                            name: name.to_owned(),
                            segments,
                            line: *line,
                            is_use: true,
                            inline: inline.clone(),
                        });
                    });
                    continue;
                }
                "crate" | "super" if is(at + 1, "::") => {
                    let mut segments = vec![token.clone()];
                    while is(at + 1, "::")
                        && tokens.get(at + 2).is_some_and(|(name, _)| is_name(name))
                    {
                        segments.push(tokens[at + 2].0.clone());
                        at += 2;
                    }
                    file.paths.push(Found {
                        name: segments.last().unwrap().clone(),
                        segments,
                        line: *line,
                        is_use: false,
                        inline: inline.iter().map(|(name, _)| name.clone()).collect(),
                    });
                }
                _ => {}
            }
            at += 1;
        }
        file
    }
}

/// Reads one branch of a `use`, and returns its end.
fn tree(
    tokens: &[(String, usize)],
    mut at: usize,
    before: &[String],
    found: &mut impl FnMut(Vec<String>, &str),
) -> usize {
    let mut segments = before.to_vec();
    while let Some((token, _)) = tokens.get(at) {
        at += 1;
        match token.as_str() {
            "::" => {}
            "{" => loop {
                at = tree(tokens, at, &segments, found);
                match tokens.get(at).map(|(token, _)| token.as_str()) {
                    Some(",") => at += 1,
                    _ => return at + 1,
                }
            },
            "as" => {
                let name = tokens[at].0.clone();
                found(segments, &name);
                return at + 1;
            }
            name if is_name(name) || name == "*" => segments.push(name.to_owned()),
            _ => {
                at -= 1;
                break;
            }
        }
    }
    if segments.len() > before.len() {
        let name = segments.last().unwrap().clone();
        found(segments, &name);
    }
    at
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Returns the end of the item that starts here.
fn item(tokens: &[(String, usize)], mut at: usize) -> usize {
    let mut depth = 0_usize;
    let to_semicolon = tokens[at..]
        .iter()
        .find(|(token, _)| is_name(token) && token != "pub" && token != "crate")
        .is_some_and(|(token, _)| {
            matches!(token.as_str(), "use" | "const" | "static" | "type" | "let")
        });
    while let Some((token, _)) = tokens.get(at) {
        at += 1;
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if token == "}" && depth == 0 && !to_semicolon {
                    break;
                }
            }
            ";" if depth == 0 => break,
            _ => {}
        }
    }
    at
}

/// Returns names, `::` and single characters with their lines, without comments, string and character literals.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    let starts = |at: usize, with: &str| {
        with.chars()
            .zip(at..)
            .all(|(c, at)| chars.get(at) == Some(&c))
    };
    while let Some(&c) = chars.get(at) {
        let from = at;
        at += 1;
        if c.is_alphanumeric() || c == '_' {
            while chars
                .get(at)
                .is_some_and(|c| c.is_alphanumeric() || *c == '_')
            {
                at += 1;
            }
            let name: String = chars[from..at].iter().collect();
            let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
            if matches!(name.as_str(), "r" | "br") && chars.get(at + hashes) == Some(&'"') {
                let end = format!("\"{}", "#".repeat(hashes));
                at += hashes + 1;
                while at < chars.len() && !starts(at, &end) {
                    at += 1;
                }
                at += end.len();
            } else {
                found.push((name, line));
            }
        } else if starts(from, "//") {
            while chars.get(at).is_some_and(|c| *c != '\n') {
                at += 1;
            }
        } else if starts(from, "/*") {
            while at < chars.len() && !starts(at, "*/") {
                at += 1;
            }
            at += 2;
        } else if c == '"' {
            while chars.get(at).is_some_and(|c| *c != '"') {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if c == '\'' && chars.get(at) == Some(&'\\') {
            at += 2;
            while chars.get(at).is_some_and(|c| *c != '\'') {
                at += 1;
            }
            at += 1;
        } else if c == '\'' && chars.get(at + 1) == Some(&'\'') {
            at += 2;
        } else if starts(from, "::") {
            at += 1;
            found.push(("::".to_owned(), line));
        } else if !c.is_whitespace() {
            found.push((c.to_string(), line));
        }
        let end = at.min(chars.len());
        line += chars[from..end].iter().filter(|c| **c == '\n').count();
    }
    found
}
