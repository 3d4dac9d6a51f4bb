//! Data of the machine that a plugin sees, and its output: to the log, to its streams, and as menus.

use crate::guests::{Guest, Plugin, probe};
use crate::stage::{Sandboxed, request};
use crate::watch;
use cloudhost::contract::exports::cloudhost::provider::kconfig::Dialect;
use cloudhost::host::GenerateRequest;
use cloudhost_probe::ProbeAction;
use cloudhost_sdk::kconfig::{Entry, File, Symbol};
use rstest::rstest;

const CLI: &str = "
package wasi:cli@0.2.0 {
    interface environment {
        get-environment: func() -> list<tuple<string, string>>;
        get-arguments: func() -> list<string>;
        initial-cwd: func() -> option<string>;
    }
}";

#[tokio::test]
async fn case_26_environment_arguments_folder_and_input_are_empty() {
    assert!(
        std::env::vars().count() > 0,
        "this process has an environment"
    );
    let stage = Sandboxed::new();
    let seen = stage
        .act(&probe("probe", ""), ProbeAction::LookAround)
        .await
        .seen();
    assert_eq!(seen, []);
    // Traps if one of two lists is not empty, or if there is a working directory.
    let guest = Guest {
        packages: CLI,
        world: "import wasi:cli/environment@0.2.0;",
        imports: "(import \"wasi:cli/environment@0.2.0\" \"get-environment\" (func $variables (param i32)))
            (import \"wasi:cli/environment@0.2.0\" \"get-arguments\" (func $arguments (param i32)))
            (import \"wasi:cli/environment@0.2.0\" \"initial-cwd\" (func $folder (param i32)))",
        fetch: "(call $variables (i32.const 3072)) (if (i32.load (i32.const 3076)) (then unreachable))
            (call $arguments (i32.const 3072)) (if (i32.load (i32.const 3076)) (then unreachable))
            (call $folder (i32.const 3072)) (if (i32.load8_u (i32.const 3072)) (then unreachable))
            i32.const 1024",
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert!(
        !matches!(outcome.result, Err(cloudhost::host::HostError::Plugin(_))),
        "{outcome:?}"
    );
    stage.assert_contained(&[]).await;
}

#[tokio::test]
async fn case_40_log_flood_with_control_characters() {
    let stage = Sandboxed::new();
    let messages = [
        "\u{1b}[2J\u{1b}[31merror: all is lost\u{7}",
        "one\nerror: a line of its own\r\nerror: another",
        "\u{202e}desrever\u{2066}",
        "nul\0 and \u{9b}31m and \u{feff} and \u{61c}\u{ad}\u{e0041}",
    ];
    let long = "x".repeat(1 << 20);
    let messages = [messages.map(str::to_owned).to_vec(), vec![long]].concat();
    let outcome = stage
        .act(&probe("flooder", ""), ProbeAction::Log(messages, 2_000))
        .await;
    outcome.seen();
    let lines = watch::lines_with("flooder");
    let written: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(" cloudhost::guest: "))
        .collect();
    // The last line reports that there were more.
    assert_eq!(written.len(), 1_001);
    assert!(
        written[1_000].contains("limit.log-lines: "),
        "{}",
        written[1_000]
    );
    for line in written {
        assert!(line.contains(" cloudhost::guest: flooder: "), "{line:?}");
        assert!(line.len() < 10_000, "{}", line.len());
        let acts = |c: char| {
            c.is_control()
                || matches!(c, '\u{ad}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0041}')
        };
        assert!(!line.trim_end_matches('\n').contains(acts), "{line:?}");
    }
    stage.assert_contained(&["limit.log-lines"]).await;
}

#[tokio::test]
async fn case_40_standard_output_goes_nowhere() {
    let stage = Sandboxed::new();
    let outcome = stage
        .act(&probe("printer", ""), ProbeAction::Print(100))
        .await;
    assert_eq!(outcome.one().text, "None", "writing did not fail");
    assert_eq!(watch::lines_with("all is lost\n"), [""; 0]);
    stage.assert_contained(&[]).await;
}

/// Generates menus of one file with these entries, or returns the error. After an error, nothing is written.
async fn menus(
    stage: &Sandboxed,
    plugin: &Plugin,
    files: Vec<File>,
    times: usize,
) -> Result<String, String> {
    let act = serde_json::to_string(&ProbeAction::Menus(files, times)).unwrap();
    let out = stage.folder().join("out");
    let mut wanted = GenerateRequest::new(Dialect::Plain, &out);
    wanted.catalog = request(&[("do", "act"), ("act", &act)]);
    wanted.source_prefix = Some("out".to_owned());
    match stage.load(plugin).generate(&wanted).await {
        Ok(_) => Ok(std::fs::read_to_string(out.join("Kconfig.menu")).unwrap()),
        Err(error) => {
            stage.finalize_gaps(&error);
            assert!(!out.join("Kconfig.menu").exists());
            Err(error.to_string())
        }
    }
}

fn file(entries: Vec<Entry>) -> Vec<File> {
    vec![File {
        path: "Kconfig.menu".to_owned(),
        entries,
    }]
}

fn symbol(change: impl FnOnce(&mut Symbol)) -> Vec<File> {
    let mut symbol = Symbol::boolean("GOOD", "a prompt");
    change(&mut symbol);
    file(vec![Entry::Symbol(symbol)])
}

fn value(text: &str) -> Vec<File> {
    let text = Symbol::text("GOOD").default_text(text, cloudhost_sdk::kconfig::Cond::always());
    file(vec![Entry::Symbol(text)])
}

/// Text that looks like Kconfig is shown as text, on the line where it belongs.
#[rstest]
#[case::prompt(symbol(|it| it.prompt = Some("a\nsource \"/etc/passwd\"\nconfig EVIL".into())))]
#[case::prompt_that_ends_its_string(symbol(|it| it.prompt = Some("a\"\nsource \"/etc/passwd".into())))]
#[case::macro_in_a_prompt(symbol(|it| it.prompt = Some("$(shell,touch evil) $(error-if,y,evil)".into())))]
#[case::help(symbol(|it| it.help = Some("a\n\nsource \"/etc/passwd\"\nconfig EVIL\n\tbool".into())))]
#[case::comment(file(vec![Entry::Comment("a\nsource \"/etc/passwd\"".into())]))]
#[case::carriage_return(symbol(|it| it.prompt = Some("a\rsource \"/etc/passwd\"\u{2028}source \"x\"".into())))]
#[tokio::test]
async fn case_41_menu_text_that_looks_like_kconfig(#[case] files: Vec<File>) {
    let stage = Sandboxed::new();
    let text = menus(&stage, &probe("probe", ""), files, 1).await.unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words = ["config GOOD", "\tbool ", "\thelp", "\t  ", "comment ", ""];
        assert!(words.iter().any(|word| line.starts_with(word)), "{text}");
        assert!(
            !line.starts_with("source") && !line.starts_with("config EVIL"),
            "{text}"
        );
        assert!(
            line.starts_with("\t  ") || !line.contains("$(") || line.contains("\\$("),
            "{text}"
        );
    }
    stage.assert_contained(&[]).await;
}

/// Menus that would do more than show text and values are rejected, and nothing is written.
#[rstest]
#[case::name(symbol(|it| it.name = "A\nconfig EVIL".into()))]
#[case::name_in_a_condition(symbol(|it| {
    it.depends_on = vec![vec![cloudhost_sdk::kconfig::Term::Set("A || y".into())]];
}))]
#[case::value_with_a_line(value("a\nsource \"/etc/passwd\""))]
#[case::value_that_make_would_run(value("$(shell touch evil)"))]
#[case::value_that_a_shell_would_run(value("`touch evil`"))]
#[case::path_of_a_makefile(vec![File { path: "GNUmakefile".into(), entries: Vec::new() }])]
#[case::path_of_terraform(vec![File { path: "Kconfig.d/main.tf".into(), entries: Vec::new() }])]
#[case::source_of_the_system(file(vec![Entry::Source("/etc/passwd".into())]))]
#[case::source_above(file(vec![Entry::Source("../../Kconfig".into())]))]
#[case::source_of_a_command(file(vec![Entry::Source("$(shell,touch evil)".into())]))]
#[case::path_above(vec![File { path: "../Kconfig.menu".into(), entries: Vec::new() }])]
#[case::path_of_the_system(vec![File { path: "/tmp/Kconfig.menu".into(), entries: Vec::new() }])]
#[case::path_of_a_hidden_file(vec![File { path: ".bashrc".into(), entries: Vec::new() }])]
#[case::block_that_stays_open(file(vec![Entry::OpenIf(Vec::new())]))]
#[case::block_that_nobody_opened(file(vec![Entry::Close]))]
#[tokio::test]
async fn case_41_menus_that_are_refused(#[case] files: Vec<File>) {
    let stage = Sandboxed::new();
    let why = menus(&stage, &probe("probe", ""), files, 1)
        .await
        .unwrap_err();
    assert!(!why.contains('\n'), "{why:?}");
    stage.assert_contained(&[]).await;
}

/// 66 MB, which is below the limit of one result and above the limit of menus.
#[tokio::test]
async fn case_41_menus_that_are_too_large() {
    let stage = Sandboxed::new();
    let files = file(vec![Entry::Comment("x".repeat(60_000))]);
    let why = menus(&stage, &probe("probe", ""), files, 1_100)
        .await
        .unwrap_err();
    assert!(why.contains("more than"), "{why}");
    stage.assert_contained(&[]).await;
}

#[tokio::test]
async fn case_41_text_that_is_not_utf_8() {
    let stage = Sandboxed::new();
    let guest = Guest {
        fields: "(data (i32.const 2048) \"\\ff\\fe\\c0\\80\")",
        describe: "(i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 4)) i32.const 1024",
        ..Guest::default()
    };
    let trap = stage.call(&guest.plugin()).await.trap();
    assert!(trap.contains("utf-8"), "{trap}");
    stage.assert_contained(&["plugin.trap"]).await;
}
