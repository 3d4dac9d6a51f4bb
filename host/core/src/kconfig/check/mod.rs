//! Validation of entries before they are rendered.

mod cycles;
mod fields;
mod files;

use std::collections::{HashMap, HashSet};

use self::fields::{check_choice, check_condition, check_default, check_name, check_prompt, sized};
use self::files::{Source, Sources, check_paths};
use super::blocks::{Block, Blocks};
use super::error::excerpt;
use super::limits::{MAX_BLOCKS, MAX_ENTRIES, MAX_FILES, within};
use super::name::Owner;
use super::{KconfigError, MenuLocation, Options};
use crate::contract::exports::cloudhost::provider::kconfig::{
    Choice, Entry, File, Symbol, SymbolKind,
};

/// Validates one response as a whole.
pub(super) fn check(files: &[File]) -> Result<(), KconfigError> {
    within("files", &MenuLocation::Response, files.len(), MAX_FILES)?;
    within(
        "entries",
        &MenuLocation::Response,
        files.iter().map(|file| file.entries.len()).sum(),
        MAX_ENTRIES,
    )?;
    check_paths(files)?;
    let paths = files.iter().map(|file| file.path.as_str()).collect();
    let mut checker = Checker {
        paths,
        sources: Sources::default(),
        definitions: HashMap::new(),
    };
    for file in files {
        checker.check_file(file)?;
    }
    checker.sources.check(files)?;
    cycles::check(files)
}

/// Checks that the plugin defines only symbols of its own. A condition may name any.
pub(super) fn check_owner(files: &[File], options: &Options) -> Result<(), KconfigError> {
    let owner = Owner::of(options);
    for file in files {
        for (index, entry) in file.entries.iter().enumerate() {
            if let Entry::Symbol(symbol) = entry
                && let Some(reason) = owner.fault(symbol)
            {
                return Err(KconfigError::Owner {
                    location: MenuLocation::Entry(file.path.clone(), index + 1),
                    symbol: symbol.name.clone(),
                    reason,
                });
            }
        }
    }
    Ok(())
}

struct Definition {
    kind: SymbolKind,
    prompt: Option<String>,
    in_choice: bool,
    location: MenuLocation,
}

impl Definition {
    fn describe(&self) -> String {
        let kind = match self.kind {
            SymbolKind::Boolean => "boolean",
            SymbolKind::Text => "string",
        };
        match &self.prompt {
            Some(prompt) => format!("{} (a {kind} in {})", excerpt(prompt), self.location),
            None => format!("a {kind} without a prompt in {}", self.location),
        }
    }
}

struct OpenChoice<'a> {
    choice: &'a Choice,
    location: MenuLocation,
    members: Vec<&'a str>,
}

struct Checker<'a> {
    paths: HashSet<&'a str>,
    sources: Sources<'a>,
    definitions: HashMap<&'a str, Definition>,
}

impl<'a> Checker<'a> {
    fn check_file(&mut self, file: &'a File) -> Result<(), KconfigError> {
        let mut blocks = Blocks::default();
        let mut choice: Option<OpenChoice<'a>> = None;
        for (index, entry) in file.entries.iter().enumerate() {
            let location = MenuLocation::Entry(file.path.clone(), index + 1);
            let in_choice = blocks.last() == Some(Block::Choice);
            let fault = |reason| {
                Err(KconfigError::Block {
                    location: location.clone(),
                    reason,
                })
            };
            match entry {
                Entry::Comment(text) => sized(&location, text)?,
                Entry::Close => {
                    if in_choice && let Some(choice) = choice.take() {
                        check_choice_end(&choice)?;
                    }
                }
                Entry::Symbol(symbol) => {
                    self.check_symbol(symbol, &location, in_choice)?;
                    if let Some(choice) = &mut choice {
                        choice.members.push(&symbol.name);
                    }
                }
                _ if in_choice => return fault("a choice holds only symbols and comments"),
                Entry::Source(path) => self.check_source(path, file, &location, blocks.depth())?,
                Entry::OpenIf(when) => check_condition(when, &location)?,
                Entry::OpenChoice(open) => {
                    check_choice(open, &location)?;
                    choice = Some(OpenChoice {
                        choice: open,
                        location: location.clone(),
                        members: Vec::new(),
                    });
                }
            }
            if !blocks.step(entry) {
                return fault("a block is closed that was not opened");
            }
            within("open blocks", &location, blocks.depth(), MAX_BLOCKS)?;
        }
        if blocks.depth() > 0 {
            let reason = "the file ends inside a block that is not closed";
            return Err(KconfigError::Block {
                location: MenuLocation::File(file.path.clone()),
                reason,
            });
        }
        Ok(())
    }

    fn check_source(
        &mut self,
        path: &'a str,
        file: &'a File,
        location: &MenuLocation,
        depth: usize,
    ) -> Result<(), KconfigError> {
        sized(location, path)?;
        let fault = |reason| {
            Err(KconfigError::Source {
                location: location.clone(),
                path: path.to_owned(),
                reason,
            })
        };
        if !self.paths.contains(path) {
            return fault("it is not a file of the same response");
        }
        match self.sources.0.insert(
            path,
            Source {
                from: &file.path,
                location: location.clone(),
                depth,
            },
        ) {
            Some(_) => fault("it is already sourced"),
            None => Ok(()),
        }
    }

    fn check_symbol(
        &mut self,
        symbol: &'a Symbol,
        location: &MenuLocation,
        in_choice: bool,
    ) -> Result<(), KconfigError> {
        let Symbol {
            name,
            kind,
            prompt,
            defaults,
            depends_on,
            help,
            exported: _,
        } = symbol;
        check_name(name, location)?;
        if let Some(prompt) = prompt {
            check_prompt(prompt, name, location)?;
        }
        if let Some(help) = help {
            sized(location, help)?;
        }
        check_condition(depends_on, location)?;
        if in_choice && (*kind != SymbolKind::Boolean || prompt.is_none() || !defaults.is_empty()) {
            let reason =
                "a symbol of a choice is boolean, with a prompt and without defaults of its own";
            return Err(KconfigError::Block {
                location: location.clone(),
                reason,
            });
        }
        for default in defaults {
            check_default(default, symbol, location)?;
        }
        let definition = Definition {
            kind: *kind,
            prompt: prompt.clone(),
            in_choice,
            location: location.clone(),
        };
        if let Some(first) = self.definitions.get(name.as_str()) {
            let same = first.kind == *kind && first.prompt == *prompt;
            if !same || first.in_choice || in_choice {
                return Err(KconfigError::Collision {
                    symbol: name.clone(),
                    first: first.describe(),
                    second: definition.describe(),
                });
            }
            return Ok(());
        }
        self.definitions.insert(name, definition);
        Ok(())
    }
}

fn check_choice_end(choice: &OpenChoice<'_>) -> Result<(), KconfigError> {
    let location = choice.location.clone();
    if choice.members.is_empty() {
        return Err(KconfigError::Block {
            location,
            reason: "the choice has no symbols",
        });
    }
    let members: HashSet<&str> = choice.members.iter().copied().collect();
    match choice
        .choice
        .defaults
        .iter()
        .find(|default| !members.contains(default.symbol.as_str()))
    {
        Some(default) => Err(KconfigError::ChoiceDefault {
            location,
            symbol: default.symbol.clone(),
        }),
        None => Ok(()),
    }
}
