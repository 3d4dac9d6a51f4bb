//! Failed requests among successful ones.

use crate::{DataKind, Error, Gap, Listing, Query, most_telling};

/// Collects the gaps that failed requests leave in a listing.
///
/// ```
/// use cloudhost_sdk::{DataKind, Error, Failures, Listing, Query};
///
/// # fn example(regions: Result<Vec<cloudhost_sdk::Region>, Error>, query: &Query) -> Result<Listing, Error> {
/// let mut failures = Failures::default();
/// let listing = Listing {
///     regions: failures.had(Some(regions), &[DataKind::Regions]),
///     ..Listing::default()
/// };
/// failures.finish(listing, query)
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Failures(Vec<Gap>);

impl Failures {
    /// Returns the response of a request that was made (`Some`) and succeeded (`Ok`). A failure is recorded as a gap in
    /// each of `kinds`, the data of the response.
    pub fn had<T>(&mut self, answer: Option<Result<T, Error>>, kinds: &[DataKind]) -> Option<T> {
        let error = match answer? {
            Ok(answer) => return Some(answer),
            Err(error) => error,
        };
        let gaps = kinds.iter().map(|kind| error.clone().into_gap(*kind));
        self.0.extend(gaps);
        None
    }

    /// Adds to the listing a gap for each wanted kind that failed.
    ///
    /// # Errors
    /// The [`most_telling`] error, if the listing has no data and a request failed.
    pub fn finish(self, mut listing: Listing, query: &Query) -> Result<Listing, Error> {
        if listing.is_empty()
            && let Some(error) = most_telling(self.0.iter().map(|gap| gap.error.clone()))
        {
            return Err(error);
        }
        let wanted = |gap: &Gap| query.wanted.contains(&gap.kind);
        listing.missing.extend(self.0.into_iter().filter(wanted));
        Ok(listing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    /// Finishes a query for regions and images, with this result for regions and a failure for images.
    fn ended(regions: Result<Vec<crate::Region>, Error>) -> Result<Listing, Error> {
        let query = Query {
            wanted: vec![DataKind::Regions, DataKind::Images],
            settings: Vec::new(),
        };
        let mut failures = Failures::default();
        let away = Error::new(ErrorKind::Unavailable, "away");
        let images = failures.had(Some(Err(away)), &[DataKind::Images, DataKind::Prices]);
        let listing = Listing {
            regions: failures.had(Some(regions), &[DataKind::Regions]),
            images,
            offers: failures.had(None, &[DataKind::Offers]),
            ..Listing::default()
        };
        failures.finish(listing, &query)
    }

    #[test]
    fn a_part_that_failed_is_a_gap_where_it_was_wanted() {
        let listing = ended(Ok(Vec::new())).unwrap();
        assert_eq!(listing.regions, Some(Vec::new()));
        let gaps: Vec<DataKind> = listing.missing.iter().map(|gap| gap.kind).collect();
        assert_eq!(gaps, [DataKind::Images]);
    }

    #[test]
    fn where_all_failed_the_error_that_tells_most_is_the_answer() {
        let error = ended(Err(Error::new(ErrorKind::Unauthenticated, "who?"))).unwrap_err();
        assert_eq!(error.message, "who?");
    }

    #[test]
    fn nothing_asked_and_nothing_failed_is_no_error() {
        let query = Query {
            wanted: Vec::new(),
            settings: Vec::new(),
        };
        let listing = Failures::default().finish(Listing::default(), &query);
        assert_eq!(listing, Ok(Listing::default()));
    }
}
