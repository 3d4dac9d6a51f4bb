//! Manifests that are shown to authors.

use cloudhost::capability::Manifest;
use cloudhost_tests::workspace;
use rstest::rstest;
use std::fs;

/// Examples for authors are valid manifests.
#[rstest]
#[case::guide("docs/writing-a-plugin.md", false)]
#[case::template("host/cli/templates/common/manifest.toml", true)]
fn shown_rules_and_advice_are_accepted(#[case] file: &str, #[case] commented: bool) {
    let text = fs::read_to_string(workspace().join(file)).unwrap();
    let text = match commented {
        true => text.replace("# [[", "[[").replace("\n# ", "\n"),
        false => text,
    };
    let start = text.find("[[retry]]\n").unwrap();
    let shown = text[start..].split("```").next().unwrap();
    let shown = shown.replace("\n#\n", "\n");
    let head = "name = \"acme\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n";
    let manifest = Manifest::parse(&format!("{head}{shown}")).unwrap();
    assert_eq!((manifest.retry.len(), manifest.advice.len()), (1, 1));
}
