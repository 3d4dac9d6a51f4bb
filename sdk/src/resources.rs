//! Names of an account's resources, and the steps that change them.

pub use crate::bindings::cloudhost::provider::resources::{
    Action, Place, Priced, ResourceId, ResourceKind, ResourceQuery, Step, Tag,
};

impl Place {
    /// Creates a whole region as a place.
    pub fn region(region: impl Into<String>) -> Place {
        Place {
            region: region.into(),
            zone: None,
        }
    }

    /// Creates a zone of a region as a place.
    pub fn zone(region: impl Into<String>, zone: impl Into<String>) -> Place {
        Place {
            region: region.into(),
            zone: Some(zone.into()),
        }
    }
}

impl ResourceId {
    /// Creates the name of a resource that belongs to no other one, and has no name for people.
    pub fn new(kind: ResourceKind, id: impl Into<String>, place: Place) -> ResourceId {
        ResourceId {
            kind,
            id: id.into(),
            name: String::new(),
            place,
            parent: None,
        }
    }

    /// Sets the name for people.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> ResourceId {
        self.name = name.into();
        self
    }
}

impl Step {
    /// Creates the step that makes a resource, with its name and a description for people.
    pub fn create(
        kind: ResourceKind,
        name: impl Into<String>,
        place: Place,
        summary: impl Into<String>,
    ) -> Step {
        Step {
            action: Action::Create,
            kind,
            id: None,
            name: name.into(),
            place,
            parent: None,
            summary: summary.into(),
            priced: Vec::new(),
            after: Vec::new(),
            data: String::new(),
        }
    }

    /// Creates a step that changes a resource, with a description for people.
    pub fn change(action: Action, id: &ResourceId, summary: impl Into<String>) -> Step {
        Step {
            action,
            kind: id.kind,
            id: Some(id.id.clone()),
            name: id.name.clone(),
            place: id.place.clone(),
            parent: id.parent.clone(),
            summary: summary.into(),
            priced: Vec::new(),
            after: Vec::new(),
            data: String::new(),
        }
    }

    /// Sets the plugin's own data: all that `run` needs beyond the other fields.
    #[must_use]
    pub fn data(mut self, data: impl Into<String>) -> Step {
        self.data = data.into();
        self
    }

    /// Adds instances that cost more or less by the hour after the step.
    #[must_use]
    pub fn priced(
        mut self,
        instance_type: impl Into<String>,
        market: crate::Market,
        count: u32,
    ) -> Step {
        self.priced.push(Priced {
            instance_type: instance_type.into(),
            market,
            count,
        });
        self
    }

    /// Makes it wait for earlier steps of the same plan, by their indices.
    #[must_use]
    pub fn after(mut self, steps: impl IntoIterator<Item = u32>) -> Step {
        self.after.extend(steps);
        self
    }
}

/// Tests that a resource has all of these tags.
///
/// ```
/// use cloudhost_sdk::resources::has_tags;
///
/// let tags = [("owner".to_owned(), "me".to_owned())];
/// assert!(has_tags(&tags, &[]) && has_tags(&tags, &tags));
/// assert!(!has_tags(&[], &tags));
/// ```
pub fn has_tags(tags: &[Tag], wanted: &[Tag]) -> bool {
    wanted.iter().all(|tag| tags.contains(tag))
}
