//! Power loss: the program is killed at a write of its journal, and the files are put back to what a disk can have then.
//!
//! strace records all writes. The disk has what was synced. Of the rest it has nothing, all, or some, in any order and
//! torn between sectors; so it is for names in the directory. Whatever it has, the journal is readable, it knows each
//! operation that the user was told of, and the cloud ends with what was wanted.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use cloudhost_tests::{Ec2Settings, Outcome, python};

use super::crash::{FILES, POINTS, Point, SCENARIOS, Scenario, Stage, WRITES, chance, unwound};

/// Size that a disk writes at once.
const SECTOR: usize = 512;
/// Number of frames from which SQLite moves its log into the database, and the size of one.
const CHECKPOINT: u64 = 1000;
const FRAME: u64 = 4096 + 24;
/// Number of points of a scenario in a sample.
const SAMPLE: u64 = 3;
/// Seed of the sample, and of what is kept.
const SEED: u64 = 7;

/// What the disk has of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kept {
    Nothing,
    All,
    /// Some, by this seed.
    Some(u64),
}

/// A change of a file.
#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Length(length) => content.resize(*length, 0),
        }
    }
}

/// A file on the disk and in memory.
#[derive(Clone, Debug, Default)]
struct File {
    content: Vec<u8>,
    changes: Vec<Change>,
    /// Its name: on the disk, and in memory.
    named: (bool, bool),
}

/// The files of the journal.
#[derive(Clone, Debug, Default)]
struct Disk {
    files: BTreeMap<String, File>,
}

impl Disk {
    /// The files as they are, all of them synced.
    fn of(folder: &Path) -> Self {
        let mut disk = Self::default();
        for name in FILES {
            if let Ok(content) = fs::read(folder.join(name)) {
                let file = File {
                    content,
                    changes: Vec::new(),
                    named: (true, true),
                };
                disk.files.insert(name.to_owned(), file);
            }
        }
        disk
    }

    /// Applies the lines of strace.
    fn replay(&mut self, log: &str, folder: &Path) {
        // A call that takes its time is two lines: its arguments, and its result.
        let mut begun: BTreeMap<&str, String> = BTreeMap::new();
        for line in log.lines() {
            let (thread, rest) = line.split_once(' ').unwrap();
            let rest = rest.trim_start();
            if let Some(call) = rest.strip_suffix(" <unfinished ...>") {
                begun.insert(thread, call.to_owned());
            } else if let Some((_, result)) = rest.split_once(" resumed>") {
                let call = begun.remove(thread).unwrap_or_default() + result;
                self.call(&call, folder);
            } else {
                self.call(rest, folder);
            }
        }
    }

    fn call(&mut self, line: &str, folder: &Path) {
        // It failed, or the program was killed at it.
        if line.contains(" = -1 ") || line.contains(" = ?") {
            return;
        }
        let Some((call, arguments)) = line.split_once('(') else {
            return;
        };
        let folder = folder.to_str().unwrap();
        // The path of a descriptor, and that of an argument.
        let between = |text: &str, open: char, close: char| {
            let (_, rest) = text.split_once(open)?;
            Some(unhex(rest.split_once(close)?.0))
        };
        let path = |bytes: Option<Vec<u8>>| {
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let name = |path: &str| {
            let name = path.strip_prefix(folder)?.trim_start_matches('/');
            FILES.contains(&name).then(|| name.to_owned())
        };
        let descriptor = path(between(arguments, '<', '>')).unwrap_or_default();
        let numbers = || {
            arguments
                .rsplit_once(')')
                .map_or(arguments, |(before, _)| before)
        };
        let last = || {
            numbers()
                .rsplit_once(", ")
                .unwrap()
                .1
                .parse::<usize>()
                .unwrap()
        };
        match call {
            "open" | "openat" if arguments.contains("O_CREAT") => {
                let opened = arguments.rsplit_once(" = ").map(|(_, result)| result);
                let opened = path(opened.and_then(|result| between(result, '<', '>')));
                if let Some(name) = opened.as_deref().and_then(name) {
                    self.files.entry(name).or_default().named.1 = true;
                }
            }
            "pwrite64" => {
                if let Some(name) = name(&descriptor) {
                    let bytes = between(arguments.split_once(", ").unwrap().1, '"', '"').unwrap();
                    let file = self.files.entry(name).or_default();
                    file.changes.push(Change::Write { at: last(), bytes });
                }
            }
            "ftruncate" => {
                if let Some(name) = name(&descriptor) {
                    let file = self.files.entry(name).or_default();
                    file.changes.push(Change::Length(last()));
                }
            }
            "fsync" | "fdatasync" if descriptor == folder => {
                self.files
                    .values_mut()
                    .for_each(|file| file.named.0 = file.named.1);
            }
            "fsync" | "fdatasync" => {
                if let Some(name) = name(&descriptor) {
                    let file = self.files.entry(name).or_default();
                    for change in std::mem::take(&mut file.changes) {
                        change.apply(&mut file.content);
                    }
                }
            }
            "unlink" => {
                let path = path(between(arguments, '"', '"')).unwrap_or_default();
                if let Some(file) = name(&path).and_then(|name| self.files.get_mut(&name)) {
                    file.named.1 = false;
                }
            }
            "write" => {
                let path = name(&descriptor);
                assert_eq!(path, None, "a write without a place: {line}");
            }
            _ => {}
        }
    }

    /// Puts the files back to what the disk has.
    fn restore(&self, folder: &Path, kept: Kept) {
        let mut seed = match kept {
            Kept::Some(seed) => seed << 32,
            _ => 0,
        };
        let mut keeps = |of: usize| {
            seed += 1;
            match kept {
                Kept::Nothing => 0,
                Kept::All => of,
                Kept::Some(_) => chance(seed, 0..of + 1),
            }
        };
        for name in FILES {
            let path = folder.join(name);
            let _ = fs::remove_file(&path);
            let Some(file) = self.files.get(name) else {
                continue;
            };
            let named = match file.named {
                (disk, memory) if disk == memory => disk,
                (disk, memory) => [disk, memory][keeps(1)],
            };
            if !named {
                continue;
            }
            let mut content = file.content.clone();
            for change in &file.changes {
                match change {
                    Change::Write { at, bytes } => {
                        // The sectors of a write go to the disk from the front.
                        let sectors = keeps(bytes.len().div_ceil(SECTOR)) * SECTOR;
                        let bytes = bytes[..sectors.min(bytes.len())].to_vec();
                        if !bytes.is_empty() {
                            Change::Write { at: *at, bytes }.apply(&mut content);
                        }
                    }
                    Change::Length(_) if keeps(1) == 0 => {}
                    change => change.apply(&mut content),
                }
            }
            fs::write(&path, content).unwrap();
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// The bytes of `\x41\x42`.
fn unhex(text: &str) -> Vec<u8> {
    let digits = text.split("\\x").skip(1);
    digits
        .map(|two| u8::from_str_radix(two, 16).unwrap())
        .collect()
}

impl Stage {
    /// Runs the command until the point, with all its writes recorded, and loses the power. Returns what it had printed.
    fn loses_power(&self, scenario: &Scenario, point: Point, kept: Kept) -> Outcome {
        let state = self.state();
        let mut disk = Disk::of(&state);
        let log = self.aws.sandbox.path().join("strace.txt");
        let Point::Write(call, number) = point else {
            panic!("{point}");
        };
        let words = [
            "-o".to_owned(),
            log.to_str().unwrap().to_owned(),
            "-xx".to_owned(),
            "-y".to_owned(),
            "-s1000000".to_owned(),
            format!("-etrace={},open,openat", WRITES.join(",")),
            format!("-einject={call}:signal=KILL:when={number}"),
        ];
        let outcome = self.traced(scenario.command, &words).run().unwrap();
        disk.replay(&fs::read_to_string(log).unwrap(), &state);
        if state.exists() {
            if kept == Kept::All {
                // The model is right: it has what the files have.
                for name in FILES.iter().filter(|name| !name.ends_with("-shm")) {
                    let file = disk.files.get(*name).filter(|file| file.named.1);
                    let mut content = file.map(|file| file.content.clone());
                    for change in file.iter().flat_map(|file| &file.changes) {
                        content.iter_mut().for_each(|content| change.apply(content));
                    }
                    let real = fs::read(state.join(name)).ok();
                    assert!(real == content, "{name} differs from its record");
                }
            }
            disk.restore(&state, kept);
        }
        outcome
    }

    fn power_point(&mut self, scenario: &Scenario, point: Point, kept: Kept) {
        let (foreign, known) = self.prepare(scenario);
        let sent = self.aws.cloud.requests().unwrap().len();
        let outcome = self.loses_power(scenario, point, kept);
        self.check_told(&outcome);
        let requests = self.aws.cloud.requests().unwrap().split_off(sent);
        if requests.iter().any(|request| request.effect) {
            let all = self.operations();
            assert!(
                all.len() > known,
                "a request was sent for an operation that is lost"
            );
        }
        self.recover(scenario, known);
        self.verify(scenario, &foreign);
    }
}

/// Writes a journal whose log is moved into the database by the next operation or two, and returns its copy. While
/// another program has it open, its end does not do so.
fn long_journal(stage: &mut Stage) -> PathBuf {
    let key = SCENARIOS.iter().find(|one| one.name == "key").unwrap();
    stage.prepare(key);
    stage.aws.cloud.set(&Ec2Settings::at_once()).unwrap();
    stage.run("ssh-key add laptop", 0);
    let log = stage.state().join("operations.db-wal");
    let open = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select 1 from operations').fetchone(); print(flush=True); sys.stdin.read()";
    let mut other = python::command().unwrap();
    let other = other.args(["-c", open]).arg(stage.state().join(FILES[0]));
    let mut other = other
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = [0];
    other
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut line)
        .unwrap();
    while fs::metadata(&log).map_or(0, |log| log.len()) < (CHECKPOINT - 25) * FRAME {
        stage.run("ssh-key add other", 0);
        stage.run("ssh-key delete other", 0);
    }
    let copy = stage.aws.sandbox.path().join("journal");
    fs::create_dir(&copy).unwrap();
    for name in FILES {
        let _ = fs::copy(stage.state().join(name), copy.join(name));
    }
    other.kill().unwrap();
    other.wait().unwrap();
    copy
}

#[test]
fn the_power_is_lost_anywhere() {
    let which = std::env::var(POINTS).ok();
    let all = which.is_some();
    let beginning = which.filter(|which| which != "all").unwrap_or_default();
    let started = Instant::now();
    let mut stage = Stage::new();
    let mut faults = Vec::new();
    let mut total = 0;
    // On a new machine, the files are made on the way.
    for (name, long) in [("create", false), ("clone", false), ("volume", true)] {
        let scenario = SCENARIOS.iter().find(|one| one.name == name).unwrap();
        let prefix = format!("power/{name}");
        let other = !beginning.starts_with(&prefix) && !prefix.starts_with(&beginning);
        // That journal takes long to write.
        if other || long && !all {
            continue;
        }
        if long {
            stage.journal = Some(long_journal(&mut stage));
        }
        let first = SEED + 100 * total;
        let points = match all {
            true => stage.count(scenario),
            false => (first..first + SAMPLE)
                .map(|seed| Point::Write(WRITES[0], chance(seed, 1..80)))
                .collect(),
        };
        let named = |point: &Point| format!("{prefix}/{point}").starts_with(&beginning);
        for (seed, point) in (first..).zip(points.into_iter().filter(named)) {
            let kept = [Kept::Nothing, Kept::Some(seed), Kept::All];
            let kept = match (point, all) {
                (Point::Write(..), true) => kept.to_vec(),
                (Point::Write(..), false) => vec![kept[chance(seed, 0..kept.len())]],
                _ => Vec::new(),
            };
            for kept in kept {
                total += 1;
                if let Err(reason) = unwound(|| stage.power_point(scenario, point, kept)) {
                    println!("{name}/{point}/{kept:?}: {reason}");
                    faults.push(format!("{name}/{point}/{kept:?}: {reason}"));
                }
            }
        }
        println!("{name}: {total} points so far, {:?}", started.elapsed());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
