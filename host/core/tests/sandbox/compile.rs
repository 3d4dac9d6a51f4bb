//! Case 36: a component that would exhaust the machine while compiling is ended, and the host lives.

use super::Probe;
use cloudhost::capability::Grant;
use cloudhost::host::{HostConfig, HostError};
use cloudhost::limits::Limit;
use cloudhost::plugin::{Artifact, Compiler, PluginError};
use cloudhost::{HasRemedy as _, SealKey};
use std::time::{Duration, Instant};

/// The program of this repository compiles, as it does for itself.
fn in_child(config: &mut HostConfig) {
    let tests = std::env::current_exe().unwrap();
    config.compiler = Compiler::Child {
        program: tests.ancestors().nth(2).unwrap().join("cloudhost"),
        args: vec!["compile-component".into()],
    };
}

async fn load(probe: &Probe, artifact: Artifact) -> Result<(), PluginError> {
    let grant = Grant::all_of(&artifact.manifest);
    match probe.host.load(artifact, &grant).describe().await {
        Ok(_) => Ok(()),
        Err(HostError::Plugin(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

/// The manifest of the probe, and a core module that is cheap to write and dear to compile.
fn dear() -> Artifact {
    let number = |mut number: usize| {
        let mut bytes = Vec::new();
        loop {
            let low = u8::try_from(number & 0x7f).unwrap();
            number >>= 7;
            if number == 0 {
                bytes.push(low);
                return bytes;
            }
            bytes.push(low | 0x80);
        }
    };
    let section = |id: u8, content: &[u8]| [&[id][..], &number(content.len()), content].concat();
    // (func (param i32) (result i32)) of a chain of additions as long as a function may be.
    let chain = [0x41, 1, 0x6a].repeat(2_500_000);
    let body = [&[0, 0x20, 0][..], &chain, &[0x0b]].concat();
    let code = [number(1), number(body.len()), body].concat();
    let module = [
        &b"\0asm\x01\0\0\0"[..],
        &section(1, b"\x01\x60\x01\x7f\x01\x7f"),
        &section(3, b"\x01\0"),
        &section(10, &code),
    ]
    .concat();
    let manifest = "name = \"dear\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n";
    let named = [&number(18), &b"cloudhost:manifest"[..], manifest.as_bytes()].concat();
    let component = [
        &b"\0asm\x0d\0\x01\0"[..],
        &section(1, &module),
        &section(0, &named),
    ]
    .concat();
    Artifact::read(component).unwrap()
}

fn limit(outcome: Result<(), PluginError>) -> Limit {
    match outcome {
        Err(PluginError::Load(exceeded)) => {
            assert_eq!(exceeded.remedy().unwrap().label(), "raise-limit");
            exceeded.limit
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_child_compiles() {
    let probe = Probe::new(in_child);
    load(&probe, super::probe()).await.unwrap();
    // The compiled code was cached with its seal, and is used.
    assert_eq!(probe.host.compiled_dir().read_dir().unwrap().count(), 2);
    let broken = Probe::new(|config| {
        config.cache_dir = probe.host.compiled_dir().parent().unwrap().to_owned();
        config.seal = SealKey::own(config.cache_dir.join("secret"));
        config.compiler = Compiler::Child {
            program: "/nowhere".into(),
            args: Vec::new(),
        };
    });
    load(&broken, super::probe()).await.unwrap();
}

#[tokio::test]
async fn it_has_its_time() {
    let probe = Probe::new(|config| {
        in_child(config);
        config.limits.compile = Duration::from_millis(300);
    });
    let start = Instant::now();
    assert_eq!(limit(load(&probe, dear()).await), Limit::Compile);
    assert!(start.elapsed() < Duration::from_secs(5), "{start:?}");
}

#[tokio::test]
async fn it_has_its_memory() {
    let probe = Probe::new(|config| {
        in_child(config);
        config.limits.compile_memory = 128 << 20;
    });
    assert_eq!(limit(load(&probe, dear()).await), Limit::CompileMemory);
    load(&probe, super::probe()).await.unwrap();
}

/// Its code is limited, wherever it is compiled, and what is too large is not cached.
#[rstest::rstest]
#[case::in_child(in_child)]
#[case::in_process(|_: &mut HostConfig| {})]
#[tokio::test]
async fn its_code_is_limited(#[case] compiler: fn(&mut HostConfig)) {
    let probe = Probe::new(|config| {
        compiler(config);
        config.limits.compiled_code = 64 << 10;
    });
    assert_eq!(
        limit(load(&probe, super::probe()).await),
        Limit::CompiledCode
    );
    assert!(!probe.host.compiled_dir().exists());
}

/// In this process it is not waited for, and nothing else waits either.
#[tokio::test]
async fn a_thread_has_its_time() {
    let probe = Probe::new(|config| config.limits.compile = Duration::from_millis(1));
    let (outcome, woken) = tokio::join!(load(&probe, super::probe()), async {
        let start = Instant::now();
        tokio::time::sleep(Duration::from_millis(5)).await;
        start.elapsed()
    });
    assert_eq!(limit(outcome), Limit::Compile);
    assert!(woken < Duration::from_millis(500), "{woken:?}");
}

#[tokio::test]
async fn what_does_not_compile_says_why() {
    let mut bytes = dear().bytes.into_owned();
    // The type of the function becomes none: 0x60 is how it begins.
    let at = bytes
        .windows(4)
        .position(|part| part == b"\x01\x60\x01\x7f");
    bytes[at.unwrap() + 1] = 0x07;
    let artifact = Artifact::read(bytes).unwrap();
    let probe = Probe::new(in_child);
    match load(&probe, artifact).await {
        Err(PluginError::Compile(why)) => {
            assert!(why.contains("type"), "{why}");
            assert!(!why.contains('\n') && !why.contains('\u{1b}'), "{why}");
        }
        other => panic!("{other:?}"),
    }
}
