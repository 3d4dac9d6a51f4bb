use super::*;
use crate::contract::is_invisible_or_control;
use crate::{HasRemedy as _, Remedy};
use rstest::rstest;

const GOOD: &str = r##"
name = "aws"
version = "0.1.0"
contract = "0.2.0"
hosts = ["ec2.*.amazonaws.com", "ec2.*.amazonaws.com.cn:8443"]
settings = ["home-region"]
[[credentials]]
name = "aws"
scheme = "sigv4"
services = ["ec2"]
hosts = ["ec2.*.amazonaws.com"]
help = "AWS access keys"
[[rates]]
host = "ec2.*.amazonaws.com"
requests = 20
seconds = 1
[[retry]]
status = 400
code = [{ header = "x-error", before = ":" }, { xml = "Code" }, { json = "/type", after = "#" }]
codes = ["SlowDown"]
[[advice]]
codes = ["a/b", "c"]
text = "call the operator"
"##;

#[test]
fn survives_being_written_and_read() {
    let manifest = Manifest::parse(GOOD).unwrap();
    let text = toml::to_string(&manifest).unwrap();
    assert_eq!(Manifest::parse(&text).unwrap(), manifest);
}

#[rstest]
#[case::name("name = \"aws\"\nversion", "name = \"../aws\"\nversion", "`name`")]
#[case::name_case("name = \"aws\"\nversion", "name = \"AWS\"\nversion", "`name`")]
#[case::name_of_a_message(
    "name = \"aws\"\nversion",
    "name = \"hint\"\nversion",
    "`hint` is a reserved word"
)]
#[case::name_like_another(
    "name = \"aws\"\nversion",
    "name = \"aws-\"\nversion",
    "`aws-` ends in `-`"
)]
#[case::version("version = \"0.1.0\"", "version = \"one\"", "`version`")]
#[case::contract_form("contract = \"0.2.0\"", "contract = \"1\"", "`contract`")]
#[case::no_services("services = [\"ec2\"]", "", "at least one service")]
#[case::bearer("scheme = \"sigv4\"", "scheme = \"bearer\"", "no services")]
#[case::service("[\"ec2\"]", "[\"ec2/x\"]", "services")]
#[case::help("AWS access keys", "a\\u001b[31m", "help")]
#[case::unknown_field("[[cred", "shell = true\n[[cred", "cannot be read")]
#[case::unknown_scheme("\"sigv4\"", "\"basic\"", "cannot be read")]
#[case::host("ec2.*.amazonaws.com.cn:8443", "10.0.0.1", "cannot be read")]
#[case::host_of_anyone("ec2.*.amazonaws.com.cn:8443", "*.com", "covers hosts of anyone")]
#[case::setting("home-region", "Home Region", "`settings`")]
#[case::setting_that_hides("home-region", "home\\u202eregion", "`home\\u{202e}region` is not")]
#[case::long_setting("home-region", "a23456789-123456789-123456789-123", "`settings`")]
#[case::setting_twice("\"home-region\"", "\"a\", \"b\", \"a\"", "duplicate `a`")]
#[case::setting_with_more("\"home-region\"", "{ name = \"a\" }", "cannot be read")]
#[case::rate_of_nothing("requests = 20", "requests = 0", "`rates.requests`")]
#[case::rate_of_too_much("requests = 20", "requests = 100001", "`rates.requests`")]
#[case::rate_in_no_time("seconds = 1", "seconds = 0", "`rates.seconds`")]
#[case::rate_in_a_day("seconds = 1", "seconds = 86400", "`rates.seconds`")]
#[case::rate_of_one_an_hour("20\nseconds = 1", "59\nseconds = 3600", "`rates.seconds`")]
#[case::rate_in_part("seconds = 1", "seconds = 0.5", "cannot be read")]
#[case::rate_below_nothing("requests = 20", "requests = -1", "cannot be read")]
#[case::rate_of_another_host("host = \"ec2", "host = \"ec3", "is not among `hosts`")]
#[case::rate_unknown_field("seconds = 1", "seconds = 1\nburst = 5", "cannot be read")]
#[case::retry_of_success("status = 400", "status = 399", "`retry.status`")]
#[case::retry_beyond("status = 400", "status = 600", "`retry.status`")]
#[case::retry_of_nowhere(
    "code = [{ header = \"x-error\", before = \":\" }, { xml = \"Code\" }, { json = \"/type\", after = \"#\" }]",
    "code = []",
    "`retry.code`"
)]
#[case::retry_location_of_none("{ xml = \"Code\" }", "{}", "one of `header`, `xml` and `json`")]
#[case::retry_location_of_two(
    "{ xml = ",
    "{ json = \"/a\", xml = ",
    "one of `header`, `xml` and `json`"
)]
#[case::retry_location_unknown("{ xml = ", "{ yaml = ", "cannot be read")]
#[case::retry_header("\"x-error\"", "\"x error\"", "`header` is the name")]
#[case::retry_element("\"Code\"", "\"<Code\"", "`xml` is the name")]
#[case::retry_no_element("\"Code\"", "\"\"", "`xml` is the name")]
#[case::retry_pointer("\"/type\"", "\"type\"", "`json` is a pointer")]
#[case::retry_mark("\"#\"", "\"##\"", "cannot be read")]
#[case::retry_mark_that_hides("\"#\"", "\"\\u200b\"", "visible characters")]
#[case::retry_codes_of_none("[\"SlowDown\"]", "[]", "`retry.codes`")]
#[case::retry_empty_code("SlowDown", "", "`retry.codes`")]
#[case::retry_code_with_space("SlowDown", "Slow Down", "`retry.codes`")]
#[case::retry_unknown_field("status = 400", "status = 400\nattempts = 9", "cannot be read")]
#[case::advice_of_no_code("[\"a/b\", \"c\"]", "[]", "`advice.codes`")]
#[case::advice_twice("\"c\"]", "\"a/b\"]", "duplicate `a/b`")]
#[case::advice_code_that_hides("a/b", "a\\u202eb", "`advice.codes`")]
#[case::advice_of_nothing("call the operator", " ", "`advice.text`")]
#[case::advice_of_two_lines("call the", "call\\nthe", "`advice.text`")]
#[case::advice_that_hides("call the", "call\\u202ethe", "`advice.text`")]
#[case::advice_with_escapes("call the", "\\u001b[31m", "`advice.text`")]
#[case::advice_unknown_field("text = ", "command = \"x\"\ntext = ", "cannot be read")]
fn refused(#[case] from: &str, #[case] to: &str, #[case] says: &str) {
    assert!(GOOD.contains(from));
    let error = Manifest::parse(&GOOD.replace(from, to)).unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.remedy().is_some());
}

#[test]
fn refuses_what_is_there_twice() {
    let (_, credential) = GOOD.split_once("[[credentials]]").unwrap();
    let (credential, _) = credential.split_once("[[rates]]").unwrap();
    let error = Manifest::parse(&format!("{GOOD}[[credentials]]{credential}")).unwrap_err();
    assert!(error.to_string().contains("duplicate"), "{error}");
}

/// A parser's message quotes the manifest, and shows the whole line.
#[rstest]
#[case::syntax(format!("{GOOD}\n{} = \n", "x".repeat(60_000)))]
#[case::unknown_field(format!("{} = 1\n{GOOD}", "x".repeat(60_000)))]
#[case::value(GOOD.replace("sigv4", &"x".repeat(60_000)))]
#[case::host(GOOD.replace("ec2.*.amazonaws.com.cn", &"x".repeat(60_000)))]
#[case::escapes(GOOD.replace("sigv4", &"\\u001b\\u202e".repeat(5_000)))]
#[case::name(GOOD.replace("name = \"aws\"\nversion", &format!("name = \"{}\"\nversion", "x".repeat(60_000))))]
fn quotes_little_of_a_long_line(#[case] text: String) {
    let error = Manifest::parse(&text).unwrap_err();
    assert!(std::error::Error::source(&error).is_none());
    let shown = error.to_string();
    assert!(shown.chars().count() < 300, "{shown}");
    assert!(!shown.contains(is_invisible_or_control), "{shown}");
}

#[test]
fn names_the_line_of_a_fault() {
    let error = Manifest::parse(&GOOD.replace("scheme = \"sigv4\"", "shceme = 1")).unwrap_err();
    let shown = error.to_string();
    let line = GOOD
        .lines()
        .position(|line| line.starts_with("scheme"))
        .unwrap()
        + 1;
    let start =
        format!("the manifest cannot be read: line {line}: unknown field `shceme`, expected");
    assert!(shown.starts_with(&start), "{shown}");
}

/// An empty list differs from an absent one.
#[rstest]
#[case("settings = [\"home-region\"]", Some(vec!["home-region".to_owned()]))]
#[case("settings = []", Some(vec![]))]
#[case("", None)]
fn settings(#[case] line: &str, #[case] expected: Option<Vec<String>>) {
    let text = GOOD.replace("settings = [\"home-region\"]", line);
    let manifest = Manifest::parse(&text).unwrap();
    assert_eq!(manifest.settings, expected);
    let written = toml::to_string(&manifest).unwrap();
    assert_eq!(Manifest::parse(&written).unwrap(), manifest);
}

#[test]
fn refuses_too_much() {
    let hosts = vec!["\"a.b\""; MAX_HOSTS + 1].join(",");
    let many = GOOD.replace("\"ec2.*.amazonaws.com\", ", &format!("{hosts},"));
    assert!(matches!(
        Manifest::parse(&many),
        Err(ManifestError::Field { field: "hosts", .. })
    ));
    let settings = |count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("s{at}")).collect();
        Manifest::parse(&GOOD.replace("[\"home-region\"]", &format!("{names:?}")))
    };
    assert_eq!(settings(32).unwrap().settings.unwrap().len(), 32);
    assert!(matches!(
        settings(33),
        Err(ManifestError::Field {
            field: "settings",
            ..
        })
    ));
    let rate = "[[rates]]\nhost = \"ec2.*.amazonaws.com\"\nrequests = 1\nseconds = 60\n";
    let rates = |count: usize| Manifest::parse(&format!("{GOOD}{}", rate.repeat(count)));
    assert_eq!(rates(15).unwrap().rates.len(), 16);
    assert!(matches!(
        rates(16),
        Err(ManifestError::Field { field: "rates", .. })
    ));
    let refuses = |more: &str, what: &str| {
        let error = Manifest::parse(&format!("{GOOD}{more}")).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    };
    let rule = "[[retry]]\nstatus = 400\ncode = [{ xml = \"C\" }]\ncodes = [\"c\"]\n";
    refuses(&rule.repeat(16), "`retry`");
    let places = ["{ xml = \"C\" }"; 9].join(", ");
    refuses(&rule.replace("{ xml = \"C\" }", &places), "`retry.code`");
    let codes = ["\"c\""; 65].join(", ");
    refuses(&rule.replace("\"c\"", &codes), "`retry.codes`");
    refuses(
        &rule.replace("\"C\"", &format!("{:?}", "C".repeat(129))),
        "`retry.code`",
    );
    let advice = |at: usize| format!("[[advice]]\ncodes = [\"c{at}\"]\ntext = \"t\"\n");
    refuses(&(0..32).map(advice).collect::<String>(), "`advice`");
    let long = format!(
        "[[advice]]\ncodes = [\"d\"]\ntext = {:?}\n",
        "é".repeat(401)
    );
    refuses(&long, "`advice.text`");
    assert!(Manifest::parse(&format!("{GOOD}{}", long.replacen('é', "", 1))).is_ok());
    let long = format!("{GOOD}#{}", "x".repeat(MAX_BYTES));
    assert!(matches!(
        Manifest::parse(&long),
        Err(ManifestError::TooLarge { .. })
    ));
}

#[rstest]
#[case("0.1.0", None)]
#[case("0.1.9", None)]
#[case("0.0.1", Some(false))]
#[case("0.2.0", None)]
#[case("0.3.0", Some(true))]
#[case("1.0.0", Some(true))]
fn contract(#[case] plugin: &str, #[case] newer: Option<bool>) {
    // A field of another contract must not hide the contract version.
    let text = GOOD.replace("contract = \"0.2.0\"", &format!("contract = \"{plugin}\""));
    let text = if newer.is_some() {
        format!("added = 1\n{text}")
    } else {
        text
    };
    match (Manifest::parse(&text), newer) {
        (Ok(_), None) => {}
        (Err(error @ ManifestError::Contract { .. }), Some(newer)) => {
            let text = error.to_string();
            assert!(
                text.contains(plugin) && text.contains("supports 0.1"),
                "{text}"
            );
            assert_eq!(error.remedy() == Some(Remedy::UpdateHost), newer);
        }
        (other, _) => panic!("{other:?}"),
    }
}
