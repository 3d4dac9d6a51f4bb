//! Credentials in an INI file, in the format of Python's `configparser`, which kdevops uses.
//!
//! Only the line with the token is ever changed; comments, other keys and other sections stay unchanged. A file that
//! `configparser` would reject is rejected here too, with the line's number and never its text.

use super::Token;
use secrecy::zeroize::Zeroizing;

/// Sections that are searched for the token, each for the same keys. `DEFAULT` is the section in which `configparser`
/// stores defaults of all sections.
const SECTIONS: [&str; 2] = ["default", "DEFAULT"];

/// Keys of the token, in order of precedence.
pub(super) type Keys = [&'static str; 2];

/// A file of keys and values in sections.
pub(super) struct Ini<'a> {
    keys: Keys,
    lines: Vec<&'a str>,
    /// Names, and the number of the line after the header.
    sections: Vec<(&'a str, usize)>,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    section: &'a str,
    /// In lower case, as `configparser` compares keys.
    key: String,
    value: &'a str,
    /// Its lines: more than one if the value continues.
    lines: std::ops::Range<usize>,
}

impl<'a> Ini<'a> {
    /// Reads a whole file.
    ///
    /// # Errors
    /// The fault, and its line.
    pub(super) fn parse(text: &'a str, keys: Keys) -> Result<Self, String> {
        let mut ini = Self {
            keys,
            lines: text.split_inclusive('\n').collect(),
            sections: Vec::new(),
            entries: Vec::new(),
        };
        // A line with a deeper indentation continues the value above it.
        let mut open = None;
        for at in 0..ini.lines.len() {
            let raw = ini.lines.get(at).copied().unwrap_or_default();
            let line = raw.trim();
            let wrong = |what: &str| Err(format!("line {} {what}", at + 1));
            if is_void(line) {
                continue;
            }
            if open.is_some_and(|open| indent(raw).len() > open) {
                if let Some(entry) = ini.entries.last_mut() {
                    entry.lines.end = at + 1;
                }
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let Some((name, _)) = rest.rsplit_once(']').filter(|(name, _)| !name.is_empty())
                else {
                    return wrong("has an unterminated section header");
                };
                if ini.sections.iter().any(|(known, _)| *known == name) {
                    return wrong("repeats a section");
                }
                ini.sections.push((name, at + 1));
                open = None;
                continue;
            }
            let Some((section, _)) = ini.sections.last().copied() else {
                return wrong("precedes the first section, such as [default]");
            };
            let Some((key, value)) = line.split_once(['=', ':']) else {
                return wrong("is not a section, a comment or KEY = VALUE");
            };
            let key = key.trim_end().to_lowercase();
            if key.is_empty() {
                return wrong("has a value without a key");
            }
            if ini
                .entries
                .iter()
                .any(|entry| entry.section == section && entry.key == key)
            {
                return wrong("repeats a key");
            }
            ini.entries.push(Entry {
                section,
                key,
                value: value.trim(),
                lines: at..at + 1,
            });
            open = Some(indent(raw).len());
        }
        Ok(ini)
    }

    /// The token.
    ///
    /// # Errors
    /// The missing keys, or the fault of the value.
    pub(super) fn token(&self) -> Result<Token, String> {
        let Some(entry) = self.found() else {
            return Err(format!(
                "section [{}] has neither `{}`",
                SECTIONS[0],
                self.keys.join("` nor `")
            ));
        };
        if entry.lines.len() > 1 {
            return Err(format!(
                "the value of `{}` has more than one line",
                entry.key
            ));
        }
        Token::check(entry.value).map_err(|why| format!("invalid `{}`: {why}", entry.key))
    }

    /// The file with this token: it replaces the one that is used, or comes last in `[default]`.
    pub(super) fn with(&self, token: &Token) -> Zeroizing<String> {
        let section = self.sections.iter().find(|(name, _)| *name == SECTIONS[0]);
        let last = self
            .entries
            .iter()
            .rfind(|entry| entry.section == SECTIONS[0]);
        let (header, key, at) = match (self.found(), last, section) {
            (Some(entry), ..) => ("", entry.key.as_str(), entry.lines.clone()),
            (None, Some(entry), _) => ("", self.keys[0], entry.lines.end..entry.lines.end),
            (None, None, Some((_, after))) => ("", self.keys[0], *after..*after),
            (None, None, None) => {
                let end = self.lines.len();
                ("[default]\n", self.keys[0], end..end)
            }
        };
        // Indented like the line that it replaces or its neighbours, so that no line below continues it.
        let like = self
            .found()
            .or(last)
            .and_then(|entry| self.lines.get(entry.lines.start));
        let below = || self.lines.iter().skip(at.end).find(|line| !is_void(line));
        let indent = match header {
            "" => like.or_else(below).map_or("", |line| indent(line)),
            _ => "",
        };
        let (before, after) = (self.lines.get(..at.start), self.lines.get(at.end..));
        let mut text = Zeroizing::new(before.unwrap_or_default().concat());
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        for part in [header, indent, key, " = ", token.expose(), "\n"] {
            text.push_str(part);
        }
        text.extend(after.unwrap_or_default().iter().copied());
        text
    }

    /// The file without a token; `None` if nothing else is in it.
    pub(super) fn without(&self) -> Option<Zeroizing<String>> {
        let ours: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| self.is_ours(entry))
            .collect();
        let mut text = Zeroizing::new(String::new());
        for (at, line) in self.lines.iter().enumerate() {
            if !ours.iter().any(|entry| entry.lines.contains(&at)) {
                text.push_str(line);
            }
        }
        let header = |line: &str| SECTIONS.iter().any(|name| line == format!("[{name}]"));
        let empty = text
            .lines()
            .map(str::trim)
            .all(|line| line.is_empty() || header(line));
        (!empty).then_some(text)
    }

    /// Reports whether there is a key for a token.
    pub(super) fn has_token(&self) -> bool {
        self.found().is_some()
    }

    fn is_ours(&self, entry: &Entry<'_>) -> bool {
        SECTIONS.contains(&entry.section) && self.keys.contains(&entry.key.as_str())
    }

    fn found(&self) -> Option<&Entry<'a>> {
        let rank = |entry: &&Entry<'_>| {
            let section = SECTIONS.iter().position(|name| *name == entry.section);
            (
                section,
                self.keys.iter().position(|name| *name == entry.key),
            )
        };
        self.entries
            .iter()
            .filter(|entry| self.is_ours(entry))
            .min_by_key(rank)
    }
}

/// The leading white space of a line.
fn indent(line: &str) -> &str {
    let text = line.trim_start();
    line.get(..line.len() - text.len()).unwrap_or_default()
}

/// Reports whether a line is empty or a comment.
fn is_void(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with(['#', ';'])
}

#[cfg(test)]
#[path = "ini_tests.rs"]
mod tests;
