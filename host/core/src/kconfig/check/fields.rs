//! Validation of the fields of an entry.

use crate::contract::exports::cloudhost::provider::kconfig::{
    Choice, Condition, DefaultValue, Symbol, SymbolKind, Term, Value,
};
use crate::kconfig::limits::{MAX_STRING_BYTES, MAX_TERMS, within};
use crate::kconfig::name::symbol_fault;
use crate::kconfig::{KconfigError, Place, text};

pub(super) fn check_choice(choice: &Choice, place: &Place) -> Result<(), KconfigError> {
    check_prompt(&choice.prompt, "the choice", place)?;
    if let Some(help) = &choice.help {
        sized(place, help)?;
    }
    check_condition(&choice.depends_on, place)?;
    choice.defaults.iter().try_for_each(|default| {
        check_name(&default.symbol, place)?;
        check_condition(&default.when, place)
    })
}

pub(super) fn check_default(
    default: &DefaultValue,
    symbol: &Symbol,
    place: &Place,
) -> Result<(), KconfigError> {
    check_condition(&default.when, place)?;
    let fault = |value: &str, reason| {
        let (place, symbol) = (place.clone(), symbol.name.clone());
        Err(KconfigError::Value {
            place,
            symbol,
            value: value.to_owned(),
            reason,
        })
    };
    match (&default.value, symbol.kind) {
        (Value::Text(value), SymbolKind::Text) => {
            sized(place, value)?;
            text::value_fault(value).map_or(Ok(()), |reason| fault(value, reason))
        }
        (Value::Boolean(_), SymbolKind::Boolean) => Ok(()),
        (Value::Text(value), SymbolKind::Boolean) => {
            fault(value, "is text, and the symbol is boolean")
        }
        (Value::Boolean(value), SymbolKind::Text) => fault(
            if *value { "y" } else { "n" },
            "is boolean, and the symbol is a string",
        ),
    }
}

pub(super) fn check_condition(when: &Condition, place: &Place) -> Result<(), KconfigError> {
    within(
        "terms in a condition",
        place,
        when.iter().map(Vec::len).sum(),
        MAX_TERMS,
    )?;
    if when.iter().any(Vec::is_empty) {
        return Err(KconfigError::Condition {
            place: place.clone(),
        });
    }
    when.iter()
        .flatten()
        .try_for_each(|(Term::Set(name) | Term::Unset(name))| check_name(name, place))
}

pub(super) fn check_name(name: &str, place: &Place) -> Result<(), KconfigError> {
    match symbol_fault(name) {
        Some(reason) => Err(KconfigError::Name {
            place: place.clone(),
            name: name.to_owned(),
            reason,
        }),
        None => Ok(()),
    }
}

pub(super) fn check_prompt(prompt: &str, owner: &str, place: &Place) -> Result<(), KconfigError> {
    sized(place, prompt)?;
    if prompt.chars().all(char::is_whitespace) {
        return Err(KconfigError::Prompt {
            place: place.clone(),
            owner: owner.to_owned(),
        });
    }
    Ok(())
}

pub(super) fn sized(place: &Place, text: &str) -> Result<(), KconfigError> {
    within("bytes in one string", place, text.len(), MAX_STRING_BYTES)
}
