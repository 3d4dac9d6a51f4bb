//! Rules for the resource that a change is about, and joins of its steps.

use cloudhost::changes::{ChangeError, Proofs};
use cloudhost::contract::Label as _;
use cloudhost::contract::cloudhost::provider::resources::{ResourceId, Step};
use cloudhost::host::Provider;

/// Rejects a resource without both proofs, unless the user means others too.
pub fn ours(id: &ResourceId, proofs: Proofs, not_mine: bool) -> Result<(), ChangeError> {
    let why = match proofs {
        Proofs::Ours => return Ok(()),
        _ if not_mine => return Ok(()),
        Proofs::TagOnly => "its tags say so, but the journal of this machine does not have it",
        Proofs::JournalOnly => {
            "the journal has it, but its tags, its name or its time of creation are others"
        }
        Proofs::Foreign => "neither its tags nor the journal of this machine say so",
    };
    Err(ChangeError::NotOurs {
        kind: id.kind.as_str(),
        id: id.id.clone(),
        why,
    })
}

/// Rejects a protected resource, unless the user takes the protection away.
pub fn unprotected(id: &ResourceId, protected: bool, unprotect: bool) -> Result<(), ChangeError> {
    match protected && !unprotect {
        true => Err(ChangeError::Protected {
            kind: id.kind.as_str(),
            id: id.id.clone(),
        }),
        false => Ok(()),
    }
}

/// The error of a name that is taken.
pub fn exists(provider: &Provider, id: &ResourceId) -> ChangeError {
    ChangeError::Exists {
        kind: id.kind.as_str(),
        name: id.name.clone(),
        id: id.id.clone(),
        place: id
            .place
            .zone
            .clone()
            .unwrap_or_else(|| id.place.region.clone()),
        provider: provider.name().to_owned(),
    }
}

/// The name and the identifier, as a title has them.
pub fn shown(id: &ResourceId) -> String {
    match id.name.as_str() {
        "" => id.id.clone(),
        name if name == id.id => id.id.clone(),
        name => format!("{name} ({})", id.id),
    }
}

/// Joins plans that do not depend on each other.
pub fn joined(plans: Vec<Vec<Step>>) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    for plan in plans {
        let before = number(&all);
        all.extend(plan.into_iter().map(|mut step| {
            step.after.iter_mut().for_each(|index| *index += before);
            step
        }));
    }
    all
}

fn number(steps: &[Step]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudhost::contract::cloudhost::provider::resources::{Action, Place, ResourceKind};

    fn step(after: &[u32]) -> Step {
        Step {
            action: Action::Delete,
            kind: ResourceKind::Instance,
            id: Some("i".to_owned()),
            name: "a".to_owned(),
            place: Place {
                region: "east".to_owned(),
                zone: None,
            },
            parent: None,
            summary: String::new(),
            priced: Vec::new(),
            after: after.to_vec(),
            data: String::new(),
        }
    }

    fn after(steps: &[Step]) -> Vec<Vec<u32>> {
        steps.iter().map(|step| step.after.clone()).collect()
    }

    #[test]
    fn steps_follow_their_own() {
        let plan = || vec![step(&[]), step(&[0])];
        let expected: [&[u32]; 4] = [&[], &[0], &[], &[2]];
        assert_eq!(after(&joined(vec![plan(), plan()])), expected);
    }
}
