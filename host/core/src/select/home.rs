//! The home region: the one that is preferred among regions that are equal otherwise.

use super::{Candidates, Constraints, SelectError};

/// Home region of a user, and the one that takes its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HomeRegion {
    /// Region of the user; `None`: the user has none.
    pub user: Option<String>,
    /// The user gave it for this request, as a name that the catalog must have.
    pub given: bool,
    /// Region of users who have none, and where the catalog has no offer in the user's.
    pub default: Option<String>,
}

impl Candidates<'_> {
    /// Marks the offers of the home region, which comes first among regions that are equal otherwise: the user's, or the
    /// default if there is no offer in that.
    ///
    /// # Errors
    /// When the region was given, and the catalog does not have it.
    pub fn with_home(mut self, home: &HomeRegion) -> Result<Self, SelectError> {
        if home.given {
            let mut wanted = Constraints::default();
            wanted.regions.extend(home.user.clone());
            self.resolved(&wanted)?;
        }
        let mut wishes = home.user.iter().chain(&home.default);
        let found = wishes.find(|wish| self.all.iter().any(|one| one.region == wish.as_str()));
        for one in &mut self.all {
            one.home = found.is_some_and(|found| found == one.region);
        }
        Ok(self)
    }

    /// Returns the home region, if it has an offer.
    pub fn home(&self) -> Option<&str> {
        self.all.iter().find(|one| one.home).map(|one| one.region)
    }
}
