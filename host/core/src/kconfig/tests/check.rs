use rstest::rstest;

use super::*;
use crate::HasRemedy as _;
use crate::kconfig::{MAX_BLOCKS, MAX_ENTRIES, MAX_FILES, MAX_STRING_BYTES, MAX_TERMS};

fn symbol(name: &str) -> Entry {
    Entry::Symbol(boolean(name, name))
}

fn open_choice(default: &str) -> Entry {
    let defaults = vec![ChoiceDefault {
        symbol: default.into(),
        when: Vec::new(),
    }];
    Entry::OpenChoice(Choice {
        defaults,
        ..choice("c")
    })
}

fn open_if(name: &str) -> Entry {
    Entry::OpenIf(is_set(name))
}

fn changed(change: impl FnOnce(&mut Symbol)) -> Entry {
    let mut symbol = boolean("A", "a");
    change(&mut symbol);
    Entry::Symbol(symbol)
}

#[rstest]
#[case::name(vec![symbol("a")], "invalid symbol name \"a\": only A-Z, 0-9 and _")]
#[case::prompt(vec![changed(|s| s.prompt = Some(" \n".into()))], "the prompt of A is empty")]
#[case::choice_prompt(vec![Entry::OpenChoice(choice(""))], "the prompt of the choice is empty")]
#[case::dependency(vec![changed(|s| s.depends_on = is_set("A B"))], "invalid symbol name \"A B\"")]
#[case::condition(vec![open_if("n")], "invalid symbol name \"n\"")]
#[case::never(vec![changed(|s| s.depends_on = vec![vec![]])], "could never hold")]
#[case::close(vec![Entry::Close], "entry 1 of file \"Kconfig.x\": a block is closed that was not opened")]
#[case::not_closed(vec![open_if("A")], "file \"Kconfig.x\": the file ends inside a block")]
#[case::choice_not_closed(vec![open_choice("A"), symbol("A")], "the file ends inside a block")]
#[case::empty_choice(vec![Entry::OpenChoice(choice("c")), Entry::Close], "the choice has no symbols")]
#[case::no_member(vec![open_choice("B"), symbol("A"), Entry::Close], "the default \"B\", which is not one of")]
#[case::if_in_choice(vec![open_choice("A"), open_if("B")], "a choice holds only symbols and comments")]
#[case::choice_in_choice(vec![open_choice("A"), open_choice("B")], "a choice holds only symbols and comments")]
#[case::source_in_choice(vec![open_choice("A"), Entry::Source("Kconfig.y".into())], "a choice holds only symbols")]
#[case::string_in_choice(vec![open_choice("A"), Entry::Symbol(string("A", "x"))], "a symbol of a choice is boolean")]
#[case::no_prompt_in_choice(vec![open_choice("A"), changed(|s| s.prompt = None)], "a symbol of a choice is")]
#[case::no_such_file(vec![Entry::Source("Kconfig.y".into())], "\"Kconfig.y\": it is not a file of the same response")]
#[case::source_of_outside(vec![Entry::Source("../../etc/passwd".into())], "it is not a file of the same response")]
#[case::itself(vec![Entry::Source("Kconfig.x".into())], "the files source each other in a cycle")]
#[case::value(vec![Entry::Symbol(string("A", "$HOME"))], "the value \"$HOME\" of A has a character other than")]
#[case::no_value(vec![Entry::Symbol(string("A", ""))], "the value \"\" of A is empty")]
#[case::text_for_boolean(
    vec![changed(|s| s.defaults = string("A", "y").defaults)],
    "the value \"y\" of A is text, and the symbol is boolean"
)]
fn refused(#[case] entries: Vec<Entry>, #[case] message: &str) {
    let error = plain(entries).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.remedy().is_some());
}

#[rstest]
#[case::string(vec![Entry::Symbol(string("A", "x")), Entry::Symbol(string("A", "y"))])]
#[case::boolean(vec![symbol("A"), symbol("A")])]
#[case::names_from_elsewhere(vec![open_if("TARGET_ARCH_X86_64"), symbol("A"), Entry::Close])]
#[case::same_member_names(vec![open_choice("B"), symbol("A"), Entry::Comment("x".into()), symbol("B"), Entry::Close])]
fn accepted(#[case] entries: Vec<Entry>) {
    plain(entries).unwrap();
}

#[rstest]
#[case::two_api_names(
    vec![Entry::Symbol(boolean("A_B", "a-b")), Entry::Symbol(boolean("A_B", "a.b"))],
    &["\"a-b\" (a boolean in entry 1 of file \"Kconfig.x\")", "\"a.b\" (a boolean in entry 2 of file \"Kconfig.x\")"]
)]
#[case::types(
    vec![Entry::Symbol(string("A", "x")), symbol("A")],
    &["a string without a prompt in entry 1", "\"A\" (a boolean in entry 2"]
)]
#[case::member_twice(vec![open_choice("A"), symbol("A"), symbol("A"), Entry::Close], &["entry 2", "entry 3"])]
#[case::member_elsewhere(vec![symbol("A"), open_choice("A"), symbol("A"), Entry::Close], &["entry 1", "entry 3"])]
fn collisions_name_both(#[case] entries: Vec<Entry>, #[case] parts: &[&str]) {
    let error = plain(entries).unwrap_err();
    assert!(matches!(error, KconfigError::Collision { .. }));
    for part in parts {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[rstest]
#[case(&["Kconfig", "Kconfig"], "cannot both be written")]
#[case(&["Kconfig.M5", "Kconfig.m5"], "cannot both be written")]
#[case(&["Kconfig", "Kconfig/Kconfig.b"], "cannot both be written")]
#[case(&["Kconfig/b/Kconfig", "Kconfig"], "cannot both be written")]
#[case(&["Makefile"], "its name does not begin with Kconfig")]
#[case(&["Kconfig.d/main.tf"], "its name does not begin with Kconfig")]
#[case(&["../a"], "a component begins with a dot")]
fn paths_that_cannot_be(#[case] paths: &[&str], #[case] message: &str) {
    let files: Vec<File> = paths.iter().map(|path| file(path, Vec::new())).collect();
    let error = render(&files, &options(Dialect::Plain)).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
}

#[rstest]
#[case::circle(&[("a", "b"), ("b", "c"), ("c", "a")], Some("in a cycle"))]
#[case::below_a_circle(&[("a", "b"), ("b", "a"), ("c", "")], Some("in a cycle"))]
#[case::twice(&[("a", "c"), ("b", "c"), ("c", "")], Some("it is already sourced"))]
#[case::chain(&[("a", "b"), ("b", "c"), ("c", "")], None)]
fn sources(#[case] edges: &[(&str, &str)], #[case] message: Option<&str>) {
    let entries = |to: &str| {
        if to.is_empty() {
            Vec::new()
        } else {
            vec![Entry::Source(format!("Kconfig.{to}"))]
        }
    };
    let files: Vec<File> = edges
        .iter()
        .map(|(from, to)| file(&format!("Kconfig.{from}"), entries(to)))
        .collect();
    let error = render(&files, &options(Dialect::Plain))
        .err()
        .map(|error| error.to_string());
    assert_eq!(error.is_some(), message.is_some());
    assert!(
        error
            .unwrap_or_default()
            .contains(message.unwrap_or_default())
    );
}

/// Answers that are just small enough, and one more than that.
fn limited(extra: usize) -> Vec<(&'static str, Vec<File>)> {
    let one = |entries| vec![file("Kconfig.a", entries)];
    let text = |bytes| "x".repeat(bytes);
    let nested = |depth| {
        let mut entries = vec![open_if("A"); depth];
        entries.extend(vec![Entry::Close; depth]);
        entries
    };
    let chain = |length: usize| {
        let source = |n| {
            if n + 1 < length {
                vec![Entry::Source(format!("Kconfig.f{}", n + 1))]
            } else {
                Vec::new()
            }
        };
        (0..length)
            .map(|n| file(&format!("Kconfig.f{n}"), source(n)))
            .collect()
    };
    vec![
        (
            "files",
            (0..MAX_FILES + extra)
                .map(|n| file(&format!("Kconfig.f{n}"), Vec::new()))
                .collect(),
        ),
        (
            "entries",
            one(vec![Entry::Comment(String::new()); MAX_ENTRIES + extra]),
        ),
        (
            "bytes in one string",
            one(vec![Entry::Comment(text(MAX_STRING_BYTES + extra))]),
        ),
        (
            "bytes in one string",
            one(vec![Entry::Symbol(boolean(
                "A",
                &text(MAX_STRING_BYTES + extra),
            ))]),
        ),
        (
            "bytes in one string",
            one(vec![changed(|s| {
                s.help = Some(text(MAX_STRING_BYTES + extra))
            })]),
        ),
        (
            "terms in a condition",
            one(vec![
                Entry::OpenIf(vec![vec![Term::Set("A".into()); MAX_TERMS + extra]]),
                Entry::Close,
            ]),
        ),
        ("open blocks", one(nested(MAX_BLOCKS + extra))),
        ("blocks and files around it", chain(MAX_BLOCKS + 1 + extra)),
    ]
}

#[test]
fn limits() {
    for (what, files) in limited(0) {
        assert!(render(&files, &options(Dialect::Plain)).is_ok(), "{what}");
    }
    for (what, files) in limited(1) {
        match render(&files, &options(Dialect::Plain)) {
            Err(KconfigError::Limit { what: found, .. }) => assert_eq!(found, what),
            other => panic!("{what}: {:?}", other.map(|files| files.len())),
        }
    }
}

#[test]
fn limits_of_text() {
    let comment = Entry::Comment("x".repeat(MAX_STRING_BYTES - 2));
    let large = |path: &str, entries| file(path, vec![comment.clone(); entries]);
    let limit = |files: &[File]| match render(files, &options(Dialect::Plain)) {
        Err(KconfigError::Limit {
            location, limit, ..
        }) => (location.to_string(), limit),
        other => panic!("{:?}", other.map(|files| files.len())),
    };
    assert_eq!(
        limit(&[large("Kconfig", 257)]),
        ("file \"Kconfig\"".into(), 16 << 20)
    );
    let files: Vec<File> = (0..5)
        .map(|n| large(&format!("Kconfig.f{n}"), 255))
        .collect();
    assert_eq!(limit(&files), ("the plugin's response".into(), 64 << 20));
}

fn named(name: &str, kind: SymbolKind) -> Vec<File> {
    let symbol = Symbol {
        kind,
        ..boolean(name, "p")
    };
    vec![
        file("Kconfig.a", vec![Entry::Source("Kconfig.b".into())]),
        file("Kconfig.b", vec![Entry::Symbol(symbol)]),
    ]
}

const BOOL: SymbolKind = SymbolKind::Boolean;
const TEXT: SymbolKind = SymbolKind::Text;

#[rstest]
#[case::own("my-cloud", "TERRAFORM_MY_CLOUD_REGION", TEXT, Dialect::Kdevops, true)]
#[case::the_prefix_alone("my-cloud", "TERRAFORM_MY_CLOUD", BOOL, Dialect::Kdevops, false)]
#[case::nothing_behind_it("my-cloud", "TERRAFORM_MY_CLOUD_", BOOL, Dialect::Kdevops, false)]
#[case::longer_name(
    "my-cloud",
    "TERRAFORM_MY_CLOUDS_REGION",
    TEXT,
    Dialect::Kdevops,
    false
)]
#[case::another_plugin("my-cloud", "TERRAFORM_AWS_REGION", TEXT, Dialect::Kdevops, false)]
#[case::of_the_tree(
    "my-cloud",
    "TERRAFORM_SSH_CONFIG_PUBKEY_FILE",
    TEXT,
    Dialect::KdevopsMain,
    false
)]
#[case::named_as_the_tree(
    "ssh",
    "TERRAFORM_SSH_CONFIG_PUBKEY_FILE",
    TEXT,
    Dialect::Kdevops,
    false
)]
#[case::named_as_its_net("private", "TERRAFORM_PRIVATE_NET", BOOL, Dialect::Plain, false)]
#[case::part_of_another(
    "lambdalabs-ssh",
    "TERRAFORM_LAMBDALABS_SSH_KEY_NAME",
    TEXT,
    Dialect::Kdevops,
    false
)]
#[case::part_of_another_in_plain(
    "aws-region",
    "TERRAFORM_AWS_REGION_US_EAST_1",
    BOOL,
    Dialect::Plain,
    false
)]
#[case::part_of_another_for_its_own(
    "aws-region",
    "TERRAFORM_AWS_REGION_X",
    BOOL,
    Dialect::KdevopsMain,
    false
)]
#[case::cloud_of_the_tree("rcloud", "TERRAFORM_RCLOUD_API_URL", TEXT, Dialect::Kdevops, false)]
#[case::menu_of_a_cloud_of_the_tree(
    "rcloud",
    "TERRAFORM_RCLOUD_REGION",
    TEXT,
    Dialect::Kdevops,
    true
)]
#[case::key_of_its_tree(
    "lambdalabs",
    "TERRAFORM_LAMBDALABS_SSH_KEY_NAME",
    TEXT,
    Dialect::Kdevops,
    false
)]
#[case::tier_of_its_tree(
    "lambdalabs",
    "TERRAFORM_LAMBDALABS_INSTANCE_TYPE_H100_OR_LESS",
    BOOL,
    Dialect::KdevopsMain,
    false
)]
#[case::menu_of_its_tree(
    "lambdalabs",
    "TERRAFORM_LAMBDALABS_REGION_US_EAST_1",
    BOOL,
    Dialect::Kdevops,
    true
)]
#[case::part_of_an_installed_one(
    "acme-gpu",
    "TERRAFORM_ACME_GPU_REGION",
    TEXT,
    Dialect::Kdevops,
    false
)]
#[case::an_installed_one_is_part_of_it(
    "big",
    "TERRAFORM_BIG_CLOUD_REGION",
    TEXT,
    Dialect::Kdevops,
    false
)]
#[case::beside_an_installed_one("big", "TERRAFORM_BIG_REGION", TEXT, Dialect::Kdevops, true)]
#[case::everything(
    "terraform",
    "TERRAFORM_SSH_CONFIG_USER",
    TEXT,
    Dialect::Kdevops,
    false
)]
#[case::without_terraform("my-cloud", "MY_CLOUD_REGION", TEXT, Dialect::Plain, false)]
#[case::architecture("my-cloud", "TARGET_ARCH_ARM64", BOOL, Dialect::Plain, true)]
#[case::architecture_as_text("my-cloud", "TARGET_ARCH_ARM64", TEXT, Dialect::Plain, false)]
#[case::architecture_of_the_tree("my-cloud", "TARGET_ARCH_ARM64", BOOL, Dialect::Kdevops, false)]
fn a_plugin_defines_only_its_own_symbols(
    #[case] plugin: &str,
    #[case] name: &str,
    #[case] kind: SymbolKind,
    #[case] dialect: Dialect,
    #[case] good: bool,
) {
    let mut options = Options::new(dialect, plugin);
    options.others = ["acme", "big-cloud", plugin].map(str::to_owned).into();
    let outcome = super::super::render(&named(name, kind), &options);
    match outcome {
        Ok(_) => assert!(good),
        Err(error @ KconfigError::Owner { .. }) => {
            let text = format!("entry 1 of file \"Kconfig.b\": the plugin cannot define {name}");
            assert!(!good && error.to_string().contains(&text), "{error}");
            assert!(error.remedy().is_some());
        }
        Err(error) => panic!("{error}"),
    }
}
