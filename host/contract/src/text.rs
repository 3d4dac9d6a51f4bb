//! Rules for untrusted text: characters that nothing shows, its length in messages, and the characters of a menu's value.

/// Longest quoted name, in characters.
const NAME: usize = 64;
/// Longest quoted message of another program, in characters.
const MESSAGE: usize = 200;

/// Detects a character that is invisible or has an effect: controls, line ends, marks that reorder the text around
/// them, and all that Unicode lists as ignorable (`Default_Ignorable_Code_Point` in its DerivedCoreProperties), with
/// which text looks like other text or carries hidden text. The variation selectors 1 to 16 are not among them, because
/// emoji use them.
///
/// `sdk/src/text.rs` has the same table, because the SDK is standalone: a plugin leaves out what the host would reject.
pub fn is_invisible_or_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Longest value of a menu, in bytes: that of a name in a catalog.
const VALUE: usize = 256;

/// Returns the reason that menus cannot have `text` as a value: an allow-list, because of what reads one.
///
/// A value is copied from menus to `.config`, and by kdevops to `.extra_vars*.yaml`. From there it reaches make (in
/// recipes and arguments of functions), shells without quotes around it, YAML, Ansible's and Jinja2's templates, and
/// Terraform. A character is allowed if a cloud's names have it and none of these acts on it:
///
/// | allowed | names that have it |
/// |---|---|
/// | letters and digits of ASCII, `.`, `_`, `-` | `us-east-1`, `m5.large`, `gpu_1x_a10` |
/// | blank, one between words | `AlmaLinux OS 9.6 x86_64` |
/// | `/` | `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260801` |
/// | `:` | `Canonical:ubuntu-24_04-lts:server:latest`, `Uocm:PHX-AD-1` |
/// | `@` | `image@sha256:`, and names of EC2's images |
/// | `+` | versions with a build: `1.31.4+k3s1` |
/// | `,` | places: `California, US` |
/// | `*`, `?` | patterns of names: `debian-13-amd64-*`. A shell without quotes compares them with files, and runs nothing |
///
/// Left out are, with their readers: `$` `` ` `` `"` `'` `\` `;` `&` `|` `<` `>` `(` `)` `[` `]` `!` `~` `^` (shells, and
/// make `$` and `\`), `#` (comments of all), `%` (patterns of make, `{%`), `{` `}` (Jinja2, Terraform, shells), `=`
/// (assignments on the command lines of make, env and ansible), and everything beyond ASCII, which looks like other text.
///
/// A word begins with a letter, a digit, `.`, `_`, `/`, `*` or `?`: as a word of a command line, `-x` is an option, `+x`
/// one of a shell, and `@x` a file that curl and ansible read. No component of a path is `.` or `..`, or a
/// pattern of them such as `.?`, so that `rm -r kept/$(REGION)` stays below its directory.
///
/// `sdk/src/text.rs` has the same rule, because the SDK is standalone.
pub fn value_fault(text: &str) -> Option<&'static str> {
    let begins = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'*' | b'?');
    let allowed = |b: u8| begins(b) || matches!(b, b' ' | b'-' | b':' | b'@' | b'+' | b',');
    let pattern = |b: u8| matches!(b, b'.' | b'*' | b'?');
    let above = |part: &[u8]| part.starts_with(b".") && part.iter().all(|b| pattern(*b));
    if text.is_empty() {
        return Some("is empty");
    }
    if text.len() > VALUE {
        return Some("is longer than 256 bytes");
    }
    if !text.bytes().all(allowed) {
        return Some("has a character other than A-Z, a-z, 0-9, . _ - / : @ + , * ? and a blank");
    }
    let mut words = text.as_bytes().split(|b| *b == b' ');
    words.find_map(|word| match word.first() {
        None => Some("begins or ends with a blank, or has two together"),
        Some(first) if !begins(*first) => Some("has a word that begins with one of - : @ + ,"),
        Some(_) => {
            let path = word.split(|b| *b == b'/').any(above);
            path.then_some("has a component of a path that is . or .., or a pattern of them")
        }
    })
}

/// Escapes an untrusted name for display: control characters and quotes escaped, at most 64 characters.
pub fn escape_untrusted(text: &str) -> String {
    cut(text.escape_debug(), NAME)
}

/// Shortens a message that quotes untrusted text, such as a parser's: one line of at most 200 characters.
pub fn excerpt(message: &str) -> String {
    let escaped = |c: char| match is_invisible_or_control(c) {
        true => c.escape_default().collect(),
        false => vec![c],
    };
    cut(message.trim_end().chars().flat_map(escaped), MESSAGE)
}

/// Shortens the message of a parser, as [`excerpt`], and puts the line in front where it found the fault: the byte `at` of
/// `text`. A parser's own display shows the whole line, of any length.
pub fn excerpt_at(text: &str, at: Option<usize>, message: &str) -> String {
    let before = at.and_then(|at| text.get(..at));
    match before.map(|before| before.matches('\n').count() + 1) {
        Some(line) => format!("line {line}: {}", excerpt(message)),
        None => excerpt(message),
    }
}

fn cut(mut text: impl Iterator<Item = char>, most: usize) -> String {
    let mut short: String = text.by_ref().take(most).collect();
    if text.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::{escape_untrusted, excerpt, excerpt_at, is_invisible_or_control, value_fault};

    #[rstest::rstest]
    #[case::control('\u{9b}', true)]
    #[case::soft_hyphen('\u{ad}', true)]
    #[case::arabic_letter_mark('\u{61c}', true)]
    #[case::no_width('\u{200b}', true)]
    #[case::line('\u{2028}', true)]
    #[case::right_to_left('\u{202e}', true)]
    #[case::isolate('\u{2066}', true)]
    #[case::filler('\u{3164}', true)]
    #[case::byte_order('\u{feff}', true)]
    #[case::tag('\u{e0041}', true)]
    #[case::last_tag('\u{e007f}', true)]
    #[case::selector_17('\u{e0100}', true)]
    #[case::emoji('\u{fe0f}', false)]
    #[case::letter('é', false)]
    #[case::arabic('\u{61b}', false)]
    #[case::space(' ', false)]
    #[case::euro('€', false)]
    fn table(#[case] c: char, #[case] expected: bool) {
        assert_eq!(is_invisible_or_control(c), expected);
    }

    #[rstest::rstest]
    #[case::name("a-name", "a-name")]
    #[case::quotes("a\"b", "a\\\"b")]
    #[case::line("a\nb", "a\\nb")]
    #[case::longest(&"x".repeat(64), &"x".repeat(64))]
    #[case::long(&"x".repeat(65), &format!("{}…", "x".repeat(64)))]
    #[case::long_once_escaped(&"\n".repeat(33), &format!("{}…", "\\n".repeat(32)))]
    fn names_are_escaped_and_cut(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(escape_untrusted(text), expected);
    }

    #[rstest::rstest]
    #[case::plain("unknown field `x\"`", "unknown field `x\"`")]
    #[case::last_line("one\n", "one")]
    #[case::lines("one\ntwo\u{1b}[31m\u{202e}", "one\\ntwo\\u{1b}[31m\\u{202e}")]
    #[case::longest(&"é".repeat(200), &"é".repeat(200))]
    #[case::long(&"é".repeat(64 << 10), &format!("{}…", "é".repeat(200)))]
    fn messages_are_one_short_line(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(excerpt(text), expected);
    }

    #[rstest::rstest]
    #[case::first(Some(0), "line 1: wrong")]
    #[case::second(Some(4), "line 2: wrong")]
    #[case::within_a_character(Some(5), "wrong")]
    #[case::nowhere(None, "wrong")]
    fn faults_have_a_line(#[case] at: Option<usize>, #[case] expected: &str) {
        assert_eq!(excerpt_at("one\né\n", at, "wrong"), expected);
    }

    #[rstest::rstest]
    #[case::region("us-east-1", None)]
    #[case::machine("u-6tb1.56xlarge", None)]
    #[case::owner("013907871322", None)]
    #[case::pattern("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*", None)]
    #[case::words("AlmaLinux OS 9.* x86_64", None)]
    #[case::place("California, US", None)]
    #[case::urn("Canonical:ubuntu-24_04-lts:server:latest", None)]
    #[case::ocid("ocid1.image.oc1..aaaaaaaa", None)]
    #[case::digest("image@sha256:0a", None)]
    #[case::build("1.31.4+k3s1", None)]
    #[case::root("/dev/sda1", None)]
    #[case::longest(&"x".repeat(256), None)]
    #[case::too_long(&"x".repeat(257), Some("longer"))]
    #[case::nothing("", Some("empty"))]
    #[case::command("here; touch P", Some("character"))]
    #[case::template("{{ lookup('pipe','id > P') }}", Some("character"))]
    #[case::statement("{% raw %}", Some("character"))]
    #[case::assignment("SHELL=/tmp/p", Some("character"))]
    #[case::home("~root", Some("character"))]
    #[case::letters("größe", Some("character"))]
    #[case::line("a\nb", Some("character"))]
    #[case::hidden("a\u{202e}b", Some("character"))]
    #[case::tab("a\tb", Some("character"))]
    #[case::first_blank(" a", Some("blank"))]
    #[case::last_blank("a ", Some("blank"))]
    #[case::two_blanks("a  b", Some("blank"))]
    #[case::option("-rf", Some("begins"))]
    #[case::option_behind("a -rf", Some("begins"))]
    #[case::hyphen("a - b", Some("begins"))]
    #[case::file("@/etc/passwd", Some("begins"))]
    #[case::of_a_shell("+x", Some("begins"))]
    #[case::here(".", Some("component"))]
    #[case::above("..", Some("component"))]
    #[case::above_inside("a/../b", Some("component"))]
    #[case::above_behind("a ../b", Some("component"))]
    #[case::pattern_of_above("a/.?", Some("component"))]
    #[case::any_pattern_of_above("a .*/b", Some("component"))]
    #[case::pattern_of_hidden("a/.b*", None)]
    #[case::pattern_of_all("a/*", None)]
    fn values(#[case] text: &str, #[case] fault: Option<&str>) {
        match (value_fault(text), fault) {
            (None, None) => {}
            (Some(found), Some(part)) => assert!(found.contains(part), "{found}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_sdk_has_the_same_rules() {
        for c in '\0'..=char::MAX {
            let shown = !is_invisible_or_control(c);
            assert_eq!(cloudhost_sdk::is_name(&format!("a{c}")), shown, "{c:?}");
            for text in [
                format!("{c}"),
                format!("a{c}b"),
                format!("a {c}b"),
                format!("a{c}"),
            ] {
                let fits = value_fault(&text).is_none();
                assert_eq!(cloudhost_sdk::is_value(&text), fits, "{text:?}");
            }
        }
        let long = "x".repeat(257);
        let paths = [
            "..", "a/..", "a/./b", "a..b", "a/.?", ".*", "a .?*/b", ".b*", "...",
        ];
        for text in ["", "a  b", &long[1..], &long].into_iter().chain(paths) {
            let fits = value_fault(text).is_none();
            assert_eq!(cloudhost_sdk::is_value(text), fits, "{text:?}");
        }
    }
}
