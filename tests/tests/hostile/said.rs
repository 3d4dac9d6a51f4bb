//! Data of the machine that a plugin sees, and its output to the log and to its streams.

use crate::guests::{Guest, probe};
use crate::stage::Sandboxed;
use crate::watch;
use cloudhost_probe::ProbeAction;

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
