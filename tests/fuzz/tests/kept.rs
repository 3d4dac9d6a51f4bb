//! Checks of every input in the corpus and of 1,000 mutations: a short substitute for a run of libFuzzer.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rstest::rstest;
use std::fs;
use std::path::Path;

#[rstest]
#[case::catalog("catalog", cloudhost_fuzz::catalog::check)]
#[case::component("component", cloudhost_fuzz::component::check)]
#[case::ec2_xml("ec2_xml", cloudhost_fuzz::ec2_xml::check)]
#[case::egress("egress", cloudhost_fuzz::egress::check)]
#[case::kconfig("kconfig", cloudhost_fuzz::kconfig::check)]
#[case::manifest("manifest", cloudhost_fuzz::manifest::check)]
#[case::redaction("redaction", cloudhost_fuzz::redaction::check)]
fn kept_inputs_and_changes_of_them(#[case] name: &str, #[case] check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let mut inputs = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        inputs.push(fs::read(file.unwrap().path()).unwrap());
    }
    assert!(!inputs.is_empty(), "{} is empty", folder.display());
    inputs.iter().for_each(|input| check(input));
    let changed = (
        prop::sample::select(inputs),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        any::<prop::sample::Index>(),
    );
    let changed = changed.prop_map(|(mut input, changes, end)| {
        if input.is_empty() {
            input.push(0);
        }
        for (at, byte) in changes {
            let at = at.index(input.len());
            input[at] = byte;
        }
        // Half of the inputs are truncated.
        let end = end.index(input.len() * 2);
        input.truncate(end.max(1));
        input
    });
    let mut runner = TestRunner::new(ProptestConfig {
        // Findings are added to `corpus/` by hand.
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    });
    runner
        .run(&changed, |input| {
            check(&input);
            Ok(())
        })
        .unwrap();
}
