use super::*;
use std::collections::HashSet;

/// Programs match on labels: each is unique, and has the form of labels.
#[test]
fn labels_are_unique() {
    let all: Vec<&str> = [Remedy::LABELS, AuthorTask::LABELS].concat();
    let once: HashSet<&str> = all.iter().copied().collect();
    assert_eq!(once.len(), all.len());
    for label in all {
        let form = label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(
            form && !label.starts_with('-') && !label.ends_with('-'),
            "{label}"
        );
    }
    let task = AuthorTask::Sign;
    assert_eq!(Remedy::AskAuthor(task.clone()).label(), task.label());
}

/// The plugin is filled in if the error did not know it, and kept if it did.
#[test]
fn the_plugin_of_a_remedy() {
    let grant = |plugin: Option<&str>| Remedy::GrantHost {
        plugin: plugin.map(str::to_owned),
        host: "a.test".to_owned(),
    };
    assert_eq!(grant(None).about("x"), grant(Some("x")));
    assert_eq!(grant(Some("y")).about("x"), grant(Some("y")));
    assert_eq!(Remedy::RunAgain.about("x"), Remedy::RunAgain);
}
