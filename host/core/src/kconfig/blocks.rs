//! Open blocks at an entry of a file.

use crate::contract::exports::cloudhost::provider::kconfig::Entry;

/// A kind of block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    If,
    Choice,
}

/// The blocks around the next entry, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Blocks(Vec<Block>);

impl Blocks {
    /// The innermost block.
    pub(super) fn last(&self) -> Option<Block> {
        self.0.last().copied()
    }

    /// Number of open blocks.
    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    /// Processes `entry`. False if it closes a block and none is open.
    pub(super) fn step(&mut self, entry: &Entry) -> bool {
        match entry {
            Entry::OpenIf(_) => self.0.push(Block::If),
            Entry::OpenChoice(_) => self.0.push(Block::Choice),
            Entry::Close => return self.0.pop().is_some(),
            Entry::Comment(_) | Entry::Source(_) | Entry::Symbol(_) => {}
        }
        true
    }
}
