//! Rules that exclude offers.

use crate::remedy::Rule;

/// Set of the rules that one offer violates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Violations(u16);

impl Violations {
    /// Adds a rule if it is violated.
    pub fn when(&mut self, broken: bool, rule: Rule) {
        self.0 |= u16::from(broken) << rule as u16;
    }

    /// Returns true if no rule is violated.
    pub fn none(self) -> bool {
        self.0 == 0
    }

    /// Returns the first violated rule, for counting.
    pub fn first(self) -> Option<Rule> {
        Rule::ALL.get(self.0.trailing_zeros() as usize).copied()
    }

    /// Returns true if this rule is violated.
    pub fn has(self, rule: Rule) -> bool {
        self.0 & 1 << rule as u16 != 0
    }

    /// Returns true if no rule but these is violated.
    pub fn within(self, rules: &[Rule]) -> bool {
        let allowed = rules.iter().fold(0, |all, rule| all | 1 << *rule as u16);
        self.0 & !allowed == 0
    }

    /// Returns the violated rule if it is the only one.
    pub fn only(self) -> Option<Rule> {
        self.first().filter(|_| self.0.count_ones() == 1)
    }
}
