//! Cycles of conditions: readers end with an error where a symbol decides itself, and the whole tree cannot be configured.
//!
//! A node is decided by others: a symbol by those in its conditions and those of its defaults, by the blocks around it, and,
//! through the `source` of its file, by the blocks around that. A choice and its symbols decide each other, so they are one
//! node: a symbol of a choice cannot depend on another one of it. What is defined elsewhere is not known, and decides nothing
//! here.

use std::collections::HashMap;

use crate::contract::exports::cloudhost::provider::kconfig::{Condition, Entry, File, Term};
use crate::kconfig::KconfigError;

/// Checks the files of a response, which nest and source each other without a cycle.
pub(super) fn check(files: &[File]) -> Result<(), KconfigError> {
    match Graph::of(files).cycle() {
        Some(symbols) => Err(KconfigError::Cycle {
            symbols: symbols.into_iter().map(str::to_owned).collect(),
        }),
        None => Ok(()),
    }
}

/// A node that decides another, and the symbol by which a condition names it; a block has none.
type Edge<'a> = (usize, Option<&'a str>);

#[derive(Default)]
struct Graph<'a> {
    /// By node, those that decide it.
    edges: Vec<Vec<Edge<'a>>>,
    symbols: HashMap<&'a str, usize>,
    files: HashMap<&'a str, usize>,
    /// The choices, in the order of the files.
    choices: Vec<usize>,
}

impl<'a> Graph<'a> {
    fn of(files: &'a [File]) -> Self {
        let mut graph = Self::default();
        for file in files {
            let node = graph.node();
            graph.files.insert(&file.path, node);
            graph.define(file);
        }
        let mut choices = std::mem::take(&mut graph.choices).into_iter();
        for file in files {
            graph.connect(file, &mut choices);
        }
        graph
    }

    /// Adds a node that nothing decides yet.
    fn node(&mut self) -> usize {
        self.edges.push(Vec::new());
        self.edges.len() - 1
    }

    /// Adds the symbols and choices of a file.
    fn define(&mut self, file: &'a File) {
        let mut choice = None;
        for entry in &file.entries {
            match entry {
                Entry::OpenChoice(_) => {
                    let node = self.node();
                    self.choices.push(node);
                    choice = Some(node);
                }
                // A choice holds no block: this closes it, or there is none.
                Entry::Close => choice = None,
                Entry::Symbol(symbol) if !self.symbols.contains_key(symbol.name.as_str()) => {
                    let node = choice.unwrap_or_else(|| self.node());
                    self.symbols.insert(&symbol.name, node);
                }
                Entry::Symbol(_) | Entry::Comment(_) | Entry::Source(_) | Entry::OpenIf(_) => {}
            }
        }
    }

    /// Adds what decides the symbols, choices and blocks of a file.
    fn connect(&mut self, file: &'a File, choices: &mut impl Iterator<Item = usize>) {
        let mut around: Vec<usize> = self
            .files
            .get(file.path.as_str())
            .copied()
            .into_iter()
            .collect();
        for entry in &file.entries {
            let block = around.last().copied();
            match entry {
                Entry::OpenIf(when) => {
                    let node = self.node();
                    self.decide(node, block, [when]);
                    around.push(node);
                }
                Entry::OpenChoice(choice) => {
                    let Some(node) = choices.next() else { return };
                    let defaults = choice.defaults.iter().map(|default| &default.when);
                    self.decide(node, block, defaults.chain([&choice.depends_on]));
                    around.push(node);
                }
                Entry::Close => drop(around.pop()),
                Entry::Symbol(symbol) => {
                    let node = self.symbols.get(symbol.name.as_str()).copied();
                    let defaults = symbol.defaults.iter().map(|default| &default.when);
                    if let Some(node) = node {
                        // The block around a symbol of a choice is the choice, which is the same node.
                        let block = block.filter(|block| *block != node);
                        self.decide(node, block, defaults.chain([&symbol.depends_on]));
                    }
                }
                Entry::Source(path) => {
                    if let Some(node) = self.files.get(path.as_str()).copied() {
                        self.decide(node, block, []);
                    }
                }
                Entry::Comment(_) => {}
            }
        }
    }

    /// Adds that a node is decided by the block around it and by these conditions.
    fn decide(
        &mut self,
        node: usize,
        block: Option<usize>,
        conditions: impl IntoIterator<Item = &'a Condition>,
    ) {
        let named = |(Term::Set(name) | Term::Unset(name)): &'a Term| {
            Some((*self.symbols.get(name.as_str())?, Some(name.as_str())))
        };
        let terms = conditions.into_iter().flatten().flatten();
        let decided: Vec<Edge<'a>> = block
            .map(|block| (block, None))
            .into_iter()
            .chain(terms.filter_map(named))
            .collect();
        if let Some(edges) = self.edges.get_mut(node) {
            edges.extend(decided);
        }
    }

    /// Finds a cycle: the symbols by which its nodes name each other.
    fn cycle(&self) -> Option<Vec<&'a str>> {
        let mut states = vec![State::New; self.edges.len()];
        // The nodes from a start to the current one, each with the symbol that named it and its next edge.
        let mut path: Vec<(usize, Option<&'a str>, usize)> = Vec::new();
        for start in 0..self.edges.len() {
            if states.get(start) == Some(&State::New) {
                path.push((start, None, 0));
            }
            while let Some((node, _, next)) = path.last_mut() {
                let (of, at) = (*node, *next);
                *next += 1;
                let edge = self.edges.get(of).and_then(|edges| edges.get(at));
                let state = states.get_mut(of)?;
                *state = State::Open;
                let Some((to, name)) = edge else {
                    *state = State::Done;
                    path.pop();
                    continue;
                };
                match states.get(*to)? {
                    State::New => path.push((*to, *name, 0)),
                    State::Done => {}
                    State::Open => {
                        let inside = path.iter().skip_while(|(node, ..)| node != to).skip(1);
                        let names = inside.map(|(_, name, _)| *name).chain([*name]);
                        return Some(names.flatten().collect());
                    }
                }
            }
        }
        None
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the path to the current node.
    Open,
    Done,
}
