//! Cycles of conditions are refused, and what is accepted is accepted by both readers.

use proptest::prelude::*;
use rstest::rstest;

use super::readers::{conf, kconfiglib, write};
use super::*;

fn on(name: &str, depends_on: &str) -> Entry {
    Entry::Symbol(Symbol {
        depends_on: is_set(depends_on),
        ..boolean(name, name)
    })
}

fn free(name: &str) -> Entry {
    Entry::Symbol(boolean(name, name))
}

fn text(name: &str, when: &str) -> Entry {
    let mut symbol = string(name, "a");
    symbol.defaults[0].when = is_set(when);
    Entry::Symbol(symbol)
}

fn open_choice(depends_on: Condition, default: Option<(&str, &str)>) -> Entry {
    let default = default.map(|(symbol, when)| ChoiceDefault {
        symbol: symbol.into(),
        when: is_set(when),
    });
    Entry::OpenChoice(Choice {
        depends_on,
        defaults: default.into_iter().collect(),
        ..choice("c")
    })
}

fn source(path: &str) -> Entry {
    Entry::Source(path.into())
}

const CLOSE: Entry = Entry::Close;

#[rstest]
#[case::itself(vec![on("A", "A")], "A -> A")]
#[case::two(vec![on("A", "B"), on("B", "A")], "B -> A -> B")]
#[case::three(vec![on("A", "B"), on("B", "C"), on("C", "A")], "B -> C -> A -> B")]
#[case::behind_others(vec![on("A", "B"), on("B", "C"), on("C", "B")], "C -> B -> C")]
#[case::block(vec![Entry::OpenIf(is_set("A")), free("A"), CLOSE], "A -> A")]
#[case::blocks(vec![Entry::OpenIf(is_set("A")), Entry::OpenIf(is_set("X")), free("B"), CLOSE, CLOSE, on("A", "B")], "A -> B -> A")]
#[case::default(vec![text("A", "B"), on("B", "A")], "B -> A -> B")]
#[case::default_of_itself(vec![text("A", "A")], "A -> A")]
#[case::choice(vec![open_choice(is_set("A"), None), free("A"), CLOSE], "A -> A")]
#[case::default_of_a_choice(vec![open_choice(vec![], Some(("A", "B"))), free("A"), free("B"), CLOSE], "B -> B")]
#[case::within_a_choice(vec![open_choice(vec![], None), free("A"), on("B", "A"), CLOSE], "A -> A")]
#[case::two_choices(
    vec![open_choice(vec![], None), free("A"), on("B", "D"), CLOSE, open_choice(vec![], None), on("C", "A"), free("D"), CLOSE],
    "D -> A -> D"
)]
#[case::choice_in_a_block(vec![Entry::OpenIf(is_set("A")), open_choice(vec![], None), free("A"), CLOSE, CLOSE], "A -> A")]
#[case::another_definition(vec![free("A"), on("B", "A"), Entry::OpenIf(is_set("B")), free("A"), CLOSE], "B -> A -> B")]
fn cycles_are_named(#[case] entries: Vec<Entry>, #[case] chain: &str) {
    let error = plain(entries).unwrap_err();
    assert!(matches!(error, KconfigError::Cycle { .. }), "{error}");
    let text = format!("conditions form a cycle, which no Kconfig reader accepts: {chain}");
    assert_eq!(error.to_string(), text);
}

/// The condition around the `source` of a file is one of its symbols.
#[test]
fn a_cycle_through_files_is_named() {
    let files = [
        file(
            "Kconfig",
            vec![Entry::OpenIf(is_set("A")), source("Kconfig.b"), CLOSE],
        ),
        file("Kconfig.b", vec![source("Kconfig.c")]),
        file("Kconfig.c", vec![free("A")]),
    ];
    let error = render(&files, &options(Dialect::Plain)).unwrap_err();
    assert!(error.to_string().ends_with("A -> A"), "{error}");
}

#[test]
fn a_long_cycle_is_cut() {
    let all = (0..5_000).map(|n| on(&format!("A{n}"), &format!("A{}", (n + 1) % 5_000)));
    let error = plain(all.collect()).unwrap_err().to_string();
    assert!(error.ends_with("A10 -> ... -> A1"), "{error}");
}

#[rstest]
#[case::chain(vec![on("A", "B"), on("B", "C"), free("C")])]
#[case::elsewhere(vec![on("A", "ELSEWHERE"), on("B", "ELSEWHERE")])]
#[case::twice(vec![on("A", "C"), on("B", "C"), free("C")])]
#[case::choice_upon_another(
    vec![open_choice(vec![], None), free("A"), free("B"), CLOSE, open_choice(is_set("A"), Some(("C", "B"))), on("C", "A"), on("D", "B"), CLOSE]
)]
#[case::text_of_a_choice(vec![open_choice(vec![], None), free("A"), CLOSE, text("T", "A")])]
fn no_cycle(#[case] entries: Vec<Entry>) {
    plain(entries).unwrap();
}

/// Entries of six symbols with any conditions: two in a choice, one in a block, one a text.
fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    let when = prop::collection::vec(
        prop::collection::vec((0usize..5, any::<bool>()), 1..3),
        0..2,
    );
    prop::collection::vec(when, 8).prop_map(|conditions| {
        let term = |(n, set): &(usize, bool)| match set {
            true => Term::Set(format!("A{n}")),
            false => Term::Unset(format!("A{n}")),
        };
        let conditions: Vec<Condition> = conditions
            .iter()
            .map(|when| {
                when.iter()
                    .map(|any| any.iter().map(term).collect())
                    .collect()
            })
            .collect();
        let symbol = |n: usize| {
            Entry::Symbol(Symbol {
                depends_on: conditions[n].clone(),
                ..boolean(&format!("A{n}"), "p")
            })
        };
        let mut last = string("A5", "a");
        last.defaults[0].when = conditions[5].clone();
        vec![
            open_choice(conditions[6].clone(), None),
            symbol(0),
            symbol(1),
            CLOSE,
            symbol(2),
            Entry::OpenIf(conditions[7].clone()),
            symbol(3),
            CLOSE,
            symbol(4),
            Entry::Symbol(last),
        ]
    })
}

/// kconfig-frontends and kconfiglib accept what this module does.
#[test]
fn readers_accept_what_is_accepted() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let all = (0..400).map(|_| any_entries().new_tree(&mut runner).unwrap().current());
    let (accepted, refused): (Vec<_>, Vec<_>) =
        all.partition(|entries| plain(entries.clone()).is_ok());
    assert!(
        accepted.len() > 20 && refused.len() > 100,
        "{} {}",
        accepted.len(),
        refused.len()
    );
    // Each with symbols of its own, in one tree.
    let mut entries = Vec::new();
    for (number, one) in accepted.into_iter().enumerate() {
        entries.extend(one.into_iter().map(|entry| renamed(entry, number)));
    }
    let folder = write(&[file("Kconfig", entries)], "");
    conf(folder.path(), "");
    kconfiglib(
        folder.path(),
        "print(json.dumps([s.str_value for s in k.unique_defined_syms]))",
    );
}

fn renamed(entry: Entry, number: usize) -> Entry {
    let name = |name: String| format!("N{number}_{name}");
    let condition = |when: Condition| -> Condition {
        let term = |term| match term {
            Term::Set(of) => Term::Set(name(of)),
            Term::Unset(of) => Term::Unset(name(of)),
        };
        let list = |any: Vec<Term>| any.into_iter().map(term).collect();
        when.into_iter().map(list).collect()
    };
    match entry {
        Entry::Symbol(mut symbol) => {
            symbol.name = name(symbol.name);
            symbol.depends_on = condition(symbol.depends_on);
            for default in &mut symbol.defaults {
                default.when = condition(std::mem::take(&mut default.when));
            }
            Entry::Symbol(symbol)
        }
        Entry::OpenChoice(mut choice) => {
            choice.depends_on = condition(choice.depends_on);
            Entry::OpenChoice(choice)
        }
        Entry::OpenIf(when) => Entry::OpenIf(condition(when)),
        other => other,
    }
}
