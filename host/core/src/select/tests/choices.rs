//! Selections, their explanations, and the errors without a match.

use rstest::rstest;

use super::super::balance::{Best, total};
use super::super::{
    Candidates, Component, Constraints, HomeRegion, Lacking, Mode, Rule, SelectError,
    SelectionRequest, Tier, WEIGHTS,
};
use super::{Made, chosen, dollars, made, mode, named, seattle};
use crate::contract::cloudhost::provider::types::{Market, Money};
use crate::{HasRemedy as _, Remedy};

/// A cheap old instance type far away, a new one near, and traps: no price, no capacity, unknown capacity.
fn several() -> Made {
    made()
        .machine("old", "V100", 1)
        .machine("new", "H100", 1)
        .machine("trap", "B200", 1)
        .sold("old", "down-under", 500, Some(true))
        .sold("old", "europe", 500, Some(true))
        .sold("new", "west", 1500, Some(true))
        .sold("new", "east", 1400, Some(true))
        .sold("new", "hidden", 600, Some(true))
        .sold("trap", "west", 0, Some(true))
        .sold("trap", "east", 1, Some(false))
        .sold("trap", "europe", 1, None)
}

#[rstest]
#[case::cheapest(Mode::Cheapest, "old europe")]
#[case::closest(Mode::Closest, "new west")]
#[case::balanced(Mode::Balanced, "new west")]
fn modes(#[case] by: Mode, #[case] expected: &str) {
    assert_eq!(chosen(several(), &mode(by)).unwrap(), expected);
}

/// Equal prices: the type that more regions have, then the name, then the nearer region.
#[test]
fn ties() {
    let made = made()
        .machine("a", "", 0)
        .machine("b", "", 0)
        .machine("c", "", 0)
        .sold("a", "west", 100, Some(true))
        .sold("b", "west", 100, Some(false))
        .sold("b", "down-under", 100, Some(true))
        .sold("b", "europe", 100, Some(true))
        .sold("c", "west", 100, Some(true))
        .sold("c", "hidden", 100, Some(true));
    assert_eq!(
        chosen(made.clone(), &mode(Mode::Cheapest)).unwrap(),
        "b europe"
    );
    // At the same distance and price, also.
    assert_eq!(chosen(made, &mode(Mode::Closest)).unwrap(), "c west");
}

/// Of regions that are equal otherwise, the home region comes first.
#[rstest]
#[case::none(&[], "a east")]
#[case::users(&["west"], "a west")]
#[case::users_and_default(&["east", "west"], "a east")]
#[case::default(&["nowhere", "west"], "a west")]
#[case::neither(&["nowhere", "nowhere"], "a east")]
#[case::without_the_type(&["down-under", "west"], "a west")]
#[case::dearer(&["europe", "west"], "a east")]
fn home(#[case] regions: &[&str], #[case] expected: &str) {
    let catalog = made()
        .machine("a", "", 0)
        .sold("a", "east", 100, Some(true))
        .sold("a", "west", 100, Some(true))
        .sold("a", "europe", 101, Some(true))
        .catalog();
    let mut regions = regions.iter().map(|region| (*region).to_owned());
    let home = HomeRegion {
        user: regions.next(),
        given: false,
        default: regions.next(),
    };
    let candidates = Candidates::new(&catalog, true, None);
    let candidates = candidates.with_home(&home).unwrap();
    let choice = candidates.choose(&SelectionRequest::default()).unwrap();
    assert_eq!(named(&choice), expected);
}

/// A name that the user gave is checked as any other.
#[rstest]
#[case::typing_error("wst", Some(r#"the catalog has no region "wst""#))]
#[case::empty("", Some(r#"the catalog has no region """#))]
#[case::without_offers("down-under", None)]
fn a_given_home(#[case] region: &str, #[case] error: Option<&str>) {
    let catalog = made()
        .machine("a", "", 0)
        .sold("a", "west", 100, Some(true))
        .catalog();
    let home = HomeRegion {
        user: Some(region.to_owned()),
        given: true,
        default: Some("west".to_owned()),
    };
    let candidates = Candidates::new(&catalog, true, None).with_home(&home);
    assert_eq!(
        candidates
            .as_ref()
            .err()
            .map(ToString::to_string)
            .as_deref(),
        error
    );
    if let Ok(candidates) = candidates {
        assert_eq!(candidates.home(), Some("west"));
    }
}

/// A hint names the offer that would be selected.
#[test]
fn a_hint_prefers_the_home_region_too() {
    let catalog = made()
        .machine("a", "", 0)
        .sold("a", "east", 100, Some(true))
        .sold("a", "west", 100, Some(true))
        .catalog();
    let home = HomeRegion {
        user: Some("west".to_owned()),
        ..HomeRegion::default()
    };
    let candidates = Candidates::new(&catalog, true, None);
    let candidates = candidates.with_home(&home).unwrap();
    let mut ask = SelectionRequest::default();
    ask.wanted.max_price = Some(dollars(99));
    let error = candidates.choose(&ask).unwrap_err();
    let Some(Remedy::Relax { region, .. }) = error.remedy() else {
        panic!("{:?}", error.remedy());
    };
    assert_eq!(region, "west");
}

/// An option takes several names with commas between them, and a name can have one.
#[rstest]
#[case("a,b", Some("b west"))]
#[case("b,c", Some("b,c west"))]
#[case("a,c", None)]
fn names_with_commas(#[case] value: &str, #[case] expected: Option<&str>) {
    let made = made()
        .machine("a", "", 0)
        .machine("b", "", 0)
        .machine("b,c", "", 0)
        .sold("a", "west", 300, Some(true))
        .sold("b", "west", 200, Some(true))
        .sold("b,c", "west", 400, Some(true));
    let mut ask = SelectionRequest::default();
    ask.wanted.instance_types = vec![value.to_owned()];
    ask.wanted.lists = true;
    assert_eq!(chosen(made.clone(), &ask).ok().as_deref(), expected);
    // Without lists, the value is one name.
    ask.wanted.lists = false;
    let exact = expected.filter(|_| value == "b,c");
    assert_eq!(chosen(made, &ask).ok().as_deref(), exact);
}

/// Where it is unknown what is sold, nothing is called an offer; an option that excludes a known price comes first.
#[test]
fn pairs_are_no_offers() {
    let mut made = made()
        .machine("a", "", 0)
        .machine("b", "", 0)
        .sold("a", "west", 100, None);
    made.offers.clear();
    let ask = SelectionRequest {
        wanted: Constraints {
            max_price: Some(dollars(99)),
            ..Constraints::default()
        },
        ..SelectionRequest::default()
    };
    let error = chosen(made, &ask).unwrap_err();
    assert_eq!(
        error.to_string(),
        "none of 10 pairs of instance type and region matches (where types are sold is unknown): 9 without a known \
         price, 1 too expensive"
    );
    let relax = Remedy::RelaxFilters {
        given: vec![Rule::MaxPrice],
    };
    assert_eq!(
        error.remedy(),
        Some(Remedy::any_of([relax, Remedy::Refresh]))
    );
}

fn unknown() -> Remedy {
    Remedy::any_of([Remedy::Refresh, Remedy::AllowUnknownCapacity])
}

/// With this value the oldest instance type matches.
fn relax(rule: Rule, value: &str) -> Remedy {
    Remedy::Relax {
        rule,
        value: value.to_owned(),
        instance_type: "old".to_owned(),
        region: "europe".to_owned(),
    }
}

#[test]
fn unknown_capacity_must_be_allowed() {
    let none = made().machine("a", "", 0).sold("a", "west", 100, None);
    let allowed = SelectionRequest {
        allow_unknown_capacity: true,
        ..SelectionRequest::default()
    };
    let error = chosen(none.clone(), &SelectionRequest::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "none of 1 offers matches: 1 with unknown capacity"
    );
    assert_eq!(error.remedy(), Some(unknown()));
    assert_eq!(chosen(none.clone(), &allowed).unwrap(), "a west");
    // It is decided for each offer: where something is known, too.
    let some = none.sold("a", "east", 200, Some(true));
    assert_eq!(
        chosen(some.clone(), &SelectionRequest::default()).unwrap(),
        "a east"
    );
    assert_eq!(chosen(some, &allowed).unwrap(), "a west");
    let full = made()
        .machine("a", "", 0)
        .sold("a", "west", 100, None)
        .sold("a", "east", 50, Some(false));
    assert_eq!(chosen(full, &allowed).unwrap(), "a west");
}

/// Types that may be better are counted, and no others: `--allow-unknown-capacity` would select one of them.
#[rstest]
#[case::cheapest(Mode::Cheapest, None, 3)]
#[case::closest(Mode::Closest, None, 1)]
#[case::tier(Mode::Cheapest, Some("a100-or-less"), 3)]
#[case::tier_and_closest(Mode::Closest, Some("a100-or-less"), 1)]
fn what_is_passed_over(#[case] by: Mode, #[case] tier: Option<&str>, #[case] expected: usize) {
    let made = made()
        .machine("known", "A10", 1)
        .machine("cheap", "A10", 1)
        .machine("cheap-too", "A10", 1)
        .machine("dear", "A10", 1)
        .machine("full", "A10", 1)
        .machine("better", "A100", 1)
        .machine("unpriced", "A100", 1)
        .sold("known", "east", 100, Some(true))
        .sold("cheap", "east", 99, None)
        .sold("cheap", "europe", 98, None)
        .sold("cheap-too", "europe", 1, None)
        .sold("dear", "east", 100, None)
        .sold("full", "west", 1, Some(false))
        .sold("better", "west", 90, None)
        .sold("unpriced", "west", 0, None);
    let catalog = made.catalog();
    let candidates = Candidates::new(&catalog, true, Some(&seattle()));
    let mut ask = SelectionRequest {
        tier: tier.map(|tier| Tier::find(tier).unwrap()),
        ..mode(by)
    };
    let choice = candidates.choose(&ask).unwrap();
    assert_eq!(named(&choice), "known east");
    assert_eq!(choice.explanation.passed_over, expected);
    ask.allow_unknown_capacity = true;
    let choice = candidates.choose(&ask).unwrap();
    assert_ne!(named(&choice), "known east");
    assert_eq!(choice.explanation.passed_over, 0);
}

/// A number of yuan is not a number of dollars: the currency of most offers counts, or the requested one.
#[test]
fn currencies_are_not_compared() {
    let mut made = made()
        .machine("a", "", 0)
        .sold("a", "west", 100, Some(true))
        .sold("a", "east", 90, Some(true))
        .sold("a", "europe", 10, Some(true));
    made.prices[2].per_hour.currency = "CNY".into();
    let choice = |made: &Made, ask: &SelectionRequest| {
        let catalog = made.clone().catalog();
        let candidates = Candidates::new(&catalog, true, None);
        let choice = candidates.choose(ask).unwrap();
        (named(&choice), choice.explanation.currency)
    };
    let expected = ("a east".to_owned(), "USD".to_owned());
    assert_eq!(choice(&made, &SelectionRequest::default()), expected);
    let yuan = SelectionRequest {
        wanted: Constraints {
            max_price: Some(Money {
                currency: "CNY".into(),
                ..dollars(1000)
            }),
            ..Constraints::default()
        },
        ..SelectionRequest::default()
    };
    let expected = ("a europe".to_owned(), "CNY".to_owned());
    assert_eq!(choice(&made, &yuan), expected);
}

#[test]
fn close_to_what() {
    let catalog = several().catalog();
    let error = Candidates::new(&catalog, true, None)
        .choose(&mode(Mode::Closest))
        .unwrap_err();
    assert!(matches!(error, SelectError::NoLocation));
    let hidden = made()
        .machine("a", "", 0)
        .sold("a", "hidden", 1, Some(true));
    let error = chosen(hidden, &mode(Mode::Closest)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "none of 1 offers matches: 1 at an unknown distance"
    );
}

#[rstest]
#[case::price(Constraints { max_price: Some(dollars(499)), ..Constraints::default() },
    "none of 8 offers matches: 1 without a known price, 5 too expensive, 1 with unknown capacity, 1 without capacity now",
    relax(Rule::MaxPrice, "0.50"))]
#[case::gpus(Constraints { min_gpus: Some(2), ..Constraints::default() },
    "none of 8 offers matches: 8 with too few GPUs", relax(Rule::MinGpus, "1"))]
#[case::vcpus(Constraints { min_vcpus: Some(16), ..Constraints::default() },
    "none of 8 offers matches: 8 with too few vCPUs", relax(Rule::MinVcpus, "8"))]
#[case::market(Constraints { market: Some(Market::Spot), ..Constraints::default() },
    "none of 8 offers matches: 8 in a different market", relax(Rule::Market, "on-demand"))]
#[case::kind(Constraints { instance_types: vec!["trap".into()], ..Constraints::default() },
    "none of 8 offers matches: 5 of a different type, 1 without a known price, 1 with unknown capacity, 1 without capacity now",
    relax(Rule::InstanceType, "old"))]
#[case::two_at_once(Constraints { min_gpus: Some(2), max_price: Some(dollars(100)), ..Constraints::default() },
    "none of 8 offers matches: 8 with too few GPUs",
    Remedy::RelaxFilters { given: vec![Rule::MinGpus, Rule::MaxPrice] })]
fn nothing_fits(#[case] wanted: Constraints, #[case] message: &str, #[case] remedy: Remedy) {
    let ask = SelectionRequest {
        wanted,
        ..SelectionRequest::default()
    };
    let error = chosen(several(), &ask).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.remedy(), Some(remedy));
}

#[rstest]
#[case::nothing_known(made(), None, Lacking::Knowledge)]
#[case::full(made().machine("a", "", 0).sold("a", "west", 1, Some(false)), None, Lacking::Capacity)]
#[case::full_and_unpriced(made().machine("a", "", 0).sold("a", "west", 0, Some(false)), None, Lacking::Capacity)]
#[case::unpriced(made().machine("a", "", 0).sold("a", "west", 0, Some(true)), None, Lacking::Knowledge)]
#[case::perhaps(made().machine("a", "", 0).sold("a", "west", 1, Some(false)).sold("a", "east", 1, None), None, Lacking::Knowledge)]
#[case::too_dear(made().machine("a", "", 0).sold("a", "west", 2, Some(false)), Some(1), Lacking::Options)]
#[case::dear_or_full(made().machine("a", "", 0).sold("a", "west", 2, Some(true)).sold("a", "east", 1, Some(false)), Some(1), Lacking::Capacity)]
fn what_it_would_take(#[case] made: Made, #[case] most: Option<u64>, #[case] expected: Lacking) {
    let ask = SelectionRequest {
        wanted: Constraints {
            max_price: most.map(dollars),
            ..Constraints::default()
        },
        ..SelectionRequest::default()
    };
    match chosen(made, &ask) {
        Err(SelectError::NoMatch(none)) => assert_eq!(none.lacking, expected),
        other => panic!("{other:?}"),
    }
}

/// Following the advice of an error gives an offer.
#[test]
fn advice_helps() {
    let ask = |thousandths| SelectionRequest {
        wanted: Constraints {
            max_price: Some(dollars(thousandths)),
            regions: vec!["east".into()],
            ..Constraints::default()
        },
        ..SelectionRequest::default()
    };
    let error = chosen(several(), &ask(1399)).unwrap_err();
    let remedy = Remedy::Relax {
        rule: Rule::MaxPrice,
        value: "1.40".to_owned(),
        instance_type: "new".to_owned(),
        region: "east".to_owned(),
    };
    assert_eq!(error.remedy(), Some(remedy));
    assert_eq!(chosen(several(), &ask(1400)).unwrap(), "new east");
}

#[rstest]
#[case::empty(
    made(),
    "no instance type matches: the catalog has no offers",
    Remedy::Refresh
)]
#[case::full(made().machine("a", "", 0).sold("a", "west", 1, Some(false)),
    "none of 1 offers matches: 1 without capacity now",
    Remedy::any_of([Remedy::Wait { seconds: None }, Remedy::ListAvailable]))]
#[case::unpriced(made().machine("a", "", 0).sold("a", "west", 0, Some(true)),
    "none of 1 offers matches: 1 without a known price", Remedy::Refresh)]
#[case::either(made().machine("a", "", 0).sold("a", "west", 1, Some(false)).sold("a", "east", 1, None),
    "none of 2 offers matches: 1 with unknown capacity, 1 without capacity now",
    unknown())]
fn nothing_there(#[case] made: Made, #[case] message: &str, #[case] remedy: Remedy) {
    let error = chosen(made, &SelectionRequest::default()).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.remedy(), Some(remedy));
}

/// The whole explanation, as programs read it.
#[test]
fn explained() {
    let catalog = several().catalog();
    let candidates = Candidates::new(&catalog, true, Some(&seattle()));
    let ask = SelectionRequest {
        rows: 2,
        ..mode(Mode::Balanced)
    };
    let explanation = candidates.choose(&ask).unwrap().explanation;
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["mode"], "balanced");
    assert_eq!(json["from"]["name"], "47.6,-122.3");
    assert_eq!(json["from"]["how"], "given");
    assert_eq!(json["currency"], "USD");
    assert_eq!((&json["offers"], &json["fit"]), (&8.into(), &5.into()));
    assert_eq!(
        json["left_out"],
        serde_json::json!([
            {"rule": "price-unknown", "count": 1},
            {"rule": "capacity-unknown", "count": 1},
            {"rule": "no-capacity", "count": 1},
        ])
    );
    assert_eq!(json["rows"].as_array().unwrap().len(), 2);
    let row = &json["rows"][0];
    assert_eq!(row["instance_type"], "new");
    assert_eq!(row["price"]["nanos"], 1_500_000_000);
    assert_eq!(row["market"], "on-demand");
    assert_eq!(row["generation"], "Hopper (2022)");
    // 3 times the lowest price: one doubling and a half of the next. 3 regions of at most 3. 2022. Here.
    let parts: Vec<f64> = row["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["score"].as_f64().unwrap())
        .collect();
    assert_eq!(parts, [0.813, 1.0, 0.8, 1.0]);
    assert_eq!(row["score"], 0.885);
    assert_eq!(json["weights"][0]["percent"], 40);
}

#[test]
fn weights_are_a_whole() {
    let sum: u32 = WEIGHTS.iter().map(|weight| weight.percent).sum();
    assert_eq!(sum, 100);
}

/// Unknown values count as the worst, and are marked as unknown.
#[test]
fn unknown_components() {
    let made = made()
        .machine("strange", "Z9", 1)
        .sold("strange", "hidden", 100, None);
    let catalog = made.catalog();
    let candidates = Candidates::new(&catalog, true, Some(&seattle()));
    let one = &candidates.all()[0];
    let parts = Best::of(&candidates.all().iter().collect::<Vec<_>>()).parts(one);
    let known = parts.map(|part| (part.component, part.known, part.score.thousandths()));
    assert_eq!(
        known,
        [
            (Component::Price, true, 1000),
            (Component::Capacity, false, 0),
            (Component::Generation, false, 0),
            (Component::Distance, false, 0),
        ]
    );
    assert_eq!(total(&parts).to_string(), "0.400");
}

#[rstest]
#[case(100, 1000)]
#[case(150, 938)]
#[case(200, 875)]
#[case(400, 750)]
#[case(25_600, 0)]
#[case(1_000_000, 0)]
fn price_scores(#[case] price: u64, #[case] expected: u32) {
    let made = made()
        .machine("a", "", 0)
        .sold("a", "east", 100, None)
        .sold("a", "west", price, None);
    let catalog = made.catalog();
    let candidates = Candidates::new(&catalog, true, None);
    let parts = Best::of(&candidates.all().iter().collect::<Vec<_>>()).parts(&candidates.all()[1]);
    assert_eq!(parts[0].score.thousandths(), expected);
}

/// Every exclusion of an offer is reported.
#[test]
fn counts_add_up() {
    let catalog = several().catalog();
    let candidates = Candidates::new(&catalog, true, None);
    let explanation = candidates
        .choose(&SelectionRequest::default())
        .unwrap()
        .explanation;
    let left_out: usize = explanation.left_out.iter().map(|one| one.count).sum();
    assert_eq!(left_out + explanation.fit, explanation.offers);
    assert!(
        explanation
            .left_out
            .iter()
            .all(|one| one.rule != Rule::Tier)
    );
}
