use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;
use rstest::rstest;
use std::sync::atomic::Ordering;

/// Like the end of a session token of AWS.
const SECRET: &str = "Secret9/Value+1Tail0/LongerRest==";

/// Like a session token of AWS as a whole.
const TOKEN: &str = "IQoJb3JpZ2luX2VjEKv//////////wEaCXVzLWVhc3QtMSJHMEUCIQDk9cVbnl3bGWY8FhNW5oPzq+5Ub1iIYQ\
    IgK5Zc3S/hTqXm4l0AvRr2wTjd7uEoQf8/pLxHsC6yGeMkqjwDCBgQAhoMMTIzNDU2Nzg5MDEyIgxV+1bXz9nJtSaF3kq6QDa==";

fn secrets<S: AsRef<str>>(values: &[S]) -> Known {
    Redactor::new(values.iter().map(AsRef::as_ref)).unwrap().0
}

async fn clean_text(secrets: &Known, text: String) -> String {
    let cleaned = secrets.clean(text.as_bytes()).await;
    String::from_utf8_lossy(&cleaned).into_owned()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(work)
}

fn clean(values: &[&str], text: impl AsRef<[u8]>) -> String {
    let cleaned = run(secrets(values).clean(text.as_ref())).into_owned();
    String::from_utf8_lossy(&cleaned).into_owned()
}

#[rstest]
#[case::none("nothing here", "nothing here")]
#[case::alone("Secret9/Value+1Tail0/LongerRest==", "[redacted]==")]
#[case::twice(
    "aSecret9/Value+1Tail0/LongerRest-Secret9/Value+1Tail0/LongerRestb",
    "a[redacted]-[redacted]b"
)]
#[case::in_url(
    "t=Secret9%2FValue%2B1Tail0%2FLongerRest%3D%3D&x",
    "t=[redacted]%3D%3D&x"
)]
#[case::in_json(
    r#"{"t":"Secret9\/Value+1Tail0\u002fLongerRest"}"#,
    r#"{"t":"[redacted]"}"#
)]
#[case::in_json_in_json(
    r#"{\"t\":\"Secret9\\/Value\\u002b1Tail0\\\/LongerRest\"}"#,
    r#"{\"t\":\"[redacted]\"}"#
)]
#[case::all_of_it(
    r"\u0053\u0065\u0063\u0072\u0065\u0074\u0039\u002f\u0056\u0061\u006c\u0075\u0065",
    "[redacted]"
)]
#[case::mixed(
    r#""Secret9\u002fValue%2b1Tail0&#47;LongerRest\u003d""#,
    r#""[redacted]\u003d""#
)]
#[case::in_html(
    "<p>Secret9&#x2F;Value&#43;1Tail0&sol;LongerRest</p>",
    "<p>[redacted]</p>"
)]
#[case::after_what_looks_like_an_escape("100%Secret9/Value+1Tail0/LongerRest", "100%[redacted]")]
#[case::other_case("SECRET9%2FValue+1tail0/LONGERrest", "[redacted]")]
#[case::lines("Secret9/Value\r\n +1Tail0/Lon\n\tgerRest", "[redacted]")]
#[case::beginning("x Secret9/V y", "x [redacted] y")]
#[case::middle("x alue+1Tai y", "x [redacted] y")]
#[case::end("x ngerRest y", "x [redacted] y")]
#[case::all_but_the_last("x Secret9/Value+1Tail0/LongerR", "x [redacted]")]
#[case::one_wrong("Secret9/Value+1-ail0/LongerRest", "[redacted]-[redacted]")]
#[case::too_short("x alue+1Ta y Secret9 z", "x alue+1Ta y Secret9 z")]
#[case::cut_at_the_end("x Secre", "x [redacted]")]
#[case::cut_at_the_end_of_a_string(r#"{"echo":"x Secre"}"#, r#"{"echo":"x [redacted]"}"#)]
#[case::cut_at_the_beginning("rRest x", "[redacted] x")]
#[case::too_short_at_the_end("x Secr", "x Secr")]
fn found(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(clean(&[SECRET], text), expected);
}

/// A value that itself holds an escape is found.
#[rstest]
#[case("a1%2fb2%zzc3d4", "=a1%2fb2%zzc3d4=", "=[redacted]=")]
#[case("a1%2fb2%zzc3d4", "=a1%252fb2%25zzc3d4=", "=[redacted]=")]
#[case(r"a1b2c3\u003dd4", r#""a1b2c3\\u003dd4""#, r#""[redacted]""#)]
fn values_like_escapes(#[case] secret: &str, #[case] text: &str, #[case] expected: &str) {
    assert_eq!(clean(&[secret], text), expected);
}

/// Paths and documents have the words of a token; what is random in it is the secret.
#[rstest]
#[case::whole("x secret_instances_0a1B2c3D4e5F6a7B y", "x [redacted] y")]
#[case::word("GET /v1/instances/0 x", "GET /v1/instances/0 x")]
#[case::word_at_the_end("GET /v1/instances", "GET /v1/instances")]
#[case::words_alone("secret instances x", "secret instances x")]
#[case::words_and_less("secret_instances_0a1B x", "secret_instances_0a1B x")]
#[case::word_and_enough("instances_0a1B2c3D x", "[redacted] x")]
#[case::random("x 0a1B2c3D x", "x [redacted] x")]
fn words_of_a_token(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(
        clean(&["secret_instances_0a1B2c3D4e5F6a7B"], text),
        expected
    );
}

#[test]
fn a_secret_of_words() {
    let passphrase = "correct-horse-battery-staple";
    assert_eq!(clean(&[passphrase], "x horse battery y"), "x [redacted] y");
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
    assert_eq!(clean(&["1-2-3-4"], "a 1-2-3-4"), "a 1-2-3-4");
    assert_eq!(clean(&["12345678"], "a 12345678"), "a [redacted]");
}

#[rstest]
#[case("x-tokenabcdef0123", true)]
#[case("x-other", false)]
#[case("x-bcdef01", false)]
fn names_of_header_fields(#[case] name: &str, #[case] expected: bool) {
    let secrets = secrets(&["TokenABCdef0123"]);
    assert_eq!(run(secrets.is_in(name.as_bytes())), expected);
}

/// The secrets of a call that sent these to these origins.
fn sent(all: &[(&str, &[&str])]) -> Secrets {
    let secrets = Secrets::default();
    for (origin, values) in all {
        let mut call = secrets.lock();
        let numbers = values.iter().map(|value| call.number(value)).collect();
        call.add(origin, numbers).unwrap();
    }
    secrets
}

/// Only who got a secret can repeat it: what others return is a guess, which a mark would confirm.
#[tokio::test]
async fn origins_are_cleaned_of_what_they_got() {
    let other = "another-token-0123";
    let secrets = sent(&[("https://a", &[SECRET]), ("https://b", &[other])]);
    let text = format!("{SECRET} {other}");
    let of = async |origin| clean_text(&secrets.of(origin).unwrap(), text.clone()).await;
    assert_eq!(of("https://a").await, format!("[redacted]== {other}"));
    assert_eq!(of("https://b").await, format!("{SECRET} [redacted]"));
    assert_eq!(of("https://c").await, text);
    assert!(!secrets.of("https://c").unwrap().any());
}

#[test]
fn origins_with_the_same_secrets_share_a_search() {
    let secrets = sent(&[("a", &[SECRET]), ("b", &[TOKEN, SECRET]), ("a", &[TOKEN])]);
    let search = |origin| secrets.of(origin).unwrap().search.unwrap();
    assert!(Arc::ptr_eq(&search("a"), &search("b")));
    assert_eq!(secrets.lock().searches.len(), 2);
}

/// A response that arrives after the end of its call is not shown, whatever is in it.
#[test]
fn an_ended_call_shows_nothing() {
    let secrets = sent(&[("a", &[SECRET])]);
    secrets.forget();
    assert!(secrets.of("a").is_err() && secrets.of("b").is_err());
    assert!(secrets.repeated("a").is_err());
    let call = secrets.lock();
    assert!(call.secrets.is_empty() && call.origins.is_empty() && call.searches.is_empty());
}

/// A guess comes back as it was sent, in any form, right or wrong; a longer run was not sent.
#[rstest]
#[case::wrong("Secret9Vb", "q: Secret9Vb", "q: Secret9Vb")]
#[case::right("Secret9/Va", "q: Secret9/Va", "q: Secret9/Va")]
#[case::part("Secret9/Value", "q: Secret9/Va.", "q: Secret9/Va.")]
#[case::in_another_form("?q=Secret9%2FVa", "q: secret9/va", "q: secret9/va")]
#[case::longer("Secret9/Va", "q: Secret9/Val", "q: [redacted]")]
#[case::with_the_secret(
    "Secret9/Va",
    "Secret9/Va; Secret9/Value+1Tail0",
    "Secret9/Va; [redacted]"
)]
#[case::another("Secret9/Va", "q: Tail0/LongerRest", "q: [redacted]")]
fn a_guess_comes_back(#[case] sent: &str, #[case] response: &str, #[case] expected: &str) {
    let known = secrets(&[SECRET]);
    run(known.note_sent([sent.as_bytes()].into_iter()));
    let cleaned = run(known.clean(response.as_bytes())).into_owned();
    assert_eq!(String::from_utf8(cleaned).unwrap(), expected);
}

#[test]
fn many_responses_with_a_secret_end_the_use_of_the_network() {
    let secrets = sent(&[("https://a", &[SECRET])]);
    for _ in 0..MOST_REPEATED {
        secrets.repeated("a").unwrap();
    }
    assert!(secrets.of("https://a").is_ok());
    assert_eq!(secrets.repeated("a").unwrap_err().label(), "denied.secret");
    assert!(secrets.of("https://a").is_err());
}

/// A signature alone: of a key whose identifier is too short to be found.
#[test]
fn signatures_without_other_secrets() {
    let known = Known::default();
    assert!(!known.any());
    known.add(&hexadecimal(0)).unwrap();
    assert!(known.any());
    assert_eq!(run(clean_text(&known, hexadecimal(0))), "[redacted]");
}

/// The forms in which debug pages, error documents and tools of servers show text.
fn shown_by_servers(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let each = |of: &dyn Fn(char) -> String| text.chars().map(of).collect::<String>().into_bytes();
    let symbols = |of: &dyn Fn(u8) -> String| {
        each(&|c| match c.is_ascii_alphanumeric() {
            true => c.to_string(),
            false => of(c as u8),
        })
    };
    let lines = |text: &str, width: usize, end: &str| {
        let lines = text.as_bytes().chunks(width);
        let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
        lines.join(end).into_bytes()
    };
    let wide = |bytes: fn(u16) -> Vec<u8>| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let base64 = STANDARD.encode(text);
    let hex = hex::encode(text);
    let named = |byte: u8| match byte {
        b'/' => "&sol;".to_owned(),
        b'+' => "&plus;".to_owned(),
        b'=' => "&equals;".to_owned(),
        b'-' => "&hyphen;".to_owned(),
        other => format!("&#{other};"),
    };
    let dump = |bytes: usize, digits: &str| {
        let lines = text.as_bytes().chunks(16).enumerate();
        let line = |(at, line): (usize, &[u8])| {
            let groups = line.chunks(bytes).map(hex::encode);
            let text = String::from_utf8_lossy(line);
            format!(
                "{:08x}{digits} {}  {text}\n",
                at * 16,
                groups.collect::<Vec<_>>().join(" ")
            )
        };
        lines.map(line).collect::<String>().into_bytes()
    };
    let octal = || {
        let lines = text.as_bytes().chunks(16).enumerate();
        let line = |(at, line): (usize, &[u8])| {
            let numbers: String = line.iter().map(|byte| format!(" {byte:03o}")).collect();
            format!("{:07o}{numbers}\n", at * 16)
        };
        lines.map(line).collect::<String>().into_bytes()
    };
    let numbers = text
        .bytes()
        .map(|byte| byte.to_string())
        .collect::<Vec<_>>();
    vec![
        ("itself", text.into()),
        ("a URL", symbols(&|byte| format!("%{byte:02X}"))),
        ("a URL in a URL", symbols(&|byte| format!("%25{byte:02x}"))),
        ("JSON", symbols(&|byte| format!("\\u{byte:04x}"))),
        ("JSON, all of it", each(&|c| format!("\\u{:04X}", c as u32))),
        ("braces", each(&|c| format!("\\u{{{:x}}}", c as u32))),
        (
            "hexadecimal escapes",
            each(&|c| format!("\\x{:02x}", c as u32)),
        ),
        ("octal", symbols(&|byte| format!("\\{byte:o}"))),
        ("octal, all of it", each(&|c| format!("\\{:03o}", c as u32))),
        ("a style sheet", symbols(&|byte| format!("\\{byte:x} "))),
        (
            "a padded style sheet",
            each(&|c| format!("\\{:06x}", c as u32)),
        ),
        ("references", symbols(&|byte| format!("&#{byte};"))),
        (
            "references, all of it",
            each(&|c| format!("&#x{:x};", c as u32)),
        ),
        ("open references", open(text)),
        ("named references", symbols(&named)),
        (
            "references in JSON",
            symbols(&|byte| format!("\\u0026#{byte};")),
        ),
        (
            "escaped references",
            symbols(&|byte| format!("&amp;#{byte};")),
        ),
        ("line breaks", text.replace('/', "/<wbr>").into_bytes()),
        ("soft hyphens", lines(text, 5, "\u{ad}")),
        ("folded", lines(text, 70, "\r\n ")),
        (
            "quoted-printable",
            lines(&text.replace('=', "=3D"), 75, "=\r\n"),
        ),
        ("Base64", base64.clone().into()),
        ("Base64 for URLs", URL_SAFE.encode(text).into()),
        ("Base64 in lines", lines(&base64, 76, "\r\n")),
        ("Base64 in lines in JSON", lines(&base64, 64, "\\n")),
        ("Base64 in JSON", base64.replace('/', "\\/").into()),
        ("hexadecimal", hex.clone().into()),
        ("capital hexadecimal", hex.to_uppercase().into()),
        ("hexadecimal with blanks", lines(&hex, 2, " ")),
        (
            "capital hexadecimal with blanks",
            lines(&hex.to_uppercase(), 2, " "),
        ),
        ("hexadecimal with colons", lines(&hex, 2, ":")),
        (
            "hexadecimal with dashes",
            lines(&hex.to_uppercase(), 2, "-"),
        ),
        ("an array in C", each(&|c| format!("0x{:02x}, ", c as u32))),
        ("xxd", dump(2, ":")),
        ("hexdump", dump(1, " ")),
        ("a list", format!("[{}]", numbers.join(",")).into()),
        (
            "a list in lines",
            format!("[\n  {}\n]", numbers.join(",\n  ")).into(),
        ),
        ("od -b", octal()),
        ("padded decimals", each(&|c| format!("{:03} ", c as u32))),
        ("UTF-16", wide(|unit| unit.to_le_bytes().to_vec())),
        ("UTF-16, big", wide(|unit| unit.to_be_bytes().to_vec())),
        (
            "UTF-32",
            wide(|unit| u32::from(unit).to_le_bytes().to_vec()),
        ),
    ]
}

/// References without `;`, which only a digit needs behind it.
fn open(text: &str) -> Vec<u8> {
    let mut out = String::new();
    for (at, c) in text.char_indices() {
        match c.is_ascii_alphanumeric() {
            true => out.push(c),
            false => out += &format!("&#0{}", c as u32),
        }
        let rest = &text[at + c.len_utf8()..];
        if !c.is_ascii_alphanumeric() && rest.starts_with(|c: char| c.is_ascii_digit()) {
            out.push(';');
        }
    }
    out.into()
}

/// Reports whether a plugin can still read a piece of a secret.
fn has_piece(shown: &[u8], secret: &str) -> bool {
    let (shown, secret) = (Letters::of(shown), Letters::of(secret.as_bytes()));
    let mut pieces = secret.windows(SHORTEST);
    pieces.any(|piece| shown.windows(SHORTEST).any(|there| there == piece))
}

/// Real services show requests in these ways (attack R5).
#[test]
fn as_servers_show_it() {
    let secrets = secrets(&[TOKEN]);
    let request = |token: &str| {
        format!(
            "GET / HTTP/1.1\nx-amz-date: 20261130T000000Z\nx-amz-security-token:{token}\nhost: a.test\n"
        )
    };
    let empty = shown_by_servers(&request(""));
    for ((name, shown), (_, empty)) in shown_by_servers(&request(TOKEN)).into_iter().zip(empty) {
        let cleaned = run(secrets.clean(&shown)).into_owned();
        let text = String::from_utf8_lossy(&cleaned).into_owned();
        assert!(text.contains("[redacted]"), "{name}: {text}");
        // What is left is not much longer than what is shown of a request without the token.
        let marks = text.matches("[redacted]").count();
        let left = cleaned.len() - marks * MARK.len();
        // Lines of a dump have their numbers and a few letters each; elsewhere some symbols are left.
        let more = match name {
            "xxd" | "hexdump" => 30 * TOKEN.len() / 16,
            "od -b" => 40 * TOKEN.len() / 16,
            _ => 60,
        };
        assert!(
            left <= empty.len() + more,
            "{name}: {left}, {}: {text}",
            empty.len()
        );
        assert!(!has_piece(&cleaned, TOKEN), "{name}: {text}");
    }
}

proptest! {
    /// Whatever surrounds the secret, in whatever way it is shown.
    #[test]
    fn in_any_text(before in ".{0,9}", secret in "[A-Za-z0-9]{20}[A-Za-z0-9+/]{20,40}", after in ".{0,9}") {
        let secrets = secrets(&[&secret]);
        let empty = shown_by_servers(&format!("{before}{after}"));
        for ((name, shown), (_, empty)) in shown_by_servers(&format!("{before}{secret}{after}")).into_iter().zip(empty) {
            let cleaned = run(secrets.clean(&shown)).into_owned();
            let text = String::from_utf8_lossy(&cleaned).into_owned();
            prop_assert!(text.contains("[redacted]"), "{name}: {text}");
            if !["xxd", "hexdump", "od -b"].contains(&name) {
                let left = cleaned.len() - text.matches("[redacted]").count() * MARK.len();
                prop_assert!(left <= empty.len() + 70, "{name}: {left} {}: {text}", empty.len());
            }
        }
    }

    /// Each run of eight letters of a secret, wherever it is cut, and nothing else.
    #[test]
    fn each_piece(secret in "[a-z0-9]{16,60}", from in 0usize..50, length in 8usize..60) {
        let piece = secret.get(from..(from + length).min(secret.len())).unwrap_or_default();
        prop_assume!(piece.len() >= SHORTEST);
        let cleaned = clean(&[&secret], format!("--- {piece} ---"));
        prop_assert_eq!(cleaned, "--- [redacted] ---");
    }

    /// Also where the secret repeats itself, so that one seed has many origins.
    #[test]
    fn each_piece_of_what_repeats(
        block in "[ab]{1,6}",
        ends in proptest::collection::vec("[a-c]{1,4}", 6..40),
        from in 0usize..300,
        length in 8usize..30,
    ) {
        let secret: String = ends.iter().map(|end| format!("{block}{end}")).collect();
        let secrets = secrets(&[&secret]);
        let from = from % secret.len();
        let piece = secret.get(from..(from + length).min(secret.len())).unwrap_or_default();
        for shown in [piece.to_owned(), hex::encode(piece), STANDARD.encode(piece)] {
            let cleaned = run(clean_text(&secrets, format!("--- {shown} ---")));
            prop_assert!(piece.len() < SHORTEST || cleaned.contains("[redacted]"), "{cleaned}");
            prop_assert!(!has_piece(cleaned.as_bytes(), &secret), "{cleaned}");
        }
    }

    /// As a search for each piece by itself finds it, in a text that is made of pieces.
    #[test]
    fn as_a_plain_search(secret in "[a-h]{8,40}", pieces in proptest::collection::vec((0usize..40, 1usize..20), 0..12)) {
        let secret = secret.as_bytes();
        let piece = |(from, length): &(usize, usize)| {
            let from = from % secret.len();
            secret[from..(from + length).min(secret.len())].to_vec()
        };
        let text: Vec<u8> = pieces.iter().flat_map(piece).collect();
        let mut hidden = vec![false; text.len()];
        for (at, piece) in text.windows(SHORTEST).enumerate() {
            if secret.windows(SHORTEST).any(|part| part == piece) {
                hidden[at..at + SHORTEST].fill(true);
            }
        }
        let secret = std::str::from_utf8(secret).unwrap();
        let mut seen = vec![false; text.len()];
        for place in run(secrets(&[secret]).find(&text)) {
            seen[place].fill(true);
        }
        // Where pieces overlap, fewer letters than a piece has can be left.
        let missed: Vec<bool> = hidden.iter().zip(&seen).map(|(hidden, seen)| *hidden && !seen).collect();
        let longest = missed.split(|missed| !missed).map(<[bool]>::len).max();
        prop_assert!(longest.unwrap_or(0) < SHORTEST, "{text:?}");
    }

    /// The rest of the Base64 reveals at most the characters at the ends.
    #[test]
    fn inside_base64(before in ".{0,7}", secret in "[A-Za-z0-9]{12,40}", after in ".{0,7}") {
        let text = format!("{before}{secret}{after}");
        for packed in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
            let cleaned = clean(&[&secret], &packed);
            let kept = cleaned.replace("[redacted]", "");
            let most = packed.len() - secret.len() * 8 / 6 + 6;
            prop_assert!(cleaned.contains("[redacted]") && kept.len() <= most, "{cleaned}");
        }
    }
}

fn hexadecimal(number: u64) -> String {
    blake3::hash(&number.to_le_bytes()).to_string()
}

#[test]
fn each_of_many_is_found() {
    let many: Vec<String> = (0..300).map(hexadecimal).collect();
    let secrets = secrets(&many);
    let text = |between: &str| many.join(between);
    let expected = |between: &str| vec!["[redacted]"; 300].join(between);
    for between in ["\n", "%20", "x"] {
        assert_eq!(run(clean_text(&secrets, text(between))), expected(between));
    }
}

/// A signature among other digits, and in capitals; not another one, and not a piece.
#[test]
fn signatures_are_found_as_they_are() {
    let secrets = secrets(&[SECRET]);
    for number in 0..100 {
        secrets.add(&hexadecimal(number)).unwrap();
    }
    let (one, other, unknown) = (hexadecimal(7), hexadecimal(8), hexadecimal(1_000));
    let cases = [
        (
            format!("Signature={one}"),
            "Signature=[redacted]".to_owned(),
        ),
        (
            format!("{unknown}{one}{other}0"),
            format!("{unknown}[redacted][redacted]0"),
        ),
        (one.to_uppercase(), "[redacted]".to_owned()),
        (
            format!("{}\n {}", &one[..30], &one[30..]),
            "[redacted]".to_owned(),
        ),
        (format!("x {} y", &one[..63]), format!("x {} y", &one[..63])),
        (unknown.clone(), unknown),
    ];
    for (text, expected) in cases {
        assert_eq!(run(clean_text(&secrets, text)), expected);
    }
    // Also where a step ends.
    for less in (0..140).step_by(20) {
        let gap = "-x".repeat((STEP - less) / 2) + &"z".repeat(STEP / 2);
        let cleaned = run(clean_text(&secrets, format!("{gap}{one}.")));
        assert!(cleaned.ends_with("z[redacted]."));
    }
    for wrong in ["", "abc", &"x".repeat(64), &"A".repeat(64)] {
        assert!(secrets.add(wrong).is_err());
    }
}

/// Nor does a seed at the end of a step.
#[test]
fn nothing_is_lost_between_steps() {
    let secrets = secrets(&[SECRET]);
    for less in (0..40).step_by(3) {
        let text = format!("{}{SECRET}", "z".repeat(STEP - less));
        assert!(run(clean_text(&secrets, text)).ends_with("z[redacted]=="));
    }
}

/// The search makes way, so that a call can end.
#[tokio::test]
async fn long_searches_make_way() {
    let secrets = secrets(&["a".repeat(40)]);
    let text = vec![b'a'; 3 * STEP];
    let (mut polls, mut search) = (0, std::pin::pin!(secrets.clean(&text)));
    let cleaned = std::future::poll_fn(|cx| {
        polls += 1;
        search.as_mut().poll(cx)
    })
    .await;
    assert!(polls >= 5, "{polls}");
    assert!(cleaned.len() < text.len());
}

/// The example of a seed with many origins, of which only one has what follows.
#[test]
fn a_piece_of_what_repeats() {
    let secret = "aaaaa1xxaaaaa2yyaaaaa3zzaaaaa4vvaaaaa5wwaaaaa6uu";
    assert_eq!(clean(&[secret], "- aaaaa5ww -"), "- [redacted] -");
}

/// Bodies and secrets that make other searches slow: the number of compared letters depends on neither (attack R6).
/// `cargo xtask bench redaction` measures the time.
#[rstest]
#[case::letter(&"P".repeat(64), r"\u0050")]
#[case::letter_itself(&"P".repeat(1_000), "P")]
#[case::two_letters(&"PQ".repeat(500), "PQQ")]
#[case::nearly(&"PPPPPPPQ".repeat(100), "PPPPPPP-")]
#[case::nearly_the_same(&"PPPPPQRSTUVPPPPPABCDEFG".repeat(40), "PPPPPP")]
#[case::pieces(TOKEN, &TOKEN[..60])]
#[case::seeds(TOKEN, &TOKEN[..7])]
#[case::digits(TOKEN, "0123456789abcdef")]
fn no_body_is_slow(#[case] secret: &str, #[case] again: &str) {
    let secrets = secrets(&[secret]);
    let body = again.repeat((1 << 18) / again.len()).into_bytes();
    run(secrets.clean(&body));
    let letters = Letters::of(&body).len();
    let compared = secrets.search.unwrap().compared.load(Ordering::Relaxed);
    assert!(compared < 32 * letters, "{compared} of {letters}");
}
