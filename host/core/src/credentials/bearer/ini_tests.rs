use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn parse(text: &str) -> Result<Ini<'_>, String> {
    Ini::parse(text, ["lambdalabs_api_key", "api_key"])
}

fn token(text: &str) -> Result<String, String> {
    Ok(parse(text)?.token()?.expose().to_owned())
}

fn with(text: &str, token: &str) -> String {
    let token = Token::new(token.to_owned()).unwrap();
    parse(text).unwrap().with(&token).to_string()
}

#[rstest]
#[case::kdevops("[default]\nlambdalabs_api_key = abc\n\n", "abc")]
#[case::other_key("[default]\napi_key = abc\n", "abc")]
#[case::own_key_first("[default]\napi_key = other\nlambdalabs_api_key = abc\n", "abc")]
#[case::colon("[default]\napi_key: abc\n", "abc")]
#[case::tight("[default]\napi_key=abc", "abc")]
#[case::equals_in_it("[default]\napi_key = abc==\n", "abc==")]
#[case::case_of_the_key("[default]\nAPI_Key = abc\n", "abc")]
#[case::windows("[default]\r\napi_key = abc\r\n", "abc")]
#[case::comments("# one\n[default]\n; two\n  # three\napi_key = abc\n", "abc")]
#[case::other_keys("[default]\nregion = x\napi_key = abc\nlong = a\n  b\n", "abc")]
#[case::other_sections("[work]\napi_key = no\n[default]\napi_key = abc\n", "abc")]
#[case::indented_key("[default]\n  api_key = abc\n  x = y\n", "abc")]
#[case::for_all_sections("[DEFAULT]\napi_key = abc\n", "abc")]
#[case::own_section_first(
    "[DEFAULT]\nlambdalabs_api_key = no\n[default]\napi_key = abc\n",
    "abc"
)]
fn found(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(token(text).unwrap(), expected);
}

#[rstest]
#[case::empty("", "neither `lambdalabs_api_key` nor `api_key`")]
#[case::other_section("[work]\napi_key = hush\n", "neither")]
#[case::case_of_the_section("[Default]\napi_key = hush\n", "neither")]
#[case::no_value("[default]\napi_key =\n", "is empty")]
#[case::inline_comment("[default]\napi_key = hush ; mine\n", "character 5")]
#[case::more_lines("[default]\napi_key = hush\n  hush\n", "more than one line")]
#[case::no_section("api_key = hush\n", "line 1 precedes the first section")]
#[case::bare_token("[default]\nhush\n", "line 2 is not a section, a comment or")]
#[case::no_key("[default]\n= hush\n", "line 2 has a value without a key")]
#[case::cut_header(
    "[default\napi_key = hush\n",
    "line 1 has an unterminated section header"
)]
#[case::twice("[default]\napi_key = hush\napi_key = hush\n", "line 3 repeats a key")]
#[case::section_twice("[default]\na = b\n[default]\n", "line 3 repeats a section")]
fn refused(#[case] text: &str, #[case] says: &str) {
    let why = token(text).unwrap_err();
    assert!(why.contains(says), "{why}");
    assert!(!why.contains("hush"), "{why}");
}

#[rstest]
#[case::new("", "[default]\nlambdalabs_api_key = new\n")]
#[case::replaced(
    "[default]\nlambdalabs_api_key = old\n",
    "[default]\nlambdalabs_api_key = new\n"
)]
#[case::the_key_that_is_used("[default]\napi_key = old\n", "[default]\napi_key = new\n")]
#[case::many_lines(
    "[default]\napi_key = old\n  old\nx = y\n",
    "[default]\napi_key = new\nx = y\n"
)]
#[case::section_without_it(
    "[default]\nregion = x\n",
    "[default]\nregion = x\nlambdalabs_api_key = new\n"
)]
#[case::section_at_the_end(
    "[a]\nb = c\n[default]",
    "[a]\nb = c\n[default]\nlambdalabs_api_key = new\n"
)]
#[case::before_comments_of_the_next(
    "[default]\nx = y\n z\n\n# work\n[work]\n",
    "[default]\nx = y\n z\nlambdalabs_api_key = new\n\n# work\n[work]\n"
)]
#[case::indented(
    "[default]\n  x = y\n  z = a\n",
    "[default]\n  x = y\n  z = a\n  lambdalabs_api_key = new\n"
)]
#[case::indented_section("[default]\n  [a]\n", "[default]\n  lambdalabs_api_key = new\n  [a]\n")]
#[case::no_section("[a]\nb = c", "[a]\nb = c\n[default]\nlambdalabs_api_key = new\n")]
#[case::comments(
    "# mine\n[default] \n# key\napi_key = old\n\n[work]\napi_key = w\n",
    "# mine\n[default] \n# key\napi_key = new\n\n[work]\napi_key = w\n"
)]
fn set(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(with(text, "new"), expected);
}

#[rstest]
#[case::ours("[default]\nlambdalabs_api_key = old\n", None)]
#[case::both_keys("[default]\nlambdalabs_api_key = old\napi_key = older\n\n", None)]
#[case::another_key("[default]\napi_key = old\nx = y\n", Some("[default]\nx = y\n"))]
#[case::a_comment("# mine\n[default]\napi_key = old\n", Some("# mine\n[default]\n"))]
#[case::a_section(
    "[default]\napi_key = old\n  old\n[work]\napi_key = w\n",
    Some("[default]\n[work]\napi_key = w\n")
)]
fn removed(#[case] text: &str, #[case] expected: Option<&str>) {
    let left = parse(text).unwrap().without();
    assert_eq!(left.as_deref().map(String::as_str), expected);
}

proptest! {
    /// The token that was set is the one that is read, and everything else is unchanged.
    #[test]
    fn set_then_read(text in "( {0,2}(\\[(default|a)\\]|api_key = x|[a-c ]{1,3}[=:] ?[a-z]{0,2}|#.?|y|)\n){0,8}") {
        let others = |text: &str| -> Vec<String> {
            let ini = parse(text).unwrap();
            let entries = ini.entries.iter().filter(|entry| !ini.is_ours(entry));
            entries
                .map(|entry| format!("{} {} {:?}", entry.section, entry.key, ini.lines.get(entry.lines.clone())))
                .collect()
        };
        if let Ok(ini) = parse(&text) {
            let after = with(&text, "new-token");
            prop_assert_eq!(token(&after).unwrap(), "new-token");
            prop_assert_eq!(others(&after), others(&text));
            let comments = |text: &str| text.matches('#').count();
            let gone = ini.found().map_or(0, |entry| ini.lines[entry.lines.clone()].concat().matches('#').count());
            prop_assert_eq!(comments(&after) + gone, comments(&text));
            if let Some(left) = ini.without() {
                prop_assert_eq!(others(&left), others(&text));
                prop_assert!(token(&left).is_err());
            }
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "[\\[\\]=:#; \t\r\na-c\u{0}é]{0,40}") {
        if let Ok(ini) = parse(&text) {
            let _ = (ini.token(), ini.without());
        }
    }
}
