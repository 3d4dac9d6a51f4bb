//! Symbol names: the rule that forms them, and the detection of collisions.

use std::collections::BTreeMap;

use crate::{Error, ErrorKind};

/// Converts an API name to a part of a symbol: upper case, and `_` for every character outside `A-Z 0-9`. The host has
/// the same rule.
pub fn symbol_part(name: &str) -> String {
    let one = |c: char| match c.to_ascii_uppercase() {
        c @ ('A'..='Z' | '0'..='9') => c,
        _ => '_',
    };
    name.chars().map(one).collect()
}

/// Symbols of a result, each with the API name that it was made from.
///
/// ```
/// use cloudhost_sdk::kconfig::Symbols;
///
/// let mut symbols = Symbols::new();
/// let prefix = "TERRAFORM_EXAMPLE_TYPE";
/// assert_eq!(symbols.make(prefix, "instance type", "s.one")?, "TERRAFORM_EXAMPLE_TYPE_S_ONE");
/// assert!(symbols.make(prefix, "instance type", "s-one").is_err(), "it would be the same symbol");
/// # Ok::<(), cloudhost_sdk::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Symbols(BTreeMap<String, String>);

impl Symbols {
    /// Creates an empty set.
    pub fn new() -> Symbols {
        Symbols::default()
    }

    /// Returns the symbol `PREFIX_PART` for an API name. `what` is the kind of thing that it names, such as `region`.
    /// The same name of the same kind gives the same symbol; another that would become this symbol is an error that
    /// names both.
    pub fn make(&mut self, prefix: &str, what: &str, name: &str) -> Result<String, Error> {
        let symbol = format!("{prefix}_{}", symbol_part(name));
        self.reserve(symbol, format!("{what} {name}"))
    }

    /// Reserves a symbol with a fixed name, so that no API name can become it.
    pub fn fixed(&mut self, symbol: &str) -> Result<String, Error> {
        self.reserve(symbol.to_owned(), format!("the symbol {symbol} itself"))
    }

    fn reserve(&mut self, symbol: String, origin: String) -> Result<String, Error> {
        match self.0.get(&symbol) {
            Some(earlier) if *earlier != origin => Err(Error::new(
                ErrorKind::NameCollision,
                format!("{earlier} and {origin} would both become the Kconfig symbol {symbol}"),
            )),
            Some(_) => Ok(symbol),
            None => {
                self.0.insert(symbol.clone(), origin);
                Ok(symbol)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("m5.large", "M5_LARGE")]
    #[case("c7i-flex.8xlarge", "C7I_FLEX_8XLARGE")]
    #[case("us-east-1a", "US_EAST_1A")]
    #[case("24.04", "24_04")]
    #[case("é€", "__")]
    #[case("a\n\"b$(c)", "A__B__C_")]
    #[case("", "")]
    fn the_rule(#[case] name: &str, #[case] part: &str) {
        assert_eq!(symbol_part(name), part);
    }

    #[test]
    fn a_collision_names_both() {
        let mut symbols = Symbols::new();
        assert_eq!(symbols.make("T", "type", "a.b").unwrap(), "T_A_B");
        assert_eq!(symbols.make("T", "type", "a.b").unwrap(), "T_A_B");
        let error = symbols.make("T", "type", "a-b").unwrap_err();
        assert_eq!(
            error.message,
            "type a.b and type a-b would both become the Kconfig symbol T_A_B"
        );
        assert_eq!(error.kind, ErrorKind::NameCollision);
        assert!(symbols.fixed("T_A_B").is_err());
    }

    proptest! {
        #[test]
        fn only_legal_characters(name in ".*") {
            let legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            prop_assert!(symbol_part(&name).chars().all(legal));
        }
    }
}
