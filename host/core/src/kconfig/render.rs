//! Rendering of validated entries as text.

use std::fmt::Write as _;

use super::blocks::{Block, Blocks};
use super::limits::{MAX_FILE_BYTES, MAX_TOTAL_BYTES, within};
use super::{KconfigError, MenuLocation, Options, Rendered, text};
use crate::contract::exports::cloudhost::provider::kconfig::{
    Choice, Condition, Dialect, Entry, File, Symbol, SymbolKind, Term, Value,
};

/// Renders all files, which [`super::check`] has validated. `prefix` precedes the path in `source` lines.
pub(super) fn render(
    files: &[File],
    options: &Options,
    prefix: &str,
) -> Result<Vec<Rendered>, KconfigError> {
    let mut total = 0;
    let mut rendered = Vec::with_capacity(files.len());
    for file in files {
        let text = render_file(file, options, prefix)?;
        total += text.len();
        within(
            "bytes of text",
            &MenuLocation::Response,
            total,
            MAX_TOTAL_BYTES,
        )?;
        rendered.push(Rendered {
            path: file.path.clone(),
            text,
        });
    }
    Ok(rendered)
}

fn render_file(file: &File, options: &Options, prefix: &str) -> Result<String, KconfigError> {
    let location = MenuLocation::File(file.path.clone());
    let mut out = String::new();
    for line in &options.header {
        comment(&mut out, line);
    }
    let mut blocks = Blocks::default();
    let mut after_comment = false;
    for entry in &file.entries {
        let is_comment = matches!(entry, Entry::Comment(_));
        if !(out.is_empty() || is_comment && after_comment) {
            out.push('\n');
        }
        after_comment = is_comment;
        match entry {
            Entry::Comment(text) => comment(&mut out, text),
            Entry::Source(path) => line(&mut out, format_args!("source \"{prefix}{path}\"")),
            Entry::OpenIf(when) => line(&mut out, format_args!("if {}", condition(when))),
            Entry::OpenChoice(entry) => choice(&mut out, entry),
            Entry::Close => line(
                &mut out,
                format_args!(
                    "{}",
                    if blocks.last() == Some(Block::Choice) {
                        "endchoice"
                    } else {
                        "endif"
                    }
                ),
            ),
            Entry::Symbol(entry) => symbol(&mut out, entry, options.dialect),
        }
        blocks.step(entry);
        within("bytes of text", &location, out.len(), MAX_FILE_BYTES)?;
    }
    Ok(out)
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
    out.push('\n');
}

fn comment(out: &mut String, text: &str) {
    for text in text::comment(text) {
        line(out, format_args!("{text}"));
    }
}

fn symbol(out: &mut String, symbol: &Symbol, dialect: Dialect) {
    line(out, format_args!("config {}", symbol.name));
    let kind = match symbol.kind {
        SymbolKind::Boolean => "bool",
        SymbolKind::Text => "string",
    };
    match &symbol.prompt {
        Some(prompt) => line(out, format_args!("\t{kind} \"{}\"", text::prompt(prompt))),
        None => line(out, format_args!("\t{kind}")),
    }
    if symbol.exported && dialect != Dialect::Plain {
        line(out, format_args!("\toutput yaml"));
    }
    depends_on(out, &symbol.depends_on);
    for default in &symbol.defaults {
        let value = match &default.value {
            // Validated: it can be quoted without escapes.
            Value::Text(value) => format!("\"{value}\""),
            Value::Boolean(true) => "y".to_owned(),
            Value::Boolean(false) => "n".to_owned(),
        };
        line(
            out,
            format_args!("\tdefault {value}{}", suffix(&default.when)),
        );
    }
    help(out, symbol.help.as_deref());
}

fn choice(out: &mut String, choice: &Choice) {
    line(
        out,
        format_args!("choice\n\tprompt \"{}\"", text::prompt(&choice.prompt)),
    );
    for default in &choice.defaults {
        line(
            out,
            format_args!("\tdefault {}{}", default.symbol, suffix(&default.when)),
        );
    }
    depends_on(out, &choice.depends_on);
    help(out, choice.help.as_deref());
}

fn depends_on(out: &mut String, when: &Condition) {
    if !when.is_empty() {
        line(out, format_args!("\tdepends on {}", condition(when)));
    }
}

fn suffix(when: &Condition) -> String {
    if when.is_empty() {
        String::new()
    } else {
        format!(" if {}", condition(when))
    }
}

fn help(out: &mut String, text: Option<&str>) {
    let lines = text.map(text::help).unwrap_or_default();
    if !lines.is_empty() {
        line(out, format_args!("\thelp"));
    }
    for text in lines {
        line(
            out,
            format_args!("{}{text}", if text.is_empty() { "" } else { "\t  " }),
        );
    }
}

/// Renders a condition as `A && (B || !C)`; `y` for the condition that always holds.
fn condition(when: &Condition) -> String {
    if when.is_empty() {
        return "y".to_owned();
    }
    let alone = when.len() == 1;
    let clauses: Vec<String> = when
        .iter()
        .map(|any| {
            let terms: Vec<String> = any.iter().map(term).collect();
            let terms = terms.join(" || ");
            if any.len() > 1 && !alone {
                format!("({terms})")
            } else {
                terms
            }
        })
        .collect();
    clauses.join(" && ")
}

fn term(term: &Term) -> String {
    match term {
        Term::Set(name) => name.clone(),
        Term::Unset(name) => format!("!{name}"),
    }
}
