//! Validation of the fields of an entry.

use crate::contract::exports::cloudhost::provider::kconfig::{
    Choice, Condition, DefaultValue, Symbol, SymbolKind, Term, Value,
};
use crate::contract::value_fault;
use crate::kconfig::limits::{MAX_STRING_BYTES, MAX_TERMS, within};
use crate::kconfig::name::symbol_fault;
use crate::kconfig::{KconfigError, MenuLocation};

pub(super) fn check_choice(choice: &Choice, location: &MenuLocation) -> Result<(), KconfigError> {
    check_prompt(&choice.prompt, "the choice", location)?;
    if let Some(help) = &choice.help {
        sized(location, help)?;
    }
    check_condition(&choice.depends_on, location)?;
    choice.defaults.iter().try_for_each(|default| {
        check_name(&default.symbol, location)?;
        check_condition(&default.when, location)
    })
}

pub(super) fn check_default(
    default: &DefaultValue,
    symbol: &Symbol,
    location: &MenuLocation,
) -> Result<(), KconfigError> {
    check_condition(&default.when, location)?;
    let fault = |value: &str, reason| {
        let (location, symbol) = (location.clone(), symbol.name.clone());
        Err(KconfigError::Value {
            location,
            symbol,
            value: value.to_owned(),
            reason,
        })
    };
    match (&default.value, symbol.kind) {
        (Value::Text(value), SymbolKind::Text) => {
            value_fault(value).map_or(Ok(()), |reason| fault(value, reason))
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

pub(super) fn check_condition(
    when: &Condition,
    location: &MenuLocation,
) -> Result<(), KconfigError> {
    within(
        "terms in a condition",
        location,
        when.iter().map(Vec::len).sum(),
        MAX_TERMS,
    )?;
    if when.iter().any(Vec::is_empty) {
        return Err(KconfigError::Condition {
            location: location.clone(),
        });
    }
    when.iter()
        .flatten()
        .try_for_each(|(Term::Set(name) | Term::Unset(name))| check_name(name, location))
}

pub(super) fn check_name(name: &str, location: &MenuLocation) -> Result<(), KconfigError> {
    match symbol_fault(name) {
        Some(reason) => Err(KconfigError::Name {
            location: location.clone(),
            name: name.to_owned(),
            reason,
        }),
        None => Ok(()),
    }
}

pub(super) fn check_prompt(
    prompt: &str,
    owner: &str,
    location: &MenuLocation,
) -> Result<(), KconfigError> {
    sized(location, prompt)?;
    if prompt.chars().all(char::is_whitespace) {
        return Err(KconfigError::Prompt {
            location: location.clone(),
            owner: owner.to_owned(),
        });
    }
    Ok(())
}

pub(super) fn sized(location: &MenuLocation, text: &str) -> Result<(), KconfigError> {
    within(
        "bytes in one string",
        location,
        text.len(),
        MAX_STRING_BYTES,
    )
}
