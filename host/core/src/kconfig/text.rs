//! Text of a plugin inside a Kconfig file: values, prompts, help and comments.
//!
//! Behaviour of the readers, seen by running them (kconfig-frontends 4.11, kconfiglib 14.1) and in their source
//! (`scripts/kconfig/lexer.l`, `preprocess.c` of Linux):
//!
//! | in a quoted string | Linux, kdevops      | kconfig-frontends | kconfiglib                              |
//! |--------------------|---------------------|-------------------|-----------------------------------------|
//! | `\x` for any `x`   | `x`                 | `x`               | `x`                                     |
//! | `$(NAME)`          | macro, may run code | as it is          | macro, may run code                     |
//! | `\$(NAME)`         | `$(NAME)`           | `$(NAME)`         | `$(NAME)`                               |
//! | `\$NAME` `\${NAME}`| as it is, no `\`    | as it is, no `\`  | **value of the environment's variable** |
//! | `\$` before others | `$`                 | `$`               | `$`                                     |
//! | CR                 | as it is            | as it is          | **ends the line, and the string**       |
//! | NUL                | ends the string     | ends the string   | as it is                                |
//! | LF                 | ends the string     | ends the string   | ends the line                           |
//!
//! So in prompts `"`, `\` and `$` are escaped with `\`; `$` before a word or `{`, and every control character, cannot
//! be written the same for all. Values have none of these: every reader copies them into `.config`, and what reads that
//! decides their characters ([`crate::contract::value_fault`]). A backslash at the end of a comment joins the next line
//! to it in kconfiglib, and a help text ends at the first line that is indented less than its first one; no reader
//! expands anything in help.

use crate::contract::is_invisible_or_control;

/// Replacement for a character that cannot be written.
const REPLACEMENT: char = '\u{FFFD}';
/// Columns of a line of help, without its indentation.
const HELP_WIDTH: usize = 78;
/// Limit on the indentation that is kept inside a help text.
const MAX_HELP_INDENT: usize = 16;

/// Detects a `$` before `next` that kconfiglib reads as a variable.
fn names_variable(next: Option<char>) -> bool {
    next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '{')
}

pub(super) fn push_escaped(quoted: &mut String, c: char) {
    if matches!(c, '"' | '\\' | '$') {
        quoted.push('\\');
    }
    quoted.push(c);
}

/// Escapes `text` for the quoted string of a prompt: one trimmed line, with unsupported characters replaced. A `$`
/// before a letter becomes the full-width `＄`; prices such as `$0.75` stay as they are.
pub(super) fn prompt(text: &str) -> String {
    let line = one_line(text);
    let mut quoted = String::with_capacity(line.len() + 8);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        // No environment has variables named by numbers unless someone sets out to; prompts are only displayed.
        let variable = names_variable(chars.peek().copied().filter(|next| !next.is_ascii_digit()));
        push_escaped(&mut quoted, if c == '$' && variable { '＄' } else { c });
    }
    quoted
}

/// Folds white space to single blanks, trims it, and replaces hidden characters.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .map(|c| {
            if is_invisible_or_control(c) {
                REPLACEMENT
            } else {
                c
            }
        })
        .collect()
}

/// Returns the lines of a comment, each with its `#`; empty for an empty text.
pub(super) fn comment(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().map(one_line).map(|line| match line.as_str() {
        "" => "#".to_owned(),
        joined if joined.ends_with('\\') => format!("# {joined}{REPLACEMENT}"),
        line => format!("# {line}"),
    })
}

/// Returns the lines of a help text, without the common indentation: no empty line at either end, others truly empty,
/// the rest wrapped between words; deeper indentation inside the text is kept. Empty for an empty text.
pub(super) fn help(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let blank = line.chars().all(char::is_whitespace);
        if blank {
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
            continue;
        }
        // The first line sets the indentation of the block, so it must not be deeper than any other.
        let indent = if lines.is_empty() {
            0
        } else {
            indentation(line)
        };
        wrap(line, indent, &mut lines);
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Counts the columns of blanks before the first word; a tab extends to the next multiple of 8.
fn indentation(line: &str) -> usize {
    let column = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    column
        .fold(0, |at, c| if c == '\t' { (at | 7) + 1 } else { at + 1 })
        .min(MAX_HELP_INDENT)
}

fn wrap(line: &str, indent: usize, lines: &mut Vec<String>) {
    let mut current = " ".repeat(indent);
    let mut width = indent;
    for (at, word) in one_line(line).split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && width + 1 + length > HELP_WIDTH {
            lines.push(std::mem::replace(&mut current, " ".repeat(indent)));
            width = indent;
        } else if at > 0 {
            current.push(' ');
            width += 1;
        }
        current.push_str(word);
        width += length;
    }
    lines.push(current);
}
