//! Conditions in the contract's form: a list of lists, of which each needs one term that holds.

use super::{Condition, Term};

/// Builder of a condition.
///
/// ```
/// use cloudhost_sdk::kconfig::Cond;
///
/// let regions = ["TERRAFORM_EXAMPLE_REGION_EAST", "TERRAFORM_EXAMPLE_REGION_WEST"];
/// let sold = Cond::any_set(regions).unwrap_or_default();
/// let when = Cond::set("TERRAFORM_EXAMPLE").and(sold).or(Cond::unset("TERRAFORM_EXAMPLE_STRICT"));
/// assert!(!when.is_always());
/// assert!(Cond::none_set(Vec::<String>::new()).is_always());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cond(Condition);

impl Cond {
    /// Creates a condition that always holds.
    pub fn always() -> Cond {
        Cond::default()
    }

    /// Creates a condition that holds if the symbol is set.
    pub fn set(symbol: impl Into<String>) -> Cond {
        Cond(vec![vec![Term::Set(symbol.into())]])
    }

    /// Creates a condition that holds if the symbol is not set.
    pub fn unset(symbol: impl Into<String>) -> Cond {
        Cond(vec![vec![Term::Unset(symbol.into())]])
    }

    /// Creates a condition that holds if at least one of the symbols is set; `None` without symbols, as it could never
    /// hold.
    pub fn any_set<S: Into<String>>(symbols: impl IntoIterator<Item = S>) -> Option<Cond> {
        let terms: Vec<Term> = symbols.into_iter().map(|s| Term::Set(s.into())).collect();
        (!terms.is_empty()).then(|| Cond(vec![terms]))
    }

    /// Creates a condition that holds if none of the symbols is set.
    pub fn none_set<S: Into<String>>(symbols: impl IntoIterator<Item = S>) -> Cond {
        Cond(
            symbols
                .into_iter()
                .map(|s| vec![Term::Unset(s.into())])
                .collect(),
        )
    }

    /// Combines two conditions, of which both must hold.
    #[must_use]
    pub fn and(mut self, other: Cond) -> Cond {
        for list in other.0 {
            if !self.0.contains(&list) {
                self.0.push(list);
            }
        }
        self
    }

    /// Combines two conditions, of which at least one must hold. It multiplies the lists out: use it for few and short
    /// conditions.
    #[must_use]
    pub fn or(self, other: Cond) -> Cond {
        let mut lists: Condition = Vec::new();
        for left in &self.0 {
            for right in &other.0 {
                let mut list = left.clone();
                list.extend(right.iter().filter(|t| !left.contains(t)).cloned());
                let opposite = |t: &Term| match t {
                    Term::Set(name) => Term::Unset(name.clone()),
                    Term::Unset(name) => Term::Set(name.clone()),
                };
                let always = list.iter().any(|term| list.contains(&opposite(term)));
                if !always && !lists.contains(&list) {
                    lists.push(list);
                }
            }
        }
        Cond(lists)
    }

    /// Returns true if it always holds, for any symbols.
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Cond> for Condition {
    fn from(condition: Cond) -> Condition {
        condition.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(condition: &Cond, on: &[bool]) -> bool {
        let index = |name: &String| name.parse::<usize>().unwrap();
        condition.0.iter().all(|list| {
            list.iter().any(|term| match term {
                Term::Set(name) => on[index(name)],
                Term::Unset(name) => !on[index(name)],
            })
        })
    }

    fn condition() -> impl Strategy<Value = Cond> {
        let term = (0usize..4, any::<bool>()).prop_map(|(n, set)| match set {
            true => Term::Set(n.to_string()),
            false => Term::Unset(n.to_string()),
        });
        let list = proptest::collection::vec(term, 1..3);
        proptest::collection::vec(list, 0..3).prop_map(Cond)
    }

    proptest! {
        #[test]
        fn and_or_mean_what_they_say(a in condition(), b in condition(), on in any::<[bool; 4]>()) {
            prop_assert_eq!(holds(&a.clone().and(b.clone()), &on), holds(&a, &on) && holds(&b, &on));
            prop_assert_eq!(holds(&a.clone().or(b.clone()), &on), holds(&a, &on) || holds(&b, &on));
        }

        #[test]
        fn lists_of_symbols(names in proptest::collection::vec(0usize..4, 0..4), on in any::<[bool; 4]>()) {
            let text = || names.iter().map(ToString::to_string);
            let any = names.iter().any(|n| on[*n]);
            prop_assert_eq!(Cond::any_set(text()).is_some_and(|c| holds(&c, &on)), any);
            prop_assert_eq!(holds(&Cond::none_set(text()), &on), !any);
        }
    }
}
