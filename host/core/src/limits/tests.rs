use super::quantity::Unit;
use super::*;
use crate::{HasRemedy as _, Remedy};

use rstest::rstest;

const ALL: [Limit; 20] = [
    Limit::Memory,
    Limit::Instances,
    Limit::Cpu,
    Limit::Wall,
    Limit::Requests,
    Limit::InFlight,
    Limit::BytesIn,
    Limit::BytesOut,
    Limit::RequestBody,
    Limit::ResponseBody,
    Limit::Headers,
    Limit::HeaderBytes,
    Limit::LogLines,
    Limit::Result,
    Limit::Random,
    Limit::Handles,
    Limit::Component,
    Limit::Compile,
    Limit::CompileMemory,
    Limit::CompiledCode,
];

/// The table has each limit once, with a unique name and its own field.
#[test]
fn the_table_is_whole() {
    assert!(Limit::all().eq(ALL));
    for limit in ALL {
        assert!(matches!(
            limit.label().split_once('.'),
            Some(("limit" | "timeout", _))
        ));
        assert_eq!(Limit::find(limit.name()), Ok(limit));
        assert_eq!(Limit::find(limit.label()), Ok(limit));

        let mut config = Allowance::default();
        let before = ALL.map(|other| other.get(&config));
        limit.set(&mut config, 77);
        for (other, before) in ALL.into_iter().zip(before) {
            let expected = if other == limit { 77 } else { before };
            assert_eq!(other.get(&config), expected, "{limit:?} {other:?}");
        }
        // The largest value that can be set fits.
        limit.set(&mut config, 1 << 50);
        assert!(limit.get(&config) >= u64::from(u32::MAX));
    }
}

/// The remedy doubles the limit; a lowered one gets its default again.
#[test]
fn every_error_says_how_to_raise_the_limit() {
    let config = Allowance::default();
    for limit in ALL {
        let most = limit.get(&config);
        let error = Exceeded { limit, most };
        assert!(error.to_string().starts_with(limit.label()), "{error}");
        assert!(!error.to_string().contains("{}"), "{error}");
        let value = most * 2;
        assert_eq!(error.remedy(), Some(Remedy::RaiseLimit { limit, value }));
        assert_eq!(limit.read(&limit.show(value)), Ok(value));
        let (lowered, value) = (Exceeded { limit, most: 1 }, most);
        assert_eq!(lowered.remedy(), Some(Remedy::RaiseLimit { limit, value }));
        let name = limit.name();
        assert!(help().contains(&format!("  {name} ")), "{name}");
    }
}

#[rstest]
#[case(Unit::Bytes, "512MiB", Some(512 << 20))]
#[case(Unit::Bytes, "1 GiB", Some(1 << 30))]
#[case(Unit::Bytes, "17", Some(17))]
#[case(Unit::Bytes, "3KiB", Some(3072))]
#[case(Unit::Bytes, "3kb", None)]
#[case(Unit::Bytes, "0", None)]
#[case(Unit::Bytes, "-1", None)]
#[case(Unit::Bytes, "1.5GiB", None)]
#[case(Unit::Bytes, "99999999999GiB", None)]
#[case(Unit::Bytes, "", None)]
#[case(Unit::Time, "30s", Some(30_000))]
#[case(Unit::Time, "250ms", Some(250))]
#[case(Unit::Time, "2min", Some(120_000))]
#[case(Unit::Time, "30", None)]
#[case(Unit::Time, "s", None)]
#[case(Unit::Count, "10000", Some(10_000))]
#[case(Unit::Count, "10k", None)]
#[case(Unit::Count, "é", None)]
fn values(#[case] unit: Unit, #[case] text: &str, #[case] expected: Option<u64>) {
    let read = unit.read(text);
    assert_eq!(read.clone().ok(), expected, "{read:?}");
    if let Some(value) = expected {
        assert_eq!(unit.read(&unit.show(value, " ")), Ok(value));
    }
}

#[test]
fn names_that_are_meant_are_told() {
    let error = Limit::find("memroy").unwrap_err();
    let close = vec!["memory".to_owned()];
    let known = ALL.len();
    assert_eq!(error.remedy(), Some(Remedy::UseName { close, known }));
    let error = Limit::find("of-no-limit-at-all").unwrap_err();
    assert_eq!(error.remedy(), Some(Remedy::ListLimits));
    let error = Limit::Memory.read("lots").unwrap_err();
    assert!(error.to_string().contains("MiB"), "{error}");
}

#[test]
fn an_error_in_words() {
    let error = Exceeded {
        limit: Limit::Wall,
        most: 300_000,
    };
    assert_eq!(
        error.to_string(),
        "timeout.wall: call timed out after 5 min"
    );
}
