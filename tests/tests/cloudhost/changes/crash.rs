//! Crash matrix of the program: it is killed at every write of its journal, and before and after the effect of every
//! request. Another process goes on, as a user would. Then the cloud's own list has what was wanted: nothing twice,
//! nothing left over, nothing of others touched.
//!
//! A point is named `SCENARIO/KIND/NUMBER`, as `clone/pwrite64/12` or `clone/after/3`. Each scenario is counted by a run
//! that nothing kills. The clock of the program runs faster (libfaketime): waits for a cloud's lists
//! take minutes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cloudhost_tests::{Ec2Fault, Ec2Resource, Ec2Settings, Invocation, Outcome, Sandbox, program};
use serde_json::Value;

use super::{Aws, IMAGE};

/// Environment variable: `all`, or the beginning of the names of the points to run.
pub const POINTS: &str = "CLOUDHOST_CRASH_POINTS";
/// Seed of the sample that runs otherwise.
const SEED: u64 = 15;
/// Stand-ins that are used at once: for a sample beside other tests, and for all points.
const WORKERS: [usize; 2] = [2, 5];
/// Exit status if the cloud does not respond.
const UNREACHABLE: i32 = 4;
/// Calls that change the journal or make it durable.
pub const WRITES: [&str; 6] = [
    "pwrite64",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
];
/// Files of the journal.
pub const FILES: [&str; 4] = [
    "operations.db",
    "operations.db-journal",
    "operations.db-wal",
    "operations.db-shm",
];

/// A command that is killed.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// Commands that run before.
    before: &'static [&'static str],
    /// `OPERATION` is the newest operation.
    pub command: &'static str,
    settings: fn() -> Ec2Settings,
    /// Exit status.
    status: i32,
    /// State of its operation.
    state: &'static str,
    /// What exists afterwards, and is not of others.
    wanted: &'static [&'static str],
    /// The command has several operations: it runs again in any case.
    again: bool,
    /// Speed of the program's clock. Its requests have a minute each.
    speed: u32,
    /// Seconds by which the program's clock starts before the cloud's, so that it is never far ahead. A proof of a
    /// resource is that its creation is within ten minutes of the request.
    behind: u32,
}

const PLAIN: Scenario = Scenario {
    name: "",
    before: &[],
    command: "",
    settings: Ec2Settings::default,
    status: 0,
    state: "done",
    wanted: &[],
    again: false,
    speed: 30,
    behind: 480,
};

const CREATE: &str =
    "instance create dev --region us-east-1 --instance-type t3.micro --image IMAGE";
const CREATE_A: &str = "instance create dev --region us-east-1 --zone us-east-1a --instance-type t3.micro --image IMAGE";
const VOLUME: &str = "volume create data --region us-east-1 --zone us-east-1a --size 8";
const DEV: &[&str] = &[
    "instance dev running us-east-1a",
    "volume dev in-use us-east-1a of dev",
];
const DATA: &str = "volume data available us-east-1a";

/// Every operation of the command line.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "create",
        command: CREATE,
        wanted: DEV,
        ..PLAIN
    },
    Scenario {
        name: "elsewhere",
        command: "instance create dev --region us-east-1 --zone us-east-1a --zone us-east-1b --instance-type t3.micro --image IMAGE",
        settings: || Ec2Settings {
            capacity: [("us-east-1a".to_owned(), 0)].into(),
            ..Ec2Settings::default()
        },
        wanted: &[
            "instance dev running us-east-1b",
            "volume dev in-use us-east-1b of dev",
        ],
        ..PLAIN
    },
    // The second step is refused, and the key is taken back.
    Scenario {
        name: "key-taken-back",
        command: "instance create dev --region us-east-1 --instance-type t3.micro --image IMAGE --ssh-key key.pub",
        settings: || Ec2Settings {
            quota: [("vcpus".to_owned(), 1)].into(),
            ..Ec2Settings::default()
        },
        status: 7,
        state: "failed",
        ..PLAIN
    },
    // The volume cannot be attached, and the instance is taken back.
    Scenario {
        name: "instance-taken-back",
        before: &[VOLUME],
        command: "instance create dev --region us-east-1 --zone us-east-1a --instance-type t3.micro --image IMAGE --volume data",
        settings: || Ec2Settings {
            deny: vec!["AttachVolume".to_owned()],
            ..Ec2Settings::default()
        },
        status: 3,
        state: "failed",
        wanted: &[DATA],
        ..PLAIN
    },
    Scenario {
        name: "stop",
        before: &[CREATE],
        command: "instance stop dev",
        wanted: &[
            "instance dev stopped us-east-1a",
            "volume dev in-use us-east-1a of dev",
        ],
        ..PLAIN
    },
    Scenario {
        name: "start",
        before: &[CREATE, "instance stop dev"],
        command: "instance start dev",
        wanted: DEV,
        ..PLAIN
    },
    Scenario {
        name: "terminate",
        before: &[CREATE],
        command: "instance terminate dev",
        ..PLAIN
    },
    Scenario {
        name: "volume",
        command: VOLUME,
        wanted: &[DATA],
        ..PLAIN
    },
    Scenario {
        name: "attach",
        before: &[CREATE_A, VOLUME],
        command: "volume attach data --instance dev",
        wanted: &[
            "instance dev running us-east-1a",
            "volume dev in-use us-east-1a of dev",
            "volume data in-use us-east-1a of dev",
        ],
        ..PLAIN
    },
    Scenario {
        name: "detach",
        before: &[CREATE_A, VOLUME, "volume attach data --instance dev"],
        command: "volume detach data",
        wanted: &[
            "instance dev running us-east-1a",
            "volume dev in-use us-east-1a of dev",
            DATA,
        ],
        ..PLAIN
    },
    Scenario {
        name: "clone",
        before: &[VOLUME],
        command: "volume clone data --name copy --to-region us-east-1 --to-zone us-east-1b",
        wanted: &["volume copy available us-east-1b", DATA],
        ..PLAIN
    },
    Scenario {
        name: "delete",
        before: &[VOLUME],
        command: "volume delete data",
        ..PLAIN
    },
    Scenario {
        name: "snapshot",
        before: &[VOLUME],
        command: "volume snapshot create data --name one",
        wanted: &["snapshot one completed", DATA],
        ..PLAIN
    },
    Scenario {
        name: "restore",
        before: &[VOLUME, "volume snapshot create data --name one"],
        command: "volume snapshot restore one --name again --region us-east-1 --zone us-east-1b",
        wanted: &[
            "snapshot one completed",
            "volume again available us-east-1b",
            DATA,
        ],
        ..PLAIN
    },
    Scenario {
        name: "snapshot-delete",
        before: &[VOLUME, "volume snapshot create data --name one"],
        command: "volume snapshot delete one",
        wanted: &[DATA],
        ..PLAIN
    },
    Scenario {
        name: "prune",
        before: &[
            VOLUME,
            "volume snapshot create data --name one",
            "volume snapshot create data --name two",
        ],
        command: "volume snapshot prune --keep 0",
        // Only what is older than now is deleted.
        behind: 0,
        wanted: &[DATA],
        ..PLAIN
    },
    Scenario {
        name: "key",
        command: "ssh-key add laptop",
        wanted: &["key-pair laptop"],
        ..PLAIN
    },
    Scenario {
        name: "key-delete",
        before: &["ssh-key add laptop"],
        command: "ssh-key delete laptop",
        ..PLAIN
    },
    Scenario {
        name: "cancel",
        before: &[
            "instance create dev --region us-east-1 --instance-type t3.micro --image IMAGE --no-wait",
        ],
        command: "operation cancel OPERATION",
        settings: || Ec2Settings {
            polls: 3,
            ..Ec2Settings::default()
        },
        state: "cancelled",
        ..PLAIN
    },
    Scenario {
        name: "collect",
        before: &[
            "instance create one --region us-east-1 --instance-type t3.micro --image IMAGE --expires-in 1s",
            "volume create two --region us-east-1 --zone us-east-1a --size 8 --expires-in 1s",
            "instance create dev --region us-east-1 --instance-type t3.micro --image IMAGE --expires-in 8h",
        ],
        command: "gc",
        wanted: DEV,
        again: true,
        speed: 4,
        ..PLAIN
    },
];

/// The place of a kill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// At the nth call of this name, before it is carried out.
    Write(&'static str, usize),
    /// At a request, before its effect, which then never comes.
    Before(usize),
    /// At a request, before its effect, which comes when the next process is at work.
    Late(usize),
    /// At a request, after its effect.
    After(usize),
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Write(call, number) => write!(f, "{call}/{number}"),
            Self::Before(number) => write!(f, "before/{number}"),
            Self::Late(number) => write!(f, "late/{number}"),
            Self::After(number) => write!(f, "after/{number}"),
        }
    }
}

/// A cloud and a user's machine, with a clock that runs fast.
pub struct Stage {
    pub aws: Aws,
    /// The library that changes the clock.
    library: String,
    started: Instant,
    speed: u32,
    behind: u32,
    /// The journal that there is before; none on a new machine.
    pub journal: Option<PathBuf>,
}

impl Stage {
    pub fn new() -> Self {
        let mut faketime = program::command("faketime").unwrap();
        let library = faketime.args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"]);
        let library = String::from_utf8(library.output().unwrap().stdout).unwrap();
        program::require("strace").unwrap();
        let stage = Self {
            aws: Aws {
                sandbox: Sandbox::sealed().unwrap(),
                ..Aws::with(&Ec2Settings::default())
            },
            library: library.trim().to_owned(),
            started: Instant::now(),
            speed: PLAIN.speed,
            behind: PLAIN.behind,
            journal: None,
        };
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ laptop\n";
        std::fs::write(stage.aws.sandbox.path().join("key.pub"), key).unwrap();
        stage
    }

    /// Directory of the journal.
    pub fn state(&self) -> PathBuf {
        self.aws.sandbox.home().join(".local/state/cloudhost")
    }

    /// The clock of a program that starts now.
    fn clock(&self) -> String {
        let passed = self.started.elapsed().as_secs_f64();
        let ahead = passed * f64::from(self.speed - 1) - f64::from(self.behind);
        format!("{ahead:+.3} x{}", self.speed)
    }

    /// The variables of that clock.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME", self.clock()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ]
    }

    /// Words of a command, with JSON, provider and agreement.
    fn words(&self, command: &str) -> Vec<String> {
        let newest = || {
            let all = self.operations();
            all.last().unwrap().0.clone()
        };
        let words = command.split(' ').map(|word| match word {
            "IMAGE" => IMAGE.to_owned(),
            "OPERATION" => newest(),
            word => word.to_owned(),
        });
        let mut words: Vec<String> = words.collect();
        let change = !words.iter().any(|word| word == "list" || word == "resume");
        if words[0] != "operation" {
            words.extend(["--provider", "aws"].map(str::to_owned));
        }
        // A list of all regions takes long.
        let places = ["operation", "gc"];
        if !places.contains(&words[0].as_str()) && !command.contains(" --region") {
            words.extend(["--region", "us-east-1"].map(str::to_owned));
        }
        if change {
            words.push("-y".to_owned());
        }
        words
    }

    /// The program without the clock.
    pub fn bare(&self, command: &str) -> Invocation {
        let words = self.words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.aws.command(&words)
    }

    fn command(&self, command: &str) -> Invocation {
        let run = self.bare(command);
        let variables = self.variables();
        variables
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value))
    }

    /// Runs a command, again if a busy machine made the cloud unreachable before anything had begun.
    pub fn run(&self, command: &str, status: i32) -> Outcome {
        let attempt = || self.command(command).run().unwrap();
        let mut outcome = attempt();
        for _ in 0..3 {
            if outcome.code == Some(UNREACHABLE) {
                outcome = attempt();
            }
        }
        assert_eq!(outcome.code, Some(status), "{command}\n{outcome}");
        outcome
    }

    /// Identifiers and states of all operations, the oldest first.
    pub fn operations(&self) -> Vec<(String, String)> {
        let list = self.run("operation list --newest 1000", 0).json().unwrap();
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let all = list["operations"].as_array().unwrap().iter().rev();
        all.map(|one| (text(one, "id"), text(one, "state")))
            .collect()
    }

    /// All that exists, by the cloud's own view.
    fn alive(&self) -> Vec<Ec2Resource> {
        let mut all = self.aws.cloud.resources().unwrap();
        all.retain(Ec2Resource::is_alive);
        all
    }

    /// Lets others make things with alike names and with copies of our tags.
    fn add_foreign(&self) {
        let cloud = &self.aws.cloud;
        let ours = self.alive();
        let data = |one: &&Ec2Resource| one.tags.get("Name").is_some_and(|name| name == "data");
        let mut volume = ours
            .iter()
            .find(data)
            .map_or(String::new(), |one| one.id.clone());
        for (kind, name) in [
            ("instance", "dev-2"),
            ("volume", "data-2"),
            ("snapshot", "one-2"),
        ] {
            let mut tags: BTreeMap<String, String> =
                [("cloudhost-owner".to_owned(), "another".to_owned())].into();
            let copied = ours
                .iter()
                .find(|one| one.kind == kind && one.tags.len() > 1);
            tags.extend(copied.map(|one| one.tags.clone()).unwrap_or_default());
            tags.insert("Name".to_owned(), name.to_owned());
            let mut params = vec![(
                "TagSpecification.1.ResourceType".to_owned(),
                kind.to_owned(),
            )];
            for (number, (key, value)) in (1..).zip(&tags) {
                let tag = format!("TagSpecification.1.Tag.{number}");
                params.push((format!("{tag}.Key"), key.clone()));
                params.push((format!("{tag}.Value"), value.clone()));
            }
            let (action, more): (&str, &[(&str, &str)]) = match kind {
                "instance" => (
                    "RunInstances",
                    &[
                        ("ImageId", IMAGE),
                        ("InstanceType", "t3.micro"),
                        ("MinCount", "1"),
                        ("MaxCount", "1"),
                    ],
                ),
                "volume" => (
                    "CreateVolume",
                    &[("AvailabilityZone", "us-east-1a"), ("Size", "8")],
                ),
                // Of our volume, if there is one.
                _ => ("CreateSnapshot", &[("VolumeId", &volume)]),
            };
            let params = params
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()));
            let params: Vec<(&str, &str)> = params.chain(more.iter().copied()).collect();
            let made = cloud.by_another_hand("us-east-1", action, &params).unwrap();
            if kind == "volume" && volume.is_empty() {
                let id = made.split_once("<volumeId>").unwrap().1;
                volume = id.split_once('<').unwrap().0.to_owned();
            }
        }
        let params = [("KeyName", "laptop-2")];
        let made = cloud.by_another_hand("us-east-1", "CreateKeyPair", &params);
        made.unwrap();
    }

    /// Puts everything into the state before the command, and returns what others have and the number of operations.
    pub fn prepare(&mut self, scenario: &Scenario) -> (Vec<Ec2Resource>, usize) {
        self.started = Instant::now();
        (self.speed, self.behind) = (scenario.speed, scenario.behind);
        match std::fs::remove_dir_all(self.state()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
        if let Some(journal) = &self.journal {
            std::fs::create_dir(self.state()).unwrap();
            // Only of this user.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(self.state(), mode).unwrap();
            for name in FILES {
                let _ = std::fs::copy(journal.join(name), self.state().join(name));
            }
        }
        let mut settings = Ec2Settings::at_once();
        self.aws.cloud.reset(&settings).unwrap();
        if scenario.name == "cancel" {
            settings.polls = 3;
            self.aws.cloud.set(&settings).unwrap();
        }
        for command in scenario.before {
            self.run(command, 0);
        }
        self.add_foreign();
        self.aws.cloud.set(&(scenario.settings)()).unwrap();
        let known = match self.state().exists() {
            true => self.operations().len(),
            false => 0,
        };
        (self.foreign(), known)
    }

    fn foreign(&self) -> Vec<Ec2Resource> {
        let mut all = self.alive();
        all.retain(|one| one.foreign);
        all
    }

    /// The command under strace, with these arguments.
    pub fn traced(&self, command: &str, arguments: &[String]) -> Invocation {
        let mut wrapper = vec!["strace".to_owned(), "-f".to_owned(), "-qq".to_owned()];
        let paths = FILES.iter().map(|name| self.state().join(name));
        for path in paths.chain([self.state()]) {
            wrapper.extend(["-P".to_owned(), path.to_str().unwrap().to_owned()]);
        }
        wrapper.extend(arguments.iter().cloned());
        for (name, value) in self.variables() {
            wrapper.extend(["-E".to_owned(), format!("{name}={value}")]);
        }
        self.bare(command).under(wrapper)
    }

    /// Runs the command until the point. Returns its outcome; without a status if it was killed.
    fn killed(&self, scenario: &Scenario, point: Point) -> Outcome {
        let (number, fault) = match point {
            Point::Write(call, number) => {
                let words = [
                    "-o".to_owned(),
                    "/dev/null".to_owned(),
                    format!("-etrace={}", WRITES.join(",")),
                    format!("-einject={call}:signal=KILL:when={number}"),
                ];
                return self.traced(scenario.command, &words).run().unwrap();
            }
            Point::Before(number) | Point::Late(number) => (number, Ec2Fault::HoldBefore),
            Point::After(number) => (number, Ec2Fault::HoldAfter),
        };
        let command = self.command(scenario.command);
        self.aws.cloud.fault("*", number, fault).unwrap();
        let run = command.spawn().unwrap();
        let cloud = &self.aws.cloud;
        while !run.has_ended() && cloud.wait_for_held(Duration::from_millis(100)).is_err() {}
        let outcome = run.kill().unwrap();
        if !matches!(point, Point::Late(_)) {
            cloud.drop_held().unwrap();
        }
        self.aws.cloud.heal().unwrap();
        outcome
    }

    /// Goes on as a user would: resumes what the journal has, and else gives the command again.
    pub fn recover(&self, scenario: &Scenario, known: usize) {
        let all = match self.state().join(FILES[0]).exists() {
            true => self.operations(),
            false => Vec::new(),
        };
        let begun = match scenario.name {
            "cancel" => all.last().is_some_and(|(_, state)| state != "running"),
            _ => all.len() > known,
        };
        if begun {
            let outcome = self.command("operation resume").run().unwrap();
            let failed = scenario.state == "failed" && outcome.code == Some(1);
            assert!(outcome.code == Some(0) || failed, "resume: {outcome}");
        }
        if !begun || scenario.again {
            self.run(scenario.command, scenario.status);
        }
    }

    /// Compares the cloud's own list with what is wanted, and the journal with it.
    pub fn verify(&self, scenario: &Scenario, foreign: &[Ec2Resource]) {
        let alive = self.alive();
        let name = |one: &Ec2Resource| match one.tags.get("Name") {
            _ if !one.name.is_empty() => one.name.clone(),
            Some(name) => name.clone(),
            None => "-".to_owned(),
        };
        let line = |one: &Ec2Resource| {
            let mut words = vec![one.kind.clone(), name(one)];
            words.extend(
                [&one.moto_state, &one.zone]
                    .into_iter()
                    .filter(|word| !word.is_empty())
                    .cloned(),
            );
            for id in &one.attached_to {
                let instance = alive.iter().find(|one| one.id == *id);
                words.push(format!("of {}", instance.map_or("none".to_owned(), name)));
            }
            words.join(" ")
        };
        let ours = alive.iter().filter(|one| !one.foreign);
        let mut lines: Vec<String> = ours.clone().map(line).collect();
        lines.sort();
        let mut wanted = scenario.wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(lines, wanted, "what the cloud has");
        let others: Vec<&Ec2Resource> = alive.iter().filter(|one| one.foreign).collect();
        assert_eq!(
            others,
            foreign.iter().collect::<Vec<_>>(),
            "what others have"
        );
        let all = self.operations();
        let states: Vec<&str> = all.iter().map(|(_, state)| state.as_str()).collect();
        assert_eq!(states.last(), Some(&scenario.state), "{all:?}");
        let end = |state: &&str| ["done", "failed", "cancelled"].contains(state);
        assert!(states.iter().all(end), "{all:?}");
        // What was made is known as ours: `gc` and a later end find it.
        for (kind, list) in [
            ("instance", "instance list --region us-east-1"),
            ("volume", "volume list --region us-east-1"),
            ("snapshot", "volume snapshot list --region us-east-1"),
        ] {
            // The disk of an instance is not in the journal.
            let in_journal =
                |one: &&Ec2Resource| one.kind == kind && (kind == "instance" || name(one) != "dev");
            let mut named = ours.clone().filter(in_journal).peekable();
            if named.peek().is_none() {
                continue;
            }
            self.aws.cloud.set(&Ec2Settings::at_once()).unwrap();
            let list = self.run(list, 0).json().unwrap();
            let all = &list[format!("{kind}s")];
            for one in named {
                let mut listed = all.as_array().unwrap().iter();
                let found = listed.find(|listed| listed["id"] == one.id.as_str());
                let ownership = found.map(|found| found["ownership"].clone());
                assert_eq!(ownership, Some(Value::from("ours")), "{one:?}\n{list:#}");
            }
        }
    }

    /// Runs a scenario without a kill, and returns its points.
    pub fn count(&mut self, scenario: &Scenario) -> Vec<Point> {
        let (foreign, _) = self.prepare(scenario);
        let sent = self.aws.cloud.requests().unwrap().len();
        let log = self.aws.sandbox.path().join("strace.txt");
        let words = [
            "-o".to_owned(),
            log.to_str().unwrap().to_owned(),
            format!("-etrace={}", WRITES.join(",")),
        ];
        let outcome = self.traced(scenario.command, &words).run().unwrap();
        let name = scenario.name;
        assert_eq!(outcome.code, Some(scenario.status), "{name}: {outcome}");
        let requests = self.aws.cloud.requests().unwrap().split_off(sent);
        self.verify(scenario, &foreign);
        // The nth call is that of a thread.
        let mut calls: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for line in std::fs::read_to_string(log).unwrap().lines() {
            let (thread, rest) = line.split_once(' ').unwrap();
            let call = WRITES
                .iter()
                .find(|call| rest.trim_start().starts_with(&format!("{call}(")));
            if let Some(call) = call {
                *calls.entry((thread.to_owned(), call)).or_default() += 1;
            }
        }
        let mut points = Vec::new();
        for call in WRITES {
            let of = calls.iter().filter(|((_, name), _)| *name == call);
            let most = of.map(|(_, number)| *number).max().unwrap_or(0);
            points.extend((1..=most).map(|number| Point::Write(call, number)));
        }
        for (number, request) in (1..).zip(&requests) {
            // What is asked of all regions counts once.
            if !request.effect && request.region != "us-east-1" {
                continue;
            }
            points.extend([Point::Before(number), Point::After(number)]);
            points.extend(request.effect.then_some(Point::Late(number)));
        }
        points
    }

    /// Runs a scenario with a kill, and verifies what is there in the end. Returns whether it was killed.
    fn point(&mut self, scenario: &Scenario, point: Point) -> bool {
        let (foreign, known) = self.prepare(scenario);
        let outcome = self.killed(scenario, point);
        self.check_told(&outcome);
        match point {
            Point::Late(_) => {
                let cloud = &self.aws.cloud;
                thread::scope(|scope| {
                    scope.spawn(|| {
                        thread::sleep(Duration::from_millis(150));
                        cloud.release().unwrap();
                    });
                    self.recover(scenario, known);
                });
            }
            _ => self.recover(scenario, known),
        }
        self.verify(scenario, &foreign);
        outcome.code.is_none()
    }

    /// An operation whose identifier was printed is in the journal.
    pub fn check_told(&self, outcome: &Outcome) {
        let words = outcome
            .stdout
            .split('"')
            .chain(outcome.stderr.split_whitespace());
        let told = words.filter(|word| word.len() == 36 && word.matches('-').count() == 4);
        let mut all = None;
        for id in told {
            let all = all.get_or_insert_with(|| self.operations());
            assert!(
                all.iter().any(|(known, _)| known == id),
                "{id} is lost: {outcome}"
            );
        }
    }
}

/// A number below `range.end`, from a seed.
pub fn chance(seed: u64, range: Range<usize>) -> usize {
    // SplitMix64.
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let size = u64::try_from(range.len()).unwrap().max(1);
    range.start + usize::try_from(mixed % size).unwrap()
}

/// Chosen points: one at a write and one at a request. A number that is not reached is a run without a kill.
fn sample(index: usize) -> [Point; 2] {
    let seed = SEED + 3 * u64::try_from(index).unwrap();
    let number = chance(seed, 1..5);
    let request = [
        Point::Before(number),
        Point::Late(number),
        Point::After(number),
    ];
    [
        Point::Write(WRITES[0], chance(seed + 1, 1..60)),
        request[chance(seed + 2, 0..request.len())],
    ]
}

/// Runs work for each scenario, on this number of stages.
fn on_stages(workers: usize, work: impl Fn(&mut Stage, usize, &Scenario) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut stage = Stage::new();
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(scenario) = SCENARIOS.get(index)
                {
                    work(&mut stage, index, scenario);
                }
            });
        }
    });
}

/// Runs work to its end or to the message of its panic.
pub fn unwound<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    result.map_err(|reason| match reason.downcast::<String>() {
        Ok(text) => *text,
        Err(reason) => reason
            .downcast_ref::<&str>()
            .copied()
            .unwrap_or_default()
            .to_owned(),
    })
}

#[test]
fn the_program_is_killed_anywhere() {
    let only = std::env::var(POINTS).ok();
    let faults: Mutex<Vec<String>> = Mutex::default();
    let total = AtomicUsize::new(0);
    on_stages(
        WORKERS[usize::from(only.is_some())],
        |stage, index, scenario| {
            let name = scenario.name;
            let beginning = only.as_deref().filter(|only| *only != "all");
            let other = |only: &str| !only.starts_with(name) && !name.starts_with(only);
            if beginning.is_some_and(other) {
                return;
            }
            let started = Instant::now();
            let chosen = match &only {
                None => sample(index).to_vec(),
                Some(_) => match unwound(|| stage.count(scenario)) {
                    Ok(all) => all,
                    Err(reason) => {
                        let fault = format!("{name}, without a kill: {reason}");
                        return faults.lock().unwrap().push(fault);
                    }
                },
            };
            let named =
                |point: &&Point| format!("{name}/{point}").starts_with(beginning.unwrap_or(""));
            let chosen: Vec<Point> = chosen.iter().filter(named).copied().collect();
            let mut killed = 0;
            for point in &chosen {
                match unwound(|| stage.point(scenario, *point)) {
                    Ok(was) => killed += usize::from(was),
                    Err(reason) => {
                        println!("{name}/{point}: {reason}");
                        faults
                            .lock()
                            .unwrap()
                            .push(format!("{name}/{point}: {reason}"));
                    }
                }
            }
            total.fetch_add(chosen.len(), Ordering::Relaxed);
            println!(
                "{name}: {} points, {killed} killed, {:?}",
                chosen.len(),
                started.elapsed()
            );
        },
    );
    let faults = faults.into_inner().unwrap();
    println!(
        "{} points, {} faults",
        total.load(Ordering::Relaxed),
        faults.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
