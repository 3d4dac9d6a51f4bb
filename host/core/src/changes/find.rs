//! Search for one resource by name or identifier.

use super::ChangeError;
use crate::contract::Label as _;
use crate::contract::cloudhost::provider::resources::{ResourceId, ResourceKind};
use crate::contract::cloudhost::provider::types::Error as CloudError;

/// Finds the resource that has this identifier, or else this name. Without one it is unknown if a part could not be
/// read.
///
/// # Errors
/// When there is none, or more than one, or a part of the account that could have it could not be read.
pub fn find<T>(
    provider: &str,
    kind: ResourceKind,
    name: &str,
    all: Vec<T>,
    missing: &[CloudError],
    id: impl Fn(&T) -> &ResourceId,
) -> Result<T, ChangeError> {
    let (mut same_id, others): (Vec<T>, Vec<T>) =
        all.into_iter().partition(|one| id(one).id == name);
    let mut found = match same_id.pop() {
        Some(one) => return Ok(one),
        None => others
            .into_iter()
            .filter(|one| id(one).name == name)
            .collect::<Vec<T>>(),
    };
    match (found.len(), missing.first()) {
        (1, _) => found.pop().ok_or_else(|| ChangeError::NotFound {
            provider: provider.to_owned(),
            kind: kind.as_str(),
            name: name.to_owned(),
        }),
        (0, Some(error)) => Err(ChangeError::PartlyRead {
            provider: provider.to_owned(),
            kind: kind.as_str(),
            name: name.to_owned(),
            error: Box::new(error.clone()),
        }),
        (0, None) => Err(ChangeError::NotFound {
            provider: provider.to_owned(),
            kind: kind.as_str(),
            name: name.to_owned(),
        }),
        _ => Err(ChangeError::Ambiguous {
            kind: kind.as_str(),
            name: name.to_owned(),
            ids: found.iter().map(|one| id(one).id.clone()).collect(),
        }),
    }
}
