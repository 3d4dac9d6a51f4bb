//! Rendering of a plugin's menu entries as Kconfig files.

use arbitrary::{Result, Unstructured};
use cloudhost::contract::exports::cloudhost::provider::kconfig::{
    Choice, ChoiceDefault, Condition, DefaultValue, Dialect, Entry, File, Symbol, SymbolKind, Term,
    Value,
};
use cloudhost::kconfig::{Options, render, value_fault};

/// Checks that the text has exactly the statements of its entries, and that nothing in it can break a line or start a
/// macro.
pub fn check(input: &[u8]) {
    let mut bytes = Unstructured::new(input);
    let Ok((files, options)) = files_and_options(&mut bytes) else {
        return;
    };
    let Ok(rendered) = render(&files, &options) else {
        return;
    };
    assert_eq!(rendered.len(), files.len());
    assert_eq!(
        rendered,
        render(&files, &options).unwrap(),
        "rendering is not deterministic"
    );
    for (file, rendered) in files.iter().zip(&rendered) {
        assert!(rendered.text.is_empty() || rendered.text.ends_with('\n'));
        let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!rendered.text.contains(odd), "{:?}", rendered.text);
        let count = |word: &str| {
            statements(&rendered.text)
                .filter(|line| line.starts_with(word))
                .count()
        };
        let meant = |is: fn(&Entry) -> bool| file.entries.iter().filter(|entry| is(entry)).count();
        assert_eq!(
            count("config "),
            meant(|entry| matches!(entry, Entry::Symbol(_)))
        );
        assert_eq!(
            count("source "),
            meant(|entry| matches!(entry, Entry::Source(_)))
        );
        assert_eq!(
            count("choice"),
            meant(|entry| matches!(entry, Entry::OpenChoice(_)))
        );
        assert_eq!(
            count("endchoice") + count("endif"),
            meant(|entry| matches!(entry, Entry::Close))
        );
        for line in statements(&rendered.text) {
            assert!(!line.ends_with('\\'), "joins the next line: {line:?}");
            assert!(!begins_a_macro(line), "{line:?}");
            let value = line.strip_prefix("default \"");
            let value = value.and_then(|rest| rest.split('"').next());
            assert_eq!(value.and_then(value_fault), None, "{line:?}");
        }
    }
}

/// Returns true if the line has an unescaped `$(`.
fn begins_a_macro(line: &str) -> bool {
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '$' if chars.peek() == Some(&'(') => return true,
            _ => {}
        }
    }
    false
}

/// Returns the lines that are neither comments nor help. Help is indented deeper than the attributes of a symbol.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.starts_with("\t  "));
    lines
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn files_and_options(bytes: &mut Unstructured<'_>) -> Result<(Vec<File>, Options)> {
    let dialect = *bytes.choose(&[Dialect::Kdevops, Dialect::Plain])?;
    let mut options = Options::new(dialect, "fuzz");
    options.header.push(text(bytes)?);
    let mut files = Vec::new();
    for number in 0..bytes.int_in_range(1..=2)? {
        let mut entries = Vec::new();
        while entries.len() < 12 && bytes.ratio(4, 5)? {
            entries.push(entry(bytes)?);
        }
        files.push(File {
            path: format!("Kconfig.{number}"),
            entries,
        });
    }
    Ok((files, options))
}

fn entry(bytes: &mut Unstructured<'_>) -> Result<Entry> {
    Ok(match bytes.int_in_range(0..=6)? {
        0 => Entry::Comment(text(bytes)?),
        1 => Entry::Source(format!("Kconfig.{}", bytes.int_in_range(0..=2)?)),
        2 => Entry::OpenIf(condition(bytes)?),
        3 => Entry::OpenChoice(Choice {
            prompt: text(bytes)?,
            defaults: match bytes.arbitrary()? {
                true => vec![ChoiceDefault {
                    symbol: name(bytes)?,
                    when: condition(bytes)?,
                }],
                false => Vec::new(),
            },
            depends_on: condition(bytes)?,
            help: some_text(bytes)?,
        }),
        4 => Entry::Close,
        _ => Entry::Symbol(symbol(bytes)?),
    })
}

fn symbol(bytes: &mut Unstructured<'_>) -> Result<Symbol> {
    let kind = *bytes.choose(&[SymbolKind::Boolean, SymbolKind::Text])?;
    let mut defaults = Vec::new();
    while defaults.len() < 3 && bytes.arbitrary()? {
        defaults.push(DefaultValue {
            value: match kind {
                SymbolKind::Text if bytes.arbitrary()? => Value::Text("m5.large".to_owned()),
                SymbolKind::Text => Value::Text(text(bytes)?),
                SymbolKind::Boolean => Value::Boolean(bytes.arbitrary()?),
            },
            when: condition(bytes)?,
        });
    }
    Ok(Symbol {
        name: name(bytes)?,
        kind,
        prompt: some_text(bytes)?,
        defaults,
        depends_on: condition(bytes)?,
        help: some_text(bytes)?,
        exported: bytes.arbitrary()?,
    })
}

fn condition(bytes: &mut Unstructured<'_>) -> Result<Condition> {
    let mut all = Vec::new();
    while all.len() < 2 && bytes.ratio(1, 4)? {
        let name = name(bytes)?;
        all.push(vec![match bytes.arbitrary()? {
            true => Term::Set(name),
            false => Term::Unset(name),
        }]);
    }
    Ok(all)
}

/// Returns a valid name, or arbitrary text in 1 of 16 cases.
fn name(bytes: &mut Unstructured<'_>) -> Result<String> {
    if bytes.ratio(1, 16)? {
        return text(bytes);
    }
    Ok(format!(
        "TERRAFORM_FUZZ_S{}",
        bytes.int_in_range(0..=9_999)?
    ))
}

fn some_text(bytes: &mut Unstructured<'_>) -> Result<Option<String>> {
    bytes.arbitrary::<bool>()?.then(|| text(bytes)).transpose()
}

fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    let length = bytes.int_in_range(0..=40)?;
    Ok(String::from_utf8_lossy(bytes.bytes(length.min(bytes.len()))?).into_owned())
}
