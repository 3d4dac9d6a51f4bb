//! Bytes that may be loaded as a plugin.

use crate::guests::{ALLOWED, Guest, probe, titled};
use crate::stage::Sandboxed;
use cloudhost::host::HostError;
use cloudhost::plugin::PluginError;
use cloudhost::{AuthorTask, HasRemedy, Remedy};
use rstest::rstest;
use std::fs;
use std::time::Duration;

/// Interfaces that a plugin does not get: of WASI, and one of another package.
const PACKAGES: &str = "
package wasi:sockets@0.2.0 { interface tcp-create-socket { create-tcp-socket: func(); } }
package wasi:filesystem@0.2.0 {
    interface preopens { get-directories: func() -> list<tuple<u32, string>>; }
    interface types { open-at: func(path: string) -> u32; }
}
package wasi:http@0.2.0 { interface outgoing-handler { handle: func(url: string); } }
package evil:host@1.0.0 { interface run { run: func(command: string); } }
";

/// Returns a guest that imports a function, as WIT of its world and as an import of its core module.
fn importing<'a>(world: &'a str, imports: &'a str) -> Guest<'a> {
    Guest {
        packages: PACKAGES,
        world,
        imports,
        ..Guest::default()
    }
}

const IMPORTS: [(&str, &str); 5] = [
    (
        "wasi:sockets/tcp-create-socket@0.2.0",
        "(import \"wasi:sockets/tcp-create-socket@0.2.0\" \"create-tcp-socket\" (func))",
    ),
    (
        "wasi:filesystem/preopens@0.2.0",
        "(import \"wasi:filesystem/preopens@0.2.0\" \"get-directories\" (func (param i32)))",
    ),
    (
        "wasi:filesystem/types@0.2.0",
        "(import \"wasi:filesystem/types@0.2.0\" \"open-at\" (func (param i32 i32) (result i32)))",
    ),
    (
        "wasi:http/outgoing-handler@0.2.0",
        "(import \"wasi:http/outgoing-handler@0.2.0\" \"handle\" (func (param i32 i32)))",
    ),
    (
        "evil:host/run@1.0.0",
        "(import \"evil:host/run@1.0.0\" \"run\" (func (param i32 i32)))",
    ),
];

/// Returns true if the plugin's author can fix it, as the only remedy or one of several.
fn is_for_the_author(error: &impl HasRemedy) -> bool {
    match error.remedy() {
        Some(Remedy::AskAuthor(_)) => true,
        Some(Remedy::AnyOf(all)) => all.iter().any(|one| matches!(one, Remedy::AskAuthor(_))),
        _ => false,
    }
}

/// Rejected before compilation. The message names the import, the remedy who has to act.
#[tokio::test]
async fn case_27_imports_of_sockets_files_and_http() {
    let stage = Sandboxed::new();
    for (import, core) in IMPORTS {
        let guest = importing(&format!("import {import};"), core).bytes();
        let error = stage.refused(guest);
        assert!(
            matches!(&error, PluginError::Import { import: named } if named == import),
            "{error}"
        );
        assert!(error.to_string().contains(import), "{error}");
        assert!(is_for_the_author(&error), "{error}");
    }
    stage
        .assert_contained(&["plugin.import"; IMPORTS.len()])
        .await;
}

/// No directory exists to escape from: even a component that was not inspected finds no file system to link to.
#[rstest]
#[case("wasi:filesystem/preopens@0.2.0")]
#[case("wasi:filesystem/types@0.2.0")]
#[case("wasi:sockets/tcp-create-socket@0.2.0")]
#[tokio::test]
async fn case_28_there_is_no_file_system(#[case] import: &str) {
    let stage = Sandboxed::new();
    let (_, core) = IMPORTS.iter().find(|(name, _)| *name == import).unwrap();
    let mut plugin = Guest::default().plugin();
    plugin.artifact.bytes = importing(&format!("import {import};"), core).bytes().into();
    let outcome = stage.call(&plugin).await;
    match outcome.failure() {
        PluginError::ContractMismatch(why) => assert!(why.contains(import), "{why}"),
        other => panic!("{other:?}"),
    }
    stage.assert_contained(&["plugin.contract"]).await;
}

#[tokio::test]
async fn case_35_compiled_code_instead_of_a_component() {
    let stage = Sandboxed::new();
    let engine = wasmtime::Engine::default();
    let component = titled("good one").bytes();
    let compiled = engine.precompile_component(&component).unwrap();
    let module = wat::parse_str("(module)").unwrap();
    let program = fs::read("/proc/self/exe").unwrap();
    let cases = [
        (compiled, "native program or compiled code"),
        (program[..4096].to_vec(), "native program or compiled code"),
        (module, "core module"),
        (
            b"#!/bin/sh\nexit\n".to_vec(),
            "does not begin as WebAssembly",
        ),
        (
            component[..component.len() - 1].to_vec(),
            "not a WebAssembly component",
        ),
    ];
    for (bytes, message) in cases {
        let error = stage.refused(bytes);
        assert!(error.to_string().contains(message), "{error}");
    }
    stage.assert_contained(&["plugin.component"; 5]).await;
}

/// Returns this many functions, each with `depth` branches, and this many types.
fn pathological(functions: usize, depth: usize, types: usize) -> String {
    let mut fields = String::new();
    for at in 0..types {
        fields += &format!("(type (func (param {})))", "i32 ".repeat(at % 200));
    }
    let mut body = String::new();
    for at in 0..depth {
        body += &format!(
            "(br_if 0 (local.get 0)) (local.set {} (i32.add (local.get {}) (i32.mul (local.get {}) (i32.const {at}))))\n",
            at % 400,
            (at * 7) % 400,
            (at * 13) % 400
        );
    }
    for _ in 0..functions {
        fields += &format!("(func (param i32) (local {}) {body})", "i32 ".repeat(400));
    }
    fields
}

#[tokio::test]
async fn case_36_takes_too_long_to_compile() {
    let stage = Sandboxed::with(|config| config.limits.compile = Duration::from_millis(200));
    let fields = pathological(40, 5_000, 10_000);
    let guest = Guest {
        fields: &fields,
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "timeout.compile");
    assert!(outcome.took < Duration::from_secs(5), "{outcome:?}");
    // The compiler may still be busy in this process, which must not affect the neighbour.
    stage.assert_contained(&["timeout.compile"]).await;
}

#[tokio::test]
async fn case_36_is_too_large() {
    let stage = Sandboxed::with(|config| config.limits.component = 1 << 20);
    let fields = format!("(data (i32.const 8192) \"{}\")", "x".repeat(1 << 20));
    let guest = Guest {
        fields: &fields,
        memory: "(memory (export \"memory\") 32)",
        ..Guest::default()
    };
    let error = stage.refused(guest.bytes());
    assert!(error.to_string().contains("limit.component"), "{error}");
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "limit.component");
    stage.assert_contained(&["limit.component"; 2]).await;
}

/// Small to send, and large once it is compiled: each of these instructions becomes dozens of bytes.
#[tokio::test]
async fn case_36_compiled_code_that_is_too_large() {
    let stage = Sandboxed::with(|config| config.limits.compiled_code = 1 << 20);
    let calls = "(call_indirect (type $none) (local.get 0))\n".repeat(2_000);
    let functions = format!("(func (param i32) {calls})\n").repeat(20);
    let fields = format!("(type $none (func)) (table 1 funcref) {functions}");
    let guest = Guest {
        fields: &fields,
        ..Guest::default()
    };
    let guest = guest.plugin();
    assert!(guest.artifact.bytes.len() < 512 << 10);
    let outcome = stage.call(&guest).await;
    assert_eq!(outcome.limit(), "limit.compiled-code");
    let digest = guest.artifact.digest.hex();
    let mut files = fs::read_dir(stage.compiled()).unwrap();
    let of_it = |file: fs::DirEntry| file.file_name().to_string_lossy().starts_with(&digest);
    assert!(!files.any(|file| of_it(file.unwrap())), "it was cached");
    stage.assert_contained(&["limit.compiled-code"]).await;
}

/// The type limit of the engine's validator: it accepts 100,000 types and rejects a million.
#[tokio::test]
async fn case_36_has_too_many_types() {
    let stage = Sandboxed::new();
    let fields = "(type (func))".repeat(1_000_001);
    let module = wat::parse_str(format!("(module {fields})")).unwrap();
    // A component with only this module, which is enough to be compiled.
    let mut plugin = Guest::default().plugin();
    let mut bytes = b"\0asm\x0d\0\x01\0\x01".to_vec();
    let mut size = module.len();
    while size >= 0x80 {
        bytes.push(u8::try_from(size & 0x7f).unwrap() | 0x80);
        size >>= 7;
    }
    bytes.push(u8::try_from(size).unwrap());
    bytes.extend(module);
    plugin.artifact.bytes = bytes.into();
    let outcome = stage.call(&plugin).await;
    match outcome.failure() {
        PluginError::Compile(why) => assert!(why.contains("limit"), "{why}"),
        other => panic!("{other:?}"),
    }
    stage.assert_contained(&["plugin.compile"]).await;
}

/// Another contract: the message names the version of the plugin and that of this host.
#[rstest]
#[case::major("9.0.0")]
#[case::minor("0.3.0")]
#[tokio::test]
async fn case_42_another_contract(#[case] version: &str) {
    let stage = Sandboxed::new();
    let at = format!("@{version}");
    let change = [("@0.2.0", at.as_str())];
    let guest = Guest {
        contract: &change,
        module: &change,
        ..Guest::default()
    };
    let error = stage.refused(guest.bytes());
    assert!(error.to_string().contains(&at), "{error}");
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        why.contains(version) && why.contains("supports 0.1"),
        "{why}"
    );
    assert_eq!(error.remedy(), Some(Remedy::UpdateHost));
    stage.assert_contained(&["plugin.contract"]).await;
}

/// A missing export, and an import that the contract does not have.
#[rstest]
#[case::missing(
    &[("    export kconfig;\n", "")],
    &[("(func (export \"cloudhost:provider/kconfig@0.2.0#emit-kconfig\")", "(func")],
    "cloudhost:provider/kconfig"
)]
#[case::unknown_import(
    &[("    write: func(level: level, message: string);", "    write: func(level: level, message: string); shell: func();")],
    &[("(module", "(module (import \"cloudhost:provider/log@0.2.0\" \"shell\" (func))")],
    "shell"
)]
#[tokio::test]
async fn case_42_does_not_fit(
    #[case] contract: &[(&str, &str)],
    #[case] module: &[(&str, &str)],
    #[case] named: &str,
) {
    let stage = Sandboxed::new();
    let guest = Guest {
        contract,
        module,
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    let error = outcome.failure();
    let PluginError::ContractMismatch(why) = error else {
        panic!("{error:?}");
    };
    assert!(why.contains(named), "{why}");
    assert!(error.to_string().contains("contract 0.1"), "{error}");
    assert!(is_for_the_author(error), "{error}");
    stage.assert_contained(&["plugin.contract"]).await;
}

/// The engine compares types when the function is looked up in an instance.
#[tokio::test]
async fn case_42_export_of_another_type() {
    let stage = Sandboxed::new();
    let guest = Guest {
        contract: &[(
            "describe: func() -> description;",
            "describe: func() -> u32;",
        )],
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    let Err(HostError::Plugin(PluginError::ContractMismatch(why))) = &outcome.result else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("expected `record` found `u32`"), "{why}");
    let failure = outcome.failure();
    assert!(failure.to_string().contains("contract 0.1"), "{failure}");
    assert!(is_for_the_author(failure), "{failure}");
    stage.assert_contained(&["plugin.contract"]).await;
}

/// An async export in place of a sync one, and the reverse: the engine accepts both, within all limits.
#[rstest]
#[case::async_instead_of_sync("bundled: func()", "bundled: async func()")]
#[case::sync_instead_of_async("fetch: async func(query: query)", "fetch: func(query: query)")]
#[tokio::test]
async fn case_42_async_and_not(#[case] ours: &str, #[case] theirs: &str) {
    let stage = Sandboxed::with(|config| config.limits.cpu = Duration::from_millis(100));
    let change = [(ours, theirs)];
    let guest = |fetch| Guest {
        contract: &change,
        fetch,
        ..Guest::default()
    };
    let returned = stage.call(&guest("i32.const 1024").plugin()).await;
    assert!(
        matches!(returned.result, Err(HostError::Answer { .. })),
        "{returned:?}"
    );
    let endless = stage
        .call(&guest("(loop (br 0)) unreachable").plugin())
        .await;
    assert_eq!(endless.limit(), "timeout.cpu");
    stage.assert_contained(&["timeout.cpu"]).await;
}

/// A name becomes part of a directory, a variable and a log line.
#[rstest]
#[case("../evil")]
#[case("a/b")]
#[case("/etc")]
#[case("..")]
#[case("a\\b")]
#[case("A")]
#[case("a\u{202e}b")]
#[case("a\u{0}")]
#[case("")]
#[case("con.txt")]
#[tokio::test]
async fn case_47_names_that_are_paths(#[case] name: &str) {
    let stage = Sandboxed::new();
    let guest = Guest {
        name,
        ..Guest::default()
    };
    let error = stage.refused(guest.bytes());
    assert!(matches!(error, PluginError::Manifest(_)), "{error}");
    let made = || fs::read_dir(stage.folder()).unwrap().count();
    let before = made();
    stage.assert_contained(&["plugin.manifest"]).await;
    assert_eq!(
        made(),
        before,
        "nothing was created beside the host's own directories"
    );
}

/// A setting that the consent did not show never reaches the plugin's code.
#[tokio::test]
async fn case_39_setting_that_the_manifest_does_not_list() {
    let stage = Sandboxed::new();
    let plugin = probe(
        "taker",
        "settings = [\"do\", \"fault\", \"count\", \"gap\"]\n",
    );
    let outcome = stage
        .act(&plugin, cloudhost_probe::ProbeAction::LookAround)
        .await;
    match &outcome.result {
        Err(error @ HostError::Denied(_)) => {
            assert!(error.to_string().contains("`act`"), "{error}");
            let task = AuthorTask::ListSetting("act".to_owned());
            assert_eq!(error.remedy(), Some(Remedy::AskAuthor(task)));
        }
        other => panic!("{other:?}"),
    }
    stage.assert_contained(&["denied.setting"]).await;
}

/// A grant of more than the manifest requests gives nothing.
#[tokio::test]
async fn case_39_grant_for_more_than_the_manifest_asks() {
    let stage = Sandboxed::new();
    let mut plugin = probe("probe", "");
    plugin.grant.hosts = vec![ALLOWED.parse().unwrap()];
    plugin.grant.credentials = vec!["probe".to_owned()];
    let request = cloudhost_sdk::http::Request::get(format!("https://{ALLOWED}/")).bearer("probe");
    let outcome = stage
        .act(&plugin, cloudhost_probe::ProbeAction::Send(vec![request]))
        .await;
    assert_eq!(outcome.one().reason(), "denied.host");
    assert!(!matches!(outcome.result, Err(HostError::Plugin(_))));
    stage.assert_contained(&["denied.host"]).await;
}
