use super::*;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;
use rstest::rstest;
use std::time::Instant;

/// Like the end of a session token of AWS.
const SECRET: &str = "secret/value+1==";

fn secrets(values: &[&str]) -> Secrets {
    let secrets = Secrets::default();
    values.iter().for_each(|value| secrets.add(value));
    secrets
}

fn clean(values: &[&str], text: &str) -> String {
    secrets(values).clean_text(text.to_owned())
}

#[rstest]
#[case::none("nothing here", "nothing here")]
#[case::alone("secret/value+1==", "[redacted]")]
#[case::twice("asecret/value+1==secret/value+1==b", "a[redacted][redacted]b")]
#[case::in_url("t=secret%2Fvalue%2B1%3D%3D&x", "t=[redacted]&x")]
#[case::in_url_small("t=secret%2fvalue%2b1%3d%3d&x", "t=[redacted]&x")]
#[case::in_part("t=secret/value%2B1=%3d&x", "t=[redacted]&x")]
#[case::in_url_in_url(
    "u=https%3A%2F%2Fa%3Ft%3Dsecret%252Fvalue%252B1%253D%253D",
    "u=https%3A%2F%2Fa%3Ft%3D[redacted]"
)]
#[case::in_json(r#"{"t":"secret\/value+1=="}"#, r#"{"t":"[redacted]"}"#)]
#[case::gson(r#"{"t":"secret/value+1\u003d\u003D"}"#, r#"{"t":"[redacted]"}"#)]
#[case::all_of_it_in_json(r"\u0073\u0065\u0063\u0072\u0065\u0074\u002f\u0076\u0061\u006c\u0075\u0065\u002b\u0031\u003d\u003d", "[redacted]")]
#[case::mixed(r#""secret\u002fvalue%2b1\u003d%3D""#, r#""[redacted]""#)]
#[case::json_in_json(
    r#"{"a":"{\"t\":\"secret\\/value\\u002b1==\"}"}"#,
    r#"{"a":"{\"t\":\"[redacted]\"}"}"#
)]
#[case::in_html("<p>secret&#x2F;value&#43;1&#x3d;&#61;</p>", "<p>[redacted]</p>")]
#[case::in_script(r"'secret\x2fvalue\x2B1=='", "'[redacted]'")]
#[case::after_what_looks_like_an_escape("100%secret/value+1==", "100%[redacted]")]
#[case::at_the_end("xsecret/value+1==", "x[redacted]")]
#[case::cut("secret/value+1=", "secret/value+1=")]
#[case::cut_in_an_escape("secret/value+1=%3", "secret/value+1=%3")]
#[case::other_case("SECRET%2FValue+1==", "[redacted]")]
fn found(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(clean(&[SECRET], text), expected);
}

/// A value that itself holds an escape is found.
#[rstest]
#[case("a1%2fb2%zz", "=a1%2fb2%zz=", "=[redacted]=")]
#[case("a1%2fb2%zz", "=a1%252fb2%25zz=", "=[redacted]=")]
#[case(r"a1b2c3\u003dd4", r#""a1b2c3\\u003dd4""#, r#""[redacted]""#)]
#[case("25a1b2c3d4", "%25a1b2c3d4", "%[redacted]")]
fn values_like_escapes(#[case] secret: &str, #[case] text: &str, #[case] expected: &str) {
    assert_eq!(clean(&[secret], text), expected);
}

/// Text that is skipped because no escape is near holds no secret.
#[test]
fn wherever_the_next_escape_is() {
    let secrets = secrets(&[SECRET]);
    for gap in (0..200).map(|gap| "x".repeat(gap)) {
        let text = format!(
            "%41{gap}secret/value%2B1=={gap}%41secret%2fvalue%2B1=={gap}secret/value+1=%3d"
        );
        let expected = format!("%41{gap}[redacted]{gap}%41[redacted]{gap}[redacted]");
        assert_eq!(secrets.clean_text(text), expected);
    }
}

#[test]
fn what_overlaps_goes_together() {
    let (one, other) = ("Signature=0123456789", "0123456789abcdef");
    let text = "x Signature=0123456789abcdef y";
    assert_eq!(clean(&[one, other], text), "x [redacted] y");
    assert_eq!(clean(&[other, one], text), "x [redacted] y");
}

#[test]
fn short_values_are_words() {
    assert_eq!(clean(&["1234567"], "a 1234567"), "a 1234567");
    assert_eq!(clean(&["12345678"], "a 12345678"), "a [redacted]");
}

#[rstest]
#[case("x-tokenabcdef0123", true)]
#[case("x-other", false)]
#[case("tokenabcdef012", false)]
fn names_of_header_fields(#[case] name: &str, #[case] expected: bool) {
    assert_eq!(secrets(&["TokenABCdef0123"]).are_in_name(name), expected);
}

proptest! {
    /// All text outside a value stays, and no value does.
    #[test]
    fn as_a_list_of_places(text in "[ab]{0,80}", secret in "[ab]{12,16}", again in 0usize..3) {
        let text = format!("{text}{}{text}", secret.repeat(again));
        let mut hidden = vec![false; text.len()];
        for at in 0..text.len() {
            if text[at..].starts_with(&secret) {
                hidden[at..at + secret.len()].fill(true);
            }
        }
        let kept = text.chars().zip(&hidden).filter(|(_, hidden)| !**hidden);
        let kept: String = kept.map(|(c, _)| c).collect();
        let cleaned = clean(&[&secret], &text);
        prop_assert!(!cleaned.contains(&secret));
        prop_assert_eq!(cleaned.replace("[redacted]", ""), kept);
    }

    /// Whatever surrounds it: the rest of the Base64 reveals at most the characters at the ends.
    #[test]
    fn inside_base64(before in ".{0,7}", secret in "[!-~]{8,40}", after in ".{0,7}") {
        let text = format!("{before}{secret}{after}");
        for packed in [STANDARD.encode(&text), URL_SAFE.encode(&text), STANDARD.encode(&text).replace('/', "\\/")] {
            let cleaned = clean(&[&secret], &packed);
            let inside = &secret[1..secret.len() - 1];
            let kept = cleaned.replace("[redacted]", "");
            let most = packed.len() - secret.len() * 8 / 6 + 2;
            prop_assert!(cleaned.contains("[redacted]") && kept.len() <= most, "{inside} in {cleaned}");
        }
    }
}

#[test]
fn each_of_many_is_found() {
    let values = |at: u64| blake3::hash(&at.to_le_bytes()).to_string();
    let many: Vec<String> = (0..300).map(values).collect();
    let secrets = secrets(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let text = |between: &str| many.join(between);
    let expected = |between: &str| vec!["[redacted]"; 300].join(between);
    for between in ["\n", "%20", "x"] {
        assert_eq!(secrets.clean_text(text(between)), expected(between));
    }
}

/// The time for a text does not depend on the number of secrets: a call can make thousands of signatures.
#[test]
fn many_secrets_cost_as_much_as_one() {
    let text = r#"{"name": "m5.large", "price": "0.0960000000", "url": "https:\/\/a.com\/%20x"},"#;
    let text = text.repeat(100_000);
    let time = |count: u64| {
        let secrets = Secrets::default();
        let value = |at: u64| blake3::hash(&at.to_le_bytes()).to_string();
        (0..count).for_each(|at| secrets.add(&value(at)));
        let start = Instant::now();
        assert!(matches!(secrets.clean(text.as_bytes()), Cow::Borrowed(_)));
        start.elapsed()
    };
    let (one, many) = (time(1), time(5_000));
    assert!(many < one * 20, "{one:?} {many:?}");
}
