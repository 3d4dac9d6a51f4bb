//! Whatever text is in them, files have the statements of their entries and no others. Judged by a reader of its
//! own, which breaks lines and ends strings wherever any of the real readers would.

use proptest::prelude::*;

use super::*;

/// Strings made to break out: pieces that mean something to some reader, and any characters at all.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\0",
        " ",
        "\"",
        "'",
        "\\",
        "\\\"",
        "\\\n",
        "#",
        "$",
        "$$",
        "$(",
        "$(shell,id)",
        "$HOSTILE",
        "${HOSTILE}",
        "\nendif\n",
        "\nconfig EVIL\n\tbool\n",
        "\n\thelp\n",
        "source \"/etc/passwd\"",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{202e}",
        "\u{feff}",
        "\u{c}",
        "\u{1b}[0m",
        "é",
        "名前",
        "word",
        "0.75",
        "if",
    ]);
    prop::collection::vec(
        prop_oneof![3 => pieces.prop_map(str::to_owned), 1 => any::<String>()],
        0..12,
    )
    .prop_map(|pieces| pieces.concat())
}

#[derive(Debug, PartialEq)]
enum Statement {
    /// The first word, and the string after it if there is one.
    Keyword(String, Option<String>),
    Help(String),
}

/// The statements of `text`.
fn read(text: &str) -> Vec<Statement> {
    let break_at = |c: char| c != '\t' && c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut lines = text.split(break_at).peekable();
    let mut statements = Vec::new();
    while let Some(line) = lines.next() {
        assert!(!line.ends_with('\\'), "joins the next line: {line:?}");
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if word != "help" {
            statements.push(Statement::Keyword(word.into(), string_in(rest)));
            continue;
        }
        let depth = |line: &str| line.len() - line.trim_start().len();
        let first = depth(lines.peek().unwrap());
        assert!(first > 0);
        let mut help: Vec<&str> = Vec::new();
        while let Some(line) = lines.next_if(|line| line.trim().is_empty() || depth(line) >= first)
        {
            // A truly empty line, or one with text: readers differ about lines of blanks.
            assert!(line.is_empty() || !line.trim().is_empty());
            help.push(line.get(first..).unwrap_or_default());
        }
        statements.push(Statement::Help(help.join("\n").trim_end().into()));
    }
    statements
}

/// The string that `rest` of a line begins with; it must end on the line and must not be expanded.
fn string_in(rest: &str) -> Option<String> {
    let mut chars = rest.strip_prefix('"')?.chars();
    let mut value = String::new();
    loop {
        match chars.next().expect("the string ends on its line") {
            '"' => return Some(value),
            '\\' => value.push(chars.next().unwrap()),
            '$' => panic!("begins a macro: {rest}"),
            c => value.push(c),
        }
    }
}

/// Letters and digits, which no rule may change.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn keyword(word: &str) -> Statement {
    Statement::Keyword(word.into(), None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn text_cannot_change_the_structure(
        [comment, first, second, about] in [hostile(), hostile(), hostile(), hostile()]
    ) {
        let help = Some(about.clone());
        let first = format!("p{first}");
        let second = format!("{second}p");
        let entries = vec![
            Entry::Comment(comment.clone()),
            Entry::OpenChoice(Choice { help: help.clone(), ..choice(&first) }),
            Entry::Symbol(Symbol { help: help.clone(), ..boolean("A", &second) }),
            Entry::Close,
            Entry::OpenIf(is_set("A")),
            Entry::Symbol(Symbol { help, ..string("B", "a value") }),
            Entry::Close,
            Entry::Symbol(boolean("END", "end")),
        ];
        let options = Options { header: vec![comment], ..options(Dialect::Plain) };
        let text = render(&[file("Kconfig.a", entries)], &options).unwrap().remove(0).text;

        let statements = read(&text);
        let helped = statements.iter().any(|statement| matches!(statement, Statement::Help(_)));
        let mut strings = Vec::new();
        let mut words = Vec::new();
        for statement in statements {
            match statement {
                Statement::Help(help) => {
                    prop_assert_eq!(letters(&help), letters(&about));
                    words.push("HELP".to_owned());
                }
                Statement::Keyword(word, string) => {
                    strings.extend(string);
                    words.push(word);
                }
            }
        }
        let mut expected = vec![
            "choice", "prompt", "HELP", "config", "bool", "HELP", "endchoice",
            "if", "config", "string", "default", "HELP", "endif", "config", "bool",
        ];
        expected.retain(|word| helped || *word != "HELP");
        prop_assert_eq!(words, expected);
        prop_assert_eq!(strings.len(), 4);
        prop_assert_eq!(letters(&strings[0]), letters(&first));
        prop_assert_eq!(letters(&strings[1]), letters(&second));
        prop_assert_eq!(&strings[2..], ["a value", "end"]);
    }
}

/// The reader above does see what it is there to see.
#[test]
fn the_reader_sees_a_break_out() {
    let text = "config A\n\tbool \"a\"\n\thelp\n\t  one\n\nconfig B\n\tbool \"b\"\n";
    let string = |word: &str, text: &str| Statement::Keyword(word.into(), Some(text.into()));
    assert_eq!(
        read(text),
        [
            keyword("config"),
            string("bool", "a"),
            Statement::Help("one".into()),
            keyword("config"),
            string("bool", "b"),
        ]
    );
    assert!(read("config A\r\tbool").len() == 2);
}
