use super::*;
use rstest::rstest;

#[rstest]
#[case::cents(
    r#"[{"hourly_price_cents":5},{"Cost":"1.5","vcpus":2}]"#,
    2,
    r#"[{"hourly_price_cents":0},{"Cost":"0","vcpus":2}]"#
)]
#[case::hetzner(
    r#"{"pricing":{"currency":"EUR","types":[{"id":1,"prices":[{"location":"fsn1","traffic":7,"price_hourly":{"gross":"0.006","net":"0.005"}}]}]}}"#,
    1,
    r#"{"pricing":{"currency":"EUR","types":[{"id":1,"prices":[{"location":"fsn1","price_hourly":{"gross":"0","net":"0"},"traffic":7}]}]}}"#
)]
#[case::amount(
    r#"{"price":{"amount":5,"unit":"hour"}}"#,
    1,
    r#"{"price":{"amount":0,"unit":"hour"}}"#
)]
#[case::rate(
    r#"{"hourly_rate":1,"generation":2}"#,
    1,
    r#"{"generation":2,"hourly_rate":0}"#
)]
#[case::names(
    r#"{"a":{"x/y":{"price":1},"z":{"price":2}}}"#,
    2,
    r#"{"a":{"x/y":{"price":0},"z":{"price":0}}}"#
)]
#[case::xml(
    "<r><item><spotPrice>0.5</spotPrice><vcpus>2</vcpus></item></r>",
    1,
    "<r><item><spotPrice>0</spotPrice><vcpus>2</vcpus></item></r>"
)]
#[case::inner(
    "<price unit='h'><amount>5</amount></price>",
    1,
    "<price unit='h'><amount>0</amount></price>"
)]
fn prices_are_found_by_their_names(#[case] body: &str, #[case] rows: usize, #[case] free: &str) {
    let amounts = Amounts::of(body.as_bytes(), &mut BTreeMap::new()).unwrap();
    assert_eq!(amounts.rows(), rows);
    let text = |amount| String::from_utf8(amounts.with(None, amount)).unwrap();
    assert_eq!(same(&text(Amount::Zero)), same(free));
    assert_eq!(same(&text(Amount::AsItIs)), same(body));
    assert_ne!(text(Amount::Other), text(Amount::AsItIs));
}

/// JSON whose names are in the order of the alphabet.
fn same(text: &str) -> String {
    let json = serde_json::from_str::<Value>(text);
    json.map_or(text.to_owned(), |json| json.to_string())
}

#[rstest]
#[case(r#"{"vcpus":2}"#)]
#[case(r#"{"price":null}"#)]
#[case(r#"{"price":0,"generation":1}"#)]
#[case("<vcpus>2</vcpus>")]
#[case("price 5")]
fn what_is_no_price(#[case] body: &str) {
    assert!(Amounts::of(body.as_bytes(), &mut BTreeMap::new()).is_none());
}

#[test]
fn one_row_at_a_time_and_what_is_not_known_is_filled() {
    let mut known = BTreeMap::new();
    let body = br#"[{"price":5},{"price":null},{"price":"x"}]"#;
    let amounts = Amounts::of(body, &mut known).unwrap();
    assert_eq!(amounts.rows(), 2);
    let one = amounts.with(Some(1), Amount::Unknown);
    assert_eq!(one, br#"[{"price":5},{"price":null},{"price":"x"}]"#);
    let none = amounts.with(Some(0), Amount::Unknown);
    assert_eq!(none, br#"[{"price":null},{"price":5},{"price":"x"}]"#);
    let later = Amounts::of(br#"{"price":null}"#, &mut known).unwrap();
    assert_eq!(later.with(None, Amount::AsItIs), br#"{"price":5}"#);
}
